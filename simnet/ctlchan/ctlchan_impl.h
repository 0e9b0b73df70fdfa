/* What ctlchan.c and chan_lane.c share. Nobody else includes this. */
#ifndef TAMBO_CTLCHAN_CTLCHAN_IMPL_H
#define TAMBO_CTLCHAN_CTLCHAN_IMPL_H

#include "controller/base/alloc.h"
#include "controller/base/arena.h"
#include "controller/base/buf.h"
#include "simnet/ctlchan/ctlchan.h"
#include "simnet/ctlchan/inband.h"

struct chan;

/* A message on the way or in line at the station. */
struct parcel {
    struct station_job job;
    struct parcel *next;
    struct chan *chan;
    uint64_t generation; /* Of the connection that it was sent on. */
    int64_t arrive_ns;
    size_t len; /* On the wire, when that counts. */
    enum of_type type;
    uint32_t xid;
    struct buf bytes;   /* CHAN_WIRE. */
    struct arena arena; /* CHAN_DIRECT: what 'msg' points to. */
    struct of_msg msg;  /* CHAN_DIRECT. */
};

struct parcels {
    struct parcel *head, *tail;
};

/* A link: work is clocked out in order, as in world/wire.c. */
struct pipe {
    int64_t rate_bps; /* 0: infinitely fast. */
    int64_t busy_until_ns, carry;
};

/* One direction of a channel. What each message needs is the first line of the cache. */
struct lane {
    _Alignas(CACHE_LINE) struct sim_event arrival;
    struct parcels on_way;
    struct parcels held; /* Wait for the switch's processor. */
    struct pipe pipe;
};

/* The same. */
struct chan {
    struct ctlchan *cc;
    struct swtch *sw;
    struct swtch_conn *conn; /* Its side of this channel. */
    struct session *session; /* NULL: down. */
    uint64_t generation;
    int64_t more_delay_ns;
    uint32_t id;     /* The switch's. */
    bool closing;    /* The core has closed it; what was sent before is still leaving. */
    bool is_cut;     /* No connection until that is over. */
    bool is_stalled; /* The switch's processor stands. */
    struct lane to_ctl, to_switch;
    struct sim_event connect, close;
};

static inline struct chan *chan_of(const struct lane *lane)
{
    return lane->arrival.aux;
}

/* A message to the controller that the core is told of before. */
struct coming {
    struct chan *chan;
    uint64_t generation; /* Of the connection that it was sent on. */
    struct ctl_ahead ahead;
    unsigned look; /* The next one. */
};

enum { MAX_COMING = 16 /* At once: further ones come without a word. */ };

struct ctlchan {
    struct world *world;
    struct sim *sim;
    struct ctl *ctl; /* NULL: there is none at present. */
    struct ctlchan_params params;
    struct southbound southbound;
    struct station *station;
    ctlchan_tap_fn *tap; /* NULL: none. */
    void *tap_aux;
    struct chan *chans;
    uint32_t n_chans;
    struct inband *inband; /* NULL: out of the band. */
    struct pipe shared_up, shared_down;
    struct parcels shared; /* Wait for shared_up, or are in it. */
    struct sim_event shared_arrival;
    bool is_stalled;
    bool is_cut_off;
    bool filling;
    uint16_t stand_in_hold_s; /* 0: the core is asked. */
    port_no_t stand_in_port;
    struct sim_event wake;
    struct coming coming[MAX_COMING]; /* In no order. */
    unsigned n_coming;
    struct parcel *free;
    struct arena decoded; /* Of the message that is being delivered. */
    struct buf length;    /* CHAN_DIRECT with a rate: a message encoded for its length. */
    struct ctlchan_stats stats;
};

/* --- chan_lane.c ------------------------------------------------------------------------------- */

void parcel_put(struct ctlchan *cc, struct parcel *p);
void chan_free_parcels(struct ctlchan *cc);

void lane_init(struct lane *lane, struct chan *chan, sim_event_fn *fn, int16_t prio);
enum err lane_send(struct lane *lane, const struct of_msg *msg);

/* Parcel that arrives now, noted in the trace. */
struct parcel *lane_take(struct lane *lane);

/* Gives the switch all that arrives now, noted in the trace: what has been sent in one instant is read at once. */
void lane_deliver(struct lane *lane);

/* What came in the band has arrived, but for the delay of the channel. */
void lane_arrived(struct lane *lane, struct parcel *p);

/* Sends what was held for the switch's processor; and, of messages to the switch, what is to be given to it. */
void lane_release(struct lane *lane);
void lane_clear(struct lane *lane);
bool lane_is_empty(const struct lane *lane);

/* The channel's link between the messages of all channels, on the controller's side. */
void shared_init(struct ctlchan *cc);
void shared_offer(struct ctlchan *cc, struct parcel *p);
void shared_clear(struct ctlchan *cc);

void parcels_add(struct parcels *list, struct parcel *p);
struct parcel *parcels_take(struct parcels *list);

/* --- chan_look.c ------------------------------------------------------------------------------- */

/* 'msg' has been sent to the controller. */
void chan_coming(struct chan *chan, const struct of_msg *msg);

/* One look at each message that is coming. Not from within the core. */
void chan_look_on(struct ctlchan *cc);

/* What 'chan' has sent has come: the looks that are left. */
void chan_look_rest(const struct chan *chan);

/* --- stand_in.c -------------------------------------------------------------------------------- */

/* A packet-in that has been served. */
void stand_in_answer(struct chan *chan, const struct of_msg *request);

/* --- ctlchan.c --------------------------------------------------------------------------------- */

/* A parcel is there: in front of the station, or of the switch's agent. */
void chan_at_station(struct ctlchan *cc, struct parcel *p);
void chan_at_switch(struct lane *lane, struct parcel *p);

#endif
