/* What we say on a connection, and how we refuse what was said. */
#include "controller/core/ctl_int.h"
#include "controller/core/session_int.h"
#include "controller/openflow/of_codec.h"

LOG_MODULE(session);

/* Bytes of a message that an error carries back (§7.4.4: at least 64). */
#define ERROR_DATA_LEN 64

/* --- Sending ---------------------------------------------------------------------------------- */

static void count_out(struct ctl_counters *c, enum of_type type)
{
    c->messages_out++;
    if (type == OF_PACKET_OUT) {
        c->packet_outs++;
        return;
    }
    c->flow_mods += type == OF_FLOW_MOD;
    c->barriers += type == OF_BARRIER_REQUEST;
}

/* A connection that has just gone is no news. A full queue is one line now and then: whoever sent the
 * message knows, and what changes the switch for good waits until there is room. */
static void note_failure(struct session *s, enum of_type type, enum err err)
{
    struct ctl_counters *c = &s->ctl->counters;

    c->sends_closed += err == ERR_CLOSED;
    c->sends_full += err == ERR_FULL;
    c->send_failures += err != ERR_CLOSED;
    if (err != ERR_CLOSED) {
        LOG_LIMITED(s->ctl->log, &s->limits->complaints, LOG_WARN, "%s: a %s could not be sent: %s",
                    s->peer, of_type_name(type), err_text(err));
    }
}

enum err session_send_as(struct session *s, struct of_msg *msg)
{
    const struct southbound *sb = s->ctl->southbound;
    enum err err;

    if (s->state == SESSION_CLOSING || role_forbids(s, msg)) {
        return ERR_CLOSED;
    }
    msg->version = s->version;
    err = sb->send(sb->aux, s->conn, msg);
    if (err == ERR_OK) {
        count_out(&s->ctl->counters, msg->type);
    } else {
        note_failure(s, msg->type, err);
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

void session_send_error(struct session *s, uint32_t xid, enum of_err err, struct of_bytes data)
{
    struct of_msg msg = {.type = OF_ERROR, .xid = xid};

    msg.error = (struct of_error){.err = err, .data = data};
    of_err_to_wire(err, s->version, &msg.error.type, &msg.error.code);
    session_send_as(s, &msg);
}

/* --- Complaints ------------------------------------------------------------------------------- */

void session_complain(struct session *s, const char *what, enum of_err err)
{
    s->ctl->counters.messages_bad++;
    LOG_LIMITED(s->ctl->log, &s->limits->complaints, LOG_WARN, "%s: %s, answered with %s", s->peer,
                what, of_err_name(err));
}

/* Answers 'msg' with 'err' and the beginning of what was refused. */
void session_refuse_message(struct session *s, const struct of_msg *msg, enum of_err err)
{
    struct buf request = BUF_INIT;

    (void)of_encode(msg,
                    &request); /* Nothing is carried back of what we could not say ourselves. */
    session_send_error(s, msg->xid, err,
                       (struct of_bytes){request.data, request.len < ERROR_DATA_LEN
                                                           ? request.len
                                                           : ERROR_DATA_LEN});
    buf_fini(&request);
}

void session_input_bad(struct session *s, const struct of_msg *head, enum of_err err,
                       const uint8_t *frame, size_t len)
{
    if (s->state == SESSION_CLOSING) {
        return;
    }
    s->ctl->counters.messages_in++;
    session_complain(s, "a message that cannot be understood", err);
    if (head->type != OF_ERROR) {
        session_send_error(s, head->xid, err,
                           (struct of_bytes){frame, len < ERROR_DATA_LEN ? len : ERROR_DATA_LEN});
    }
    if (s->state == SESSION_WAIT_HELLO) {
        session_refuse(s, "it did not begin with a hello");
    }
}
