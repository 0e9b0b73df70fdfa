/* The data path: a frame through the tables, and what actions do to it. */
#include "simnet/world/swtch_impl.h"

#include "controller/packet/pkt_edit.h"
#include "simnet/world/fields.h"

enum { MAX_ACTION_SET = 64 };

/* One frame on its way through the switch. */
struct pass {
    struct swtch *sw;
    port_no_t in_port;
    struct pkt_frame frame;
    struct of_match fields;
    uint64_t metadata;
    bool stale;       /* The frame has changed since 'fields' was filled. */
    bool from_out;    /* A packet-out's actions, not an entry's. */
    bool dropped;     /* An action has ended the frame's life. */
    uint8_t table_id; /* Of the entry at work. */
    uint64_t cookie;
    bool is_miss_entry;                   /* The entry at work is the table-miss entry (§5.4). */
    struct of_action set[MAX_ACTION_SET]; /* The action set (§5.10). */
    unsigned n_set;
};

static void run_actions(struct pass *pass, const struct of_actions *actions);
static void run_tables(struct pass *pass);

/* --- To the controller ----------------------------------------------------------------------- */

static void packet_in(struct pass *pass, enum of_packet_in_reason reason)
{
    struct swtch *sw = pass->sw;
    bool is13 = sw->version != OF_VERSION_1_0;
    struct of_msg msg = {.type = OF_PACKET_IN};
    struct of_packet_in *in = &msg.packet_in;

    if (sw->role == OF_ROLE_SLAVE || !sw->connected || sw->version == OF_VERSION_NONE) {
        return;
    }
    in->buffer_id = OF_NO_BUFFER;
    in->total_len = (uint16_t)pass->frame.buf->len;
    in->reason = reason;
    in->table_id = is13 ? pass->table_id : 0;
    in->cookie = is13 ? pass->cookie : UINT64_MAX;
    in->in_port = pass->in_port;
    of_match_clear(&in->match);
    OF_MATCH_SET(&in->match, IN_PORT, in_port, pass->in_port);
    if (is13 && pass->metadata) {
        OF_MATCH_SET(&in->match, METADATA, metadata, pass->metadata);
    }
    in->data = (struct of_bytes){pass->frame.buf->data, pass->frame.buf->len};
    sw->stats.n_packet_ins++;
    swtch_send(sw, &msg);
}

/* --- Output ---------------------------------------------------------------------------------- */

static void send_to(struct pass *pass, port_no_t port_no)
{
    struct port *port = swtch_port(pass->sw, port_no);
    const struct buf *frame = pass->frame.buf;

    if (!port) {
        return;
    }
    if (wire_send(port->wire, port->side, frame->data, frame->len)) {
        port->tx_packets++;
        port->tx_bytes += frame->len;
    } else {
        port->tx_dropped++;
    }
}

static void flood(struct pass *pass)
{
    for (port_no_t p = 1; p <= pass->sw->n_ports; p++) {
        if (p != pass->in_port) {
            send_to(pass, p);
        }
    }
}

/* A frame never leaves by the port it came from unless OFPP_IN_PORT says so (§5.12). */
static void output(struct pass *pass, port_no_t port)
{
    switch (port) {
    case OF_PORT_IN_PORT:
        send_to(pass, pass->in_port);
        return;
    case OF_PORT_ALL:
    case OF_PORT_FLOOD:
        flood(pass);
        return;
    case OF_PORT_CONTROLLER:
        packet_in(pass, pass->is_miss_entry ? OF_REASON_NO_MATCH : OF_REASON_ACTION);
        return;
    case OF_PORT_TABLE:
        if (pass->from_out) {
            pass->from_out = false;
            run_tables(pass);
        }
        return;
    default:
        if (port != pass->in_port) {
            send_to(pass, port);
        }
        return;
    }
}

/* --- Rewriting ------------------------------------------------------------------------------- */

static void set_ipv6_field(struct pkt_frame *f, enum of_field field, const union of_value *v)
{
    if (field == OF_FIELD_IPV6_SRC) {
        pkt_set_ipv6_src(f, &v->ipv6);
    } else if (field == OF_FIELD_IPV6_DST) {
        pkt_set_ipv6_dst(f, &v->ipv6);
    } else if (field == OF_FIELD_IPV6_FLABEL) {
        pkt_set_ipv6_flabel(f, v->u32);
    } else if (field == OF_FIELD_IPV6_ND_TARGET) {
        pkt_set_nd_target(f, &v->ipv6);
    } else if (field == OF_FIELD_IPV6_ND_SLL) {
        pkt_set_nd_sll(f, v->eth);
    } else if (field == OF_FIELD_IPV6_ND_TLL) {
        pkt_set_nd_tll(f, v->eth);
    }
}

/* One field per line; a frame without such a header stays as it is. */
static void set_field(struct pkt_frame *f, enum of_field field, const union of_value *v)
{
    /* clang-format off */
    switch ((int)field) {
    case OF_FIELD_ETH_DST: pkt_set_eth_dst(f, v->eth); return;
    case OF_FIELD_ETH_SRC: pkt_set_eth_src(f, v->eth); return;
    case OF_FIELD_VLAN_VID: pkt_set_vlan_vid(f, v->u16 & 0xfff); return;
    case OF_FIELD_VLAN_PCP: pkt_set_vlan_pcp(f, v->u8); return;
    case OF_FIELD_IP_DSCP: pkt_set_nw_dscp(f, v->u8); return;
    case OF_FIELD_IP_ECN: pkt_set_nw_ecn(f, v->u8); return;
    case OF_FIELD_IPV4_SRC: pkt_set_ipv4_src(f, v->u32); return;
    case OF_FIELD_IPV4_DST: pkt_set_ipv4_dst(f, v->u32); return;
    case OF_FIELD_TCP_SRC: case OF_FIELD_UDP_SRC: case OF_FIELD_SCTP_SRC:
        pkt_set_l4_src(f, v->u16); return;
    case OF_FIELD_TCP_DST: case OF_FIELD_UDP_DST: case OF_FIELD_SCTP_DST:
        pkt_set_l4_dst(f, v->u16); return;
    case OF_FIELD_ICMPV4_TYPE: case OF_FIELD_ICMPV6_TYPE: pkt_set_icmp_type(f, v->u8); return;
    case OF_FIELD_ICMPV4_CODE: case OF_FIELD_ICMPV6_CODE: pkt_set_icmp_code(f, v->u8); return;
    case OF_FIELD_ARP_OP: pkt_set_arp_op(f, v->u16); return;
    case OF_FIELD_ARP_SPA: pkt_set_arp_spa(f, v->u32); return;
    case OF_FIELD_ARP_TPA: pkt_set_arp_tpa(f, v->u32); return;
    case OF_FIELD_ARP_SHA: pkt_set_arp_sha(f, v->eth); return;
    case OF_FIELD_ARP_THA: pkt_set_arp_tha(f, v->eth); return;
    case OF_FIELD_MPLS_LABEL: pkt_set_mpls_label(f, v->u32); return;
    case OF_FIELD_MPLS_TC: pkt_set_mpls_tc(f, v->u8); return;
    case OF_FIELD_MPLS_BOS: pkt_set_mpls_bos(f, v->u8); return;
    case OF_FIELD_PBB_ISID: pkt_set_pbb_isid(f, v->u32); return;
    default: set_ipv6_field(f, field, v); return;
    }
    /* clang-format on */
}

/* 1.0's tag actions add a tag when there is none (OF 1.0 §5.2.4). */
static void ensure_tag(struct pkt_frame *f)
{
    if (!pkt_has(&f->p, PKT_VLAN)) {
        pkt_push_vlan(f, PKT_TYPE_VLAN);
    }
}

/* A TTL that would become invalid ends the frame's life; the controller may want to know (§5.12). */
static void dec_ttl(struct pass *pass, enum err result)
{
    if (result == ERR_RANGE) {
        packet_in(pass, OF_REASON_INVALID_TTL);
        pass->dropped = true;
    }
}

static void rewrite(struct pass *pass, const struct of_action *a)
{
    struct pkt_frame *f = &pass->frame;

    /* clang-format off */
    switch (a->type) {
    case OF_ACT_COPY_TTL_OUT: pkt_copy_ttl_out(f); break;
    case OF_ACT_COPY_TTL_IN: pkt_copy_ttl_in(f); break;
    case OF_ACT_SET_MPLS_TTL: pkt_set_mpls_ttl(f, a->ttl); break;
    case OF_ACT_DEC_MPLS_TTL: dec_ttl(pass, pkt_dec_mpls_ttl(f)); break;
    case OF_ACT_PUSH_VLAN: pkt_push_vlan(f, a->ethertype); break;
    case OF_ACT_POP_VLAN: pkt_pop_vlan(f); break;
    case OF_ACT_PUSH_MPLS: pkt_push_mpls(f, a->ethertype); break;
    case OF_ACT_POP_MPLS: pkt_pop_mpls(f, a->ethertype); break;
    case OF_ACT_SET_NW_TTL: pkt_set_nw_ttl(f, a->ttl); break;
    case OF_ACT_DEC_NW_TTL: dec_ttl(pass, pkt_dec_nw_ttl(f)); break;
    case OF_ACT_SET_FIELD: set_field(f, a->set_field.field, &a->set_field.value); break;
    case OF_ACT_PUSH_PBB: pkt_push_pbb(f); break;
    case OF_ACT_POP_PBB: pkt_pop_pbb(f); break;
    case OF_ACT_SET_VLAN_VID: ensure_tag(f); pkt_set_vlan_vid(f, a->vlan_vid); break;
    case OF_ACT_SET_VLAN_PCP: ensure_tag(f); pkt_set_vlan_pcp(f, a->vlan_pcp); break;
    case OF_ACT_COPY_FIELD: case OF_ACT_METER:
    case OF_ACT_SET_QUEUE: case OF_ACT_GROUP: case OF_ACT_EXPERIMENTER:
    case OF_ACT_OUTPUT: case OF_ACT_ENQUEUE: case OF_N_ACTIONS: break;
    }
    /* clang-format on */
    pass->stale = true;
}

static void run_action(struct pass *pass, const struct of_action *a)
{
    if (a->type == OF_ACT_OUTPUT) {
        output(pass, a->output.port);
    } else if (a->type == OF_ACT_ENQUEUE) {
        output(pass, a->enqueue.port);
    } else {
        rewrite(pass, a);
    }
}

static void run_actions(struct pass *pass, const struct of_actions *actions)
{
    for (size_t i = 0; i < actions->n && !pass->dropped; i++) {
        run_action(pass, &actions->list[i]);
    }
}

/* --- The action set -------------------------------------------------------------------------- */

static bool same_slot(const struct of_action *a, const struct of_action *b)
{
    return a->type == b->type &&
           (a->type != OF_ACT_SET_FIELD || a->set_field.field == b->set_field.field);
}

static void write_actions(struct pass *pass, const struct of_actions *actions)
{
    for (size_t i = 0; i < actions->n; i++) {
        unsigned s = 0;

        while (s < pass->n_set && !same_slot(&pass->set[s], &actions->list[i])) {
            s++;
        }
        if (s < MAX_ACTION_SET) {
            pass->set[s] = actions->list[i];
            pass->n_set = s == pass->n_set ? s + 1 : pass->n_set;
        }
    }
}

/* When an action of the set is executed (§5.10): lower ranks first. */
static unsigned rank(enum of_action_type type)
{
    static const uint8_t ranks[OF_N_ACTIONS] = {
        [OF_ACT_COPY_TTL_IN] = 1, [OF_ACT_POP_VLAN] = 2,     [OF_ACT_POP_MPLS] = 2,
        [OF_ACT_POP_PBB] = 2,     [OF_ACT_PUSH_MPLS] = 3,    [OF_ACT_PUSH_PBB] = 4,
        [OF_ACT_PUSH_VLAN] = 5,   [OF_ACT_COPY_TTL_OUT] = 6, [OF_ACT_DEC_MPLS_TTL] = 7,
        [OF_ACT_DEC_NW_TTL] = 7,  [OF_ACT_SET_FIELD] = 8,    [OF_ACT_SET_MPLS_TTL] = 8,
        [OF_ACT_SET_NW_TTL] = 8,  [OF_ACT_SET_VLAN_VID] = 8, [OF_ACT_SET_VLAN_PCP] = 8,
        [OF_ACT_SET_QUEUE] = 9,   [OF_ACT_EXPERIMENTER] = 9, [OF_ACT_GROUP] = 10,
        [OF_ACT_OUTPUT] = 11,     [OF_ACT_ENQUEUE] = 11,
    };

    return ranks[type];
}

static void run_action_set(struct pass *pass)
{
    enum { LAST_RANK = 11 };

    for (unsigned r = 1; r <= LAST_RANK; r++) {
        for (unsigned i = 0; i < pass->n_set && !pass->dropped; i++) {
            if (rank(pass->set[i].type) == r) {
                run_action(pass, &pass->set[i]);
            }
        }
    }
}

/* --- Tables ---------------------------------------------------------------------------------- */

/* No entry: 1.0 asks the controller, 1.3 drops (§5.4). */
static void miss(struct pass *pass)
{
    if (pass->sw->version == OF_VERSION_1_0) {
        packet_in(pass, OF_REASON_NO_MATCH);
    } else {
        pass->sw->stats.n_miss_drops++;
    }
    pass->dropped = true;
}

/* Executes the instructions of an entry; true when another table follows. */
static bool execute(struct pass *pass, const struct of_instructions *ins)
{
    if (ins->has_apply) {
        run_actions(pass, &ins->apply);
    }
    if (ins->has_clear) {
        pass->n_set = 0;
    }
    if (ins->has_write) {
        write_actions(pass, &ins->write);
    }
    if (ins->has_metadata) {
        pass->metadata =
            (pass->metadata & ~ins->metadata_mask) | (ins->metadata & ins->metadata_mask);
        pass->stale = true;
    }
    if (ins->has_goto) {
        pass->table_id = ins->goto_table;
    }
    return ins->has_goto && !pass->dropped;
}

/* One table; true when another one follows. */
static bool run_table(struct pass *pass)
{
    struct table *table = pass->sw->tables[pass->table_id];
    struct table_entry entry;
    uint32_t i;

    if (pass->stale) {
        fields_of_packet(&pass->frame.p, pass->in_port, pass->metadata, &pass->fields);
        pass->stale = false;
    }
    i = table_forward(table, &pass->fields, (uint32_t)pass->frame.buf->len);
    if (i == TABLE_NONE) {
        miss(pass);
        return false;
    }
    entry = table_entry(table, i);
    pass->cookie = entry.cookie;
    pass->is_miss_entry = entry.priority == 0 && table_entry_matches_all(table, i);
    return execute(pass, &entry.program->ins);
}

static void run_tables(struct pass *pass)
{
    pass->table_id = 0;
    while (run_table(pass)) {
    }
    run_action_set(pass);
}

static bool pass_init(struct pass *pass, struct swtch *sw, port_no_t in_port, struct buf *frame)
{
    pass->sw = sw;
    pass->in_port = in_port;
    pass->metadata = 0;
    pass->stale = true;
    pass->from_out = pass->dropped = pass->is_miss_entry = false;
    pass->table_id = 0;
    pass->cookie = UINT64_MAX;
    pass->n_set = 0;
    return pkt_frame_init(&pass->frame, frame) == ERR_OK;
}

/* For the shares of the kinds. */
static void count_frame(struct swtch_stats *n, const struct pkt *pkt)
{
    n->n_rx++;
    n->n_rx_broadcast += eth_addr_eq(pkt->eth_dst, ETH_ADDR_BROADCAST);
    n->n_rx_arp += pkt->eth_type == PKT_TYPE_ARP;
    n->n_rx_lldp += pkt->eth_type == PKT_TYPE_LLDP;
}

void swtch_receive(struct swtch *sw, port_no_t port_no, struct buf *frame)
{
    struct port *port = swtch_port(sw, port_no);
    struct pass pass;

    port->rx_packets++;
    port->rx_bytes += frame->len;
    if (!pass_init(&pass, sw, port_no, frame)) {
        sw->stats.n_malformed++;
        return;
    }
    count_frame(&sw->stats, &pass.frame.p);
    if (sw->sflow) {
        swtch_sflow_frame(sw->sflow, port_no, frame);
    }
    run_tables(&pass);
}

enum of_err swtch_path_packet_out(struct swtch *sw, port_no_t in_port,
                                  const struct of_actions *actions, struct buf *frame)
{
    struct pass pass;

    if (!pass_init(&pass, sw, in_port, frame)) {
        return OF_ERR_BAD_PACKET;
    }
    pass.from_out = true;
    run_actions(&pass, actions);
    return OF_OK;
}

/* --- Sessions -------------------------------------------------------------------------------- */

uint32_t swtch_session_entry(const struct swtch *sw, port_no_t port, const struct pkt *pkt)
{
    struct of_match fields;
    uint32_t i;

    fields_of_packet(pkt, port, 0, &fields);
    i = table_lookup(sw->tables[0], &fields);
    if (i == TABLE_NONE ||
        program_outputs_to(table_entry(sw->tables[0], i).program, OF_PORT_CONTROLLER)) {
        return TABLE_NONE;
    }
    return i;
}

void swtch_session_begin(struct swtch *sw, uint32_t entry, uint32_t n)
{
    table_session_begin(sw->tables[0], entry, n);
}

void swtch_session_end(struct swtch *sw, uint32_t entry, uint32_t n)
{
    table_session_end(sw->tables[0], entry, n);
}
