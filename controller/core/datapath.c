/* Datapaths and their ports: the records, and what a change of a port sets in motion. */
#include "controller/core/datapath.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/discovery.h"
#include "controller/core/session.h"

LOG_MODULE(datapath);

/* --- The table -------------------------------------------------------------------------------- */

struct datapath *datapath_find(const struct ctl *ctl, dpid_t dpid)
{
    const struct datapath_table *t = &ctl->datapaths;
    size_t i = datapaths_lower_bound(t, dpid);

    return i < t->n && t->ids[i] == dpid ? t->list[i] : NULL;
}

struct datapath *const *datapath_all(const struct ctl *ctl, size_t *n)
{
    *n = ctl->datapaths.n;
    return ctl->datapaths.list;
}

static void table_insert(struct datapath_table *t, struct datapath *dp)
{
    size_t i = datapaths_lower_bound(t, dp->dpid);

    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 16;
        t->list = xreallocarray(t->list, t->cap, sizeof *t->list);
        t->ids = xreallocarray(t->ids, t->cap, sizeof *t->ids);
    }
    memmove(&t->list[i + 1], &t->list[i], (t->n - i) * sizeof *t->list);
    memmove(&t->ids[i + 1], &t->ids[i], (t->n - i) * sizeof *t->ids);
    t->list[i] = dp;
    t->ids[i] = dp->dpid;
    t->n++;
}

struct datapath *datapath_get(struct ctl *ctl, dpid_t dpid)
{
    struct datapath *dp = datapath_find(ctl, dpid);

    if (!dp) {
        dp = xcalloc_lines(1, sizeof *dp);
        dp->ctl = ctl;
        dp->dpid = dpid;
        flow_table_init(&dp->flows, dp);
        dp_admission_init(&dp->admission);
        asks_init(&dp->asks);
        list_init(&dp->aux_sessions);
        objects_init(dp);
        bundles_init(dp);
        dp->role = OF_ROLE_EQUAL;
        dp->asked_role = ctl->role;
        dp->asked_generation = ctl->generation_id;
        dp->may_outbid = ctl->may_outbid;
        discovery_init(dp);
        table_insert(&ctl->datapaths, dp);
        topology_changed(ctl);
    }
    return dp;
}

/* Barriers, questions and objects disarm their timers, which touches the heap: no datapath with a timer
 * in it may be gone by then. */
void datapaths_fini(struct ctl *ctl)
{
    for (size_t i = 0; i < ctl->datapaths.n; i++) {
        struct datapath *dp = ctl->datapaths.list[i];

        flow_table_fini(&dp->flows);
        asks_fini(dp);
        objects_fini(dp);
        bundles_disconnected(dp);
    }
    for (size_t i = 0; i < ctl->datapaths.n; i++) {
        struct datapath *dp = ctl->datapaths.list[i];

        free(dp->desc);
        free(dp->ports);
        free(dp);
    }
    free(ctl->datapaths.list);
    free(ctl->datapaths.ids);
}

/* --- Reading ---------------------------------------------------------------------------------- */

dpid_t datapath_id(const struct datapath *dp)
{
    return dp->dpid;
}
uint8_t datapath_version(const struct datapath *dp)
{
    return dp->version;
}
bool datapath_is_ready(const struct datapath *dp)
{
    return dp->ready;
}
const char *datapath_peer(const struct datapath *dp)
{
    return dp->peer;
}
const struct of_features *datapath_features(const struct datapath *dp)
{
    return &dp->features;
}
const struct of_desc *datapath_desc(const struct datapath *dp)
{
    return dp->desc;
}

const struct dp_port *datapath_ports(const struct datapath *dp, size_t *n)
{
    *n = dp->n_ports;
    return dp->ports;
}

/* The index of 'port_no', or where it would be. */
static size_t port_lower_bound(const struct datapath *dp, port_no_t port_no)
{
    size_t lo = 0, hi = dp->n_ports;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (dp->ports[mid].desc.port_no < port_no) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static bool is_port_at(const struct datapath *dp, size_t i, port_no_t port_no)
{
    return i < dp->n_ports && dp->ports[i].desc.port_no == port_no;
}

struct dp_port *datapath_port_get(struct datapath *dp, port_no_t port_no)
{
    size_t i = (size_t)port_no - 1; /* Most switches number their ports 1, 2, 3, ... */

    if (!is_port_at(dp, i, port_no)) {
        i = port_lower_bound(dp, port_no);
    }
    return is_port_at(dp, i, port_no) ? &dp->ports[i] : NULL;
}

const struct dp_port *datapath_port(const struct datapath *dp, port_no_t port_no)
{
    size_t i = (size_t)port_no - 1;

    if (!is_port_at(dp, i, port_no)) {
        i = port_lower_bound(dp, port_no);
    }
    return is_port_at(dp, i, port_no) ? &dp->ports[i] : NULL;
}

bool datapath_is_edge(const struct datapath *dp, port_no_t port_no)
{
    const struct dp_port *port = datapath_port(dp, port_no);

    return port && port->kind == PORT_EDGE;
}

/* --- Life of a connection --------------------------------------------------------------------- */

void datapath_attach(struct datapath *dp, struct session *session,
                     const struct of_features *features)
{
    dp->session = session;
    dp->version = session_version(session);
    dp->role = OF_ROLE_EQUAL;
    dp->features = *features;
    dp->features.ports = NULL;
    dp->features.n_ports = 0;
    snprintf(dp->peer, sizeof dp->peer, "%s", session_peer(session));
}

/* A switch that comes and goes may not fill the log. */
static struct log_limit *event_limit(const struct datapath *dp)
{
    return &peers_find(&dp->ctl->peers, dp->peer)->events;
}

void datapath_set_ready(struct datapath *dp)
{
    bool may_write = dp->role != OF_ROLE_SLAVE;

    dp->ready = true;
    if (may_write) {
        objects_sync_end(dp);
        flow_sync_end(&dp->flows);
    }
    LOG_LIMITED(dp->ctl->log, event_limit(dp), LOG_INFO,
                "switch " DPID_FMT " at %s is up: OpenFlow %s, %zu ports, %zu entries",
                DPID_ARGS(dp->dpid), dp->peer, of_version_name(dp->version), dp->n_ports,
                dp->flows.entries.n);
    topology_datapath_up(dp->ctl, dp->dpid);
    events_post(dp->ctl, &(struct ctl_event){.type = CTL_DATAPATH_UP, .dp = dp});
    if (may_write) {
        discovery_start(dp);
    }
}

void datapath_resume(struct datapath *dp)
{
    if (dp->role != OF_ROLE_SLAVE) {
        objects_sync_end(dp);
        flow_sync_end(&dp->flows);
        discovery_start(dp);
    }
}

void datapath_detach(struct datapath *dp)
{
    bool was_ready = dp->ready;

    dp->session = NULL;
    dp->ready = false;
    discovery_stop(dp);
    flow_table_disconnected(&dp->flows);
    bundles_disconnected(dp);
    objects_disconnected(dp);
    asks_disconnected(dp);
    if (was_ready) {
        LOG_LIMITED(dp->ctl->log, event_limit(dp), LOG_INFO, "switch " DPID_FMT " at %s is gone",
                    DPID_ARGS(dp->dpid), dp->peer);
        topology_changed(dp->ctl);
        events_post(dp->ctl, &(struct ctl_event){.type = CTL_DATAPATH_DOWN, .dp = dp});
    }
}

void datapath_set_desc(struct datapath *dp, const struct of_desc *desc)
{
    if (!dp->desc) {
        dp->desc = xcalloc(1, sizeof *dp->desc);
    }
    *dp->desc = *desc;
}

enum err datapath_send(struct datapath *dp, struct of_msg *msg, uint32_t *xid)
{
    return dp->session ? session_send(dp->session, msg, xid) : ERR_STATE;
}

enum err datapath_port_mod(struct datapath *dp, port_no_t port_no, uint32_t config, uint32_t mask)
{
    const struct dp_port *port = datapath_port(dp, port_no);
    struct of_msg msg = {.type = OF_PORT_MOD};

    if (!port) {
        return ERR_NOTFOUND;
    }
    msg.port_mod = (struct of_port_mod){
        .port_no = port_no, .hw_addr = port->desc.hw_addr, .config = config, .mask = mask};
    return datapath_send(dp, &msg, NULL);
}

enum err datapath_packet_out(struct datapath *dp, port_no_t in_port, uint32_t buffer_id,
                             const struct of_action *actions, size_t n_actions,
                             const uint8_t *frame, size_t len)
{
    struct of_msg msg; /* Half a kilobyte, of which little is used: not cleared. */

    msg.type = OF_PACKET_OUT;
    msg.packet_out.buffer_id = buffer_id;
    msg.packet_out.in_port = in_port;
    of_match_clear(&msg.packet_out.match);
    msg.packet_out.actions = (struct of_actions){actions, n_actions};
    msg.packet_out.data =
        buffer_id == OF_NO_BUFFER ? (struct of_bytes){frame, len} : (struct of_bytes){NULL, 0};
    if (buffer_id != OF_NO_BUFFER && dp->reply_to) {
        return session_send(dp->reply_to, &msg, NULL);
    }
    return datapath_send(dp, &msg, NULL);
}

/* --- Ports ------------------------------------------------------------------------------------ */

bool port_no_is_real(port_no_t port_no)
{
    return port_no >= 1 && port_no <= OF_PORT_MAX;
}

/* True when the port's description says that it can carry frames. */
static bool port_is_alive(const struct of_port *desc)
{
    return !(desc->config & OF_PC_PORT_DOWN) && !(desc->state & (OF_PS_LINK_DOWN | OF_PS_BLOCKED));
}

static void post_port(struct datapath *dp, enum ctl_event_type type, port_no_t port_no)
{
    if (dp->ready) {
        events_post(dp->ctl, &(struct ctl_event){.type = type, .dp = dp, .port_no = port_no});
    }
}

static void port_up(struct datapath *dp, struct dp_port *port)
{
    port->up_since = dp->ctl->clock->now;
    port->kind = dp->ctl->settings.discovery ? PORT_UNSETTLED : PORT_EDGE;
    port->was_link = false;
    post_port(dp, CTL_PORT_UP, port->desc.port_no);
    discovery_port_up(dp, port);
}

static void port_down(struct datapath *dp, port_no_t port_no)
{
    post_port(dp, CTL_PORT_DOWN, port_no);
    topology_remove_at(dp->ctl, dp->dpid, port_no);
    domains_changed(dp->ctl);
    hosts_port_down(dp->ctl, dp->dpid, port_no);
}

void datapath_port_refused(struct ctl *ctl, const char *peer, port_no_t port_no)
{
    ctl->counters.port_limit_hits++;
    LOG_LIMITED(ctl->log, &ctl->port_limit, LOG_WARN, "%s: port %u is one too many", peer, port_no);
}

/* What comes after the first description comes alone. */
#define PORTS_AT_A_TIME 4

static void ports_reserve(struct datapath *dp, size_t n)
{
    if (n > dp->cap_ports) {
        dp->cap_ports = n;
        dp->ports = xreallocarray(dp->ports, n, sizeof *dp->ports);
    }
}

static struct dp_port *port_insert(struct datapath *dp, const struct of_port *desc)
{
    size_t i = port_lower_bound(dp, desc->port_no);

    if (dp->n_ports == dp->cap_ports) {
        ports_reserve(dp, dp->n_ports + PORTS_AT_A_TIME);
    }
    memmove(&dp->ports[i + 1], &dp->ports[i], (dp->n_ports - i) * sizeof *dp->ports);
    dp->ports[i] = (struct dp_port){
        .desc = *desc,
        .kind = PORT_DEAD,
        .last_nonce = dp->ctl->last_nonce, /* Not of a port that had the number before. */
    };
    dp->n_ports++;
    return &dp->ports[i];
}

static void port_set(struct datapath *dp, const struct of_port *desc)
{
    struct dp_port *port = datapath_port_get(dp, desc->port_no);
    bool alive = port_is_alive(desc);

    if (!port && dp->n_ports == DATAPATH_MAX_PORTS) {
        datapath_port_refused(dp->ctl, dp->peer, desc->port_no);
        return;
    }
    if (!port) {
        port = port_insert(dp, desc);
    }
    port->desc = *desc;
    port->desc.optical = NULL; /* It goes with the message. */
    if (alive && port->kind == PORT_DEAD) {
        port_up(dp, port);
    } else if (!alive && port->kind != PORT_DEAD) {
        port->kind = PORT_DEAD;
        port_down(dp, desc->port_no);
    }
}

static void port_remove(struct datapath *dp, port_no_t port_no)
{
    struct dp_port *port = datapath_port_get(dp, port_no);
    bool was_alive;
    size_t i;

    if (!port) {
        return;
    }
    was_alive = port->kind != PORT_DEAD;
    i = (size_t)(port - dp->ports);
    memmove(port, port + 1, (--dp->n_ports - i) * sizeof *port);
    if (was_alive) {
        port_down(dp, port_no);
    }
    hosts_drop_port(dp->ctl, dp->dpid, port_no);
}

static int compare_port(const void *key, const void *elem)
{
    port_no_t port_no = *(const port_no_t *)key;
    const struct of_port *desc = elem;

    return (port_no > desc->port_no) - (port_no < desc->port_no);
}

static bool is_listed(const struct of_port *descs, size_t n, port_no_t port_no)
{
    return n && bsearch(&port_no, descs, n, sizeof *descs, compare_port);
}

void datapath_set_ports(struct datapath *dp, const struct of_port *descs, size_t n)
{
    for (size_t i = dp->n_ports; i-- > 0;) {
        if (!is_listed(descs, n, dp->ports[i].desc.port_no)) {
            port_remove(dp, dp->ports[i].desc.port_no);
        }
    }
    ports_reserve(dp, n < DATAPATH_MAX_PORTS ? n : DATAPATH_MAX_PORTS);
    for (size_t i = 0; i < n; i++) {
        if (port_no_is_real(descs[i].port_no)) {
            port_set(dp, &descs[i]);
        }
    }
}

void datapath_port_status(struct datapath *dp, const struct of_port_status *status)
{
    if (!port_no_is_real(status->port.port_no)) {
        return;
    }
    if (status->reason == OF_PORT_DELETE) {
        port_remove(dp, status->port.port_no);
    } else {
        port_set(dp, &status->port);
    }
}
