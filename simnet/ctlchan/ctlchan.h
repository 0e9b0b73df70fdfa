/* The simulated control plane: one channel per switch between a world and a controller core, with the
 * controller station in front of the core.
 *
 *      switch ──▶ channel (rate, delay) ──▶ station ──▶ ctl_input()
 *      switch ◀── channel (rate, delay) ◀── southbound.send()
 *
 * The core takes no virtual time: what it sends in answer to a message leaves when the message has
 * been served. ctl_run() is called by an event at ctl_next_deadline().
 *
 * Two fidelities. CHAN_WIRE encodes every message and decodes it at the other end. CHAN_DIRECT passes
 * structs (deep copies) and is faster; when the channel has a rate it still encodes each message, to
 * know how long it is. Timing and trace are the same in both. What a message could not say on the
 * wire is refused by send() in wire fidelity only, so wire is the one to develop with.
 *
 * Out of the band each switch has a channel of its own, behind the controller's link that all of them share; in
 * the band messages travel over the links of the network (inband.h).
 *
 * A channel never refuses for want of room: what the core sends faster than the rate waits. */
#ifndef TAMBO_CTLCHAN_CTLCHAN_H
#define TAMBO_CTLCHAN_CTLCHAN_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/core/ctl.h"
#include "simnet/ctlchan/inband.h"
#include "simnet/ctlchan/station.h"
#include "simnet/world/world.h"

enum chan_fidelity { CHAN_WIRE, CHAN_DIRECT };

struct ctlchan;

struct ctlchan_params {
    enum chan_fidelity fidelity;
    int64_t delay_ns;          /* One way. */
    int64_t rate_bps;          /* Each way; 0: infinitely fast. */
    int64_t shared_bps;        /* Of the controller's link, which all channels share; the same. */
    int64_t connect_spread_ns; /* ctlchan_start() connects the switches evenly over this time. */
    int64_t reconnect_ns;      /* After a channel was closed by the core the switch tries again. */
    bool is_inband; /* As 'inband' says; the delay and the rates above do not count then. */
    struct inband_params inband;
    struct station_params station;
};

/* Wire fidelity, out of the band, 50 µs each way, no rate limit, 1 s and 1 s, exponential service at 51 880 /s, m = 51. */
struct ctlchan_params ctlchan_params_default(void);

/* When, after the start of a simulation, switches have connected and ports have settled, so that hosts can be
 * heard: 2 s with the core's defaults, and later when the controller is far away. */
int64_t ctlchan_settled_ns(const struct ctlchan_params *params);

/* Channels for all switches of 'world' (borrowed), down. */
struct ctlchan *ctlchan_new(struct world *world, const struct ctlchan_params *params);

/* The same for another controller, to which each switch has a channel of its own (§6.3.4): out of the band, with a
 * station of its own. After the first one, and freed before it. */
struct ctlchan *ctlchan_new_second(struct world *world, const struct ctlchan_params *params);

/* Before ctl_free() and world_free(). The core is not told. */
void ctlchan_free(struct ctlchan *cc);

/* What the core is to be made with; valid as long as 'cc'. */
const struct southbound *ctlchan_southbound(const struct ctlchan *cc);

/* Joins 'ctl' (borrowed), made with that southbound and the simulator's clock, and connects the
 * switches one after the other, the last one first and at once. (The generators put the core last:
 * when an access switch comes, both ends of its uplinks are there to be discovered.) */
void ctlchan_start(struct ctlchan *cc, struct ctl *ctl);

/* The channel of switch 'i' is lost at once, with all that is on the way, and stands again after
 * 'down_ns' (negative: never). */
void ctlchan_cut(struct ctlchan *cc, uint32_t i, int64_t down_ns);

/* Faults. Each lasts until it is taken back with false, or 0. */

/* The channel of switch 'i' is lost, and there is no other. */
void ctlchan_set_cut(struct ctlchan *cc, uint32_t i, bool cut);

/* The processor of switch 'i' stands: what is for its agent waits, and so does what the agent says. Frames that find
 * entries are not concerned. */
void ctlchan_stall_switch(struct ctlchan *cc, uint32_t i, bool stalled);

/* Messages of switch 'i' take so much longer, each way. */
void ctlchan_set_more_delay(struct ctlchan *cc, uint32_t i, int64_t delay_ns);

/* The controller stands: neither messages nor timers. Switches do not notice. */
void ctlchan_stall(struct ctlchan *cc, bool stalled);

/* The controller is no more: all channels are lost, the core is not told and may be freed. Switches try to
 * connect every reconnect_ns, and do when there is another one. */
void ctlchan_stop(struct ctlchan *cc);
void ctlchan_resume(struct ctlchan *cc, struct ctl *ctl);

/* The controller cannot be reached, by the other controller neither; its channels are cut one by one. */
void ctlchan_set_cut_off(struct ctlchan *cc, bool cut_off);

/* True when the controller is there, does not stand, and can be reached. */
bool ctlchan_answers(const struct ctlchan *cc);
struct ctl *ctlchan_ctl(const struct ctlchan *cc); /* NULL: it is not there. */

/* ctl_set_role() at the controller, which is there. */
void ctlchan_set_role(struct ctlchan *cc, enum of_role role, uint64_t generation_id);

/* True when the channel of switch 'i' stands; and when the controller is the switch's master. */
bool ctlchan_is_up(const struct ctlchan *cc, uint32_t i);
bool ctlchan_is_master(const struct ctlchan *cc, uint32_t i);

/* Forgets the bytes of the past: end of the warm-up. */
void ctlchan_reset_stats(struct ctlchan *cc);

/* While tables are filled (world/session_fill.h): the station is open, and packet-outs are forgotten, because
 * nobody waits for the frames. */
void ctlchan_set_filling(struct ctlchan *cc, bool filling);

/* From now on packet-ins are not given to the core: when the station has served one, the switch gets an entry for
 * its destination that leads to 'port', with this holding time, which is not 0, and nothing else. For telling
 * what the core takes. */
void ctlchan_set_stand_in(struct ctlchan *cc, uint16_t hold_s, port_no_t port);

struct station *ctlchan_station(struct ctlchan *cc);

const struct ctlchan_params *ctlchan_get_params(const struct ctlchan *cc);

/* What carries the messages; NULL out of the band. */
struct inband *ctlchan_inband(struct ctlchan *cc);

struct ctlchan_stats {
    uint64_t n_connections; /* Channels that came to stand. */
    uint64_t n_to_controller, n_to_switches; /* Messages delivered. */
    uint64_t n_unsaid; /* Messages of switches that do not fit 64 KiB: lost. */
    uint64_t n_bytes;  /* Of encoded messages; counts in wire fidelity only. */
    uint64_t n_sent[OF_N_TYPES], sent_bytes[OF_N_TYPES]; /* By type; bytes where lengths count. */
    uint64_t n_undecoded; /* Messages that did not decode: a bug of one side. */
    uint64_t shared_up_bytes, shared_down_bytes; /* On the controller's link. */
    int64_t shared_wait_ns; /* What those to the controller waited for it: the sum. */
};

/* Told of every message as it arrives at the controller, before it waits there, and as the core sends it:
 * in wire fidelity of arrivals as 'bytes', else as 'msg'; the other is NULL. Both are borrowed. */
typedef void ctlchan_tap_fn(void *aux, uint32_t sw, bool from_switch, const struct of_msg *msg,
                            const struct buf *bytes);

/* NULL: nobody is told. */
void ctlchan_set_tap(struct ctlchan *cc, ctlchan_tap_fn *tap, void *aux);

const struct ctlchan_stats *ctlchan_get_stats(const struct ctlchan *cc);

#endif
