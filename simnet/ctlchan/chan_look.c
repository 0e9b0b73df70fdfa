/* The core is told what is on its way to it (core/look.h), one look at a time: between two looks at one message other
 * messages are delivered, and what the look named comes from memory meanwhile. */
#include <string.h>

#include "controller/packet/pkt.h"
#include "simnet/ctlchan/ctlchan_impl.h"

/* What the core will need for a message, when it can be told. */
static struct ctl_ahead ahead_of(struct ctl *ctl, const struct of_msg *msg)
{
    const struct of_flow_removed *removed = &msg->flow_removed;
    struct eth_addr dst, src;

    if (msg->type == OF_PACKET_IN && msg->packet_in.data.len >= PKT_ETH_HLEN) {
        memcpy(dst.b, msg->packet_in.data.data, ETH_ADDR_LEN);
        memcpy(src.b, msg->packet_in.data.data + ETH_ADDR_LEN, ETH_ADDR_LEN);
        return ctl_ahead_packet(ctl, src, dst);
    }
    if (msg->type == OF_FLOW_REMOVED) {
        return ctl_ahead_removed(ctl, removed->table_id, removed->priority, &removed->match);
    }
    return (struct ctl_ahead){.kind = CTL_AHEAD_NONE};
}

void chan_coming(struct chan *chan, const struct of_msg *msg)
{
    struct ctlchan *cc = chan->cc;
    struct coming *next = &cc->coming[cc->n_coming];

    if (!chan->session || !cc->ctl || cc->stand_in_hold_s || cc->n_coming == MAX_COMING) {
        return;
    }
    next->ahead = ahead_of(cc->ctl, msg);
    if (next->ahead.kind != CTL_AHEAD_NONE) {
        next->chan = chan;
        next->generation = chan->generation;
        next->look = 0;
        cc->n_coming++;
    }
}

/* False when there is nothing more to look at. */
static bool look_at(const struct ctlchan *cc, struct coming *c)
{
    return cc->ctl && c->chan->session && c->chan->generation == c->generation &&
           ctl_look(cc->ctl, c->chan->session, &c->ahead, c->look++);
}

void chan_look_on(struct ctlchan *cc)
{
    for (unsigned i = cc->n_coming; i-- > 0;) {
        if (!look_at(cc, &cc->coming[i])) {
            cc->coming[i] = cc->coming[--cc->n_coming];
        }
    }
}

void chan_look_rest(const struct chan *chan)
{
    struct ctlchan *cc = chan->cc;

    for (unsigned i = cc->n_coming; i-- > 0;) {
        if (cc->coming[i].chan == chan) {
            while (look_at(cc, &cc->coming[i])) {
            }
            cc->coming[i] = cc->coming[--cc->n_coming];
        }
    }
}
