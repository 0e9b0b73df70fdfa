/* The handshake of a session: hello, features, who owns a datapath id, ports, description, entries.
 * The diagram is in session.c. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/session_int.h"

/* How long an older connection may take to answer when a newer one claims its datapath id. */
#define RIVAL_TIMEOUT_NS (2 * NS_PER_S)

static void send_request(struct session *s, struct of_msg *msg, enum session_state next)
{
    session_send(s, msg, &s->request_xid);
    s->state = next;
}

/* --- Hello ------------------------------------------------------------------------------------ */

uint8_t session_highest(uint32_t versions)
{
    return versions ? (uint8_t)(31 - __builtin_clz(versions)) : OF_VERSION_NONE;
}

/* §6.3.1: the highest version in both bitmaps, or else the smaller of the two header versions if we
 * speak it; OF_VERSION_NONE when there is none. */
static uint8_t negotiate(uint32_t ours, const struct of_msg *hello)
{
    uint8_t lower = hello->version < session_highest(ours) ? hello->version : session_highest(ours);

    if (hello->hello.versions) {
        return session_highest(ours & hello->hello.versions);
    }
    return lower < 32 && ours >> lower & 1 ? lower : OF_VERSION_NONE;
}

/* Bitmaps came with 1.3.1; a hello of an older version carries none. */
void handshake_begin(struct session *s)
{
    struct of_msg msg = {.type = OF_HELLO};

    if (s->version >= OF_VERSION_1_3) {
        msg.hello.versions = s->ctl->settings.versions;
    }
    session_send(s, &msg, NULL);
}

/* The error is sent in the highest version of ours that the peer may know. */
static void refuse_version(struct session *s, const struct of_msg *hello)
{
    uint32_t known = s->ctl->settings.versions & ((UINT32_C(2) << (hello->version & 15)) - 1);
    char text[64] = "Tambo speaks OpenFlow", *end = text + strlen(text);

    for (uint8_t v = 0; v < 32; v++) {
        if (s->ctl->settings.versions >> v & 1) {
            end += snprintf(end, (size_t)(text + sizeof text - end), " %s", of_version_name(v));
        }
    }
    if (known) {
        s->version = session_highest(known);
    }
    session_complain(s, "no common version", OF_ERR_HELLO_INCOMPATIBLE);
    session_send_error(s, hello->xid, OF_ERR_HELLO_INCOMPATIBLE,
                       (struct of_bytes){(const uint8_t *)text, strlen(text)});
    session_refuse(s, "no common version");
}

void handshake_hello(struct session *s, const struct of_msg *msg)
{
    struct of_msg request = {.type = OF_FEATURES_REQUEST};
    uint8_t version = negotiate(s->ctl->settings.versions, msg);

    if (version == OF_VERSION_NONE) {
        refuse_version(s, msg);
        return;
    }
    s->version = version;
    session_arm_echo(s, s->ctl->settings.echo_interval_ns);
    send_request(s, &request, SESSION_WAIT_FEATURES);
}

/* --- Features, and who owns a datapath id ----------------------------------------------------- */

static size_t port_index(const struct session *s, port_no_t port_no)
{
    size_t lo = 0, hi = s->n_ports;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (s->ports[mid].port_no < port_no) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static void collect_port(struct session *s, const struct of_port *port)
{
    size_t i = port_index(s, port->port_no);

    if (!port_no_is_real(port->port_no)) {
        return;
    }
    if (i < s->n_ports && s->ports[i].port_no == port->port_no) {
        s->ports[i] = *port;
        return;
    }
    if (s->n_ports == DATAPATH_MAX_PORTS) {
        datapath_port_refused(s->ctl, s->peer, port->port_no);
        return;
    }
    if (s->n_ports == s->cap_ports) {
        s->cap_ports = s->cap_ports ? s->cap_ports * 2 : 64;
        s->ports = xreallocarray(s->ports, s->cap_ports, sizeof *s->ports);
    }
    memmove(&s->ports[i + 1], &s->ports[i], (s->n_ports++ - i) * sizeof *s->ports);
    s->ports[i] = *port;
}

static void collect_ports(struct session *s, const struct of_port *ports, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        collect_port(s, &ports[i]);
    }
}

/* A port that changes between two parts of the description. */
void handshake_port_status(struct session *s, const struct of_port_status *status)
{
    size_t i = port_index(s, status->port.port_no);

    if (status->reason != OF_PORT_DELETE) {
        collect_port(s, &status->port);
    } else if (i < s->n_ports && s->ports[i].port_no == status->port.port_no) {
        memmove(&s->ports[i], &s->ports[i + 1], (--s->n_ports - i) * sizeof *s->ports);
    }
}

void handshake_rival_silent(void *aux, struct timer *timer)
{
    struct session *s = aux;

    (void)timer;
    session_close(s->rival, "a newer connection has its datapath id");
}

void handshake_echo_answered(struct session *s, const struct of_msg *msg)
{
    struct session *challenger = s->challenger;

    if (challenger && msg->xid == s->rival_echo_xid) {
        s->challenger = NULL;
        challenger->rival = NULL;
        session_refuse(challenger, "its datapath id is connected already");
    }
}

static void challenge(struct session *s, struct session *rival)
{
    struct of_msg echo = {.type = OF_ECHO_REQUEST};

    if (rival->challenger) {
        session_refuse(s, "its datapath id is claimed by two others");
        return;
    }
    s->rival = rival;
    rival->challenger = s;
    s->state = SESSION_WAIT_RIVAL;
    session_send(rival, &echo, &rival->rival_echo_xid);
    timer_set(&s->ctl->timers, &s->rival_timer, mono_add(s->ctl->clock->now, RIVAL_TIMEOUT_NS));
}

static void refuse_dpid(struct session *s, dpid_t dpid)
{
    char why[96];

    snprintf(why, sizeof why,
             "it says it is datapath %016" PRIx64 ", its certificate says %016" PRIx64, dpid,
             s->expected_dpid);
    s->ctl->counters.dpids_refused++;
    session_refuse(s, why);
}

void handshake_features(struct session *s, const struct of_msg *msg)
{
    struct datapath *dp = datapath_find(s->ctl, msg->features.dpid);

    if (s->expects_dpid && msg->features.dpid != s->expected_dpid) {
        refuse_dpid(s, msg->features.dpid);
        return;
    }
    s->features = msg->features;
    s->features.ports = NULL;
    collect_ports(s, msg->features.ports, msg->features.n_ports);
    if (s->features.auxiliary_id != 0) {
        aux_attach(s, dp);
    } else if (!dp && s->ctl->datapaths.n >= s->ctl->settings.max_datapaths) {
        session_refuse(s, "there are too many switches");
    } else if (dp && dp->session) {
        challenge(s, dp->session);
    } else {
        handshake_attach(s);
    }
}

/* --- Asking the switch about itself ----------------------------------------------------------- */

/* What matches nothing goes to the controller, as an entry in every version. In 1.0 a miss is sent
 * there without one, but Open vSwitch then caches "nobody to send it to" while no controller is
 * connected, and goes on dropping the probes of discovery after one is. */
static void want_table_miss(struct session *s)
{
    struct of_action to_controller = of_output(OF_PORT_CONTROLLER);
    struct flow_spec spec = {.cookie = flow_cookie(CORE_MODULE_ID, 0),
                             .importance = FLOW_IMPORTANCE_CORE,
                             .ins = of_apply(&to_controller, 1)};
    uint64_t hash;
    struct flow_entry *entry = flow_entry_new(s->dp, &spec, &hash);

    flow_table_want(&s->dp->flows, entry, hash);
}

static void send_config(struct session *s)
{
    struct of_msg msg = {.type = OF_SET_CONFIG};

    msg.config.miss_send_len = 0xffff;
    session_send(s, &msg, NULL);
}

static void ask_multipart(struct session *s, enum of_mp_type type, enum session_state next)
{
    struct of_msg msg = {.type = OF_MULTIPART_REQUEST};

    msg.mp_request.type = type;
    if (type == OF_MP_PORT_DESC) {
        msg.mp_request.port_no = OF_PORT_ANY; /* Since 1.5 it can be asked for one. */
    }
    send_request(s, &msg, next);
}

/* 1.0 cannot ask by cookie; what is not ours is then left out while reading. */
static void ask_flows(struct session *s)
{
    struct of_msg msg = {.type = OF_MULTIPART_REQUEST};

    msg.mp_request.type = OF_MP_FLOW;
    msg.mp_request.flow.table_id = OF_TABLE_ALL;
    msg.mp_request.flow.out_port = OF_PORT_ANY;
    msg.mp_request.flow.out_group = OF_GROUP_ANY;
    if (s->version >= OF_VERSION_1_3) {
        msg.mp_request.flow.cookie = flow_cookie(0, 0);
        msg.mp_request.flow.cookie_mask = UINT64_C(0xffff) << 48;
    }
    flow_sync_begin(&s->dp->flows);
    send_request(s, &msg, SESSION_SYNC);
}

static void ports_known(struct session *s)
{
    datapath_set_ports(s->dp, s->ports, s->n_ports);
    free(s->ports); /* From now on the datapath has them. */
    s->ports = NULL;
    s->n_ports = s->cap_ports = 0;
    ask_multipart(s, OF_MP_DESC, SESSION_WAIT_DESC);
}

/* The datapath is ours. */
void handshake_attach(struct session *s)
{
    s->dp = datapath_get(s->ctl, s->features.dpid);
    datapath_attach(s->dp, s, &s->features);
    want_table_miss(s);
    send_config(s);
    role_send_async(s);
    if (s->version >= OF_VERSION_1_3) {
        ask_multipart(s, OF_MP_PORT_DESC, SESSION_WAIT_PORTS);
    } else {
        ports_known(s);
    }
}

static void ready(struct session *s)
{
    bool is_resync = s->dp->ready;

    timer_cancel(&s->ctl->timers, &s->handshake_timer);
    s->state = SESSION_READY;
    s->is_passive = s->dp->role == OF_ROLE_SLAVE;
    if (is_resync) {
        datapath_resume(s->dp);
    } else {
        datapath_set_ready(s->dp);
    }
    if (is_resync || s->dp->role != OF_ROLE_EQUAL) {
        role_resynced(s);
    }
}

static void sync(struct session *s)
{
    if (objects_sync_begin(s->dp)) {
        s->state = SESSION_SYNC_OBJECTS;
    } else {
        ask_flows(s);
    }
}

void handshake_objects_known(struct session *s)
{
    if (s->state == SESSION_SYNC_OBJECTS) {
        ask_flows(s);
    }
}

/* A slave has nothing to compare: what it finds may be its master's. */
void handshake_role_known(struct session *s)
{
    if (s->is_passive) {
        ready(s);
    } else {
        sync(s);
    }
}

void handshake_resync(struct session *s)
{
    timer_set(&s->ctl->timers, &s->handshake_timer,
              mono_add(s->ctl->clock->now, s->ctl->settings.hello_timeout_ns));
    sync(s);
}

/* --- Answers of the handshake ----------------------------------------------------------------- */

static enum of_mp_type awaited(const struct session *s)
{
    switch (s->state) {
    case SESSION_WAIT_PORTS:
        return OF_MP_PORT_DESC;
    case SESSION_WAIT_DESC:
        return OF_MP_DESC;
    case SESSION_SYNC:
        return OF_MP_FLOW;
    case SESSION_WAIT_HELLO:
    case SESSION_WAIT_FEATURES:
    case SESSION_WAIT_RIVAL:
    case SESSION_WAIT_ROLE:
    case SESSION_SYNC_OBJECTS:
    case SESSION_READY:
    case SESSION_AUX:
    case SESSION_CLOSING:
    case SESSION_N_STATES:
        break;
    }
    return OF_N_MP_TYPES;
}

static void take_part(struct session *s, const struct of_multipart_reply *part)
{
    if (s->state == SESSION_WAIT_PORTS) {
        collect_ports(s, part->ports, part->n);
    } else if (s->state == SESSION_SYNC) {
        flow_sync_part(&s->dp->flows, part->flows, part->n);
    } else if (part->desc) {
        datapath_set_desc(s->dp, part->desc);
    }
}

static void ask_role(struct session *s)
{
    if (role_begin(s)) {
        s->state = SESSION_WAIT_ROLE;
    } else {
        handshake_role_known(s);
    }
}

/* The answer that was awaited is complete. */
static void advance(struct session *s)
{
    if (s->state == SESSION_WAIT_PORTS) {
        ports_known(s);
    } else if (s->state == SESSION_WAIT_DESC) {
        ask_role(s);
    } else if (s->state == SESSION_SYNC) {
        ready(s);
    }
}

void handshake_multipart(struct session *s, const struct of_msg *msg)
{
    const struct of_multipart_reply *part = &msg->mp_reply;

    if (s->dp && asks_reply(s->dp, msg)) {
        return;
    }
    if (s->state == SESSION_READY) {
        asks_update(s->dp, msg);
        return;
    }
    if (msg->xid != s->request_xid || part->type != awaited(s)) {
        session_unexpected(s, msg);
        return;
    }
    take_part(s, part);
    if (!part->more) {
        advance(s);
    }
}

/* An error that answers the handshake's request. */
void handshake_error(struct session *s)
{
    if (s->state == SESSION_WAIT_DESC || s->state == SESSION_SYNC) {
        advance(s);
    } else {
        session_refuse(s, "it refused a request of the handshake");
    }
}
