#include "simnet/ctlchan/ctlchan.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/arena.h"
#include "controller/base/buf.h"
#include "controller/openflow/of_codec.h"
#include "simnet/ctlchan/msg_copy.h"

enum { ARRIVAL_KIND = 0xc4a, CONNECT_KIND = 0xc0, CLOSE_KIND = 0xc1, WAKE_KIND = 0x3a4e };

struct chan;

/* A message on the way or in line at the station. */
struct parcel {
    struct station_job job;
    struct parcel *next;
    struct chan *chan;
    uint64_t generation; /* Of the connection that it was sent on. */
    int64_t arrive_ns;
    enum of_type type;
    uint32_t xid;
    struct buf bytes;   /* CHAN_WIRE. */
    struct arena arena; /* CHAN_DIRECT: what 'msg' points to. */
    struct of_msg msg;  /* CHAN_DIRECT. */
};

/* One direction of a channel. */
struct lane {
    struct chan *chan;
    struct parcel *head, *tail;
    int64_t busy_until_ns;
    int64_t carry; /* As in world/wire.c. */
    struct sim_event arrival;
};

struct chan {
    struct ctlchan *cc;
    struct swtch *sw;
    struct session *session; /* NULL: down. */
    bool closing;            /* The core has closed it; what was sent before is still leaving. */
    uint64_t generation;
    struct lane to_ctl, to_switch;
    struct sim_event connect, close;
};

struct ctlchan {
    struct world *world;
    struct sim *sim;
    struct ctl *ctl;
    struct ctlchan_params params;
    struct southbound southbound;
    struct station *station;
    struct chan *chans;
    uint32_t n_chans;
    struct sim_event wake;
    struct parcel *free;
    struct arena decoded; /* Of the message that is being delivered. */
    struct buf length;    /* CHAN_DIRECT with a rate: a message encoded for its length. */
    struct ctlchan_stats stats;
};

struct ctlchan_params ctlchan_params_default(void)
{
    return (struct ctlchan_params){
        .fidelity = CHAN_WIRE,
        .delay_ns = 50000,
        .connect_spread_ns = NS_PER_S,
        .reconnect_ns = NS_PER_S,
        .station = {.law = SERVICE_EXPONENTIAL, .rate_per_s = 51880, .capacity = 51},
    };
}

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

static void parcel_put(struct ctlchan *cc, struct parcel *p)
{
    buf_clear(&p->bytes);
    arena_reset(&p->arena);
    p->next = cc->free;
    cc->free = p;
}

static void free_parcels(struct ctlchan *cc)
{
    struct parcel *next;

    for (struct parcel *p = cc->free; p; p = next) {
        next = p->next;
        buf_fini(&p->bytes);
        arena_fini(&p->arena);
        free(p);
    }
}

/* Fills 'p' with the message; '*len' is what it takes on the wire, when the channel has a rate. */
static enum err pack(struct ctlchan *cc, struct parcel *p, const struct of_msg *msg, size_t *len)
{
    enum err err = ERR_OK;

    *len = 0;
    p->type = msg->type;
    p->xid = msg->xid;
    if (cc->params.fidelity == CHAN_WIRE) {
        err = of_encode(msg, &p->bytes);
        *len = p->bytes.len;
        cc->stats.n_bytes += *len;
        return err;
    }
    if (cc->params.rate_bps) {
        buf_clear(&cc->length);
        err = of_encode(msg, &cc->length);
        *len = cc->length.len;
    }
    if (err == ERR_OK) {
        msg_copy(msg, &p->msg, &p->arena);
    }
    return err;
}

/* --- Lanes ----------------------------------------------------------------------------------- */

static int64_t clock_out(struct lane *lane, size_t len)
{
    int64_t now_ns = sim_now(lane->chan->cc->sim).ns;
    int64_t rate = lane->chan->cc->params.rate_bps;
    int64_t work;

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

static enum err lane_send(struct lane *lane, const struct of_msg *msg)
{
    struct chan *chan = lane->chan;
    struct ctlchan *cc = chan->cc;
    struct parcel *p = parcel_get(cc);
    size_t len;
    enum err err = pack(cc, p, msg, &len);

    if (err != ERR_OK) {
        parcel_put(cc, p);
        return err;
    }
    p->chan = chan;
    p->generation = chan->generation;
    p->arrive_ns = clock_out(lane, len) + cc->params.delay_ns;
    if (lane->tail) {
        lane->tail->next = p;
    } else {
        lane->head = p;
        sim_at(cc->sim, &lane->arrival, (mono_t){p->arrive_ns});
    }
    lane->tail = p;
    return ERR_OK;
}

/* The parcel that arrives now, noted in the trace. */
static struct parcel *lane_take(struct lane *lane)
{
    struct ctlchan *cc = lane->chan->cc;
    struct parcel *p = lane->head;

    lane->head = p->next;
    p->next = NULL;
    if (lane->head) {
        sim_at(cc->sim, &lane->arrival, (mono_t){lane->head->arrive_ns});
    } else {
        lane->tail = NULL;
    }
    sim_trace_u64(cc->sim, (uint64_t)swtch_id(lane->chan->sw) << 32 | p->xid);
    sim_trace_u64(cc->sim, (uint64_t)p->type << 1 | (lane == &lane->chan->to_ctl));
    return p;
}

static void lane_clear(struct lane *lane)
{
    struct parcel *next;

    for (struct parcel *p = lane->head; p; p = next) {
        next = p->next;
        parcel_put(lane->chan->cc, p);
    }
    lane->head = lane->tail = NULL;
    lane->busy_until_ns = lane->carry = 0;
    sim_cancel(lane->chan->cc->sim, &lane->arrival);
}

/* --- Core ------------------------------------------------------------------------------------ */

/* After every entry into the core: one event for its earliest deadline. */
static void rearm(struct ctlchan *cc)
{
    mono_t next = ctl_next_deadline(cc->ctl), now = sim_now(cc->sim);

    if (mono_before(next, now)) {
        next = now;
    }
    if (!sim_event_is_set(&cc->wake) || cc->wake.time_ns != next.ns) {
        sim_at(cc->sim, &cc->wake, next);
    }
}

static void on_wake(void *aux, struct sim_event *event)
{
    struct ctlchan *cc = aux;

    (void)event;
    ctl_run(cc->ctl);
    rearm(cc);
}

/* The decoded message of 'p': '*err' tells whether it did decode. */
static const struct of_msg *unpack(struct ctlchan *cc, struct parcel *p, struct of_msg *room,
                                   enum of_err *err)
{
    *err = OF_OK;
    if (cc->params.fidelity == CHAN_DIRECT) {
        return &p->msg;
    }
    *err = of_decode(p->bytes.data, p->bytes.len, &cc->decoded, room);
    cc->stats.n_undecoded += *err != OF_OK;
    return room;
}

/* The station has served a message. */
static void on_served(void *aux, struct station_job *job)
{
    struct ctlchan *cc = aux;
    struct parcel *p = CONTAINER_OF(job, struct parcel, job);
    struct chan *chan = p->chan;
    struct of_msg room;
    const struct of_msg *msg;
    enum of_err err;

    if (chan->session && !chan->closing && p->generation == chan->generation) {
        msg = unpack(cc, p, &room, &err);
        cc->stats.n_to_controller++;
        if (err == OF_OK) {
            ctl_input(cc->ctl, chan->session, msg);
        } else {
            ctl_input_bad(cc->ctl, chan->session, msg, err, p->bytes.data, p->bytes.len);
        }
        arena_reset(&cc->decoded);
        rearm(cc);
    }
    parcel_put(cc, p);
}

/* --- Arrivals -------------------------------------------------------------------------------- */

static void on_arrival_at_ctl(void *aux, struct sim_event *event)
{
    struct lane *lane = aux;
    struct ctlchan *cc = lane->chan->cc;
    struct parcel *p = lane_take(lane);

    (void)event;
    if (!station_offer(cc->station, &p->job, p->type == OF_PACKET_IN)) {
        parcel_put(cc, p);
    }
}

static void on_arrival_at_switch(void *aux, struct sim_event *event)
{
    struct lane *lane = aux;
    struct chan *chan = lane->chan;
    struct ctlchan *cc = chan->cc;
    struct parcel *p = lane_take(lane);
    struct of_msg room;
    const struct of_msg *msg;
    enum of_err err;

    (void)event;
    msg = unpack(cc, p, &room, &err);
    cc->stats.n_to_switches++;
    if (err == OF_OK) {
        swtch_input(chan->sw, msg);
    } else {
        swtch_input_bad(chan->sw, msg, err, p->bytes.data, p->bytes.len);
    }
    arena_reset(&cc->decoded);
    parcel_put(cc, p);
}

static void on_switch_sends(void *aux, struct swtch *sw, const struct of_msg *msg)
{
    struct chan *chan = aux;

    (void)sw;
    if ((chan->session || msg->type == OF_HELLO) && lane_send(&chan->to_ctl, msg) != ERR_OK) {
        chan->cc->stats.n_unsaid++;
    }
}

/* --- Southbound ------------------------------------------------------------------------------ */

static enum err sb_send(void *aux, void *conn, const struct of_msg *msg)
{
    struct chan *chan = conn;

    (void)aux;
    return chan->closing ? ERR_CLOSED : lane_send(&chan->to_switch, msg);
}

static void sb_close(void *aux, void *conn)
{
    struct chan *chan = conn;
    int64_t last_ns = chan->to_switch.tail ? chan->to_switch.tail->arrive_ns : 0;
    int64_t now_ns = sim_now(chan->cc->sim).ns;

    (void)aux;
    if (!chan->closing) {
        chan->closing = true;
        sim_at(chan->cc->sim, &chan->close, (mono_t){last_ns > now_ns ? last_ns : now_ns});
    }
}

static size_t sb_tx_room(void *aux, void *conn)
{
    (void)aux;
    (void)conn;
    return SIZE_MAX;
}

/* --- Connections ----------------------------------------------------------------------------- */

static void chan_down(struct chan *chan, int64_t down_ns)
{
    struct ctlchan *cc = chan->cc;
    struct session *session = chan->session;

    sim_cancel(cc->sim, &chan->close);
    lane_clear(&chan->to_ctl);
    lane_clear(&chan->to_switch);
    chan->session = NULL;
    chan->generation++;
    swtch_disconnected(chan->sw);
    if (session) {
        ctl_disconnected(cc->ctl, session);
        rearm(cc);
    }
    if (down_ns >= 0) {
        sim_at(cc->sim, &chan->connect, mono_add(sim_now(cc->sim), down_ns));
    }
}

static void on_close(void *aux, struct sim_event *event)
{
    struct chan *chan = aux;

    (void)event;
    chan_down(chan, chan->cc->params.reconnect_ns);
}

static void on_connect(void *aux, struct sim_event *event)
{
    struct chan *chan = aux;

    (void)event;
    chan->closing = false;
    swtch_connected(chan->sw);
    chan->session = ctl_connected(chan->cc->ctl, chan, swtch_name(chan->sw));
    rearm(chan->cc);
}

void ctlchan_cut(struct ctlchan *cc, uint32_t i, int64_t down_ns)
{
    sim_cancel(cc->sim, &cc->chans[i].connect);
    chan_down(&cc->chans[i], down_ns);
}

bool ctlchan_is_up(const struct ctlchan *cc, uint32_t i)
{
    return cc->chans[i].session && !cc->chans[i].closing;
}

/* --- Life ------------------------------------------------------------------------------------ */

static void lane_init(struct lane *lane, struct chan *chan, sim_event_fn *fn, int16_t prio)
{
    lane->chan = chan;
    sim_event_init(&lane->arrival, ARRIVAL_KIND, prio, fn, lane);
}

static void chan_init(struct ctlchan *cc, struct chan *chan, struct swtch *sw)
{
    chan->cc = cc;
    chan->sw = sw;
    lane_init(&chan->to_ctl, chan, on_arrival_at_ctl, SIM_PRIO_CONTROLLER);
    lane_init(&chan->to_switch, chan, on_arrival_at_switch, SIM_PRIO_NORMAL);
    sim_event_init(&chan->connect, CONNECT_KIND, SIM_PRIO_CONTROLLER, on_connect, chan);
    sim_event_init(&chan->close, CLOSE_KIND, SIM_PRIO_CONTROLLER, on_close, chan);
    swtch_set_controller(sw, on_switch_sends, chan);
}

struct ctlchan *ctlchan_new(struct world *world, const struct ctlchan_params *params)
{
    struct ctlchan *cc = xcalloc(1, sizeof *cc);

    cc->world = world;
    cc->sim = world_sim(world);
    cc->params = *params;
    cc->southbound =
        (struct southbound){.aux = cc, .send = sb_send, .close = sb_close, .tx_room = sb_tx_room};
    cc->station = station_new(cc->sim, "controller service", &params->station, on_served, cc);
    cc->n_chans = world_n_switches(world);
    cc->chans = xcalloc(cc->n_chans + 1, sizeof *cc->chans);
    for (uint32_t i = 0; i < cc->n_chans; i++) {
        chan_init(cc, &cc->chans[i], world_switch(world, i));
    }
    sim_event_init(&cc->wake, WAKE_KIND, SIM_PRIO_CONTROLLER, on_wake, cc);
    return cc;
}

static void drop_job(void *aux, struct station_job *job)
{
    parcel_put(aux, CONTAINER_OF(job, struct parcel, job));
}

void ctlchan_free(struct ctlchan *cc)
{
    if (!cc) {
        return;
    }
    for (uint32_t i = 0; i < cc->n_chans; i++) {
        struct chan *chan = &cc->chans[i];

        lane_clear(&chan->to_ctl);
        lane_clear(&chan->to_switch);
        sim_cancel(cc->sim, &chan->connect);
        sim_cancel(cc->sim, &chan->close);
        swtch_set_controller(chan->sw, NULL, NULL);
    }
    sim_cancel(cc->sim, &cc->wake);
    station_free(cc->station, drop_job, cc);
    free_parcels(cc);
    free(cc->chans);
    arena_fini(&cc->decoded);
    buf_fini(&cc->length);
    free(cc);
}

const struct southbound *ctlchan_southbound(const struct ctlchan *cc)
{
    return &cc->southbound;
}

void ctlchan_start(struct ctlchan *cc, struct ctl *ctl)
{
    cc->ctl = ctl;
    for (uint32_t i = 0; i < cc->n_chans; i++) {
        int64_t after_ns = cc->params.connect_spread_ns / cc->n_chans * (cc->n_chans - 1 - i);

        sim_at(cc->sim, &cc->chans[i].connect, mono_add(sim_now(cc->sim), after_ns));
    }
}

struct station *ctlchan_station(struct ctlchan *cc)
{
    return cc->station;
}

const struct ctlchan_stats *ctlchan_get_stats(const struct ctlchan *cc)
{
    return &cc->stats;
}
