/* One connection to a switch. Private to this room. */
#ifndef TAMBO_CORE_SESSION_H
#define TAMBO_CORE_SESSION_H

#include "controller/base/list.h"
#include "controller/core/ctl.h"

enum session_state {
    SESSION_WAIT_HELLO,
    SESSION_WAIT_FEATURES,
    SESSION_WAIT_RIVAL,
    SESSION_WAIT_PORTS,
    SESSION_WAIT_DESC,
    SESSION_WAIT_ROLE,
    SESSION_SYNC_OBJECTS,
    SESSION_SYNC,
    SESSION_READY,
    SESSION_AUX,
    SESSION_CLOSING,
    SESSION_N_STATES
};

/* Greets the switch on 'conn'. */
struct session *session_new(struct ctl *ctl, void *conn, const char *peer);

/* Forgets the connection; its datapath goes down when this was its session. */
void session_lost(struct session *session);

/* Frees a session without a word. */
void session_free(struct session *session);
struct session *session_from_list(struct list *node);

/* What the switch has said it is; 0 before. */
dpid_t session_dpid(const struct session *session);

/* What it speaks for; NULL: nothing yet. */
const struct datapath *session_dp(const struct session *session);

uint8_t session_version(const struct session *session);
const char *session_peer(const struct session *session);
enum session_state session_state(const struct session *session);

/* Refuses features that say another datapath id. */
void session_expect_dpid(struct session *session, dpid_t dpid);

void session_input(struct session *session, const struct of_msg *msg);
void session_input_bad(struct session *session, const struct of_msg *head, enum of_err err,
                       const uint8_t *frame, size_t len);

/* Sends 'msg' with the session's version and a fresh xid; '*xid' (may be NULL) tells which. */
enum err session_send(struct session *session, struct of_msg *msg, uint32_t *xid);

/* The same with the xid that is in 'msg'. */
enum err session_send_as(struct session *session, struct of_msg *msg);

/* Closes the connection because of 'why'. The datapath goes down at once. */
void session_close(struct session *session, const char *why);

#endif
