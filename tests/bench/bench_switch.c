/* Speed of one simulated switch: frames through one table with so many entries of so many shapes, a way
 * through a group of type all, and a chain of tables. Run by hand:
 *   bench_switch [N_FRAMES [MAX_ENTRIES]]
 * The look-up goes by tuple space, so its cost grows with the number of shapes and not with that of the
 * entries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controller/packet/pkt_build.h"
#include "simnet/world/swtch.h"

enum { N_PORTS = 3, MAX_ENTRIES = 1 << 20 };

struct bench {
    struct sim *sim;
    struct programs programs;
    struct frame_pool pool;
    struct wire *wires[N_PORTS];
    struct swtch *sw;
};

static double wall_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void on_send(void *aux, struct swtch *sw, const struct of_msg *msg)
{
    (void)aux;
    (void)sw;
    if (msg->type == OF_ERROR) {
        fprintf(stderr, "error %s\n", of_err_name(msg->error.err));
        exit(2);
    }
}

static void bench_open(struct bench *b)
{
    struct swtch_params params = {.name = "s1",
                                  .dpid = 1,
                                  .versions = 1U << OF_VERSION_1_3,
                                  .n_tables = 4,
                                  .max_entries = MAX_ENTRIES};
    struct wire_params wire = {.rate_bps = 0, .delay_ns = 1};

    memset(b, 0, sizeof *b);
    b->sim = sim_new(1);
    programs_init(&b->programs);
    b->sw = swtch_new(b->sim, &b->programs, &params, 0);
    for (uint32_t p = 0; p < N_PORTS; p++) {
        b->wires[p] = wire_new(b->sim, &b->pool, &wire, p);
        swtch_add_port(b->sw, b->wires[p], 1, eth_addr_from_u64(p + 1));
    }
    swtch_set_controller(b->sw, on_send, b);
    swtch_connected(b->sw);
    swtch_input(b->sw, &(struct of_msg){.version = OF_VERSION_1_3, .type = OF_HELLO});
}

static void bench_close(struct bench *b)
{
    for (unsigned p = 0; p < N_PORTS; p++) {
        wire_free(b->wires[p]);
    }
    swtch_free(b->sw);
    programs_fini(&b->programs);
    frame_pool_fini(&b->pool);
    sim_free(b->sim);
}

static void flow(struct bench *b, uint8_t table_id, uint16_t priority, const struct of_match *match,
                 struct of_instructions ins)
{
    struct of_msg msg = {.version = OF_VERSION_1_3,
                         .type = OF_FLOW_MOD,
                         .flow_mod = {.table_id = table_id,
                                      .priority = priority,
                                      .buffer_id = OF_NO_BUFFER,
                                      .out_port = OF_PORT_ANY,
                                      .out_group = OF_GROUP_ANY,
                                      .match = *match,
                                      .ins = ins}};

    swtch_input(b->sw, &msg);
}

/* An entry for destination 'i', in one of 'n_shapes' shapes (prefixes of the IPv4 source). */
static void entry(struct bench *b, uint32_t i, unsigned n_shapes, struct of_instructions ins)
{
    struct of_match match;

    of_match_clear(&match);
    OF_MATCH_SET(&match, ETH_DST, eth_dst, eth_addr_from_u64(0x020000000000 + i));
    if (i % n_shapes) {
        OF_MATCH_SET(&match, ETH_TYPE, eth_type, 0x0800);
        OF_MATCH_SET(&match, IPV4_SRC, ipv4_src, 0x0a000000);
        match.m.ipv4_src = UINT32_MAX << (i % n_shapes);
        match.masked |= OF_BIT(IPV4_SRC);
        of_match_normalize(&match);
    }
    flow(b, 0, 7, &match, ins);
}

static void run(struct bench *b, const char *what, uint32_t n_entries, unsigned n_frames)
{
    struct buf frame = BUF_INIT;
    struct pkt_ends4 ends = {
        .eth_src = eth_addr_from_u64(0x02ffff000001), .src = 0x0a000000, .dst = 0x0a000002};
    double t0;

    pkt_build_udp4(&frame, &ends, 2385, 7, "payload", 7);
    t0 = wall_s();
    for (unsigned i = 0; i < n_frames; i++) {
        uint32_t to = (uint32_t)((uint64_t)i * 7919 % n_entries);

        memcpy(frame.data, eth_addr_from_u64(0x020000000000 + to).b, 6);
        swtch_receive(b->sw, 1, &frame);
        sim_run_until(b->sim, mono_add(sim_now(b->sim), 10));
    }
    printf("%-30s %8.0f ns per frame\n", what, (wall_s() - t0) / n_frames * 1e9);
    buf_fini(&frame);
}

static void entries_and_shapes(unsigned n_frames, uint32_t max_entries)
{
    static const unsigned shapes[] = {1, 4, 16};
    struct of_action out = of_output(2);
    char what[64];

    for (unsigned s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        for (uint32_t n = 16; n <= max_entries; n *= 16) {
            struct bench b;

            bench_open(&b);
            for (uint32_t i = 0; i < n; i++) {
                entry(&b, i, shapes[s], of_apply(&out, 1));
            }
            snprintf(what, sizeof what, "%u entries, %u shapes", n, shapes[s]);
            run(&b, what, n, n_frames);
            bench_close(&b);
        }
    }
}

static void tables(unsigned n_frames)
{
    struct bench b;
    struct of_action out = of_output(2);
    struct of_match any;

    of_match_clear(&any);
    bench_open(&b);
    for (uint8_t t = 0; t < 3; t++) {
        flow(&b, t, 1, &any, (struct of_instructions){.has_goto = true, .goto_table = t + 1});
    }
    flow(&b, 3, 1, &any, of_apply(&out, 1));
    run(&b, "4 tables", 16, n_frames);
    bench_close(&b);
}

static void group(unsigned n_frames)
{
    struct bench b;
    struct of_action out[2] = {of_output(2), of_output(3)};
    struct of_action go = {.type = OF_ACT_GROUP, .group_id = 1};
    struct of_bucket buckets[2];
    struct of_match any;

    of_match_clear(&any);
    bench_open(&b);
    for (unsigned i = 0; i < 2; i++) {
        buckets[i] = (struct of_bucket){
            .watch_port = OF_PORT_ANY, .watch_group = OF_GROUP_ANY, .actions = {&out[i], 1}};
    }
    swtch_input(
        b.sw,
        &(struct of_msg){
            .version = OF_VERSION_1_3,
            .type = OF_GROUP_MOD,
            .group_mod = {.group_id = 1, .type = OF_GT_ALL, .buckets = buckets, .n_buckets = 2}});
    flow(&b, 0, 1, &any, of_apply(&go, 1));
    run(&b, "group of 2", 16, n_frames);
    bench_close(&b);
}

int main(int argc, char **argv)
{
    unsigned n_frames = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000000;
    uint32_t max_entries = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : MAX_ENTRIES;

    entries_and_shapes(n_frames, max_entries > MAX_ENTRIES ? MAX_ENTRIES : max_entries);
    tables(n_frames);
    group(n_frames);
    return 0;
}
