#include "simnet/world/wire.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/list.h"
#include "controller/base/rng.h"
#include "simnet/world/stage.h"

enum { ARRIVAL_KIND = 0x11a, MAX_LOOKED_AT = 8 /* Kinds. */ };

/* One direction, named by the side where it starts. What each frame needs is two lines of the cache: the queue,
 * and the event with the first counters. */
struct lane {
    _Alignas(CACHE_LINE) struct frame *head; /* On the way, in the order of sending. */
    struct frame *tail;
    struct frame *waiting;      /* The first of them whose last bit has not left yet. */
    uint64_t waiting_bytes;     /* In 'waiting' and behind it. */
    uint64_t max_waiting_bytes; /* Since counting began. */
    uint32_t n_waiting;
    bool broken;
    bool is_bad; /* The state of bursts. */
    int64_t busy_until_ns;
    int64_t carry; /* Remainder of the last division: carry/rate ns of work are not yet counted. */
    struct sim_event arrival;
    struct wire_stats stats; /* Without what wire_get_stats() fills in. */
    uint64_t gone_bytes;     /* Of frames that were lost or cut. */
    uint64_t n_begun_with;   /* Frames that were on the way when counting began, */
    uint64_t begun_bytes;    /* and their bytes. */
    int64_t peak_from_ns;    /* Of the second in which cargo is being counted, */
    uint64_t peak_bytes;     /* and what there has been. */
};

struct wire_end {
    void *node;
    wire_recv_fn *recv;
};

/* What wires that are alike share, so that it stays in the cache. */
struct wire_kind {
    struct wire_kind *next; /* Of the same pool. */
    uint32_t n_wires;
    bool is_lossy;
    struct wire_params params;
};

/* What each frame needs is one line of the cache. */
struct wire {
    struct frame_pool *pool;
    struct wire_kind *kind;
    struct wire_end ends[2];
    uint32_t ports[2]; /* Of the ends. */
    uint32_t id;
    bool up;
    struct lane lanes[2];
    wire_status_fn *status[2]; /* Of the ends. */
    struct rng *rng;           /* When it is lossy. */
    wire_watch_fn *watch;      /* NULL: nobody. */
    void *watch_aux;
};

_Static_assert(offsetof(struct lane, arrival) == CACHE_LINE, "a queue is meant to be one line");
_Static_assert(offsetof(struct lane, stats.n_delivered) == 2 * CACHE_LINE,
               "an event is meant to be one line with the counters of frames sent");
_Static_assert(offsetof(struct wire, lanes) == CACHE_LINE, "a wire is meant to be one line");

static void on_arrival(void *aux, struct sim_event *event);

static struct wire *wire_of(const struct lane *lane)
{
    return lane->arrival.aux;
}

static struct sim *sim_of(const struct wire *wire)
{
    return wire->pool->sim;
}

/* --- Kinds ----------------------------------------------------------------------------------- */

static bool params_eq(const struct wire_params *a, const struct wire_params *b)
{
    return a->rate_bps == b->rate_bps && a->delay_ns == b->delay_ns &&
           a->loss_frac == b->loss_frac && a->queue_bytes == b->queue_bytes &&
           a->queue_packets == b->queue_packets && a->burst.enter_frac == b->burst.enter_frac &&
           a->burst.leave_frac == b->burst.leave_frac && a->burst.loss_frac == b->burst.loss_frac;
}

/* Where all wires differ nothing is gained by looking at more than a few kinds. */
static struct wire_kind *kind_get(struct frame_pool *pool, const struct wire_params *params)
{
    struct wire_kind *kind = pool->kinds;

    for (unsigned i = 0; kind && i < MAX_LOOKED_AT; i++, kind = kind->next) {
        if (params_eq(&kind->params, params)) {
            kind->n_wires++;
            return kind;
        }
    }
    kind = xcalloc(1, sizeof *kind);
    kind->params = *params;
    kind->is_lossy = params->loss_frac > 0 || params->burst.enter_frac > 0;
    kind->n_wires = 1;
    kind->next = pool->kinds;
    pool->kinds = kind;
    return kind;
}

static void kind_put(struct frame_pool *pool, struct wire_kind *kind)
{
    struct wire_kind **link = &pool->kinds;

    if (--kind->n_wires) {
        return;
    }
    while (*link != kind) {
        link = &(*link)->next;
    }
    *link = kind->next;
    free(kind);
}

/* --- Life ------------------------------------------------------------------------------------ */

double wire_mean_loss(const struct wire_params *p)
{
    double bad_frac = 0;

    if (p->burst.enter_frac > 0) {
        bad_frac = p->burst.enter_frac / (p->burst.enter_frac + p->burst.leave_frac);
    }
    return (1 - bad_frac) * p->loss_frac + bad_frac * p->burst.loss_frac;
}

struct wire *wire_new(struct sim *sim, struct frame_pool *pool, const struct wire_params *params,
                      uint32_t id)
{
    struct wire *wire = xcalloc_lines(1, sizeof *wire);
    char name[32];

    pool->sim = sim;
    wire->pool = pool;
    wire->kind = kind_get(pool, params);
    wire->id = id;
    wire->up = true;
    if (wire->kind->is_lossy) {
        snprintf(name, sizeof name, "wire %u loss", id);
        wire->rng = sim_rng(sim, name);
    }
    for (unsigned side = 0; side < 2; side++) {
        sim_event_init(&wire->lanes[side].arrival, ARRIVAL_KIND, SIM_PRIO_NORMAL, on_arrival, wire);
        wire->lanes[side].arrival.stage = STAGE_FRAMES;
    }
    return wire;
}

/* Cargo that is lost is told of when nothing refers to the frame any more: its owner may send again. */
static void drop_frame(struct wire *wire, struct frame *f)
{
    wire_cargo_fn *cargo = f->cargo;
    void *aux = f->cargo_aux;

    frame_put(wire->pool, f);
    if (cargo) {
        cargo(aux, false);
    }
}

static void count_gone(struct lane *lane, const struct frame *f, bool lost)
{
    lane->stats.n_lost += lost;
    lane->stats.n_cut += !lost;
    lane->gone_bytes += f->len;
}

/* Everything on the way is lost. */
static void drop_all(struct wire *wire, struct lane *lane)
{
    struct frame *next, *head = lane->head;

    lane->head = lane->tail = lane->waiting = NULL;
    lane->waiting_bytes = lane->n_waiting = 0;
    lane->busy_until_ns = lane->carry = 0;
    sim_cancel(sim_of(wire), &lane->arrival);
    for (struct frame *f = head; f; f = f->next) {
        count_gone(lane, f, false);
    }
    for (struct frame *f = head; f; f = next) {
        next = f->next;
        drop_frame(wire, f);
    }
}

void wire_free(struct wire *wire)
{
    if (wire) {
        drop_all(wire, &wire->lanes[0]);
        drop_all(wire, &wire->lanes[1]);
        kind_put(wire->pool, wire->kind);
        free(wire);
    }
}

void wire_attach(struct wire *wire, unsigned side, void *node, uint32_t port, wire_recv_fn *recv,
                 wire_status_fn *status)
{
    assert(side < 2 && !wire->ends[side].recv && "wire_attach: this side is taken");
    wire->ends[side] = (struct wire_end){node, recv};
    wire->ports[side] = port;
    wire->status[side] = status;
}

void wire_detach(struct wire *wire, unsigned side)
{
    wire->ends[side].recv = NULL;
}

/* --- Sending --------------------------------------------------------------------------------- */

/* Steps over the frames whose last bit has left. */
static void update_waiting(struct lane *lane, int64_t now_ns)
{
    while (lane->waiting && lane->waiting->depart_ns <= now_ns) {
        lane->waiting_bytes -= lane->waiting->len;
        lane->n_waiting--;
        lane->waiting = lane->waiting->next;
    }
}

/* When the last bit of 'len' bytes leaves; the lane is busy until then. */
static int64_t clock_out(struct lane *lane, int64_t now_ns, size_t len)
{
    int64_t rate = wire_of(lane)->kind->params.rate_bps;
    int64_t work; /* In units of 1/rate ns. */

    if (now_ns > lane->busy_until_ns) {
        lane->busy_until_ns = now_ns;
        lane->carry = 0;
    }
    if (rate) {
        work = (int64_t)len * 8 * NS_PER_S + lane->carry;
        lane->busy_until_ns += work / rate;
        lane->carry = work % rate;
    }
    return lane->busy_until_ns;
}

static void append(struct lane *lane, struct frame *f)
{
    struct sim *sim = sim_of(wire_of(lane));

    if (lane->tail) {
        lane->tail->next = f;
    } else {
        lane->head = f;
        sim_at(sim, &lane->arrival, (mono_t){f->arrive_ns});
    }
    lane->tail = f;
    if (!lane->waiting) {
        lane->waiting = f;
    }
    lane->waiting_bytes += f->len;
    lane->n_waiting++;
    if (lane->waiting_bytes > lane->max_waiting_bytes) {
        lane->max_waiting_bytes = lane->waiting_bytes;
    }
}

/* Whether 'len' bytes may join the queue; counted when they may not. */
static bool admit(struct lane *lane, int64_t now_ns, size_t len)
{
    const struct wire *wire = wire_of(lane);
    const struct wire_params *p = &wire->kind->params;

    if (!wire->up) {
        lane->stats.n_down++;
        return false;
    }
    update_waiting(lane, now_ns);
    if ((p->queue_bytes && lane->waiting_bytes + len > p->queue_bytes) ||
        (p->queue_packets && lane->n_waiting >= p->queue_packets)) {
        lane->stats.n_overflow++;
        return false;
    }
    return true;
}

/* 'f' has been admitted. */
static void transmit(struct lane *lane, struct frame *f, int64_t now_ns)
{
    lane->stats.n_sent++;
    lane->stats.sent_bytes += f->len;
    if (lane->busy_until_ns > now_ns) {
        lane->stats.wait_ns += lane->busy_until_ns - now_ns;
    }
    f->depart_ns = clock_out(lane, now_ns, f->len);
    f->arrive_ns = mono_add((mono_t){f->depart_ns}, wire_of(lane)->kind->params.delay_ns).ns;
    append(lane, f);
}

bool wire_send(struct wire *wire, unsigned side, const uint8_t *data, size_t len)
{
    struct lane *lane = &wire->lanes[side];
    int64_t now_ns = sim_now(sim_of(wire)).ns;

    if (!admit(lane, now_ns, len)) {
        return false;
    }
    transmit(lane, frame_get(wire->pool, data, len), now_ns);
    return true;
}

bool wire_send_parsed(struct wire *wire, unsigned side, const struct pkt_frame *frame)
{
    struct lane *lane = &wire->lanes[side];
    int64_t now_ns = sim_now(sim_of(wire)).ns;
    struct frame *f;

    if (!admit(lane, now_ns, frame->buf->len)) {
        return false;
    }
    f = frame_get(wire->pool, frame->buf->data, frame->buf->len);
    f->is_parsed = true;
    f->p = frame->p;
    transmit(lane, f, now_ns);
    return true;
}

/* Counts cargo by whole seconds. */
static void count_cargo(struct lane *lane, int64_t now_ns, size_t len)
{
    struct wire_stats *s = &lane->stats;

    if (now_ns >= lane->peak_from_ns + NS_PER_S) {
        lane->peak_from_ns = now_ns / NS_PER_S * NS_PER_S;
        lane->peak_bytes = 0;
    }
    lane->peak_bytes += len;
    s->cargo_peak_bytes =
        lane->peak_bytes > s->cargo_peak_bytes ? lane->peak_bytes : s->cargo_peak_bytes;
    s->n_cargo++;
    s->cargo_bytes += len;
}

bool wire_send_cargo(struct wire *wire, unsigned side, size_t len, wire_cargo_fn *done, void *aux)
{
    struct lane *lane = &wire->lanes[side];
    int64_t now_ns = sim_now(sim_of(wire)).ns;
    struct frame *f;

    if (!admit(lane, now_ns, len)) {
        return false;
    }
    f = frame_get(wire->pool, NULL, 0);
    f->len = len;
    f->cargo = done;
    f->cargo_aux = aux;
    count_cargo(lane, now_ns, len);
    transmit(lane, f, now_ns);
    return true;
}

static void ignore_cargo(void *aux, bool arrived)
{
    (void)aux;
    (void)arrived;
}

void wire_drop_cargo(struct wire *wire)
{
    for (unsigned side = 0; side < 2; side++) {
        for (struct frame *f = wire->lanes[side].head; f; f = f->next) {
            wire_cargo_fn *cargo = f->cargo;

            if (cargo) {
                f->cargo = ignore_cargo;
                cargo(f->cargo_aux, false);
            }
        }
    }
}

void wire_forget_peak(struct wire *wire)
{
    for (unsigned side = 0; side < 2; side++) {
        wire->lanes[side].stats.cargo_peak_bytes = 0;
        wire->lanes[side].peak_bytes = 0;
    }
}

static void add_on_way(const struct lane *lane, uint64_t *n, uint64_t *bytes)
{
    for (const struct frame *f = lane->head; f; f = f->next) {
        *n += 1;
        *bytes += f->len;
    }
}

void wire_reset_stats(struct wire *wire)
{
    for (unsigned side = 0; side < 2; side++) {
        struct lane *lane = &wire->lanes[side];

        update_waiting(lane, sim_now(sim_of(wire)).ns);
        lane->max_waiting_bytes = lane->waiting_bytes;
        lane->stats = (struct wire_stats){0};
        lane->gone_bytes = lane->peak_bytes = 0;
        lane->n_begun_with = lane->begun_bytes = 0;
        add_on_way(lane, &lane->n_begun_with, &lane->begun_bytes);
    }
}

mono_t wire_free_at(const struct wire *wire, unsigned side)
{
    return (mono_t){wire->lanes[side].busy_until_ns};
}

/* --- Arriving -------------------------------------------------------------------------------- */

static struct frame *take_head(struct sim *sim, struct lane *lane)
{
    struct frame *f = lane->head;

    update_waiting(lane, sim_now(sim).ns);
    lane->head = f->next;
    if (lane->head) {
        sim_at(sim, &lane->arrival, (mono_t){lane->head->arrive_ns});
    } else {
        lane->tail = NULL;
    }
    return f;
}

/* The law of loss, for the next frame of the lane. */
static bool draw_loss(const struct wire *wire, struct lane *lane)
{
    const struct wire_params *p = &wire->kind->params;
    struct rng *rng = wire->rng;
    bool lost;

    lost = rng_uniform(rng) < (lane->is_bad ? p->burst.loss_frac : p->loss_frac);
    if (p->burst.enter_frac > 0) {
        lane->is_bad ^=
            rng_uniform(rng) < (lane->is_bad ? p->burst.leave_frac : p->burst.enter_frac);
    }
    return lost;
}

static void deliver(struct wire *wire, unsigned side, struct frame *f)
{
    const struct wire_end *end = &wire->ends[side];

    if (f->cargo) {
        f->cargo(f->cargo_aux, true);
    } else if (end->recv) {
        end->recv(end->node, wire->ports[side], &f->buf, f->is_parsed ? &f->p : NULL);
    }
    frame_put(wire->pool, f);
}

static void on_arrival(void *aux, struct sim_event *event)
{
    struct wire *wire = aux;
    struct lane *lane = CONTAINER_OF(event, struct lane, arrival);
    unsigned side = lane == &wire->lanes[1];
    struct sim *sim = sim_of(wire);
    struct frame *f = take_head(sim, lane);
    bool lost = wire->kind->is_lossy && draw_loss(wire, lane);

    sim_trace_u64(sim, (uint64_t)wire->id << 1 | side);
    sim_trace(sim, f->buf.data, f->buf.len);
    if (lost || lane->broken) {
        count_gone(lane, f, lost);
        drop_frame(wire, f);
    } else {
        deliver(wire, !side, f);
    }
}

/* --- Status ---------------------------------------------------------------------------------- */

void wire_set_up(struct wire *wire, bool up)
{
    if (wire->up == up) {
        return;
    }
    wire->up = up;
    if (!up) {
        drop_all(wire, &wire->lanes[0]);
        drop_all(wire, &wire->lanes[1]);
    }
    for (unsigned side = 0; side < 2; side++) {
        if (wire->status[side]) {
            wire->status[side](wire->ends[side].node, wire->ports[side], up);
        }
    }
    if (wire->watch) {
        wire->watch(wire->watch_aux, wire, up);
    }
}

void wire_set_broken(struct wire *wire, unsigned side, bool broken)
{
    wire->lanes[side].broken = broken;
}

void wire_set_watch(struct wire *wire, wire_watch_fn *watch, void *aux)
{
    wire->watch = watch;
    wire->watch_aux = aux;
}

bool wire_is_up(const struct wire *wire)
{
    return wire->up;
}

const struct wire_params *wire_get_params(const struct wire *wire)
{
    return &wire->kind->params;
}

struct wire_stats wire_get_stats(const struct wire *wire, unsigned side)
{
    const struct lane *lane = &wire->lanes[side];
    struct wire_stats s = lane->stats;
    uint64_t n_left = 0, left_bytes = 0;

    s.max_waiting_bytes = lane->max_waiting_bytes;
    add_on_way(lane, &n_left, &left_bytes);
    s.n_delivered = lane->n_begun_with + s.n_sent - s.n_lost - s.n_cut - n_left;
    s.delivered_bytes = lane->begun_bytes + s.sent_bytes - lane->gone_bytes - left_bytes;
    return s;
}
