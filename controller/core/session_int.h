/* The inside of a session, shared by its life (session.c) and its handshake (session_handshake.c).
 * Private to this room. */
#ifndef TAMBO_CORE_SESSION_INT_H
#define TAMBO_CORE_SESSION_INT_H

#include "controller/base/log.h"
#include "controller/core/datapath_int.h"
#include "controller/core/peers.h"
#include "controller/core/session.h"
#include "controller/core/timer.h"

struct session {
    struct ctl *ctl;
    void *conn;
    struct datapath *dp; /* Once this session speaks for it. */
    mono_t heard_at;
    enum session_state state;
    uint32_t next_xid;
    uint8_t version;
    bool echo_is_out;           /* And not answered by anything yet. */
    bool is_passive;            /* Nothing that changes the switch is sent (session_role.c). */
    bool expects_dpid;          /* See below. */
    uint32_t request_xid;       /* Of the request that the handshake waits for. */
    struct peer_limits *limits; /* Shared by all connections from the peer's address. Up to here a line of the
                                 * cache: what a message of a working switch needs. */
    struct list node;           /* In ctl.sessions. */
    struct of_features features;
    char peer[PEER_TEXT_SIZE];
    dpid_t expected_dpid;  /* With 'expects_dpid': the only one that may come. */
    struct of_port *ports; /* Being collected, in ascending order. */
    size_t n_ports, cap_ports;
    struct session *rival;      /* WAIT_RIVAL: the older session. */
    struct session *challenger; /* The younger session that waits for our answer. */
    struct timer handshake_timer, echo_timer, rival_timer;
    uint32_t rival_echo_xid;
    struct list aux_node; /* AUX: in datapath.aux_sessions. */
    enum of_role role_asked;
    unsigned role_tries;
    uint32_t role_xid, async_xid; /* 0: no answer is awaited, nothing was sent. */
};

_Static_assert(offsetof(struct session, node) <= 64, "what a message needs is a line of the cache");

/* --- session_send.c --------------------------------------------------------------------------- */

void session_send_error(struct session *s, uint32_t xid, enum of_err err, struct of_bytes data);

/* Counts and logs a bad message that is answered with 'err'. */
void session_complain(struct session *s, const char *what, enum of_err err);

/* Answers 'msg' with 'err' and as much of it as goes into an error. */
void session_refuse_message(struct session *s, const struct of_msg *msg, enum of_err err);

/* --- session.c -------------------------------------------------------------------------------- */

/* Answers a message that has no place in the present state. */
void session_unexpected(struct session *s, const struct of_msg *msg);

/* Counts the connection as refused and closes it. */
void session_refuse(struct session *s, const char *why);

/* Looks after the echo 'after_ns' from now. */
void session_arm_echo(struct session *s, int64_t after_ns);

/* --- session_handshake.c ---------------------------------------------------------------------- */

/* The highest version in a bitmap; OF_VERSION_NONE when it is empty. */
uint8_t session_highest(uint32_t versions);

/* Sends our hello. */
void handshake_begin(struct session *s);

/* The answers. */
void handshake_hello(struct session *s, const struct of_msg *msg);
void handshake_features(struct session *s, const struct of_msg *msg);
void handshake_multipart(struct session *s, const struct of_msg *msg);

/* An error that answers the handshake's request. */
void handshake_error(struct session *s);

/* A port that changes between two parts of the description. */
void handshake_port_status(struct session *s, const struct of_port_status *status);

/* The older session lives, so the younger one that waits is refused. */
void handshake_echo_answered(struct session *s, const struct of_msg *msg);

/* The timer of the session that waits for its rival. */
void handshake_rival_silent(void *aux, struct timer *timer);

/* The role is known, or that there are none. */
void handshake_role_known(struct session *s);

/* The groups and meters of the switch are known. */
void handshake_objects_known(struct session *s);

/* Reads the switch and compares, as a slave that is one no more. */
void handshake_resync(struct session *s);

/* The datapath is free for this session. */
void handshake_attach(struct session *s);

/* --- session_role.c --------------------------------------------------------------------------- */

/* True when our role forbids to send 'msg'. */
bool role_forbids(const struct session *s, const struct of_msg *msg);

/* Says which messages each role wants to hear. */
void role_send_async(struct session *s);

/* Asks for the role that is wanted; false when there is nothing to ask. */
bool role_begin(struct session *s);

void role_reply(struct session *s, const struct of_msg *msg);
void role_status(struct session *s, const struct of_role_status *status);

/* True when the message says what our role is. */
bool role_experimenter(struct session *s, const struct of_experimenter *experimenter);

/* True when the error is about our role. */
bool role_error(struct session *s, const struct of_msg *msg);

/* What a slave that is one no more missed has been read and written. */
void role_resynced(struct session *s);

/* --- session_aux.c ---------------------------------------------------------------------------- */

/* The session has said that it is auxiliary: takes it or refuses it. 'dp' may be NULL. */
void aux_attach(struct session *s, struct datapath *dp);

/* The auxiliary connection ends. */
void aux_detach(struct session *s);

/* The main connection has ended. */
void aux_close_all(struct datapath *dp);

#endif
