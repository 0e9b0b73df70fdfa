/* What stands in for the core when that is left out of a run, to see what it takes: a packet-in that has been
 * served is answered by one flow-mod, an entry for its destination with the holding time, that leads to one
 * port. Nobody is told when it leaves, no barrier, no packet-out. */
#include <string.h>

#include "controller/packet/pkt.h"
#include "simnet/ctlchan/ctlchan_impl.h"

/* Above the entries that ask the controller, below those of hosts at the switch. */
enum { STAND_IN_PRIORITY = 100 };

static struct of_action output(port_no_t port)
{
    return (struct of_action){.type = OF_ACT_OUTPUT, .output = {.port = port}};
}

void stand_in_answer(struct chan *chan, const struct of_msg *request)
{
    const struct of_packet_in *in = &request->packet_in;
    struct of_action action = output(chan->cc->stand_in_port);
    struct of_msg msg = {.version = request->version, .type = OF_FLOW_MOD};
    struct of_flow_mod *fm = &msg.flow_mod;
    struct eth_addr dst;

    if (in->data.len < PKT_ETH_HLEN) {
        return;
    }
    memcpy(dst.b, in->data.data, ETH_ADDR_LEN);
    fm->command = OF_FLOW_ADD;
    fm->idle_timeout_s = chan->cc->stand_in_hold_s;
    fm->priority = STAND_IN_PRIORITY;
    fm->buffer_id = OF_NO_BUFFER;
    fm->out_port = OF_PORT_ANY;
    fm->out_group = OF_GROUP_ANY;
    of_match_clear(&fm->match);
    OF_MATCH_SET(&fm->match, ETH_DST, eth_dst, dst);
    fm->ins.has_apply = true;
    fm->ins.apply = (struct of_actions){.list = &action, .n = 1};
    chan->cc->stats.n_unsaid += lane_send(&chan->to_switch, &msg) != ERR_OK;
}

void ctlchan_set_stand_in(struct ctlchan *cc, uint16_t hold_s, port_no_t port)
{
    cc->stand_in_port = port;
    cc->stand_in_hold_s = hold_s;
}
