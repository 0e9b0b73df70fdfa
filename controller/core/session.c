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
 *                            ┌─────────────┐  auxiliary connection: AUX, or refused
 *                            │WAIT_FEATURES│──────────────▶ (session_aux.c)
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
 *                                   │ role request, when one is wanted (session_role.c)
 *                                   ▼
 *                             ┌─────────┐
 *                             │WAIT_ROLE│   (a slave is READY with that)
 *                             └─────────┘
 *                                   │ groups and meters request, when some are wanted
 *                                   ▼
 *                            ┌────────────┐
 *                            │SYNC_OBJECTS│   (object_sync.c)
 *                            └────────────┘
 *                                   │ flow stats request for the entries with our mark
 *                                   ▼
 *                               ┌──────┐
 *                               │ SYNC │    (an error is taken for "none")
 *                               └──────┘
 *                                   │ last part: the difference is written
 *                                   ▼
 *                               ┌───────┐
 *                               │ READY │
 *                               └───────┘  ──▶ SYNC_OBJECTS when a slave is one no more
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

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/packet_in.h"
#include "controller/core/session_int.h"

LOG_MODULE(session);

/* --- Legal messages --------------------------------------------------------------------------- */

#define BIT(type) (UINT64_C(1) << (type))
#define ALWAYS                                                                                     \
    (BIT(OF_ECHO_REQUEST) | BIT(OF_ECHO_REPLY) | BIT(OF_ERROR) | BIT(OF_EXPERIMENTER) |            \
     BIT(OF_PACKET_IN) | BIT(OF_FLOW_REMOVED) | BIT(OF_PORT_STATUS))

/* What the codec lets through in newer versions only. */
#define SINCE_1_4                                                                                  \
    (BIT(OF_ROLE_STATUS) | BIT(OF_TABLE_STATUS) | BIT(OF_REQUESTFORWARD) |                         \
     BIT(OF_CONTROLLER_STATUS))

/* After the handshake, and while a slave that is one no more reads the switch again. */
#define WORKING                                                                                    \
    (ALWAYS | SINCE_1_4 | BIT(OF_MULTIPART_REPLY) | BIT(OF_BARRIER_REPLY) |                        \
     BIT(OF_GET_CONFIG_REPLY) | BIT(OF_ROLE_REPLY) | BIT(OF_GET_ASYNC_REPLY) |                     \
     BIT(OF_QUEUE_GET_CONFIG_REPLY) | BIT(OF_BUNDLE_CONTROL))

static const uint64_t legal[SESSION_N_STATES] = {
    [SESSION_WAIT_HELLO] = BIT(OF_HELLO) | BIT(OF_ERROR),
    [SESSION_WAIT_FEATURES] = ALWAYS | BIT(OF_FEATURES_REPLY),
    [SESSION_WAIT_RIVAL] = ALWAYS,
    [SESSION_WAIT_PORTS] = ALWAYS | BIT(OF_MULTIPART_REPLY) | SINCE_1_4,
    [SESSION_WAIT_DESC] = ALWAYS | BIT(OF_MULTIPART_REPLY) | SINCE_1_4,
    [SESSION_WAIT_ROLE] = ALWAYS | BIT(OF_ROLE_REPLY) | SINCE_1_4,
    [SESSION_SYNC_OBJECTS] = WORKING,
    [SESSION_SYNC] = WORKING,
    [SESSION_READY] = WORKING,
    [SESSION_AUX] = ALWAYS,
    [SESSION_CLOSING] = 0,
};

/* What only a controller sends. */
#define CONTROLLER_ONLY                                                                            \
    (BIT(OF_FEATURES_REQUEST) | BIT(OF_GET_CONFIG_REQUEST) | BIT(OF_SET_CONFIG) |                  \
     BIT(OF_PACKET_OUT) | BIT(OF_FLOW_MOD) | BIT(OF_TABLE_MOD) | BIT(OF_MULTIPART_REQUEST) |       \
     BIT(OF_BARRIER_REQUEST) | BIT(OF_ROLE_REQUEST) | BIT(OF_PORT_MOD) | BIT(OF_GROUP_MOD) |       \
     BIT(OF_METER_MOD) | BIT(OF_QUEUE_GET_CONFIG_REQUEST) | BIT(OF_GET_ASYNC_REQUEST) |            \
     BIT(OF_SET_ASYNC))

dpid_t session_dpid(const struct session *s)
{
    return s->features.dpid;
}

const struct datapath *session_dp(const struct session *s)
{
    return s->dp;
}

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

/* --- Closing ---------------------------------------------------------------------------------- */

/* The datapath is nobody's any more; a younger session that waits for it may have it. */
static void release_datapath(struct session *s)
{
    struct session *challenger = s->challenger;

    if (!list_is_empty(&s->aux_node)) {
        aux_detach(s);
    } else if (s->dp) {
        struct datapath *dp = s->dp;

        s->dp = NULL;
        datapath_detach(dp);
        aux_close_all(dp);
    }
    s->challenger = NULL;
    if (challenger) {
        timer_cancel(&s->ctl->timers, &challenger->rival_timer);
        challenger->rival = NULL;
        handshake_attach(challenger);
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
    LOG_LIMITED(s->ctl->log, &s->limits->events, LOG_INFO, "%s: connection closed: %s", s->peer,
                why);
    stop(s);
    sb->close(sb->aux, s->conn);
}

void session_refuse(struct session *s, const char *why)
{
    s->ctl->counters.sessions_refused++;
    session_close(s, why);
}

/* A message that has no place in the present state. */
void session_unexpected(struct session *s, const struct of_msg *msg)
{
    enum of_err err = BIT(msg->type) & CONTROLLER_ONLY ? OF_ERR_BAD_TYPE : OF_ERR_REQ_EPERM;
    char what[64];

    if (s->state == SESSION_WAIT_HELLO) {
        err = OF_ERR_HELLO_EPERM;
    }
    snprintf(what, sizeof what, "a %s that was not expected", of_type_name(msg->type));
    session_complain(s, what, err);
    session_refuse_message(s, msg, err);
    if (s->state == SESSION_WAIT_HELLO) {
        session_refuse(s, "it did not begin with a hello");
    }
}

/* --- Liveness --------------------------------------------------------------------------------- */

void session_arm_echo(struct session *s, int64_t after_ns)
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
        session_arm_echo(s, s->ctl->settings.echo_interval_ns);
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
        session_arm_echo(s, s->ctl->settings.echo_timeout_ns);
    }
}

static void answer_echo(struct session *s, const struct of_msg *request)
{
    struct of_msg reply = {.type = OF_ECHO_REPLY, .xid = request->xid, .echo = request->echo};

    session_send_as(s, &reply);
}

static void handshake_timed_out(void *aux, struct timer *timer)
{
    (void)timer;
    session_refuse(aux, "the handshake took too long");
}

static void log_error(struct session *s, const struct of_msg *msg)
{
    LOG_LIMITED(s->ctl->log, &s->limits->complaints, LOG_WARN,
                "%s: error %s (type %u, code %u) for xid %u", s->peer,
                msg->error.err < OF_N_ERRS ? of_err_name(msg->error.err) : "unknown",
                msg->error.type, msg->error.code, msg->xid);
}

static void on_error(struct session *s, const struct of_msg *msg)
{
    bool in_handshake = s->state > SESSION_WAIT_HELLO && s->state < SESSION_READY;

    s->ctl->counters.errors_in++;
    log_error(s, msg);
    if (s->state == SESSION_WAIT_HELLO) {
        session_refuse(s, "it refused our hello");
    } else if (s->state == SESSION_AUX || role_error(s, msg)) {
        return; /* Nothing else was asked there; that is all there is to it. */
    } else if (in_handshake && s->state != SESSION_WAIT_RIVAL && msg->xid == s->request_xid) {
        handshake_error(s);
    } else if (s->dp && !asks_error(s->dp, msg) && !bundle_error(s->dp, msg->xid, msg->error.err) &&
               !objects_error(s->dp, msg->xid, msg->error.err) &&
               !flow_table_error(&s->dp->flows, msg->xid, msg->error.err)) {
        flow_barrier_reply(&s->dp->flows, msg->xid);
    }
}

/* --- Messages of a working switch ------------------------------------------------------------- */

static void on_port_status(struct session *s, const struct of_port_status *status)
{
    if (s->dp && s->state != SESSION_WAIT_PORTS) {
        datapath_port_status(s->dp, status);
    } else {
        handshake_port_status(s, status);
    }
}

/* As a slave we look for links only: others answer. */
static bool takes_packets(const struct session *s)
{
    const struct session *main = s->state == SESSION_AUX ? s->dp->session : s;

    return main->state == SESSION_READY && !main->is_passive;
}

static void on_packet_in(struct session *s, const struct of_packet_in *packet)
{
    s->ctl->counters.packet_ins++;
    if (takes_packets(s)) {
        struct datapath *dp = s->dp;

        dp->reply_to = s;
        packet_in_dispatch(dp, packet);
        dp->reply_to = NULL;
    } else if (s->dp && s->state >= SESSION_SYNC_OBJECTS) {
        packet_in_early(s->dp, packet);
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
        handshake_hello(s, msg);
        break;
    case OF_ERROR:
        on_error(s, msg);
        break;
    case OF_ECHO_REQUEST:
        answer_echo(s, msg);
        break;
    case OF_ECHO_REPLY:
        handshake_echo_answered(s, msg);
        break;
    case OF_EXPERIMENTER:
        if (!role_experimenter(s, &msg->experimenter)) {
            session_complain(s, "an experimenter message", OF_ERR_BAD_EXPERIMENTER);
            session_refuse_message(s, msg, OF_ERR_BAD_EXPERIMENTER);
        }
        break;
    case OF_FEATURES_REPLY:
        handshake_features(s, msg);
        break;
    case OF_MULTIPART_REPLY:
        handshake_multipart(s, msg);
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
    case OF_GET_ASYNC_REPLY:
    case OF_QUEUE_GET_CONFIG_REPLY:
        asks_reply(s->dp, msg);
        break;
    case OF_BUNDLE_CONTROL:
        if (!bundle_reply(s->dp, msg)) {
            asks_reply(s->dp, msg);
        }
        break;
    case OF_ROLE_REPLY:
        role_reply(s, msg);
        break;
    case OF_ROLE_STATUS:
        role_status(s, &msg->role_status);
        break;
    case OF_TABLE_STATUS:
        if (s->dp) {
            table_vacancy_event(&s->dp->flows, &msg->table_status);
        }
        break;
    case OF_REQUESTFORWARD:
        if (s->state == SESSION_READY) {
            objects_forwarded(s->dp, msg->requestforward.request);
        }
        break;
    case OF_CONTROLLER_STATUS: /* Another controller comes, goes or changes its role. */
        s->ctl->counters.controller_statuses++;
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
    case OF_PORT_MOD:
    case OF_GROUP_MOD:
    case OF_METER_MOD:
    case OF_QUEUE_GET_CONFIG_REQUEST:
    case OF_GET_ASYNC_REQUEST:
    case OF_SET_ASYNC:
    case OF_BUNDLE_ADD_MESSAGE:
    case OF_N_TYPES:
        assert(false && "a message that is not legal in any state");
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
        session_unexpected(s, msg);
    } else if (s->state != SESSION_WAIT_HELLO && msg->version != s->version) {
        session_complain(s, "a message of another version", OF_ERR_BAD_VERSION);
        session_refuse_message(s, msg, OF_ERR_BAD_VERSION);
    } else {
        on_message(s, msg);
    }
}

/* --- Beginning and end ------------------------------------------------------------------------ */

struct session *session_new(struct ctl *ctl, void *conn, const char *peer)
{
    struct session *s = xcalloc_lines(1, sizeof *s);

    s->ctl = ctl;
    s->conn = conn;
    s->version = session_highest(ctl->settings.versions);
    s->next_xid = 1;
    s->heard_at = ctl->clock->now;
    s->limits = peers_find(&ctl->peers, peer);
    list_init(&s->aux_node);
    snprintf(s->peer, sizeof s->peer, "%s", peer);
    timer_init(&s->handshake_timer, handshake_timed_out, s);
    timer_init(&s->echo_timer, echo_due, s);
    timer_init(&s->rival_timer, handshake_rival_silent, s);
    list_push_back(&ctl->sessions, &s->node);
    timer_set(&ctl->timers, &s->handshake_timer,
              mono_add(ctl->clock->now, ctl->settings.hello_timeout_ns));
    handshake_begin(s);
    return s;
}

void session_expect_dpid(struct session *s, dpid_t dpid)
{
    assert(s->state <= SESSION_WAIT_FEATURES && "before the switch says who it is");
    s->expects_dpid = true;
    s->expected_dpid = dpid;
}

void session_lost(struct session *s)
{
    if (s->state != SESSION_CLOSING) {
        LOG_LIMITED(s->ctl->log, &s->limits->events, LOG_INFO, "%s: connection lost", s->peer);
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
