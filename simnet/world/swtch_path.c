/* The data path: a frame through the tables (OF 1.3.5 §5.1, §5.9). */
#include <string.h>

#include "controller/base/alloc.h"
#include "simnet/world/fields.h"
#include "controller/base/prefetch.h"
#include "simnet/world/swtch_pass.h"

/* --- Actions --------------------------------------------------------------------------------- */

/* Of this output only (OF 1.0 §5.2.4). */
static void enqueue(struct pass *pass, port_no_t port, uint32_t queue_id)
{
    uint32_t before = pass->queue_id;

    pass->queue_id = queue_id;
    pass_output(pass, port, OF_CML_NO_BUFFER);
    pass->queue_id = before;
}

static void run_action(struct pass *pass, const struct of_action *a)
{
    if (a->type == OF_ACT_OUTPUT) {
        pass_output(pass, a->output.port, a->output.max_len);
    } else if (a->type == OF_ACT_GROUP) {
        pass_group(pass, a->group_id);
    } else if (a->type == OF_ACT_ENQUEUE) {
        enqueue(pass, a->enqueue.port, a->enqueue.queue_id);
    } else if (a->type == OF_ACT_SET_QUEUE) {
        pass->queue_id = a->queue_id;
    } else if (a->type == OF_ACT_METER) {
        pass_meter(pass, a->meter_id);
    } else {
        pass_rewrite(pass, a);
    }
}

void pass_run_actions(struct pass *pass, const struct of_action *list, size_t n)
{
    for (size_t i = 0; i < n && !pass->dropped; i++) {
        run_action(pass, &list[i]);
    }
}

static void run_action_set(struct pass *pass)
{
    if (pass->set.n) {
        action_set_sort(&pass->set);
        pass->reason = pass->is_miss_entry ? OF_REASON_NO_MATCH : OF_REASON_ACTION_SET;
        pass_run_actions(pass, pass->set.list, pass->set.n);
    }
}

/* --- Copies ---------------------------------------------------------------------------------- */

void pass_save(struct pass *pass)
{
    struct swtch *sw = pass->sw;
    struct saved_frame *s;

    if (pass->depth == sw->n_saved) {
        sw->saved = xreallocarray(sw->saved, sw->n_saved + 1, sizeof *sw->saved);
        sw->saved[sw->n_saved++] = (struct saved_frame){0};
    }
    s = &sw->saved[pass->depth++];
    s->p = pass->frame.p;
    buf_clear(&s->bytes);
    buf_put(&s->bytes, pass->frame.buf->data, pass->frame.buf->len);
}

void pass_restore(struct pass *pass)
{
    struct saved_frame *s = &pass->sw->saved[--pass->depth];

    buf_clear(pass->frame.buf);
    buf_put(pass->frame.buf, s->bytes.data, s->bytes.len);
    pass->frame.p = s->p;
    pass->stale = true;
}

/* --- Tables ---------------------------------------------------------------------------------- */

/* A controller of 1.0 is asked about what no entry matches; for 1.3 that is dropped (§5.4). */
static bool asks_about_misses(const struct swtch *sw)
{
    for (struct swtch_conn *conn = sw->conns; conn; conn = conn->next) {
        if (conn->version == OF_VERSION_1_0) {
            return true;
        }
    }
    return false;
}

static void miss(struct pass *pass)
{
    pass->is_miss = true;
    if (asks_about_misses(pass->sw)) {
        pass_packet_in(pass, OF_REASON_NO_MATCH, PASS_MISS_SEND_LEN);
    } else {
        pass->sw->stats.n_miss_drops++;
    }
    pass->dropped = true;
}

/* Of what the action set now holds (1.5 §7.2.3.12). */
static void note_set(struct pass *pass)
{
    OF_MATCH_SET(&pass->fields, ACTSET_OUTPUT, actset_output, action_set_output(&pass->set));
}

/* Of fragments 1.0 takes the ports for zero, also where there are some (OF 1.0 §3.4). */
static void hide_ports(struct of_match *fields, const struct pkt *p)
{
    if (!pkt_has(p, PKT_IPV4) || !reassembly_is_fragment(p)) {
        return;
    }
    if (p->ipv4.proto == PKT_PROTO_TCP) {
        OF_MATCH_SET(fields, TCP_SRC, tcp_src, 0);
        OF_MATCH_SET(fields, TCP_DST, tcp_dst, 0);
    } else if (p->ipv4.proto == PKT_PROTO_UDP) {
        OF_MATCH_SET(fields, UDP_SRC, udp_src, 0);
        OF_MATCH_SET(fields, UDP_DST, udp_dst, 0);
    }
}

void pass_refresh(struct pass *pass)
{
    if (pass->stale) {
        fields_of_packet(&pass->frame.p, pass->in_port, pass->metadata, &pass->fields);
        if (pass->sw->is_of_10) {
            hide_ports(&pass->fields, &pass->frame.p);
        }
        pass->fields.v.tunnel_id = pass->tunnel_id;
        note_set(pass);
        pass->stale = false;
    }
}

/* Executes the instructions of an entry; true when another table follows. */
static bool execute(struct pass *pass, const struct of_instructions *ins)
{
    if (ins->has_meter) {
        pass_meter(pass, ins->meter_id);
    }
    if (ins->has_apply) {
        pass->reason = pass->is_miss_entry ? OF_REASON_NO_MATCH : OF_REASON_ACTION;
        pass_run_actions(pass, ins->apply.list, ins->apply.n);
    }
    if (ins->has_clear) {
        action_set_clear(&pass->set);
    }
    if (ins->has_write) {
        action_set_write(&pass->set, &ins->write);
    }
    if (ins->has_clear || ins->has_write) {
        note_set(pass);
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

/* True when the frame has to go on in software, where its entry is, or where it is to be found that there is
 * none. */
static bool is_for_software(const struct pass *pass, const struct table *table)
{
    uint32_t i = table_lookup(table, &pass->fields);

    return i == TABLE_NONE ? pass->sw->params.hw.tcam.software_entries != 0
                           : !table_is_fast(table, i);
}

/* One table; true when another one follows. */
static bool run_table(struct pass *pass, struct table *table)
{
    struct table_entry entry;
    uint32_t i;

    pass_refresh(pass);
    if (pass->in_hardware && is_for_software(pass, table)) {
        swtch_cpu_suspend(pass);
        pass->dropped = true;
        return false;
    }
    i = table_forward(table, &pass->fields, (uint32_t)pass->frame.buf->len);
    if (i == TABLE_NONE) {
        miss(pass);
        return false;
    }
    if (table != pass->sw->emergency) {
        swtch_cpu_used(pass->sw, pass->table_id, i);
    }
    entry = table_entry(table, i);
    if (entry.program->ins.stat_trigger) {
        swtch_trigger(pass->sw, pass->table_id, i, (uint32_t)pass->frame.buf->len);
    }
    pass->cookie = entry.cookie;
    pass->is_miss_entry = entry.priority == 0 && table_entry_matches_all(table, i);
    return execute(pass, &entry.program->ins);
}

/* From the table at work on. */
static void run_on(struct pass *pass)
{
    while (run_table(pass, pass->sw->tables[pass->table_id])) {
    }
    run_action_set(pass);
}

/* The action set begins with the output to the port, metadata and tunnel go on (1.5 §5.1, §5.6). */
void pass_run_egress(struct pass *pass, port_no_t port)
{
    struct pass before = *pass;
    struct of_action out = {.type = OF_ACT_OUTPUT, .output = {.port = port}};
    unsigned depth;

    pass_save(pass);
    depth = pass->depth;
    pass->is_leaving = true;
    pass->in_hardware = pass->from_out = pass->is_miss_entry = false;
    pass->table_id = pass->sw->first_egress;
    pass->set.n = 1;
    pass->set.list[0] = out;
    pass->stale = true;
    run_on(pass);
    pass->depth = depth;
    pass_restore(pass);
    before.frame = pass->frame;
    before.depth = pass->depth;
    before.n_steps = pass->n_steps;
    before.stale = true;
    *pass = before;
}

void pass_run_tables(struct pass *pass)
{
    pass->table_id = 0;
    action_set_clear(&pass->set);
    run_on(pass);
}

/* Without controllers, when the switch is not to go on as before (§6.3.2; OF 1.0 §4.3). */
static void run_alone(struct pass *pass)
{
    if (pass->sw->params.fail_mode == SWTCH_FAIL_STANDALONE) {
        pass_normal(pass);
    } else {
        run_table(pass, pass->sw->emergency);
    }
}

/* 'parsed' is NULL when the frame has yet to be parsed. */
static bool pass_init(struct pass *pass, struct swtch *sw, port_no_t in_port, struct buf *frame,
                      const struct pkt *parsed)
{
    pass->sw = sw;
    pass->in_port = in_port;
    pass->metadata = pass->tunnel_id = 0;
    pass->stale = true;
    pass->in_hardware = false;
    pass->from_out = pass->dropped = pass->is_miss = pass->is_miss_entry = false;
    pass->is_leaving = false;
    pass->table_id = 0;
    pass->queue_id = OF_QUEUE_ALL;
    pass->cookie = UINT64_MAX;
    pass->depth = pass->n_group_depth = pass->n_steps = 0;
    action_set_clear(&pass->set);
    if (parsed) {
        pass->frame.buf = frame;
        pass->frame.p = *parsed;
        return true;
    }
    return pkt_frame_init(&pass->frame, frame) == ERR_OK;
}

/* True when the frame is now a whole datagram. */
static bool take_fragment(struct pass *pass)
{
    struct swtch *sw = pass->sw;

    if (sw->frag_flags == FRAG_DROP) {
        sw->stats.n_frag_drops++;
        return false;
    }
    return reassembly_put(sw->reassembly, sim_now(sw->sim), pass->in_port, &pass->frame.p,
                          pass->frame.buf) &&
           pkt_frame_init(&pass->frame, pass->frame.buf) == ERR_OK;
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
    swtch_receive_parsed(sw, port_no, frame, NULL);
}

enum { DEAF = OF_PC_PORT_DOWN | OF_PC_NO_RECV | OF_PC_NO_RECV_STP };

/* Frames of spanning tree (to 01:80:c2:00:00:00) have a bit of their own (OF 1.0 §5.2.1). */
static bool is_ignored(const struct port *port, const struct buf *frame)
{
    static const uint8_t bridges[ETH_ADDR_LEN] = {0x01, 0x80, 0xc2};
    bool is_stp = frame->len >= ETH_ADDR_LEN && memcmp(frame->data, bridges, ETH_ADDR_LEN) == 0;

    return port->config & (OF_PC_PORT_DOWN | (is_stp ? OF_PC_NO_RECV_STP : OF_PC_NO_RECV));
}

void swtch_receive_parsed(struct swtch *sw, port_no_t port_no, struct buf *frame,
                          const struct pkt *parsed)
{
    struct port *port = swtch_port(sw, port_no);
    struct pass pass;

    port->rx_packets++;
    port->rx_bytes += frame->len;
    if (port->config & DEAF && is_ignored(port, frame)) {
        port->rest->rx_dropped++;
        return;
    }
    if (!pass_init(&pass, sw, port_no, frame, parsed)) {
        sw->stats.n_malformed++;
        return;
    }
    pass.in_hardware = sw->cpu && sw->params.hw.cpu.software_ns;
    count_frame(&sw->stats, &pass.frame.p);
    if (sw->sflow) {
        swtch_sflow_frame(sw->sflow, port_no, frame);
    }
    if (sw->frag_flags != FRAG_NORMAL && reassembly_is_fragment(&pass.frame.p) &&
        !take_fragment(&pass)) {
        return;
    }
    if (sw->alone && sw->params.fail_mode != SWTCH_FAIL_SECURE) {
        run_alone(&pass);
    } else {
        pass_run_tables(&pass);
    }
}

void swtch_path_buffered(struct swtch *sw, port_no_t in_port, struct buf *frame)
{
    struct pass pass;

    if (pass_init(&pass, sw, in_port, frame, NULL)) {
        pass_run_tables(&pass);
    }
}

void swtch_path_resume(struct swtch *sw, const struct suspended_pass *at, struct buf *frame)
{
    struct pass pass;

    if (pass_init(&pass, sw, at->in_port, frame, NULL)) {
        pass.table_id = at->table_id;
        pass.metadata = at->metadata;
        pass.tunnel_id = at->tunnel_id;
        pass.queue_id = at->queue_id;
        pass.set.n = at->n_set;
        if (at->n_set) {
            memcpy(pass.set.list, at->set, at->n_set * sizeof at->set[0]);
        }
        run_on(&pass);
    }
}

enum of_err swtch_path_packet_out(struct swtch *sw, const struct of_packet_out *out,
                                  struct buf *frame)
{
    struct pass pass;

    if (!pass_init(&pass, sw, out->in_port, frame, NULL)) {
        return OF_ERR_BAD_PACKET;
    }
    pass.from_out = true;
    pass.reason = OF_REASON_PACKET_OUT;
    pass.metadata = of_match_has(&out->match, OF_FIELD_METADATA) ? out->match.v.metadata : 0;
    pass.tunnel_id = of_match_has(&out->match, OF_FIELD_TUNNEL_ID) ? out->match.v.tunnel_id : 0;
    pass_run_actions(&pass, out->actions.list, out->actions.n);
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

void swtch_prefetch(const struct swtch *sw, unsigned i)
{
    switch (i) {
    case 3:
        prefetch_lines(sw, sizeof *sw);
        break;
    case 2:
        __builtin_prefetch(&sw->tables[0]);
        __builtin_prefetch(sw->conns);
        break;
    case 1:
        table_prefetch(sw->tables[0]);
        prefetch_lines(sw->conns, sizeof *sw->conns);
        break;
    default:
        break;
    }
}

void swtch_prefetch_session(const struct swtch *sw, uint32_t entry, struct eth_addr dst)
{
    if (entry != TABLE_NONE) {
        table_prefetch_entry(sw->tables[0], entry);
    } else {
        table_prefetch_dst(sw->tables[0], dst);
    }
}

void swtch_session_begin(struct swtch *sw, uint32_t entry, uint32_t n)
{
    table_session_begin(sw->tables[0], entry, n);
    if (n) {
        swtch_cpu_used(sw, 0, entry);
    }
}

void swtch_session_end(struct swtch *sw, uint32_t entry, uint32_t n)
{
    table_session_end(sw->tables[0], entry, n);
}

void swtch_set_idle_end(struct swtch *sw, uint32_t entry, mono_t at)
{
    table_set_idle_end(sw->tables[0], entry, at);
}
