/* The engine: hooks are never re-entered, the order of modules, two cores side by side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/hosts.h"
#include "controller/core/txn.h"
#include "controller/openflow/of_codec.h"
#include "controller/packet/pkt_build.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

/* --- Modules ---------------------------------------------------------------------------------- */

static void send_arp(struct fake_switch *sw, port_no_t port, unsigned i)
{
    struct buf frame = BUF_INIT;

    pkt_build_arp_request(&frame, eth_addr_from_u64(0x020000000000 | i), 0x0a000000 | i,
                          0x0a0000fe);
    fake_packet_in(sw, port, frame.data, frame.len);
    buf_fini(&frame);
}

static enum ctl_verdict pass_on(struct recorder *r, const struct ctl_packet *packet)
{
    (void)r;
    (void)packet;
    return CTL_CONTINUE;
}

static void modules_in_order(void **state)
{
    static struct recorder first, second, third;
    struct recorder *use[] = {&first, &second, &third};
    struct ctl_module_use modules[] = {
        {&recorder_module, &use[0]}, {&recorder_module, &use[1]}, {&recorder_module, &use[2]}};
    struct core_settings settings = core_settings_default();
    struct fake *f;
    struct fake_switch *sw;

    (void)state;
    first = second = third = (struct recorder){0};
    first.on_packet = pass_on;
    settings.discovery = false;
    f = fake_new(&settings, modules, 3);
    sw = fake_switch_add(f, 1, OF_VERSION_1_3, 2);
    fake_connect(sw);
    fake_settle(f);
    assert_int_equal(first.id, 1);
    assert_int_equal(third.id, 3);
    send_arp(sw, 1, 7);
    assert_int_equal(recorder_count(&first, "packet"), 1);
    assert_int_equal(recorder_count(&second, "packet"), 1);
    assert_int_equal(recorder_count(&third, "packet"), 0);
    assert_int_equal(recorder_count(&third, "host_added"), 1);
    assert_int_equal(ctl_counters(f->ctl)->packet_ins_unclaimed, 0);
    second.on_packet = third.on_packet = pass_on;
    send_arp(sw, 1, 7);
    assert_int_equal(ctl_counters(f->ctl)->packet_ins_unclaimed, 1);
    fake_free(f);
}

/* A module is shown the classes of packets that it names. Two of them differ in nothing else. */
static void packets_of_interest(void **state)
{
    static struct recorder asked, all;
    struct recorder *use[] = {&asked, &all};
    struct ctl_module addresses = recorder_module;
    struct ctl_module_use modules[] = {{&addresses, &use[0]}, {&recorder_module, &use[1]}};
    struct pkt_ends4 ends = {.eth_src = {{2, 0, 0, 0, 0, 7}}, .eth_dst = {{2, 0, 0, 0, 0, 8}}};
    struct buf frame = BUF_INIT;
    struct fake *f;
    struct fake_switch *sw;

    (void)state;
    asked = all = (struct recorder){0};
    asked.on_packet = pass_on;
    addresses.packets = 1u << PACKET_ADDRESS | 1u << PACKET_MULTICAST;
    f = fake_new(NULL, modules, 2);
    sw = fake_switch_add(f, 1, OF_VERSION_1_3, 2);
    fake_connect(sw);
    fake_settle(f);
    send_arp(sw, 1, 7);
    pkt_build_udp4(&frame, &ends, 5353, 2385, "x", 1); /* To one host. */
    fake_packet_in(sw, 1, frame.data, frame.len);
    assert_int_equal(recorder_count(&asked, "packet"), 1);
    assert_int_equal(recorder_count(&all, "packet"), 2);
    buf_clear(&frame);
    ends.eth_dst = ETH_ADDR_BROADCAST;
    pkt_build_udp4(&frame, &ends, 5353, 2385, "x", 1); /* To many. */
    fake_packet_in(sw, 1, frame.data, frame.len);
    buf_clear(&frame);
    pkt_build_udp4(&frame, &ends, 68, 67, "x", 1); /* DHCP. */
    fake_packet_in(sw, 1, frame.data, frame.len);
    assert_int_equal(recorder_count(&asked, "packet"), 3);
    assert_int_equal(recorder_count(&all, "packet"), 4);
    ctl_watch_packets(f->ctl, asked.id, 0); /* It has nothing to decide for now... */
    fake_packet_in(sw, 1, frame.data, frame.len);
    assert_int_equal(recorder_count(&asked, "packet"), 3);
    assert_int_equal(recorder_count(&all, "packet"), 5);
    ctl_watch_packets(f->ctl, asked.id, 1u << PACKET_ADDRESS); /* ...and has again, as the first. */
    asked.on_packet = NULL;
    fake_packet_in(sw, 1, frame.data, frame.len);
    assert_int_equal(recorder_count(&asked, "packet"), 4);
    assert_int_equal(recorder_count(&all, "packet"), 5);
    buf_fini(&frame);
    fake_free(f);
}

/* A packet from a port that no packet can have come from is not answered: what the apps would say to
 * it could only be refused (found by fuzzing). */
static void packets_from_nowhere(void **state)
{
    static const port_no_t nowhere[] = {0, OF_PORT_ANY, OF_PORT_IN_PORT, OF_PORT_MAX + 1};
    static struct recorder r;
    struct recorder *use = &r;
    struct ctl_module_use module = {&recorder_module, &use};
    struct fake *f;
    struct fake_switch *sw;

    (void)state;
    r = (struct recorder){0};
    f = fake_new(NULL, &module, 1);
    sw = fake_switch_add(f, 1, OF_VERSION_1_0, 2);
    fake_connect(sw);
    fake_settle(f);
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        send_arp(sw, nowhere[i], 7);
        assert_int_equal(ctl_counters(f->ctl)->packet_ins_malformed, i + 1);
    }
    assert_int_equal(recorder_count(&r, "packet"), 0);
    send_arp(sw, OF_PORT_LOCAL, 7);
    send_arp(sw, 1, 7);
    assert_int_equal(recorder_count(&r, "packet"), 2);
    fake_free(f);
}

static unsigned n_stopped;

static enum err start_fine(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    (void)settings;
    *state = NULL;
    assert_non_null(ctl_timers(ctl));
    assert_true(id > 0);
    return ERR_OK;
}

static enum err start_badly(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    (void)ctl;
    (void)id;
    (void)settings;
    (void)state;
    return ERR_IO;
}

static void note_stop(void *state)
{
    assert_null(state);
    n_stopped++;
}

static void module_that_does_not_start(void **state)
{
    static const struct ctl_module fine = {.name = "fine", .start = start_fine, .stop = note_stop};
    static const struct ctl_module bad = {.name = "bad", .start = start_badly, .stop = note_stop};
    const struct ctl_module_use modules[] = {{&fine, NULL}, {&bad, NULL}, {&fine, NULL}};
    struct clock clock = {{0}};
    struct southbound southbound = {0};
    struct ctl_params params = {.settings = core_settings_default(),
                                .clock = &clock,
                                .southbound = &southbound,
                                .modules = modules,
                                .n_modules = 3};
    const char *failed = NULL;

    (void)state;
    n_stopped = 0;
    assert_null(ctl_new(&params, &failed));
    assert_string_equal(failed, "bad");
    assert_int_equal(n_stopped, 1);
    params.n_modules = 1;
    ctl_free(ctl_new(&params, NULL));
    assert_int_equal(n_stopped, 2);
    ctl_free(NULL);
}

/* --- Events ----------------------------------------------------------------------------------- */

/* Inside a hook: commits transactions, which send and queue but call nobody. */
struct nest {
    struct recorder *r;
    unsigned n_done;
};

static void want(struct ctl *ctl, unsigned i, uint8_t id, txn_done_fn *fn, void *aux)
{
    struct of_action output = of_output(1);
    struct flow_spec spec = {.priority = 5, .cookie = flow_cookie(id, i)};
    struct txn *txn = txn_begin(ctl);

    OF_MATCH_SET(&spec.match, ETH_DST, eth_dst, eth_addr_from_u64(i));
    spec.ins = of_apply(&output, 1);
    txn_add(txn, 0, 1, &spec);
    txn_commit(txn, fn, aux);
}

static void nested_done(void *aux, enum err result)
{
    struct nest *nest = aux;

    assert_int_equal(result, ERR_OK);
    assert_int_equal(nest->r->depth, 0);
    if (++nest->n_done < 10) {
        want(nest->r->ctl, 50 + nest->n_done, nest->r->id, nested_done, nest);
    }
}

static void act_in_hook(struct recorder *r, const struct ctl_event *event)
{
    struct nest *nest = r->aux;

    if (event->type == CTL_HOST_ADDED && recorder_count(r, "host_added") == 1) {
        want(r->ctl, 50, r->id, nested_done, nest);
        hosts_restore(r->ctl, eth_addr_from_u64(0x020000000999), 1, 1); /* Causes an event. */
        assert_int_equal(recorder_count(r, "host_added"), 1);
        assert_int_equal(nest->n_done, 0);
    }
}

static void hooks_are_not_reentered(void **state)
{
    static struct recorder r;
    struct recorder *use = &r;
    struct ctl_module_use module = {&recorder_module, &use};
    struct core_settings settings = core_settings_default();
    struct nest nest = {.r = &r};
    struct fake *f;
    struct fake_switch *sw;

    (void)state;
    r = (struct recorder){.aux = &nest};
    settings.discovery = false;
    f = fake_new(&settings, &module, 1);
    sw = fake_switch_add(f, 1, OF_VERSION_1_3, 2);
    fake_connect(sw);
    fake_settle(f);
    r.on_event = act_in_hook;
    send_arp(sw, 2, 1);
    r.on_event = NULL;
    assert_int_equal(recorder_count(&r, "host_added"), 2);
    assert_true(recorder_find(&r, "packet", 0) > recorder_find(&r, "host_added", 0));
    fake_settle(f);
    assert_int_equal(nest.n_done, 10);
    assert_int_equal(flowdb_size(f->ctl, 1).n_confirmed, 11);
    fake_free(f);
}

/* What a request from outside has caused is due at once. */
static void outside_request(void **state)
{
    static struct recorder r;
    struct nest nest = {.r = &r, .n_done = 9};
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = fake_switch_add(f, 1, OF_VERSION_1_3, 2);

    (void)state;
    r = (struct recorder){0};
    fake_connect(sw);
    fake_settle(f);
    want(f->ctl, 5, 1, NULL, NULL);
    fake_settle(f);
    want(f->ctl, 5, 1, nested_done, &nest);
    assert_int_equal(nest.n_done, 9);
    assert_int_equal(ctl_next_deadline(f->ctl).ns, f->clock.now.ns);
    ctl_run(f->ctl);
    assert_int_equal(nest.n_done, 10);
    fake_free(f);
}

/* Freed in the middle of everything: events, transactions and handshakes under way. */
static void freed_in_the_middle(void **state)
{
    static struct recorder r;
    struct nest nest = {.r = &r};
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = fake_switch_add(f, 1, OF_VERSION_1_3, 2);
    struct fake_switch *half = fake_switch_add(f, 2, OF_VERSION_1_3, 2);

    (void)state;
    fake_connect(sw);
    fake_settle(f);
    fake_connect(half);
    want(f->ctl, 5, 1, nested_done, &nest);
    hosts_restore(f->ctl, eth_addr_from_u64(0x020000000999), 1, 1);
    fake_free(f);
    assert_int_equal(nest.n_done, 0);
}

/* --- Two cores -------------------------------------------------------------------------------- */

struct world {
    struct fake *f;
    struct recorder *r;
    struct fake_switch *sw[4];
    uint64_t x;
};

static uint64_t next_random(uint64_t *x)
{
    *x += UINT64_C(0x9e3779b97f4a7c15);
    return (*x ^ *x >> 31) * UINT64_C(0xbf58476d1ce4e5b9) >> 20;
}

static void world_begin(struct world *w, uint64_t seed)
{
    struct ctl_module_use module = {&recorder_module, &w->r};

    w->r = xcalloc(1, sizeof *w->r);
    w->f = fake_new(NULL, &module, 1);
    w->x = seed;
    for (unsigned i = 0; i < 4; i++) {
        w->sw[i] = fake_switch_add(w->f, 9 - i, i & 1 ? OF_VERSION_1_0 : OF_VERSION_1_3, 6);
    }
    for (unsigned i = 0; i < 4; i++) {
        fake_link(w->sw[i], 1, w->sw[(i + 1) % 4], 2);
        fake_connect(w->sw[i]);
    }
}

static void world_step(struct world *w)
{
    struct fake_switch *sw = w->sw[next_random(&w->x) % 4];

    switch (next_random(&w->x) % 6) {
    case 0:
    case 1:
        send_arp(sw, (port_no_t)(next_random(&w->x) % 4) + 3, (unsigned)(next_random(&w->x) % 20));
        break;
    case 2:
        fake_advance(w->f, (int64_t)(next_random(&w->x) % 3000) * NS_PER_MS);
        break;
    case 3:
        want(w->f->ctl, (unsigned)(next_random(&w->x) % 30), 1, NULL, NULL);
        break;
    case 4:
        fake_port_set(sw, (port_no_t)(next_random(&w->x) % 6) + 1, next_random(&w->x) & 1);
        break;
    default:
        fake_disconnect(sw);
        fake_connect(sw);
        break;
    }
    fake_settle(w->f);
}

/* A hash over every byte that the core has sent and every event that it told. */
static uint64_t world_end(struct world *w)
{
    uint64_t h = HASH_FNV_INIT;
    struct buf wire = BUF_INIT;

    for (unsigned i = 0; i < 4; i++) {
        for (size_t k = 0; k < w->sw[i]->n_sent; k++) {
            buf_clear(&wire);
            assert_int_equal(of_encode(&w->sw[i]->sent[k], &wire), ERR_OK);
            h = hash_fnv(h, wire.data, wire.len);
        }
    }
    for (size_t i = 0; i < w->r->n; i++) {
        h = hash_fnv(h, w->r->lines[i], strlen(w->r->lines[i]));
    }
    buf_fini(&wire);
    fake_free(w->f);
    free(w->r);
    return h;
}

static uint64_t alone(uint64_t seed, int steps)
{
    struct world w;

    world_begin(&w, seed);
    for (int i = 0; i < steps; i++) {
        world_step(&w);
    }
    return world_end(&w);
}

static void two_cores(void **state)
{
    const int steps = 400;
    struct world w1, w2;
    uint64_t h1, h2;

    (void)state;
    world_begin(&w1, 2385);
    world_begin(&w2, 5832);
    for (int i = 0; i < steps; i++) {
        world_step(&w1);
        world_step(&w2);
    }
    h1 = world_end(&w1);
    h2 = world_end(&w2);
    assert_true(h1 == alone(2385, steps));
    assert_true(h2 == alone(5832, steps));
    assert_true(h1 != h2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_from_nowhere),
        cmocka_unit_test(modules_in_order),
        cmocka_unit_test(packets_of_interest),
        cmocka_unit_test(module_that_does_not_start),
        cmocka_unit_test(hooks_are_not_reentered),
        cmocka_unit_test(outside_request),
        cmocka_unit_test(freed_in_the_middle),
        cmocka_unit_test(two_cores),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
