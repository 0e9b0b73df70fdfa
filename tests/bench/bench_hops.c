/* Speed of the packet level: frames through a row of three switches with installed entries, from wire to
 * wire, everything an event. A hop is a switch and the wire behind it. Run by hand:
 *
 *     bench_hops [N_FRAMES [N_ENTRIES [FRAME_BYTES]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controller/packet/pkt_build.h"
#include "simnet/world/swtch.h"

enum { N_HOPS = 3, GAP_NS = 1000, TABLE_SIZE = 1 << 17, MAX_PAYLOAD = 1400 };

struct row {
    struct sim *sim;
    struct programs programs;
    struct frame_pool pool;
    struct swtch *switches[N_HOPS];
    struct wire *wires[N_HOPS + 1];
    struct sim_event send;
    struct buf frame;
    uint32_t n_entries;
    uint64_t n_sent, n_to_send, n_delivered;
};

static double processor_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void on_message(void *aux, struct swtch *sw, const struct of_msg *msg)
{
    (void)aux;
    (void)sw;
    if (msg->type != OF_HELLO) {
        fprintf(stderr, "a message that is not expected, of type %d\n", (int)msg->type);
        exit(2);
    }
}

static void on_delivered(void *node, uint32_t port, struct buf *frame, const struct pkt *parsed)
{
    struct row *row = node;

    (void)parsed;
    (void)port;
    (void)frame;
    row->n_delivered++;
}

static struct eth_addr destination(uint32_t i)
{
    return eth_addr_from_u64(0x020000000000 + i);
}

static void add_entry(struct swtch *sw, uint32_t i)
{
    struct of_action out = of_output(2);
    struct of_msg msg = {.version = OF_VERSION_1_3,
                         .type = OF_FLOW_MOD,
                         .flow_mod = {.priority = 7,
                                      .buffer_id = OF_NO_BUFFER,
                                      .out_port = OF_PORT_ANY,
                                      .out_group = OF_GROUP_ANY,
                                      .idle_timeout_s = 300,
                                      .ins = of_apply(&out, 1)}};

    of_match_clear(&msg.flow_mod.match);
    OF_MATCH_SET(&msg.flow_mod.match, ETH_DST, eth_dst, destination(i));
    swtch_input(sw, &msg);
}

static void make_switch(struct row *row, uint32_t i)
{
    struct swtch_params params = {.name = "s",
                                  .dpid = i + 1,
                                  .versions = 1U << OF_VERSION_1_3,
                                  .n_tables = 1,
                                  .max_entries = TABLE_SIZE,
                                  .hold_law = HOLD_FIXED};
    struct swtch *sw = swtch_new(row->sim, &row->programs, &params, i);

    row->switches[i] = sw;
    swtch_add_port(sw, row->wires[i], 1, eth_addr_from_u64(2 * i + 1));
    swtch_add_port(sw, row->wires[i + 1], 0, eth_addr_from_u64(2 * i + 2));
    swtch_set_controller(sw, on_message, row);
    swtch_connected(sw);
    swtch_input(sw, &(struct of_msg){.version = OF_VERSION_1_3, .type = OF_HELLO});
    for (uint32_t k = 0; k < row->n_entries; k++) {
        add_entry(sw, k);
    }
}

static void on_send(void *aux, struct sim_event *event)
{
    struct row *row = aux;
    uint32_t to = (uint32_t)(row->n_sent * 7919 % row->n_entries);

    memcpy(row->frame.data, destination(to).b, 6);
    wire_send(row->wires[0], 0, row->frame.data, row->frame.len);
    if (++row->n_sent < row->n_to_send) {
        sim_at(row->sim, event, mono_add(sim_now(row->sim), GAP_NS));
    }
}

static void row_open(struct row *row, size_t frame_bytes)
{
    static const uint8_t payload[MAX_PAYLOAD];
    struct wire_params wire = {.rate_bps = 10000000000, .delay_ns = 5000};
    struct pkt_ends4 ends = {
        .eth_src = eth_addr_from_u64(0x02ffff000001), .src = 0x0a000000, .dst = 0x0a000002};

    row->sim = sim_new(1);
    programs_init(&row->programs);
    for (uint32_t i = 0; i <= N_HOPS; i++) {
        row->wires[i] = wire_new(row->sim, &row->pool, &wire, i);
    }
    for (uint32_t i = 0; i < N_HOPS; i++) {
        make_switch(row, i);
    }
    wire_attach(row->wires[N_HOPS], 1, row, 1, on_delivered, NULL);
    pkt_build_udp4(&row->frame, &ends, 2385, 7, payload, frame_bytes > 42 ? frame_bytes - 42 : 0);
    sim_event_init(&row->send, 1, SIM_PRIO_NORMAL, on_send, row);
}

static void row_close(struct row *row)
{
    for (uint32_t i = 0; i < N_HOPS; i++) {
        swtch_free(row->switches[i]);
    }
    for (uint32_t i = 0; i <= N_HOPS; i++) {
        wire_free(row->wires[i]);
    }
    buf_fini(&row->frame);
    programs_fini(&row->programs);
    frame_pool_fini(&row->pool);
    sim_free(row->sim);
}

int main(int argc, char **argv)
{
    struct row row = {.n_to_send = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000,
                      .n_entries = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000};
    size_t frame_bytes = argc > 3 ? strtoul(argv[3], NULL, 10) : 100;
    double begin, took;

    if (!row.n_entries || row.n_entries > TABLE_SIZE || frame_bytes > MAX_PAYLOAD) {
        fprintf(stderr, "bench_hops: at most %d entries and %d bytes\n", TABLE_SIZE, MAX_PAYLOAD);
        return 2;
    }
    row_open(&row, frame_bytes);
    sim_at(row.sim, &row.send, MONO_ZERO);
    begin = processor_s();
    sim_run_until(row.sim, MONO_NEVER);
    took = processor_s() - begin;
    printf("%zu bytes, %u entries: %.2f million hops a second, %.0f ns each; %.2f events a hop, "
           "%llu of "
           "%llu delivered, trace %016llx\n",
           row.frame.len, row.n_entries, N_HOPS * 1e-6 * (double)row.n_sent / took,
           1e9 * took / N_HOPS / (double)row.n_sent,
           (double)sim_n_events(row.sim) / N_HOPS / (double)row.n_sent,
           (unsigned long long)row.n_delivered, (unsigned long long)row.n_sent,
           (unsigned long long)sim_trace_hash(row.sim));
    row_close(&row);
    return row.n_delivered == row.n_sent ? 0 : 1;
}
