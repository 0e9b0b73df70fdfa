#include "simnet/world/egress.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "simnet/world/stage.h"

enum { TURN_KIND = 0xe9e55 };

/* A tag is work in bits over weight in thousandths, times this. */
#define TAG_SCALE UINT64_C(1000000)

struct waiting {
    struct waiting *next;
    uint64_t start; /* Virtual time at which its service may begin. */
    struct buf bytes;
};

struct queue {
    struct queue_params params;
    struct queue_counts counts;
    struct waiting *head, *tail;
    uint64_t n_bytes;
    uint32_t n_frames;
    uint64_t weight;
    uint64_t finish;  /* Of its last frame. */
    int64_t ready_ns; /* Its maximum allows no frame before. */
    int64_t carry;    /* Of that division. */
};

struct egress {
    struct egress_params params;
    struct queue *queues; /* The last is for frames without a queue. */
    size_t n_queues;      /* Without that one. */
    uint64_t virtual_now, last_finish;
    size_t n_waiting;
    struct sim_event turn;
};

static void on_turn(void *aux, struct sim_event *event);

static void set_weights(struct egress *e)
{
    uint64_t sum = 0, n_without = 1, rest;

    for (size_t i = 0; i < e->n_queues; i++) {
        uint16_t min = e->queues[i].params.min_permille;

        sum += min == QUEUE_NO_RATE ? 0 : min;
        n_without += min == QUEUE_NO_RATE;
    }
    rest = sum < 1000 ? (1000 - sum) / n_without : 0;
    for (size_t i = 0; i <= e->n_queues; i++) {
        uint16_t min = e->queues[i].params.min_permille;

        e->queues[i].weight = min != QUEUE_NO_RATE ? min : rest ? rest : 1;
    }
}

struct egress *egress_new(const struct egress_params *params)
{
    struct egress *e = xcalloc(1, sizeof *e);

    e->params = *params;
    e->n_queues = params->n_queues;
    e->queues = xcalloc(params->n_queues + 1, sizeof *e->queues);
    for (size_t i = 0; i < params->n_queues; i++) {
        e->queues[i].params = params->queues[i];
    }
    e->queues[e->n_queues].params =
        (struct queue_params){.min_permille = QUEUE_NO_RATE, .max_permille = QUEUE_NO_RATE};
    set_weights(e);
    sim_event_init(&e->turn, TURN_KIND, SIM_PRIO_NORMAL, on_turn, e);
    e->turn.stage = STAGE_FRAMES;
    return e;
}

static struct waiting *take(struct egress *e, struct queue *q)
{
    struct waiting *w = q->head;

    q->head = w->next;
    q->tail = q->head ? q->tail : NULL;
    q->n_bytes -= w->bytes.len;
    q->n_frames--;
    e->n_waiting--;
    return w;
}

static void free_waiting(struct waiting *w)
{
    buf_fini(&w->bytes);
    free(w);
}

void egress_free(struct egress *e)
{
    if (!e) {
        return;
    }
    sim_cancel(e->params.sim, &e->turn);
    for (size_t i = 0; i <= e->n_queues; i++) {
        while (e->queues[i].head) {
            free_waiting(take(e, &e->queues[i]));
        }
    }
    free(e->queues);
    free(e);
}

/* --- Whose turn it is -------------------------------------------------------------------------- */

/* The queue that is served next; NULL when none may be, and then '*at' says when (MONO_NEVER: all are empty). */
static struct queue *next_queue(const struct egress *e, int64_t now_ns, mono_t *at)
{
    struct queue *best = NULL;

    *at = MONO_NEVER;
    for (size_t i = 0; i <= e->n_queues; i++) {
        struct queue *q = &e->queues[i];

        if (!q->head) {
            continue;
        }
        if (q->ready_ns > now_ns) {
            *at = mono_before((mono_t){q->ready_ns}, *at) ? (mono_t){q->ready_ns} : *at;
        } else if (!best || q->head->start < best->head->start) {
            best = q;
        }
    }
    return best;
}

/* The queue's next frame may follow when this one has passed at its maximum. */
static void space(struct egress *e, struct queue *q, int64_t now_ns, size_t len)
{
    int64_t rate_bps = wire_get_params(e->params.wire)->rate_bps, work;

    if (!rate_bps || q->params.max_permille > 1000) {
        return;
    }
    if (now_ns > q->ready_ns) {
        q->ready_ns = now_ns;
        q->carry = 0;
    }
    rate_bps = rate_bps * q->params.max_permille / 1000;
    rate_bps = rate_bps ? rate_bps : 1;
    work = (int64_t)len * 8 * NS_PER_S + q->carry;
    q->ready_ns += work / rate_bps;
    q->carry = work % rate_bps;
}

static void send_one(struct egress *e, struct queue *q, int64_t now_ns)
{
    struct waiting *w = take(e, q);
    size_t len = w->bytes.len;
    bool sent = wire_send(e->params.wire, e->params.side, w->bytes.data, len);

    e->virtual_now = w->start;
    q->counts.tx_packets += sent;
    q->counts.tx_bytes += sent ? len : 0;
    q->counts.tx_errors += !sent;
    if (sent) {
        space(e, q, now_ns, len);
    }
    e->params.sent(e->params.aux, e->params.port, len, sent);
    free_waiting(w);
}

/* Sends what can be sent now, and comes back when more can. */
static void serve(struct egress *e)
{
    int64_t now_ns = sim_now(e->params.sim).ns;
    mono_t at;

    for (;;) {
        mono_t free_at = wire_free_at(e->params.wire, e->params.side);
        struct queue *q = next_queue(e, now_ns, &at);

        if (q && free_at.ns > now_ns) {
            at = free_at;
            break;
        }
        if (!q) {
            break;
        }
        send_one(e, q, now_ns);
    }
    if (!sim_event_is_set(&e->turn) || e->turn.time_ns != at.ns) {
        sim_at(e->params.sim, &e->turn, at);
    }
}

static void on_turn(void *aux, struct sim_event *event)
{
    (void)event;
    serve(aux);
}

/* --- Sending --------------------------------------------------------------------------------- */

static bool has_room(const struct egress *e, const struct queue *q, size_t len)
{
    const struct wire_params *wire = wire_get_params(e->params.wire);

    return (!wire->queue_bytes || q->n_bytes + len <= wire->queue_bytes) &&
           (!wire->queue_packets || q->n_frames < wire->queue_packets);
}

/* A busy period begins, in which nobody has been served yet. */
static bool is_idle(const struct egress *e)
{
    return !e->n_waiting &&
           wire_free_at(e->params.wire, e->params.side).ns <= sim_now(e->params.sim).ns;
}

void egress_send(struct egress *e, uint32_t queue_id, const uint8_t *data, size_t len)
{
    struct queue *q = &e->queues[egress_find(e, queue_id)];
    struct waiting *w;

    if (!has_room(e, q, len)) {
        q->counts.tx_errors++;
        e->params.sent(e->params.aux, e->params.port, len, false);
        return;
    }
    if (is_idle(e)) {
        e->virtual_now = e->last_finish;
    }
    w = xcalloc(1, sizeof *w);
    buf_put(&w->bytes, data, len);
    w->start = q->finish > e->virtual_now ? q->finish : e->virtual_now;
    q->finish = w->start + len * 8 * TAG_SCALE / q->weight;
    e->last_finish = q->finish > e->last_finish ? q->finish : e->last_finish;
    if (q->tail) {
        q->tail->next = w;
    } else {
        q->head = w;
    }
    q->tail = w;
    q->n_bytes += len;
    q->n_frames++;
    e->n_waiting++;
    serve(e);
}

/* --- Reading --------------------------------------------------------------------------------- */

size_t egress_n_queues(const struct egress *e)
{
    return e->n_queues;
}

const struct queue_params *egress_queue(const struct egress *e, size_t i)
{
    return &e->queues[i].params;
}

const struct queue_counts *egress_counts(const struct egress *e, size_t i)
{
    return &e->queues[i].counts;
}

size_t egress_find(const struct egress *e, uint32_t queue_id)
{
    size_t i = 0;

    while (i < e->n_queues && e->queues[i].params.id != queue_id) {
        i++;
    }
    return i;
}
