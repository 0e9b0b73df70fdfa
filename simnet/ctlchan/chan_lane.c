/* Messages on their way: parcels, the lanes of a channel, and the link that all channels share. */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/openflow/of_codec.h"
#include "simnet/ctlchan/ctlchan_impl.h"
#include "simnet/ctlchan/msg_copy.h"
#include "simnet/des/profile.h"
#include "simnet/world/stage.h"

enum { SHARED_KIND = 0x5a4e };

/* --- Parcels --------------------------------------------------------------------------------- */

static struct parcel *parcel_get(struct ctlchan *cc)
{
    struct parcel *p = cc->free;

    if (p) {
        cc->free = p->next;
    } else {
        p = xcalloc(1, sizeof *p);
    }
    p->next = NULL;
    return p;
}

void parcel_put(struct ctlchan *cc, struct parcel *p)
{
    buf_clear(&p->bytes);
    if (cc->params.fidelity == CHAN_DIRECT) { /* Else it has not been touched. */
        arena_reset(&p->arena);
    }
    p->next = cc->free;
    cc->free = p;
}

void chan_free_parcels(struct ctlchan *cc)
{
    struct parcel *next;

    for (struct parcel *p = cc->free; p; p = next) {
        next = p->next;
        buf_fini(&p->bytes);
        arena_fini(&p->arena);
        free(p);
    }
    cc->free = NULL;
}

void parcels_add(struct parcels *list, struct parcel *p)
{
    p->next = NULL;
    if (list->tail) {
        list->tail->next = p;
    } else {
        list->head = p;
    }
    list->tail = p;
}

struct parcel *parcels_take(struct parcels *list)
{
    struct parcel *p = list->head;

    list->head = p->next;
    list->tail = list->head ? list->tail : NULL;
    p->next = NULL;
    return p;
}

static void put_all(struct ctlchan *cc, struct parcels *list)
{
    while (list->head) {
        parcel_put(cc, parcels_take(list));
    }
}

/* Whether it counts how long a message is. */
static bool has_length(const struct ctlchan *cc)
{
    return cc->params.rate_bps || cc->params.shared_bps || cc->inband;
}

/* A flow-mod of 1.0 has fewer words than the core for what it does (no push), and it is these that come back in
 * statistics: it goes through them. */
static void copy(struct parcel *p, const struct of_msg *msg)
{
    bool has_own_words = msg->type == OF_FLOW_MOD && msg->version == OF_VERSION_1_0;

    if (!has_own_words || of_encode(msg, &p->bytes) != ERR_OK ||
        of_decode(p->bytes.data, p->bytes.len, &p->arena, &p->msg) != OF_OK) {
        msg_copy(msg, &p->msg, &p->arena);
    }
}

/* Fills 'p' with the message, and with what it takes on the wire, when that counts. */
static enum err pack(struct ctlchan *cc, struct parcel *p, const struct of_msg *msg)
{
    enum err err = ERR_OK;

    p->len = 0;
    p->type = msg->type;
    p->xid = msg->xid;
    if (cc->params.fidelity == CHAN_WIRE) {
        err = of_encode(msg, &p->bytes);
        p->len = p->bytes.len;
        cc->stats.n_bytes += p->len;
        return err;
    }
    if (has_length(cc)) {
        buf_clear(&cc->length);
        err = of_encode(msg, &cc->length);
        p->len = cc->length.len;
    }
    if (err == ERR_OK) {
        copy(p, msg);
    }
    return err;
}

/* --- Links ----------------------------------------------------------------------------------- */

/* When the last bit of 'len' bytes leaves that are there from 'from_ns' on. */
static int64_t clock_out(struct pipe *pipe, int64_t from_ns, size_t len)
{
    int64_t work;

    if (from_ns > pipe->busy_until_ns) {
        pipe->busy_until_ns = from_ns;
        pipe->carry = 0;
    }
    if (pipe->rate_bps) {
        work = (int64_t)len * 8 * NS_PER_S + pipe->carry;
        pipe->busy_until_ns += work / pipe->rate_bps;
        pipe->carry = work % pipe->rate_bps;
    }
    return pipe->busy_until_ns;
}

static void on_shared(void *aux, struct sim_event *event)
{
    struct ctlchan *cc = aux;
    struct parcel *p = parcels_take(&cc->shared);

    if (cc->shared.head) {
        sim_at(cc->sim, event, (mono_t){cc->shared.head->arrive_ns});
    }
    chan_at_station(cc, p);
}

void shared_init(struct ctlchan *cc)
{
    cc->shared_up.rate_bps = cc->shared_down.rate_bps = cc->params.shared_bps;
    sim_event_init(&cc->shared_arrival, SHARED_KIND, SIM_PRIO_CONTROLLER, on_shared, cc);
    cc->shared_arrival.stage = STAGE_TO_CONTROLLER;
}

/* A message has come to the controller's link. */
void shared_offer(struct ctlchan *cc, struct parcel *p)
{
    int64_t now_ns = sim_now(cc->sim).ns;

    if (!cc->params.shared_bps) {
        chan_at_station(cc, p);
        return;
    }
    cc->stats.shared_up_bytes += p->len;
    cc->stats.shared_wait_ns +=
        cc->shared_up.busy_until_ns > now_ns ? cc->shared_up.busy_until_ns - now_ns : 0;
    p->arrive_ns = clock_out(&cc->shared_up, now_ns, p->len);
    if (!cc->shared.head) {
        sim_at(cc->sim, &cc->shared_arrival, (mono_t){p->arrive_ns});
    }
    parcels_add(&cc->shared, p);
}

void shared_clear(struct ctlchan *cc)
{
    put_all(cc, &cc->shared);
    sim_cancel(cc->sim, &cc->shared_arrival);
}

/* --- Lanes ----------------------------------------------------------------------------------- */

static uint8_t stage_of(const struct lane *lane)
{
    return lane == &chan_of(lane)->to_ctl ? STAGE_TO_CONTROLLER : STAGE_TO_SWITCH;
}

void lane_init(struct lane *lane, struct chan *chan, sim_event_fn *fn, int16_t prio)
{
    lane->pipe.rate_bps = chan->cc->params.rate_bps;
    sim_event_init(&lane->arrival, 0xc4a, prio, fn, chan);
    lane->arrival.stage = stage_of(lane);
}

static uint32_t flow_of(const struct lane *lane)
{
    return 2 * chan_of(lane)->id + (lane == &chan_of(lane)->to_switch);
}

/* Out of the band: when a message arrives that is sent now. None overtakes another when a delay shrinks. */
static int64_t arrival_of(struct lane *lane, size_t len)
{
    struct ctlchan *cc = chan_of(lane)->cc;
    int64_t from_ns = sim_now(cc->sim).ns, at_ns;

    if (lane == &chan_of(lane)->to_switch && cc->params.shared_bps) {
        cc->stats.shared_down_bytes += len;
        from_ns = clock_out(&cc->shared_down, from_ns, len);
    }
    if (cc->params.rate_bps) {
        from_ns = clock_out(&lane->pipe, from_ns, len);
    }
    at_ns = from_ns + cc->params.delay_ns + chan_of(lane)->more_delay_ns;
    return lane->on_way.tail && lane->on_way.tail->arrive_ns > at_ns ? lane->on_way.tail->arrive_ns
                                                                     : at_ns;
}

static void put_on_way(struct lane *lane, struct parcel *p, int64_t arrive_ns)
{
    p->arrive_ns = arrive_ns;
    if (!lane->on_way.head) {
        sim_at(chan_of(lane)->cc->sim, &lane->arrival, (mono_t){arrive_ns});
    }
    parcels_add(&lane->on_way, p);
}

static void depart(struct lane *lane, struct parcel *p)
{
    struct ctlchan *cc = chan_of(lane)->cc;

    if (cc->inband) {
        inband_send(cc->inband, flow_of(lane), p->len, p);
    } else {
        put_on_way(lane, p, arrival_of(lane, p->len));
    }
}

static enum err send_one(struct lane *lane, const struct of_msg *msg)
{
    struct chan *chan = chan_of(lane);
    struct parcel *p = parcel_get(chan->cc);
    enum err err = pack(chan->cc, p, msg);

    if (err != ERR_OK) {
        parcel_put(chan->cc, p);
        return err;
    }
    if (lane == &chan->to_ctl) {
        chan_coming(chan, msg);
    }
    p->chan = chan;
    p->generation = chan->generation;
    chan->cc->stats.n_sent[p->type]++;
    chan->cc->stats.sent_bytes[p->type] += p->len;
    if (chan->is_stalled && lane == &chan->to_ctl) {
        parcels_add(&lane->held, p);
    } else {
        depart(lane, p);
    }
    return ERR_OK;
}

enum err lane_send(struct lane *lane, const struct of_msg *msg)
{
    unsigned before = sim_enter(chan_of(lane)->cc->sim, stage_of(lane));
    enum err err = send_one(lane, msg);

    sim_leave(chan_of(lane)->cc->sim, before);
    return err;
}

static struct parcel *take_noted(struct lane *lane)
{
    struct ctlchan *cc = chan_of(lane)->cc;
    struct parcel *p = parcels_take(&lane->on_way);

    sim_trace_u64(cc->sim, (uint64_t)chan_of(lane)->id << 32 | p->xid);
    sim_trace_u64(cc->sim, (uint64_t)p->type << 1 | (lane == &chan_of(lane)->to_ctl));
    return p;
}

struct parcel *lane_take(struct lane *lane)
{
    struct parcel *p = take_noted(lane);

    if (lane->on_way.head) {
        sim_at(chan_of(lane)->cc->sim, &lane->arrival, (mono_t){lane->on_way.head->arrive_ns});
    }
    return p;
}

/* Who is given a message may end the connection, which empties the lane, or send anew on an empty lane, which
 * sets the event. */
void lane_deliver(struct lane *lane)
{
    struct sim *sim = chan_of(lane)->cc->sim;
    int64_t now_ns = sim_now(sim).ns;
    const struct parcel *next;

    do {
        chan_at_switch(lane, take_noted(lane));
        next = sim_event_is_set(&lane->arrival) ? NULL : lane->on_way.head;
    } while (next && next->arrive_ns == now_ns);
    if (next) {
        sim_at(sim, &lane->arrival, (mono_t){next->arrive_ns});
    }
}

void lane_arrived(struct lane *lane, struct parcel *p)
{
    int64_t now_ns = sim_now(chan_of(lane)->cc->sim).ns;
    int64_t at_ns = now_ns + chan_of(lane)->more_delay_ns;

    if (lane->on_way.tail && lane->on_way.tail->arrive_ns > at_ns) {
        at_ns = lane->on_way.tail->arrive_ns;
    }
    put_on_way(lane, p, at_ns);
}

/* What arrives meanwhile comes behind. */
void lane_release(struct lane *lane)
{
    while (lane->held.head) {
        struct parcel *p = parcels_take(&lane->held);

        if (lane == &chan_of(lane)->to_ctl) {
            depart(lane, p);
        } else {
            chan_at_switch(lane, p);
        }
    }
}

static void drop_message(void *aux, void *message)
{
    parcel_put(aux, message);
}

void lane_clear(struct lane *lane)
{
    struct ctlchan *cc = chan_of(lane)->cc;

    put_all(cc, &lane->on_way);
    put_all(cc, &lane->held);
    if (cc->inband) {
        inband_flush(cc->inband, flow_of(lane), drop_message, cc);
    }
    lane->pipe.busy_until_ns = lane->pipe.carry = 0;
    sim_cancel(cc->sim, &lane->arrival);
}

bool lane_is_empty(const struct lane *lane)
{
    return !lane->on_way.head && !lane->held.head &&
           (!chan_of(lane)->cc->inband || inband_is_idle(chan_of(lane)->cc->inband, flow_of(lane)));
}
