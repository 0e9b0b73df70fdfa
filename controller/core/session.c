/* One connection to a switch, from the first hello to the end.
 *
 *                       connected: our hello goes out
 *                                   │
 *                                   ▼
 *      no common version      ┌───────────┐  anything but a hello or an error: HELLO_FAILED
 *      HELLO_FAILED ◀─────────│WAIT_HELLO │──────────────▶ close
 *      close                  └───────────┘
 *                                   │ hello: features request
 *                                   ▼
 *                            ┌─────────────┐  auxiliary connection: close
 *                            │WAIT_FEATURES│
 *                            └─────────────┘
 *             features,         │        │ features, and the datapath id is connected already:
 *             id is free        │        ▼ echo request to the older connection
 *                               │  ┌──────────┐  it answers: this one is refused, close
 *                               │  │WAIT_RIVAL│
 *                               │  └──────────┘
 *                               │        │ no answer: the older one is closed; or it went away
 *                               ▼        ▼
 *                   1.3      ┌──────────┐
 *          port description  │WAIT_PORTS│   (1.0 has its ports in the features: next at once)
 *                            └──────────┘
 *                                   │ all ports: description request
 *                                   ▼
 *                             ┌─────────┐
 *                             │WAIT_DESC│   (an error is as good as an answer)
 *                             └─────────┘
 *                                   │ flow stats request for the entries with our mark
 *                                   ▼
 *                               ┌──────┐
 *                               │ SYNC │    (an error is taken for "none")
 *                               └──────┘
 *                                   │ last part: the difference is written
 *                                   ▼
 *                               ┌───────┐
 *                               │ READY │
 *                               └───────┘
 *
 * From every state to CLOSING: no READY within hello_timeout_ns; no answer to an echo request; no
 * answer to a barrier. Which message is legal in which state is in the table 'legal'; all others are
 * answered with an error, counted and logged, and the connection goes on. Messages that are legal in
 * every state after the hello: echo request and reply, error, experimenter (refused), packet-in
 * (ignored before READY), flow-removed and port status. */
#include "controller/core/session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/packet_in.h"

LOG_MODULE(session);

/* How long an older connection may take to answer when a newer one claims its datapath id. */
#define RIVAL_TIMEOUT_NS (2 * NS_PER_S)

/* Ports of a switch beyond this number are ignored. */
#define MAX_PORTS 8192

/* Bytes of a message that an error carries back (§7.4.4: at least 64). */
#define ERROR_DATA_LEN 64

struct session {
    struct list node; /* In ctl.sessions. */
    struct ctl *ctl;
    void *conn;
    char peer[PEER_TEXT_SIZE];
    uint8_t version;
    enum session_state state;
    uint32_t next_xid;
    uint32_t request_xid; /* Of the request that the handshake waits for. */
    struct datapath *dp;  /* Once this session speaks for it. */
    struct of_features features;
    struct of_port *ports; /* Being collected, in ascending order. */
    size_t n_ports, cap_ports;
    struct session *rival;      /* WAIT_RIVAL: the older session. */
    struct session *challenger; /* The younger session that waits for our answer. */
    struct timer handshake_timer, echo_timer, rival_timer;
    mono_t heard_at;
    bool echo_is_out; /* And not answered by anything yet. */
    uint32_t rival_echo_xid;
    struct log_limit limit;
};

/* --- Legal messages --------------------------------------------------------------------------- */

#define BIT(type) (UINT32_C(1) << (type))
#define ALWAYS                                                                                     \
    (BIT(OF_ECHO_REQUEST) | BIT(OF_ECHO_REPLY) | BIT(OF_ERROR) | BIT(OF_EXPERIMENTER) |            \
     BIT(OF_PACKET_IN) | BIT(OF_FLOW_REMOVED) | BIT(OF_PORT_STATUS))

static const uint32_t legal[SESSION_N_STATES] = {
    [SESSION_WAIT_HELLO] = BIT(OF_HELLO) | BIT(OF_ERROR),
    [SESSION_WAIT_FEATURES] = ALWAYS | BIT(OF_FEATURES_REPLY),
    [SESSION_WAIT_RIVAL] = ALWAYS,
    [SESSION_WAIT_PORTS] = ALWAYS | BIT(OF_MULTIPART_REPLY),
    [SESSION_WAIT_DESC] = ALWAYS | BIT(OF_MULTIPART_REPLY),
    [SESSION_SYNC] = ALWAYS | BIT(OF_MULTIPART_REPLY),
    [SESSION_READY] = ALWAYS | BIT(OF_MULTIPART_REPLY) | BIT(OF_BARRIER_REPLY) |
                      BIT(OF_GET_CONFIG_REPLY) | BIT(OF_ROLE_REPLY),
    [SESSION_CLOSING] = 0,
};

/* What only a controller sends. */
#define CONTROLLER_ONLY                                                                            \
    (BIT(OF_FEATURES_REQUEST) | BIT(OF_GET_CONFIG_REQUEST) | BIT(OF_SET_CONFIG) |                  \
     BIT(OF_PACKET_OUT) | BIT(OF_FLOW_MOD) | BIT(OF_TABLE_MOD) | BIT(OF_MULTIPART_REQUEST) |       \
     BIT(OF_BARRIER_REQUEST) | BIT(OF_ROLE_REQUEST))

uint8_t session_version(const struct session *s)
{
    return s->version;
}
const char *session_peer(const struct session *s)
{
    return s->peer;
}
enum session_state session_state(const struct session *s)
{
    return s->state;
}

/* --- Sending ---------------------------------------------------------------------------------- */

static void count_out(struct ctl_counters *c, enum of_type type)
{
    c->messages_out++;
    c->packet_outs += type == OF_PACKET_OUT;
    c->flow_mods += type == OF_FLOW_MOD;
    c->barriers += type == OF_BARRIER_REQUEST;
}

enum err session_send_as(struct session *s, struct of_msg *msg)
{
    const struct southbound *sb = s->ctl->southbound;
    enum err err;

    if (s->state == SESSION_CLOSING) {
        return ERR_CLOSED;
    }
    msg->version = s->version;
    err = sb->send(sb->aux, s->conn, msg);
    if (err == ERR_OK) {
        count_out(&s->ctl->counters, msg->type);
    } else {
        s->ctl->counters.send_failures++;
        LOG_LIMITED(s->ctl->log, &s->limit, LOG_WARN, "%s: a %s could not be sent: %s", s->peer,
                    of_type_name(msg->type), err_text(err));
    }
    return err;
}

enum err session_send(struct session *s, struct of_msg *msg, uint32_t *xid)
{
    msg->xid = s->next_xid++;
    if (xid) {
        *xid = msg->xid;
    }
    return session_send_as(s, msg);
}

static void send_error(struct session *s, uint32_t xid, enum of_err err, struct of_bytes data)
{
    struct of_msg msg = {.type = OF_ERROR, .xid = xid};

    msg.error = (struct of_error){.err = err, .data = data};
    of_err_to_wire(err, s->version, &msg.error.type, &msg.error.code);
    session_send_as(s, &msg);
}

static void send_request(struct session *s, struct of_msg *msg, enum session_state next)
{
    session_send(s, msg, &s->request_xid);
    s->state = next;
}

/* --- Closing ---------------------------------------------------------------------------------- */

static void attach(struct session *s);

/* The datapath is nobody's any more; a younger session that waits for it may have it. */
static void release_datapath(struct session *s)
{
    struct session *challenger = s->challenger;

    if (s->dp) {
        datapath_detach(s->dp);
        s->dp = NULL;
    }
    s->challenger = NULL;
    if (challenger) {
        timer_cancel(&s->ctl->timers, &challenger->rival_timer);
        challenger->rival = NULL;
        attach(challenger);
    }
}

static void cancel_timers(struct session *s)
{
    struct timers *timers = &s->ctl->timers;

    timer_cancel(timers, &s->handshake_timer);
    timer_cancel(timers, &s->echo_timer);
    timer_cancel(timers, &s->rival_timer);
}

static void stop(struct session *s)
{
    s->state = SESSION_CLOSING;
    cancel_timers(s);
    if (s->rival) {
        s->rival->challenger = NULL;
        s->rival = NULL;
    }
    release_datapath(s);
}

void session_close(struct session *s, const char *why)
{
    const struct southbound *sb = s->ctl->southbound;

    if (s->state == SESSION_CLOSING) {
        return;
    }
    LOG_INFO(s->ctl->log, "%s: connection closed: %s", s->peer, why);
    stop(s);
    sb->close(sb->aux, s->conn);
}

static void refuse(struct session *s, const char *why)
{
    s->ctl->counters.sessions_refused++;
    session_close(s, why);
}

/* --- Complaints ------------------------------------------------------------------------------- */

static void complain(struct session *s, const char *what, enum of_err err)
{
    s->ctl->counters.messages_bad++;
    LOG_LIMITED(s->ctl->log, &s->limit, LOG_WARN, "%s: %s, answered with %s", s->peer, what,
                of_err_name(err));
}

/* A message that has no place in the present state. */
static void unexpected(struct session *s, const struct of_msg *msg)
{
    enum of_err err = BIT(msg->type) & CONTROLLER_ONLY ? OF_ERR_BAD_TYPE : OF_ERR_REQ_EPERM;
    char what[64];

    if (s->state == SESSION_WAIT_HELLO) {
        err = OF_ERR_HELLO_EPERM;
    }
    snprintf(what, sizeof what, "a %s that was not expected", of_type_name(msg->type));
    complain(s, what, err);
    send_error(s, msg->xid, err, (struct of_bytes){0});
    if (s->state == SESSION_WAIT_HELLO) {
        refuse(s, "it did not begin with a hello");
    }
}

void session_input_bad(struct session *s, const struct of_msg *head, enum of_err err,
                       const uint8_t *frame, size_t len)
{
    if (s->state == SESSION_CLOSING) {
        return;
    }
    s->ctl->counters.messages_in++;
    complain(s, "a message that cannot be understood", err);
    if (head->type != OF_ERROR) {
        send_error(s, head->xid, err,
                   (struct of_bytes){frame, len < ERROR_DATA_LEN ? len : ERROR_DATA_LEN});
    }
    if (s->state == SESSION_WAIT_HELLO) {
        refuse(s, "it did not begin with a hello");
    }
}

/* --- Liveness --------------------------------------------------------------------------------- */

static void arm_echo(struct session *s, int64_t after_ns)
{
    timer_set(&s->ctl->timers, &s->echo_timer, mono_add(s->ctl->clock->now, after_ns));
}

/* Anything that comes in shows that the switch lives. The timer is moved only when it was waiting
 * for an answer; otherwise it looks at 'heard_at' when it fires. */
static void heard(struct session *s)
{
    s->heard_at = s->ctl->clock->now;
    if (s->echo_is_out) {
        s->echo_is_out = false;
        arm_echo(s, s->ctl->settings.echo_interval_ns);
    }
}

static void echo_due(void *aux, struct timer *timer)
{
    struct session *s = aux;
    struct of_msg msg = {.type = OF_ECHO_REQUEST};
    mono_t quiet_at = mono_add(s->heard_at, s->ctl->settings.echo_interval_ns);

    if (s->echo_is_out) {
        session_close(s, "it does not answer echo requests");
    } else if (mono_before(s->ctl->clock->now, quiet_at)) {
        timer_set(&s->ctl->timers, timer, quiet_at);
    } else {
        session_send(s, &msg, NULL);
        s->echo_is_out = true;
        arm_echo(s, s->ctl->settings.echo_timeout_ns);
    }
}

static void answer_echo(struct session *s, const struct of_msg *request)
{
    struct of_msg reply = {.type = OF_ECHO_REPLY, .xid = request->xid, .echo = request->echo};

    session_send_as(s, &reply);
}

static void echo_answered(struct session *s, const struct of_msg *msg)
{
    struct session *challenger = s->challenger;

    if (challenger && msg->xid == s->rival_echo_xid) {
        s->challenger = NULL;
        challenger->rival = NULL;
        refuse(challenger, "its datapath id is connected already");
    }
}

static void handshake_timed_out(void *aux, struct timer *timer)
{
    (void)timer;
    refuse(aux, "the handshake took too long");
}

/* --- Hello ------------------------------------------------------------------------------------ */

static uint8_t highest(uint32_t versions)
{
    return versions ? (uint8_t)(31 - __builtin_clz(versions)) : OF_VERSION_NONE;
}

/* §6.3.1: the highest version in both bitmaps, or else the smaller of the two header versions if we
 * speak it; OF_VERSION_NONE when there is none. */
static uint8_t negotiate(uint32_t ours, const struct of_msg *hello)
{
    uint8_t lower = hello->version < highest(ours) ? hello->version : highest(ours);

    if (hello->hello.versions) {
        return highest(ours & hello->hello.versions);
    }
    return lower < 32 && ours >> lower & 1 ? lower : OF_VERSION_NONE;
}

/* Bitmaps came with 1.3.1; a hello of an older version carries none. */
static void send_hello(struct session *s)
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
        s->version = highest(known);
    }
    complain(s, "no common version", OF_ERR_HELLO_INCOMPATIBLE);
    send_error(s, hello->xid, OF_ERR_HELLO_INCOMPATIBLE,
               (struct of_bytes){(const uint8_t *)text, strlen(text)});
    refuse(s, "no common version");
}

static void on_hello(struct session *s, const struct of_msg *msg)
{
    struct of_msg request = {.type = OF_FEATURES_REQUEST};
    uint8_t version = negotiate(s->ctl->settings.versions, msg);

    if (version == OF_VERSION_NONE) {
        refuse_version(s, msg);
        return;
    }
    s->version = version;
    arm_echo(s, s->ctl->settings.echo_interval_ns);
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
    if (s->n_ports == MAX_PORTS) {
        LOG_LIMITED(s->ctl->log, &s->limit, LOG_WARN, "%s: port %u is one too many", s->peer,
                    port->port_no);
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
static void collect_status(struct session *s, const struct of_port_status *status)
{
    size_t i = port_index(s, status->port.port_no);

    if (status->reason != OF_PORT_DELETE) {
        collect_port(s, &status->port);
    } else if (i < s->n_ports && s->ports[i].port_no == status->port.port_no) {
        memmove(&s->ports[i], &s->ports[i + 1], (--s->n_ports - i) * sizeof *s->ports);
    }
}

static void rival_silent(void *aux, struct timer *timer)
{
    struct session *s = aux;

    (void)timer;
    session_close(s->rival, "a newer connection has its datapath id");
}

static void challenge(struct session *s, struct session *rival)
{
    struct of_msg echo = {.type = OF_ECHO_REQUEST};

    if (rival->challenger) {
        refuse(s, "its datapath id is claimed by two others");
        return;
    }
    s->rival = rival;
    rival->challenger = s;
    s->state = SESSION_WAIT_RIVAL;
    session_send(rival, &echo, &rival->rival_echo_xid);
    timer_set(&s->ctl->timers, &s->rival_timer, mono_add(s->ctl->clock->now, RIVAL_TIMEOUT_NS));
}

static void on_features(struct session *s, const struct of_msg *msg)
{
    struct datapath *dp = datapath_find(s->ctl, msg->features.dpid);

    s->features = msg->features;
    s->features.ports = NULL;
    collect_ports(s, msg->features.ports, msg->features.n_ports);
    if (s->features.auxiliary_id != 0) {
        refuse(s, "auxiliary connections are not used");
    } else if (dp && dp->session) {
        challenge(s, dp->session);
    } else {
        attach(s);
    }
}

/* --- Asking the switch about itself ----------------------------------------------------------- */

/* Whole frames to the controller: by a flow entry from 1.3 on, by the configuration in 1.0. */
static void want_table_miss(struct session *s)
{
    struct of_action to_controller = of_output(OF_PORT_CONTROLLER);
    struct flow_spec spec = {.cookie = flow_cookie(CORE_MODULE_ID, 0),
                             .ins = of_apply(&to_controller, 1)};
    struct flow_entry *entry = flow_entry_new(s->dp, &spec);

    if (s->version >= OF_VERSION_1_3) {
        flow_table_want(&s->dp->flows, entry);
    } else {
        flow_table_unwant(&s->dp->flows, entry);
        flow_entry_free(entry);
    }
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
    ask_multipart(s, OF_MP_DESC, SESSION_WAIT_DESC);
}

/* The datapath is ours. */
static void attach(struct session *s)
{
    s->dp = datapath_get(s->ctl, s->features.dpid);
    datapath_attach(s->dp, s, &s->features);
    want_table_miss(s);
    send_config(s);
    if (s->version >= OF_VERSION_1_3) {
        ask_multipart(s, OF_MP_PORT_DESC, SESSION_WAIT_PORTS);
    } else {
        ports_known(s);
    }
}

static void ready(struct session *s)
{
    timer_cancel(&s->ctl->timers, &s->handshake_timer);
    s->state = SESSION_READY;
    datapath_set_ready(s->dp);
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
    case SESSION_READY:
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

/* The answer that was awaited is complete. */
static void advance(struct session *s)
{
    if (s->state == SESSION_WAIT_PORTS) {
        ports_known(s);
    } else if (s->state == SESSION_WAIT_DESC) {
        ask_flows(s);
    } else if (s->state == SESSION_SYNC) {
        ready(s);
    }
}

static void on_multipart(struct session *s, const struct of_msg *msg)
{
    const struct of_multipart_reply *part = &msg->mp_reply;

    if (s->state == SESSION_READY) {
        return;
    }
    if (msg->xid != s->request_xid || part->type != awaited(s)) {
        unexpected(s, msg);
        return;
    }
    take_part(s, part);
    if (!part->more) {
        advance(s);
    }
}

/* An error that answers the handshake's request. */
static void handshake_error(struct session *s)
{
    if (s->state == SESSION_WAIT_DESC || s->state == SESSION_SYNC) {
        advance(s);
    } else {
        refuse(s, "it refused a request of the handshake");
    }
}

static void log_error(struct session *s, const struct of_msg *msg)
{
    LOG_LIMITED(s->ctl->log, &s->limit, LOG_WARN, "%s: error %s (type %u, code %u) for xid %u",
                s->peer, msg->error.err < OF_N_ERRS ? of_err_name(msg->error.err) : "unknown",
                msg->error.type, msg->error.code, msg->xid);
}

static void on_error(struct session *s, const struct of_msg *msg)
{
    bool in_handshake = s->state > SESSION_WAIT_HELLO && s->state < SESSION_READY;

    s->ctl->counters.errors_in++;
    log_error(s, msg);
    if (s->state == SESSION_WAIT_HELLO) {
        refuse(s, "it refused our hello");
    } else if (in_handshake && s->state != SESSION_WAIT_RIVAL && msg->xid == s->request_xid) {
        handshake_error(s);
    } else if (s->dp && !flow_table_error(&s->dp->flows, msg->xid, msg->error.err)) {
        flow_barrier_reply(&s->dp->flows, msg->xid);
    }
}

/* --- Messages of a working switch ------------------------------------------------------------- */

static void on_port_status(struct session *s, const struct of_port_status *status)
{
    if (s->dp && s->state != SESSION_WAIT_PORTS) {
        datapath_port_status(s->dp, status);
    } else {
        collect_status(s, status);
    }
}

static void on_packet_in(struct session *s, const struct of_packet_in *packet)
{
    s->ctl->counters.packet_ins++;
    if (s->state == SESSION_READY) {
        packet_in_dispatch(s->dp, packet);
    }
}

static void on_flow_removed(struct session *s, const struct of_flow_removed *msg)
{
    s->ctl->counters.flow_removed++;
    if (s->dp) {
        flow_table_removed(&s->dp->flows, msg);
    }
}

/* A legal message of the negotiated version. */
static void on_message(struct session *s, const struct of_msg *msg)
{
    switch (msg->type) {
    case OF_HELLO:
        on_hello(s, msg);
        break;
    case OF_ERROR:
        on_error(s, msg);
        break;
    case OF_ECHO_REQUEST:
        answer_echo(s, msg);
        break;
    case OF_ECHO_REPLY:
        echo_answered(s, msg);
        break;
    case OF_EXPERIMENTER:
        complain(s, "an experimenter message", OF_ERR_BAD_EXPERIMENTER);
        send_error(s, msg->xid, OF_ERR_BAD_EXPERIMENTER, (struct of_bytes){0});
        break;
    case OF_FEATURES_REPLY:
        on_features(s, msg);
        break;
    case OF_MULTIPART_REPLY:
        on_multipart(s, msg);
        break;
    case OF_BARRIER_REPLY:
        flow_barrier_reply(&s->dp->flows, msg->xid);
        break;
    case OF_PACKET_IN:
        on_packet_in(s, &msg->packet_in);
        break;
    case OF_FLOW_REMOVED:
        on_flow_removed(s, &msg->flow_removed);
        break;
    case OF_PORT_STATUS:
        on_port_status(s, &msg->port_status);
        break;
    case OF_GET_CONFIG_REPLY:
    case OF_ROLE_REPLY:
        break;
    case OF_FEATURES_REQUEST:
    case OF_GET_CONFIG_REQUEST:
    case OF_SET_CONFIG:
    case OF_PACKET_OUT:
    case OF_FLOW_MOD:
    case OF_TABLE_MOD:
    case OF_MULTIPART_REQUEST:
    case OF_BARRIER_REQUEST:
    case OF_ROLE_REQUEST:
    case OF_N_TYPES:
        assert(!"a message that is not legal in any state");
        break;
    }
}

void session_input(struct session *s, const struct of_msg *msg)
{
    if (s->state == SESSION_CLOSING) {
        return;
    }
    s->ctl->counters.messages_in++;
    heard(s);
    if (!(legal[s->state] & BIT(msg->type))) {
        unexpected(s, msg);
    } else if (s->state != SESSION_WAIT_HELLO && msg->version != s->version) {
        complain(s, "a message of another version", OF_ERR_BAD_VERSION);
        send_error(s, msg->xid, OF_ERR_BAD_VERSION, (struct of_bytes){0});
    } else {
        on_message(s, msg);
    }
}

/* --- Beginning and end ------------------------------------------------------------------------ */

struct session *session_new(struct ctl *ctl, void *conn, const char *peer)
{
    struct session *s = xcalloc(1, sizeof *s);

    s->ctl = ctl;
    s->conn = conn;
    s->version = highest(ctl->settings.versions);
    s->next_xid = 1;
    s->heard_at = ctl->clock->now;
    s->limit = (struct log_limit)LOG_LIMIT_INIT(1, 10);
    snprintf(s->peer, sizeof s->peer, "%s", peer);
    timer_init(&s->handshake_timer, handshake_timed_out, s);
    timer_init(&s->echo_timer, echo_due, s);
    timer_init(&s->rival_timer, rival_silent, s);
    list_push_back(&ctl->sessions, &s->node);
    timer_set(&ctl->timers, &s->handshake_timer,
              mono_add(ctl->clock->now, ctl->settings.hello_timeout_ns));
    send_hello(s);
    return s;
}

void session_lost(struct session *s)
{
    if (s->state != SESSION_CLOSING) {
        LOG_INFO(s->ctl->log, "%s: connection lost", s->peer);
        stop(s);
    }
}

void session_free(struct session *s)
{
    cancel_timers(s);
    list_remove(&s->node);
    free(s->ports);
    free(s);
}

struct session *session_from_list(struct list *node)
{
    return LIST_ENTRY(node, struct session, node);
}
