/* sFlow: where interfaces are, what samples stand for, and what liars reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/ctl.h"
#include "controller/core/sflow.h"
#include "controller/packet/pkt_sflow.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

#define AGENT 0xc0000209u /* 192.0.2.9 */

static struct recorder recorder;
static struct fake *f;
static struct fake_switch *a, *b;
static const uint8_t frame[64] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00, 0x45};

/* Two switches of three ports; each has said hello from the address that 'peer' tells. */
static int setup_peers(const char *peer_a, const char *peer_b)
{
    static struct recorder *const use_settings = &recorder;
    struct ctl_module_use use = {&recorder_module, &use_settings};

    recorder = (struct recorder){.n = 0};
    f = fake_new(NULL, &use, 1);
    a = fake_switch_add(f, 0xa, OF_VERSION_1_3, 3);
    b = fake_switch_add(f, 0xb, OF_VERSION_1_3, 3);
    a->peer = peer_a;
    b->peer = peer_b;
    fake_connect(a);
    fake_connect(b);
    fake_settle(f);
    recorder_clear(&recorder);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return setup_peers("192.0.2.9:50001", "192.0.2.9:50002");
}

static int teardown(void **state)
{
    (void)state;
    fake_free(f);
    return 0;
}

static void give(struct pkt_sflow *sf)
{
    struct buf datagram = BUF_INIT;

    if (!sf->agent_is_ipv6) {
        sf->agent = AGENT;
    }
    pkt_build_sflow(&datagram, sf);
    assert_false(datagram.failed);
    ctl_sflow(f->ctl, datagram.data, datagram.len);
    buf_fini(&datagram);
}

static void give_flow(uint32_t if_index, uint32_t seq, uint32_t drops)
{
    static struct pkt_sflow sf;

    sf = (struct pkt_sflow){.n_samples = 1};
    sf.samples[0] = (struct pkt_sflow_sample){
        .kind = PKT_SFLOW_FLOW,
        .seq = seq,
        .source_index = if_index,
        .flow = {.rate = 239,
                 .drops = drops,
                 .input = if_index,
                 .has_header = true,
                 .proto = PKT_SFLOW_PROTO_ETHERNET,
                 .frame_bytes = 1385,
                 .header_len = sizeof frame,
                 .header = frame},
    };
    give(&sf);
}

static void give_counters(uint32_t if_index, dpid_t dpid, port_no_t port_no)
{
    static struct pkt_sflow sf;

    sf = (struct pkt_sflow){.n_samples = 1};
    sf.samples[0] = (struct pkt_sflow_sample){
        .kind = PKT_SFLOW_COUNTERS,
        .source_index = if_index,
        .counters = {.has_generic = true, .if_index = if_index, .in_bytes = 2385},
    };
    sf.samples[0].counters.has_openflow = dpid != 0;
    sf.samples[0].counters.dpid = dpid;
    sf.samples[0].counters.port_no = port_no;
    give(&sf);
}

/* Two bridges behind one agent are told apart by what their counter samples say. */
static void test_learns_interfaces(void **state)
{
    (void)state;
    give_flow(17, 1, 0);
    assert_int_equal(recorder.n, 0);
    assert_int_equal(ctl_counters(f->ctl)->sflow_unplaced, 1);
    give_counters(17, 0xb, 2);
    give_counters(18, 0xa, 3);
    give_flow(17, 2, 0);
    give_flow(18, 1, 0);
    assert_string_equal(recorder.lines[0], "counters b:2 2385");
    assert_string_equal(recorder.lines[1], "counters a:3 2385");
    assert_string_equal(recorder.lines[2], "flow b:2 239 x 1385");
    assert_string_equal(recorder.lines[3], "flow a:3 239 x 1385");
    give_counters(17, 0xa, 1); /* The interface has got another place. */
    give_flow(17, 3, 0);
    assert_string_equal(recorder.lines[5], "flow a:1 239 x 1385");
}

/* An agent that says nothing of OpenFlow is known by its address, if that is one switch's. */
static void test_concludes_from_the_address(void **state)
{
    (void)state;
    setup_peers("192.0.2.9:50001", "192.0.2.90:50002");
    give_flow(3, 1, 0);
    give_counters(2, 0, 0);
    give_flow(4, 1, 0); /* There is no such port. */
    assert_int_equal(recorder.n, 2);
    assert_string_equal(recorder.lines[0], "flow a:3 239 x 1385");
    assert_string_equal(recorder.lines[1], "counters a:2 2385");
    fake_free(f);
}

static void test_address_of_two_switches_says_nothing(void **state)
{
    (void)state;
    give_flow(3, 1, 0);
    give_counters(3, 0, 0);
    assert_int_equal(recorder.n, 0);
    assert_int_equal(ctl_counters(f->ctl)->sflow_unplaced, 2);
}

/* A sample stands for those that were lost before it, too. */
static void test_scale_with_losses(void **state)
{
    (void)state;
    give_counters(17, 0xb, 2);
    recorder_clear(&recorder);
    give_flow(17, 1000, 5);
    give_flow(17, 1001, 5);
    give_flow(17, 1004, 5); /* Two on the way, */
    give_flow(17, 1005, 8); /* three at the agent. */
    give_flow(17, 1005, 8); /* Again, */
    give_flow(17, 1003, 5); /* and late. */
    give_flow(17, 7, 0);    /* The agent has begun anew: as first. */
    give_flow(17, 8, 0);
    assert_int_equal(recorder.n, 6);
    assert_string_equal(recorder.lines[0], "flow b:2 239 x 1385");
    assert_string_equal(recorder.lines[1], "flow b:2 239 x 1385");
    assert_string_equal(recorder.lines[2], "flow b:2 717 x 1385");
    assert_string_equal(recorder.lines[3], "flow b:2 956 x 1385");
    assert_string_equal(recorder.lines[4], "flow b:2 239 x 1385");
    assert_string_equal(recorder.lines[5], "flow b:2 239 x 1385");
    assert_int_equal(ctl_counters(f->ctl)->sflow_repeated, 2);
    assert_int_equal(ctl_counters(f->ctl)->sflow_lost, 5);
}

static void test_port_that_does_not_exist(void **state)
{
    (void)state;
    give_counters(17, 0xb, 4);
    give_counters(18, 0xc, 1);
    give_counters(19, 0xb, OF_PORT_LOCAL);
    give_flow(17, 1, 0);
    assert_int_equal(recorder.n, 0);
    assert_int_equal(ctl_counters(f->ctl)->sflow_unplaced, 4);
}

static void test_bad_datagrams(void **state)
{
    static const uint8_t junk[] = "\0\0\0\4 no sFlow of version 5 at all";

    (void)state;
    for (size_t len = 0; len < sizeof junk; len++) {
        ctl_sflow(f->ctl, junk, len);
    }
    assert_int_equal(ctl_counters(f->ctl)->sflow_bad, sizeof junk);
    assert_int_equal(recorder.n, 0);
}

/* Whoever invents interfaces fills the table, until his are forgotten. */
static void test_table_is_bounded(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= SFLOW_MAX_SOURCES; i++) {
        give_flow(i, 1, 0);
    }
    assert_int_equal(ctl_counters(f->ctl)->sflow_full, 0);
    give_counters(SFLOW_MAX_SOURCES + 1, 0xb, 2);
    assert_int_equal(ctl_counters(f->ctl)->sflow_full, 1);
    assert_int_equal(recorder.n, 0);
    f->clock.now = mono_add(f->clock.now, SFLOW_FORGET_NS);
    give_counters(SFLOW_MAX_SOURCES + 1, 0xb, 2);
    assert_string_equal(recorder.lines[recorder.n - 1], "counters b:2 2385");
}

static void test_ipv6_agent(void **state)
{
    static struct pkt_sflow sf = {.agent_is_ipv6 = true, .agent6 = {{0x20, 0x01}}, .n_samples = 1};

    (void)state;
    sf.samples[0] = (struct pkt_sflow_sample){
        .kind = PKT_SFLOW_COUNTERS,
        .source_index = 5,
        .counters = {.has_generic = true, .has_openflow = true, .dpid = 0xa, .port_no = 1}};
    give(&sf);
    sf.samples[0].counters.has_openflow = false;
    give(&sf);
    assert_int_equal(recorder_count(&recorder, "counters a:1 0"), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_learns_interfaces),
        cmocka_unit_test(test_concludes_from_the_address),
        TEST(test_address_of_two_switches_says_nothing),
        TEST(test_scale_with_losses),
        TEST(test_port_that_does_not_exist),
        TEST(test_bad_datagrams),
        TEST(test_table_is_bounded),
        TEST(test_ipv6_agent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
