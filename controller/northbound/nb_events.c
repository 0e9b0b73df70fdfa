#include "controller/northbound/nb_events.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/hosts.h"
#include "controller/core/module.h"
#include "controller/core/topology.h"
#include "controller/northbound/nb_hosts.h"
#include "controller/northbound/nb_resources.h"

/* --- From the core ---------------------------------------------------------------------------- */

/* What is kept of an event: it becomes text when somebody reads it, which mostly nobody does, and there can
 * be a hundred thousand of them in a second. */
struct facts {
    enum ctl_event_type type;
    mono_t at;
    dpid_t dpid, other_dpid;
    port_no_t port, other_port;
    struct eth_addr mac;
    bool has_ip;
    uint32_t ip;
    uint8_t table_id;
    uint32_t n_entries, capacity;
    enum of_role role;
    bool accepted;
    json_t *change; /* What a request has changed, instead of all this; NULL: none. */
};

struct nb_events {
    const struct clock *clock;
    mono_t started_at;
    struct facts ring[NB_EVENTS_KEPT];
    uint64_t last;
    struct nb_event told; /* The one that was asked for last. */
    nb_wake_fn *wake;
    void *wake_aux;
};

struct nb_events *nb_events_new(const struct clock *clock)
{
    struct nb_events *events = xcalloc(1, sizeof *events);

    events->clock = clock;
    events->started_at = clock->now;
    return events;
}

void nb_events_free(struct nb_events *events)
{
    for (size_t i = 0; events && i < NB_EVENTS_KEPT; i++) {
        json_decref(events->ring[i].change);
    }
    free(events);
}

static json_t *of_switch(const struct facts *f)
{
    return json_pack("{s:o}", "dpid", nb_json_dpid(f->dpid));
}

static json_t *of_port_of(const struct facts *f)
{
    return json_pack("{s:o,s:o}", "dpid", nb_json_dpid(f->dpid), "port", nb_json_port(f->port));
}

static json_t *of_link(const struct facts *f)
{
    return json_pack("{s:o,s:o,s:o,s:o}", "src_dpid", nb_json_dpid(f->dpid), "src_port",
                     nb_json_port(f->port), "dst_dpid", nb_json_dpid(f->other_dpid), "dst_port",
                     nb_json_port(f->other_port));
}

static json_t *of_host(const struct facts *f)
{
    json_t *data = json_pack("{s:o,s:o,s:o}", "mac", nb_json_eth(f->mac), "dpid",
                             nb_json_dpid(f->dpid), "port", nb_json_port(f->port));

    if (f->has_ip) {
        json_object_set_new(data, "ipv4", nb_json_ipv4(f->ip));
    }
    return data;
}

static json_t *of_move(const struct facts *f)
{
    json_t *data = of_host(f);

    json_object_set_new(data, "old_dpid", nb_json_dpid(f->other_dpid));
    json_object_set_new(data, "old_port", nb_json_port(f->other_port));
    return data;
}

static json_t *of_spoof(const struct facts *f)
{
    json_t *data = of_host(f);

    json_object_set_new(data, "at_dpid", nb_json_dpid(f->other_dpid));
    json_object_set_new(data, "at_port", nb_json_port(f->other_port));
    return data;
}

static json_t *of_table(const struct facts *f)
{
    json_t *data = of_switch(f);

    json_object_set_new(data, "table_id", json_integer(f->table_id));
    json_object_set_new(data, "n_entries", nb_json_u64(f->n_entries));
    json_object_set_new(data, "capacity", nb_json_u64(f->capacity));
    return data;
}

static json_t *of_role(const struct facts *f)
{
    json_t *data = of_switch(f);

    json_object_set_new(data, "role", json_string(of_role_name(f->role)));
    json_object_set_new(data, "accepted", json_boolean(f->accepted));
    return data;
}

/* What listeners hear of; the others are the apps' business. */
static const struct kind {
    const char *name;
    json_t *(*data)(const struct facts *f);
} kinds[] = {
    [CTL_DATAPATH_UP] = {"switch_up", of_switch},  [CTL_DATAPATH_DOWN] = {"switch_down", of_switch},
    [CTL_PORT_UP] = {"port_up", of_port_of},       [CTL_PORT_DOWN] = {"port_down", of_port_of},
    [CTL_LINK_UP] = {"link_up", of_link},          [CTL_LINK_DOWN] = {"link_down", of_link},
    [CTL_HOST_ADDED] = {"host_added", of_host},    [CTL_HOST_MOVED] = {"host_moved", of_move},
    [CTL_HOST_SPOOF] = {"host_spoof", of_spoof},   [CTL_HOST_IP_ADDED] = {"host_address", of_host},
    [CTL_HOST_GONE] = {"host_gone", of_host},      [CTL_TABLE_FULL] = {"table_full", of_table},
    [CTL_TABLE_EASED] = {"table_eased", of_table}, [CTL_ROLE] = {"role", of_role},
};

#define N_KINDS (sizeof kinds / sizeof kinds[0])

static void note_host(struct facts *f, const struct ctl_event *event)
{
    bool has_moved = event->type == CTL_HOST_MOVED;
    size_t n;
    const uint32_t *ips = host_ipv4(event->host, &n);

    f->mac = host_mac(event->host);
    f->dpid = host_dpid(event->host);
    f->port = host_port(event->host);
    f->other_dpid = has_moved ? event->old_dpid : event->at_dpid;
    f->other_port = has_moved ? event->old_port : event->at_port;
    f->has_ip = n > 0;
    f->ip = n > 0 ? ips[0] : 0;
}

static struct facts note(const struct ctl_event *event, mono_t now)
{
    struct facts f = {.type = event->type,
                      .at = now,
                      .port = event->port_no,
                      .table_id = event->table_id,
                      .n_entries = event->n_entries,
                      .capacity = event->capacity,
                      .role = event->role,
                      .accepted = event->result == ERR_OK};

    if (event->host) {
        note_host(&f, event);
    } else if (event->link) {
        f.dpid = event->link->src_dpid;
        f.port = event->link->src_port;
        f.other_dpid = event->link->dst_dpid;
        f.other_port = event->link->dst_port;
    } else if (event->dp) {
        f.dpid = datapath_id(event->dp);
    }
    return f;
}

/* In place of the oldest. */
static void keep(struct nb_events *e, struct facts facts)
{
    struct facts *slot = &e->ring[++e->last % NB_EVENTS_KEPT];

    json_decref(slot->change);
    *slot = facts;
    if (e->wake) {
        e->wake(e->wake_aux);
    }
}

static void on_event(void *state, const struct ctl_event *event)
{
    struct nb *nb = state;
    struct nb_events *e = nb->events;

    nb_hosts_event(nb, event);
    if (event->type < N_KINDS && kinds[event->type].name) {
        keep(e, note(event, e->clock->now));
    }
}

void nb_events_changed(struct nb *nb, const char *method, const char *path, const char *user)
{
    char short_path[97], short_user[33]; /* An event has its limit. */

    snprintf(short_path, sizeof short_path, "%s", path);
    snprintf(short_user, sizeof short_user, "%s", user ? user : "?");
    keep(nb->events, (struct facts){.at = nb->events->clock->now,
                                    .change = json_pack("{s:s,s:o,s:o}", "method", method, "path",
                                                        nb_json_text(short_path), "user",
                                                        nb_json_text(short_user))});
}

/* --- For listeners ---------------------------------------------------------------------------- */

static void write(const struct nb_events *e, const struct facts *f, struct nb_event *out)
{
    json_t *data = f->change ? json_copy(f->change) : kinds[f->type].data(f);
    size_t len;

    json_object_set_new(data, "uptime_s", json_real(ns_to_s(mono_diff_ns(f->at, e->started_at))));
    len = json_dumpb(data, out->data, sizeof out->data - 1, JSON_COMPACT | JSON_REAL_PRECISION(9));
    out->data[len < sizeof out->data ? len : 0] = '\0';
    out->name = f->change ? "changed" : kinds[f->type].name;
    json_decref(data);
}

uint64_t nb_events_last(const struct nb *nb)
{
    return nb->events->last;
}

const struct nb_event *nb_events_next(const struct nb *nb, uint64_t after)
{
    struct nb_events *e = nb->events;
    uint64_t oldest = e->last > NB_EVENTS_KEPT ? e->last - NB_EVENTS_KEPT + 1 : 1;

    if (after >= e->last) {
        return NULL;
    }
    e->told.number = after + 1 > oldest ? after + 1 : oldest;
    write(e, &e->ring[e->told.number % NB_EVENTS_KEPT], &e->told);
    return &e->told;
}

void nb_events_listen(struct nb *nb, nb_wake_fn *wake, void *aux)
{
    nb->events->wake = wake;
    nb->events->wake_aux = aux;
}

/* --- The module ------------------------------------------------------------------------------- */

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    union {
        const void *given;
        void *ours;
    } nb = {settings};

    (void)ctl;
    (void)id;
    *state = nb.ours; /* Made by whoever drives the core, not by us. */
    return settings ? ERR_OK : ERR_STATE;
}

const struct ctl_module nb_module = {.name = "northbound", .start = start, .on_all = on_event};

/* --- The resource ----------------------------------------------------------------------------- */

static void get_events(struct nb_call *call)
{
    uint64_t last = nb_events_last(call->nb);

    uint64_t after = nb_query_u64(call, "after", 0, UINT64_MAX, last);

    if (!nb_failed(call)) {
        call->answer = (struct nb_answer){.status = 200,
                                          .content_type = "text/event-stream",
                                          .is_stream = true,
                                          .stream_after = after};
    }
}

const struct nb_route nb_events_routes[] = {
    NB_ROW(NB_GET, "/v1/events", NB_READ, get_events,
           "What happens, as server-sent events; it does not end.", .query = "after"),
    {0},
};
