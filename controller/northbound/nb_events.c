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
#include "controller/northbound/nb_resources.h"

struct nb_events {
    const struct clock *clock;
    struct nb_event ring[NB_EVENTS_KEPT];
    uint64_t last;
    nb_wake_fn *wake;
    void *wake_aux;
};

struct nb_events *nb_events_new(const struct clock *clock)
{
    struct nb_events *events = xcalloc(1, sizeof *events);

    events->clock = clock;
    return events;
}

void nb_events_free(struct nb_events *events)
{
    free(events);
}

uint64_t nb_events_last(const struct nb *nb)
{
    return nb->events->last;
}

const struct nb_event *nb_events_next(const struct nb *nb, uint64_t after)
{
    const struct nb_events *e = nb->events;
    uint64_t oldest = e->last > NB_EVENTS_KEPT ? e->last - NB_EVENTS_KEPT + 1 : 1;
    uint64_t next = after + 1 > oldest ? after + 1 : oldest;

    return after < e->last ? &e->ring[next % NB_EVENTS_KEPT] : NULL;
}

void nb_events_listen(struct nb *nb, nb_wake_fn *wake, void *aux)
{
    nb->events->wake = wake;
    nb->events->wake_aux = aux;
}

/* --- From the core ---------------------------------------------------------------------------- */

/* Takes 'data', to which the time is added. */
static void add(struct nb_events *e, const char *name, json_t *data)
{
    struct nb_event *slot = &e->ring[++e->last % NB_EVENTS_KEPT];
    size_t len;

    json_object_set_new(data, "uptime_s", json_real(mono_to_s(e->clock->now)));
    slot->number = e->last;
    slot->name = name;
    len =
        json_dumpb(data, slot->data, sizeof slot->data - 1, JSON_COMPACT | JSON_REAL_PRECISION(9));
    slot->data[len < sizeof slot->data ? len : 0] = '\0';
    json_decref(data);
    if (e->wake) {
        e->wake(e->wake_aux);
    }
}

static json_t *of_port_of(const struct ctl_event *event)
{
    return json_pack("{s:o,s:o}", "dpid", nb_json_dpid(datapath_id(event->dp)), "port",
                     nb_json_port(event->port_no));
}

static json_t *of_switch(const struct ctl_event *event)
{
    return json_pack("{s:o}", "dpid", nb_json_dpid(datapath_id(event->dp)));
}

static json_t *of_link(const struct ctl_event *event)
{
    const struct link *l = event->link;

    return json_pack("{s:o,s:o,s:o,s:o}", "src_dpid", nb_json_dpid(l->src_dpid), "src_port",
                     nb_json_port(l->src_port), "dst_dpid", nb_json_dpid(l->dst_dpid), "dst_port",
                     nb_json_port(l->dst_port));
}

static json_t *of_host(const struct ctl_event *event)
{
    json_t *data = json_pack("{s:o,s:o,s:o}", "mac", nb_json_eth(host_mac(event->host)), "dpid",
                             nb_json_dpid(host_dpid(event->host)), "port",
                             nb_json_port(host_port(event->host)));
    size_t n;
    const uint32_t *ips = host_ipv4(event->host, &n);

    if (n) {
        json_object_set_new(data, "ipv4", nb_json_ipv4(ips[0]));
    }
    return data;
}

static json_t *of_move(const struct ctl_event *event)
{
    json_t *data = of_host(event);

    json_object_set_new(data, "old_dpid", nb_json_dpid(event->old_dpid));
    json_object_set_new(data, "old_port", nb_json_port(event->old_port));
    return data;
}

static json_t *of_spoof(const struct ctl_event *event)
{
    json_t *data = of_host(event);

    json_object_set_new(data, "at_dpid", nb_json_dpid(event->at_dpid));
    json_object_set_new(data, "at_port", nb_json_port(event->at_port));
    return data;
}

static json_t *of_table(const struct ctl_event *event)
{
    json_t *data = of_switch(event);

    json_object_set_new(data, "table_id", json_integer(event->table_id));
    json_object_set_new(data, "n_entries", nb_json_u64(event->n_entries));
    json_object_set_new(data, "capacity", nb_json_u64(event->capacity));
    return data;
}

static json_t *of_role(const struct ctl_event *event)
{
    json_t *data = of_switch(event);

    json_object_set_new(data, "role", json_string(of_role_name(event->role)));
    json_object_set_new(data, "accepted", json_boolean(event->result == ERR_OK));
    return data;
}

/* What listeners hear of; the others are the apps' business. */
static const struct kind {
    enum ctl_event_type type;
    const char *name;
    json_t *(*data)(const struct ctl_event *event);
} kinds[] = {
    {CTL_DATAPATH_UP, "switch_up", of_switch},  {CTL_DATAPATH_DOWN, "switch_down", of_switch},
    {CTL_PORT_UP, "port_up", of_port_of},       {CTL_PORT_DOWN, "port_down", of_port_of},
    {CTL_LINK_UP, "link_up", of_link},          {CTL_LINK_DOWN, "link_down", of_link},
    {CTL_HOST_ADDED, "host_added", of_host},    {CTL_HOST_MOVED, "host_moved", of_move},
    {CTL_HOST_SPOOF, "host_spoof", of_spoof},   {CTL_HOST_IP_ADDED, "host_address", of_host},
    {CTL_HOST_GONE, "host_gone", of_host},      {CTL_TABLE_FULL, "table_full", of_table},
    {CTL_TABLE_EASED, "table_eased", of_table}, {CTL_ROLE, "role", of_role},
};

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

static void on_event(void *state, const struct ctl_event *event)
{
    struct nb *nb = state;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].type == event->type) {
            add(nb->events, kinds[i].name, kinds[i].data(event));
        }
    }
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
