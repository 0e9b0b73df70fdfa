/* Bundles: messages that are done together or not at all (1.4 §6.9, §7.3.9).
 *
 * Messages are kept as bytes. A commit saves the switch, does them in their order, and when one of them
 * fails brings the switch back and says which it was. Until all have succeeded nothing is sent, neither
 * messages nor frames: packet-outs are checked in their place and executed last. So every bundle is
 * atomic and ordered, whatever its flags ask for.
 *
 * A commit may be for a given time (1.5 §6.9.7, §7.3.9): then the bundle is closed, waits as long as its connection
 * lives, and is done at that instant of virtual time; the reply, or the error, is sent then. How far ahead and how far
 * back that time may be, a controller may say (§7.3.5.20); what is in the past, but not too far, is done at once. */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/openflow/of_codec.h"
#include "simnet/world/swtch_impl.h"

enum { MAX_BUNDLES = 16, MAX_BYTES = 16 << 20 }; /* Of a connection; of a bundle. */

struct bundle {
    struct bundle *next;
    struct swtch_conn *conn;
    uint32_t id;
    uint16_t flags; /* Without OF_BF_TIME, which is of a message. */
    bool closed;
    struct buf bytes;
    struct sim_event due;  /* A commit waits for its time... */
    struct of_msg request; /* ...which was this. */
};

enum { DUE_KIND = 0xb5d };

static void on_due(void *aux, struct sim_event *event);

/* --- Messages that wait ----------------------------------------------------------------------- */

struct held_message {
    struct swtch_conn *conn;
    struct buf bytes;
};

struct held_messages {
    struct held_message *list;
    size_t n;
};

void swtch_hold(struct held_messages *held, struct swtch_conn *conn, const struct of_msg *msg)
{
    struct held_message *m;

    held->list = xreallocarray(held->list, held->n + 1, sizeof *held->list);
    m = &held->list[held->n++];
    *m = (struct held_message){.conn = conn};
    if (of_encode(msg, &m->bytes) != ERR_OK) {
        buf_clear(&m->bytes);
    }
}

/* Sends what has waited, or forgets it. */
static void release(struct held_messages *held, bool send)
{
    struct arena arena = ARENA_INIT;
    struct of_msg msg;

    for (size_t i = 0; i < held->n; i++) {
        struct held_message *m = &held->list[i];

        if (send && m->bytes.len && of_decode(m->bytes.data, m->bytes.len, &arena, &msg) == OF_OK) {
            swtch_send_to(m->conn, &msg);
        }
        buf_fini(&m->bytes);
        arena_reset(&arena);
    }
    arena_fini(&arena);
    free(held->list);
}

/* --- Life ------------------------------------------------------------------------------------ */

static struct bundle **find(struct swtch_conn *conn, uint32_t id)
{
    struct bundle **link = &conn->bundles;

    while (*link && (*link)->id != id) {
        link = &(*link)->next;
    }
    return link;
}

static void discard(struct swtch_conn *conn, struct bundle **link)
{
    struct bundle *bundle = *link;

    *link = bundle->next;
    conn->n_bundles--;
    sim_cancel(conn->sw->sim, &bundle->due);
    buf_fini(&bundle->bytes);
    free(bundle);
}

void swtch_bundles_discard(struct swtch_conn *conn)
{
    while (conn->bundles) {
        discard(conn, &conn->bundles);
    }
}

/* A watcher of the tables would see what is then taken back: with one there are no bundles. */
static enum of_err open(struct swtch_conn *conn, uint32_t id, uint16_t flags)
{
    struct bundle **link = find(conn, id);

    if (*link) {
        return OF_ERR_BUNDLE_BAD_ID;
    }
    if (conn->n_bundles == MAX_BUNDLES || conn->sw->watch) {
        return OF_ERR_BUNDLE_OUT_OF_BUNDLES;
    }
    *link = xcalloc(1, sizeof **link);
    (*link)->conn = conn;
    (*link)->id = id;
    (*link)->flags = (uint16_t)(flags & ~OF_BF_TIME);
    sim_event_init(&(*link)->due, DUE_KIND, SIM_PRIO_NORMAL, on_due, *link);
    conn->n_bundles++;
    return OF_OK;
}

/* --- Adding ---------------------------------------------------------------------------------- */

/* A message for a bundle that there is not opens it (1.4 §7.3.9.6). */
enum of_err swtch_bundle_add(struct swtch *sw, const struct of_bundle_add *add)
{
    struct bundle *bundle = *find(sw->cur, add->bundle_id);
    const struct of_msg *msg = add->message;
    enum of_err err = OF_OK;

    if (!bundle) {
        err = open(sw->cur, add->bundle_id, add->flags);
        bundle = *find(sw->cur, add->bundle_id);
    }
    if (err != OF_OK) {
        return err;
    }
    if (bundle->closed) {
        return OF_ERR_BUNDLE_CLOSED;
    }
    if (bundle->flags != (add->flags & ~OF_BF_TIME)) {
        return OF_ERR_BUNDLE_BAD_FLAGS;
    }
    if (msg->type == OF_FLOW_MOD && msg->flow_mod.buffer_id != OF_NO_BUFFER) {
        return OF_ERR_BUNDLE_MSG_UNSUP; /* A packet that was let go cannot be taken back. */
    }
    if (bundle->bytes.len > MAX_BYTES) {
        return OF_ERR_BUNDLE_MSG_TOO_MANY;
    }
    return of_encode(msg, &bundle->bytes) == ERR_OK ? OF_OK : OF_ERR_BUNDLE_MSG_UNSUP;
}

/* --- Committing ------------------------------------------------------------------------------ */

/* One message: packet-outs only when 'outs', all others only when not. */
static enum of_err do_one(struct swtch *sw, const struct of_msg *msg, bool outs)
{
    enum of_err err;

    if (outs) {
        return msg->type == OF_PACKET_OUT ? swtch_dispatch(sw, msg) : OF_OK;
    }
    err = msg->type == OF_PACKET_OUT ? swtch_check_packet_out(sw, &msg->packet_out)
                                     : swtch_dispatch(sw, msg);
    return err;
}

/* All messages in their order, up to the first that fails: that one is in 'failed'. */
static enum of_err do_all(struct swtch *sw, const struct buf *bytes, bool outs, struct arena *arena,
                          struct of_msg *failed)
{
    enum of_err err = OF_OK;
    size_t at = 0, len;

    while (err == OF_OK && at < bytes->len &&
           of_frame_split(bytes->data + at, bytes->len - at, &len) == OF_FRAME_WHOLE) {
        arena_reset(arena);
        err = of_decode(bytes->data + at, len, arena, failed);
        err = err == OF_OK ? do_one(sw, failed, outs) : err;
        at += len;
    }
    return err;
}

static enum of_err commit(struct swtch *sw, const struct buf *bytes)
{
    struct held_messages held = {0};
    struct arena arena = ARENA_INIT;
    struct swtch_backup *backup = swtch_save(sw);
    struct of_msg failed = {0};
    enum of_err err;

    sw->held = &held;
    err = do_all(sw, bytes, false, &arena, &failed);
    sw->held = NULL;
    if (err == OF_OK) {
        swtch_backup_free(sw, backup);
    } else {
        swtch_restore(sw, backup);
        swtch_refuse(sw, &failed, err);
    }
    release(&held, err == OF_OK);
    if (err == OF_OK) {
        do_all(sw, bytes, true, &arena, &failed);
    }
    arena_fini(&arena);
    return err == OF_OK ? OF_OK : OF_ERR_BUNDLE_MSG_FAILED;
}

int64_t swtch_bundle_ns(const struct swtch *sw, const struct of_msg *msg,
                        int64_t ns(const struct swtch *, const struct of_flow_mod *))
{
    const struct bundle *bundle = *find(sw->cur, msg->bundle_control.bundle_id);
    struct arena arena = ARENA_INIT;
    struct of_msg each;
    int64_t sum = 0;
    size_t len;

    if (!bundle || msg->bundle_control.type != OF_BCT_COMMIT_REQUEST) {
        return 0;
    }
    for (size_t at = 0;
         of_frame_split(bundle->bytes.data + at, bundle->bytes.len - at, &len) == OF_FRAME_WHOLE;
         at += len) {
        arena_reset(&arena);
        if (of_decode(bundle->bytes.data + at, len, &arena, &each) == OF_OK &&
            each.type == OF_FLOW_MOD) {
            sum += ns(sw, &each.flow_mod);
        }
    }
    arena_fini(&arena);
    return sum;
}

/* Committed or failed, it is over (1.4 §7.3.9.4). */
static enum of_err commit_bundle(struct swtch *sw, struct bundle **link)
{
    struct buf bytes = (*link)->bytes;
    enum of_err err;

    (*link)->bytes = BUF_INIT;
    discard(sw->cur, link);
    err = commit(sw, &bytes);
    buf_fini(&bytes);
    return err;
}

/* --- At a given time -------------------------------------------------------------------------- */

static void reply_to(struct swtch *sw, const struct of_msg *request)
{
    struct of_msg reply = *request;

    reply.bundle_control.type = (enum of_bundle_type)(request->bundle_control.type + 1);
    swtch_send(sw, &reply);
}

static void on_due(void *aux, struct sim_event *event)
{
    struct bundle *bundle = aux;
    struct swtch *sw = bundle->conn->sw;
    struct of_msg request = bundle->request;
    enum of_err err;

    (void)event;
    sw->cur = bundle->conn;
    err = commit_bundle(sw, find(bundle->conn, bundle->id));
    if (err == OF_OK) {
        reply_to(sw, &request);
    } else {
        swtch_refuse(sw, &request, err);
    }
    sw->cur = sw->conns;
}

/* What has been said of times is checked: it is less than a year. */
static int64_t time_ns(struct of_time t)
{
    return (int64_t)t.s * NS_PER_S + t.ns;
}

static enum of_err schedule(struct swtch *sw, struct bundle *bundle, const struct of_msg *msg,
                            bool *waits)
{
    struct of_time at = msg->bundle_control.at;
    int64_t now_ns = sim_now(sw->sim).ns;

    if (at.s >= (uint64_t)INT64_MAX / NS_PER_S || time_ns(at) - now_ns > sw->cur->sched_future_ns) {
        return OF_ERR_BUNDLE_SCHED_FUTURE;
    }
    if (now_ns - time_ns(at) > sw->cur->sched_past_ns) {
        return OF_ERR_BUNDLE_SCHED_PAST;
    }
    if (time_ns(at) > now_ns) {
        *waits = true;
        bundle->closed = true;
        bundle->request = *msg;
        sim_at(sw->sim, &bundle->due, (mono_t){time_ns(at)});
    }
    return OF_OK;
}

/* --- Features --------------------------------------------------------------------------------- */

static struct of_time time_of(int64_t ns)
{
    return (struct of_time){(uint64_t)(ns / NS_PER_S), (uint32_t)(ns % NS_PER_S)};
}

enum of_err swtch_bundle_features(struct answer *a, const struct of_multipart_request *q)
{
    enum { TIMESTAMP = 1, SET_SCHED = 2, MAX_S = 365 * 86400 };
    struct swtch_conn *conn = a->sw->cur;
    struct of_bundle_features *f = &a->msg.mp_reply.bundle_features;
    bool sets = q->bundle_features.flags & SET_SCHED;

    if (sets &&
        (q->bundle_features.max_future.s > MAX_S || q->bundle_features.max_past.s > MAX_S)) {
        return OF_ERR_MULTIPART_BAD_SCHED;
    }
    if (sets) {
        conn->sched_future_ns = time_ns(q->bundle_features.max_future);
        conn->sched_past_ns = time_ns(q->bundle_features.max_past);
    }
    *f = (struct of_bundle_features){.capabilities = OF_BF_ATOMIC | OF_BF_ORDERED | OF_BF_TIME,
                                     .has_time = true,
                                     .accuracy = {0, 1},
                                     .max_future = time_of(conn->sched_future_ns),
                                     .max_past = time_of(conn->sched_past_ns)};
    if (q->bundle_features.flags & TIMESTAMP) {
        f->timestamp = time_of(sim_now(a->sw->sim).ns);
    }
    swtch_send(a->sw, &a->msg);
    return OF_OK;
}

/* --- Control --------------------------------------------------------------------------------- */

/* '*waits': the answer comes later. */
static enum of_err control(struct swtch *sw, const struct of_msg *msg, bool *waits)
{
    const struct of_bundle_control *bc = &msg->bundle_control;
    struct bundle **link = find(sw->cur, bc->bundle_id);
    enum of_err err;

    if (bc->type == OF_BCT_OPEN_REQUEST) {
        return open(sw->cur, bc->bundle_id, bc->flags);
    }
    if (!*link) {
        return OF_ERR_BUNDLE_BAD_ID;
    }
    if (bc->type == OF_BCT_DISCARD_REQUEST) {
        discard(sw->cur, link);
        return OF_OK;
    }
    if ((*link)->flags != (bc->flags & ~OF_BF_TIME)) {
        return OF_ERR_BUNDLE_BAD_FLAGS;
    }
    if (sim_event_is_set(&(*link)->due)) {
        return OF_ERR_BUNDLE_CLOSED; /* It can be discarded, and nothing else. */
    }
    if (bc->type == OF_BCT_CLOSE_REQUEST) {
        err = (*link)->closed ? OF_ERR_BUNDLE_CLOSED : OF_OK;
        (*link)->closed = true;
        return err;
    }
    err = bc->flags & OF_BF_TIME ? schedule(sw, *link, msg, waits) : OF_OK;
    return err == OF_OK && !*waits ? commit_bundle(sw, link) : err;
}

enum of_err swtch_bundle_control(struct swtch *sw, const struct of_msg *msg)
{
    const struct of_bundle_control *bc = &msg->bundle_control;
    bool waits = false;
    enum of_err err;

    if (bc->type % 2 || bc->type >= OF_N_BUNDLE_TYPES) {
        return OF_ERR_BUNDLE_BAD_TYPE; /* The odd ones are replies. */
    }
    err = control(sw, msg, &waits);
    if (err == OF_OK && !waits) {
        reply_to(sw, msg);
    }
    return err;
}
