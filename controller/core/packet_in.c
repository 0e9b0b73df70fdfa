#include "controller/core/packet_in.h"

#include "controller/base/hash.h"
#include "controller/core/ctl_int.h"
#include "controller/core/discovery.h"

/* The next one is a random number of packets away, so that no sender can avoid it. */
static void glance(struct ctl *ctl, const struct ctl_packet *packet)
{
    uint64_t random = hash_keyed_u64(ctl->hash_key, ctl->counters.packet_ins);

    ctl->until_glance = 1 + (uint32_t)(random % (2 * CTL_GLANCE - 1));
    for (size_t i = 0; i < ctl->glancers.n; i++) {
        const struct module_slot *slot = ctl->glancers.slots[i];

        slot->module->glance(slot->state, packet);
    }
}

/* Shows the packet to the modules until one has taken care of it. */
static void show(struct ctl *ctl, const struct ctl_packet *packet)
{
    const struct module_list *list = &ctl->by_class[packet->class];

    if (--ctl->until_glance == 0) {
        glance(ctl, packet);
    }
    if (ctl->interests_changed) {
        ctl_list_watchers(ctl);
    }
    for (size_t i = 0; i < list->n; i++) {
        const struct module_slot *slot = list->slots[i];

        if (slot->module->packet_in(slot->state, packet) == CTL_STOP) {
            return;
        }
    }
    ctl->counters.packet_ins_unclaimed++;
}

/* What learning the sender has caused is told before the packet itself is shown. */
static void learn_and_show(struct datapath *dp, struct ctl_packet *packet)
{
    const struct ctl *ctl = dp->ctl;
    uint64_t before = ctl->counters.flow_mods;
    bool goes_on = hosts_learn(packet, &packet->src);

    ctl_settle(dp->ctl);
    if (goes_on) {
        show(dp->ctl, packet);
    }
    if (ctl->counters.flow_mods != before) {
        admission_charge(dp, packet->in_port, ctl->counters.flow_mods - before);
    }
}

/* A port that a packet can have come from (§7.2.1): to no other could anything be answered. */
static bool port_ok(port_no_t port)
{
    return port_no_is_real(port) || port == OF_PORT_LOCAL || port == OF_PORT_CONTROLLER;
}

void packet_in_early(struct datapath *dp, const struct of_packet_in *msg)
{
    struct pkt pkt;

    if (port_ok(msg->in_port) && pkt_parse(msg->data.data, msg->data.len, &pkt) == ERR_OK &&
        pkt.eth_type == PKT_TYPE_LLDP && admission_take(dp, msg->in_port, PACKET_LLDP)) {
        discovery_input(dp, msg->in_port, msg->data.data + pkt.off.payload,
                        msg->data.len - pkt.off.payload);
    }
}

void packet_in_dispatch(struct datapath *dp, const struct of_packet_in *msg)
{
    struct pkt pkt;
    struct ctl_packet packet = {.dp = dp,
                                .in_port = msg->in_port,
                                .reason = msg->reason,
                                .cookie = msg->cookie,
                                .table_id = msg->table_id,
                                .buffer_id = msg->buffer_id,
                                .frame = msg->data.data,
                                .len = msg->data.len,
                                .total_len = msg->total_len,
                                .pkt = &pkt};

    if (!port_ok(msg->in_port) || pkt_parse(msg->data.data, msg->data.len, &pkt) != ERR_OK) {
        dp->ctl->counters.packet_ins_malformed++;
        return;
    }
    packet.class = packet_class(&pkt);
    if (!admission_take(dp, msg->in_port, packet.class)) {
        return; /* Counted there. */
    }
    packet.port = datapath_port(dp, msg->in_port);
    if (pkt.eth_type == PKT_TYPE_BDDP) {
        domains_input(dp, msg->in_port, msg->data.data + pkt.off.payload,
                      msg->data.len - pkt.off.payload);
    } else if (packet.class == PACKET_LLDP) {
        discovery_input(dp, msg->in_port, msg->data.data + pkt.off.payload,
                        msg->data.len - pkt.off.payload);
    } else if (!domains_accept(dp, packet.port, &pkt)) {
        dp->ctl->counters.domain_frames_ignored++;
    } else {
        if (packet.port && packet.port->was_link) {
            discovery_heard(dp, msg->in_port);
        }
        learn_and_show(dp, &packet);
    }
}
