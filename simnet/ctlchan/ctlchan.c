#include "simnet/ctlchan/ctlchan.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/openflow/of_codec.h"
#include "simnet/ctlchan/ctlchan_impl.h"
#include "simnet/des/profile.h"
#include "simnet/world/stage.h"

enum { CONNECT_KIND = 0xc0, CLOSE_KIND = 0xc1, WAKE_KIND = 0x3a4e };

#define LINGER_NS NS_PER_S /* A closed connection in the band has this long for what is left. */

#define SETTLED_NS (2 * NS_PER_S)       /* Ports have settled by then (edge_settle_ns), */
#define CONNECTED_NS (3 * NS_PER_S / 2) /* or, when the controller is far away, */
#define WAYS_TO_SETTLE 12               /* so many ways of a message after this. */

struct ctlchan_params ctlchan_params_default(void)
{
    return (struct ctlchan_params){
        .fidelity = CHAN_WIRE,
        .delay_ns = 50000,
        .connect_spread_ns = NS_PER_S,
        .reconnect_ns = NS_PER_S,
        .inband = inband_params_default(),
        .station = {.law = SERVICE_EXPONENTIAL, .rate_per_s = 51880, .capacity = 51},
    };
}

int64_t ctlchan_settled_ns(const struct ctlchan_params *params)
{
    int64_t late_ns = CONNECTED_NS + WAYS_TO_SETTLE * params->delay_ns;

    return late_ns > SETTLED_NS ? late_ns : SETTLED_NS;
}

/* --- Core ------------------------------------------------------------------------------------ */

/* After every entry into the core: one event for its earliest deadline. */
static void rearm(struct ctlchan *cc)
{
    mono_t next, now = sim_now(cc->sim);

    if (!cc->ctl || cc->is_stalled) {
        sim_cancel(cc->sim, &cc->wake);
        return;
    }
    next = ctl_next_deadline(cc->ctl);
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

/* The core, or what stands in for it, gets a message. */
static void give_to_core(struct ctlchan *cc, struct parcel *p, const struct of_msg *msg,
                         enum of_err err)
{
    unsigned before = sim_enter(cc->sim, STAGE_CORE);

    if (err == OF_OK && cc->stand_in_hold_s && p->type == OF_PACKET_IN) {
        stand_in_answer(p->chan, msg);
    } else if (err == OF_OK) {
        ctl_input(cc->ctl, p->chan->session, msg);
    } else {
        ctl_input_bad(cc->ctl, p->chan->session, msg, err, p->bytes.data, p->bytes.len);
    }
    rearm(cc);
    sim_leave(cc->sim, before);
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
        give_to_core(cc, p, msg, err);
        arena_reset(&cc->decoded);
    }
    parcel_put(cc, p);
}

/* --- Arrivals -------------------------------------------------------------------------------- */

void chan_at_station(struct ctlchan *cc, struct parcel *p)
{
    bool is_wire = cc->params.fidelity == CHAN_WIRE;

    if (cc->tap) {
        cc->tap(cc->tap_aux, p->chan->id, true, is_wire ? NULL : &p->msg,
                is_wire ? &p->bytes : NULL);
    }
    if (!station_offer(cc->station, &p->job, p->type == OF_PACKET_IN)) {
        parcel_put(cc, p);
    }
}

static void on_arrival_at_ctl(void *aux, struct sim_event *event)
{
    struct chan *chan = aux;

    (void)event;
    chan_look_on(chan->cc);
    chan_look_rest(chan);
    shared_offer(chan->cc, lane_take(&chan->to_ctl));
}

/* The agent gets the message; it waits while the switch's processor stands. */
void chan_at_switch(struct lane *lane, struct parcel *p)
{
    struct chan *chan = chan_of(lane);
    struct ctlchan *cc = chan->cc;
    struct of_msg room;
    const struct of_msg *msg;
    enum of_err err;
    unsigned before;

    if (chan->is_stalled) {
        parcels_add(&lane->held, p);
        return;
    }
    msg = unpack(cc, p, &room, &err);
    cc->stats.n_to_switches++;
    before = sim_enter(cc->sim, STAGE_AGENT);
    if (err == OF_OK) {
        swtch_conn_input(chan->conn, msg);
    } else {
        swtch_conn_input_bad(chan->conn, msg, err, p->bytes.data, p->bytes.len);
    }
    sim_leave(cc->sim, before);
    arena_reset(&cc->decoded);
    parcel_put(cc, p);
}

static void on_arrival_at_switch(void *aux, struct sim_event *event)
{
    struct chan *chan = aux;

    (void)event;
    chan_look_on(chan->cc);
    lane_deliver(&chan->to_switch);
}

/* What came in the band is there; a delay of the channel is still before it. */
static void on_inband_arrival(void *aux, uint32_t flow, void *message)
{
    struct ctlchan *cc = aux;
    struct chan *chan = &cc->chans[flow / 2];

    lane_arrived(flow & 1 ? &chan->to_switch : &chan->to_ctl, message);
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
    if (chan->cc->filling && msg->type == OF_PACKET_OUT) {
        return ERR_OK;
    }
    if (chan->cc->tap && !chan->closing) {
        chan->cc->tap(chan->cc->tap_aux, swtch_id(chan->sw), false, msg, NULL);
    }
    return chan->closing ? ERR_CLOSED : lane_send(&chan->to_switch, msg);
}

static void sb_close(void *aux, void *conn)
{
    struct chan *chan = conn;
    const struct parcel *last = chan->to_switch.on_way.tail;
    int64_t last_ns = last ? last->arrive_ns : 0, now_ns = sim_now(chan->cc->sim).ns;

    (void)aux;
    if (!chan->closing) {
        chan->closing = true;
        if (!last && !lane_is_empty(&chan->to_switch)) {
            last_ns = now_ns + LINGER_NS;
        }
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
    swtch_conn_disconnected(chan->conn);
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
    struct ctlchan *cc = chan->cc;

    if (chan->is_cut || chan->is_stalled || !cc->ctl || cc->is_stalled ||
        (cc->inband && !inband_has_way(cc->inband, swtch_id(chan->sw)))) {
        sim_at(cc->sim, event, mono_add(sim_now(cc->sim), cc->params.reconnect_ns));
        return;
    }
    chan->closing = false;
    cc->stats.n_connections++;
    swtch_conn_connected(chan->conn);
    chan->session = ctl_connected(cc->ctl, chan, swtch_name(chan->sw));
    rearm(cc);
}

void ctlchan_cut(struct ctlchan *cc, uint32_t i, int64_t down_ns)
{
    sim_cancel(cc->sim, &cc->chans[i].connect);
    chan_down(&cc->chans[i], down_ns);
}

/* --- Faults ----------------------------------------------------------------------------------- */

void ctlchan_set_cut(struct ctlchan *cc, uint32_t i, bool cut)
{
    struct chan *chan = &cc->chans[i];

    if (cut && !chan->is_cut) {
        chan->is_cut = true;
        ctlchan_cut(cc, i, -1);
    } else if (!cut && chan->is_cut) {
        chan->is_cut = false;
        sim_at(cc->sim, &chan->connect, sim_now(cc->sim));
    }
}

void ctlchan_stall_switch(struct ctlchan *cc, uint32_t i, bool stalled)
{
    struct chan *chan = &cc->chans[i];

    chan->is_stalled = stalled;
    if (!stalled) {
        lane_release(&chan->to_switch);
        lane_release(&chan->to_ctl);
    }
}

void ctlchan_set_more_delay(struct ctlchan *cc, uint32_t i, int64_t delay_ns)
{
    cc->chans[i].more_delay_ns = delay_ns;
}

/* Messages that wait are served before timers are looked at, as by a process that goes on. */
void ctlchan_stall(struct ctlchan *cc, bool stalled)
{
    cc->is_stalled = stalled;
    station_stall(cc->station, stalled);
    rearm(cc);
}

static void drop_job(void *aux, struct station_job *job)
{
    parcel_put(aux, CONTAINER_OF(job, struct parcel, job));
}

void ctlchan_stop(struct ctlchan *cc)
{
    cc->ctl = NULL;
    for (uint32_t i = 0; i < cc->n_chans; i++) {
        struct chan *chan = &cc->chans[i];

        chan->session = NULL;
        chan_down(chan, chan->is_cut ? -1 : cc->params.reconnect_ns);
    }
    shared_clear(cc);
    station_clear(cc->station, drop_job, cc);
    rearm(cc);
}

void ctlchan_resume(struct ctlchan *cc, struct ctl *ctl)
{
    cc->ctl = ctl;
    rearm(cc);
}

static void on_inband_dead(void *aux, uint32_t i)
{
    struct ctlchan *cc = aux;

    if (cc->chans[i].session) {
        chan_down(&cc->chans[i], cc->params.reconnect_ns);
    }
}

bool ctlchan_is_up(const struct ctlchan *cc, uint32_t i)
{
    return cc->chans[i].session && !cc->chans[i].closing;
}

void ctlchan_set_cut_off(struct ctlchan *cc, bool cut_off)
{
    cc->is_cut_off = cut_off;
}

bool ctlchan_answers(const struct ctlchan *cc)
{
    return cc->ctl && !cc->is_stalled && !cc->is_cut_off;
}

bool ctlchan_is_master(const struct ctlchan *cc, uint32_t i)
{
    return ctlchan_is_up(cc, i) && swtch_conn_role(cc->chans[i].conn) == OF_ROLE_MASTER;
}

struct ctl *ctlchan_ctl(const struct ctlchan *cc)
{
    return cc->ctl;
}

void ctlchan_set_role(struct ctlchan *cc, enum of_role role, uint64_t generation_id)
{
    ctl_set_role(cc->ctl, role, generation_id);
    rearm(cc);
}

/* --- Life ------------------------------------------------------------------------------------ */

static void chan_init(struct ctlchan *cc, struct chan *chan, struct swtch *sw, bool is_second)
{
    chan->cc = cc;
    chan->sw = sw;
    chan->id = swtch_id(sw);
    lane_init(&chan->to_ctl, chan, on_arrival_at_ctl, SIM_PRIO_CONTROLLER);
    lane_init(&chan->to_switch, chan, on_arrival_at_switch, SIM_PRIO_NORMAL);
    sim_event_init(&chan->connect, CONNECT_KIND, SIM_PRIO_CONTROLLER, on_connect, chan);
    sim_event_init(&chan->close, CLOSE_KIND, SIM_PRIO_CONTROLLER, on_close, chan);
    chan->conn =
        is_second ? swtch_add_controller(sw, on_switch_sends, chan) : swtch_first_controller(sw);
    swtch_conn_set(chan->conn, on_switch_sends, chan);
}

static struct ctlchan *make(struct world *world, const struct ctlchan_params *params,
                            bool is_second)
{
    struct ctlchan *cc = xcalloc(1, sizeof *cc);

    cc->world = world;
    cc->sim = world_sim(world);
    cc->params = *params;
    cc->southbound =
        (struct southbound){.aux = cc, .send = sb_send, .close = sb_close, .tx_room = sb_tx_room};
    cc->station =
        station_new(cc->sim, is_second ? "second controller's service" : "controller service",
                    &params->station, on_served, cc);
    cc->n_chans = world_n_switches(world);
    cc->chans = xcalloc_lines(cc->n_chans + 1, sizeof *cc->chans);
    shared_init(cc);
    if (params->is_inband) {
        cc->inband = inband_new(world, &params->inband, on_inband_arrival, on_inband_dead, cc);
    }
    for (uint32_t i = 0; i < cc->n_chans; i++) {
        chan_init(cc, &cc->chans[i], world_switch(world, i), is_second);
    }
    sim_event_init(&cc->wake, WAKE_KIND, SIM_PRIO_CONTROLLER, on_wake, cc);
    cc->wake.stage = STAGE_CORE;
    return cc;
}

struct ctlchan *ctlchan_new(struct world *world, const struct ctlchan_params *params)
{
    return make(world, params, false);
}

struct ctlchan *ctlchan_new_second(struct world *world, const struct ctlchan_params *params)
{
    assert(!params->is_inband && "a second controller is out of the band");
    return make(world, params, true);
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
        swtch_conn_set(chan->conn, NULL, NULL);
    }
    sim_cancel(cc->sim, &cc->wake);
    shared_clear(cc);
    inband_free(cc->inband);
    station_free(cc->station, drop_job, cc);
    chan_free_parcels(cc);
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

const struct ctlchan_params *ctlchan_get_params(const struct ctlchan *cc)
{
    return &cc->params;
}

void ctlchan_reset_stats(struct ctlchan *cc)
{
    cc->stats = (struct ctlchan_stats){0};
    if (cc->inband) {
        inband_reset(cc->inband);
    }
}

struct inband *ctlchan_inband(struct ctlchan *cc)
{
    return cc->inband;
}

void ctlchan_set_filling(struct ctlchan *cc, bool filling)
{
    cc->filling = filling;
    station_set_open(cc->station, filling);
}

struct station *ctlchan_station(struct ctlchan *cc)
{
    return cc->station;
}

const struct ctlchan_stats *ctlchan_get_stats(const struct ctlchan *cc)
{
    return &cc->stats;
}

void ctlchan_set_tap(struct ctlchan *cc, ctlchan_tap_fn *tap, void *aux)
{
    cc->tap = tap;
    cc->tap_aux = aux;
}
