/* Ports as OpenFlow 1.0 has them: the bits of their configuration that only 1.0 has (OF 1.0 §5.2.1), and
 * how a switch tells of them (§5.3.1). */
#include "tests/simnet/switch_bed.h"

static struct of_msg port_mod(port_no_t port, uint32_t config, uint32_t mask)
{
    return (struct of_msg){
        .type = OF_PORT_MOD,
        .port_mod = {
            .port_no = port, .hw_addr = eth_addr_from_u64(port), .config = config, .mask = mask}};
}

/* OF 1.0 §5.2.1: "do not include this port when flooding"; ALL is not flooding. */
static void test_1_0_5_2_1_no_flood(void **state)
{
    struct bed bed;
    struct of_action flood = of_output(OF_PORT_FLOOD), all = of_output(OF_PORT_ALL);

    (void)state;
    bed_open(&bed, OF_VERSION_1_0, 1);
    ask(&bed, port_mod(2, OF_PC_NO_FLOOD, OF_PC_NO_FLOOD));
    assert_int_equal(bed.sent[0].msg.port_status.port.config, OF_PC_NO_FLOOD);
    ask(&bed, flow_add(0xa, 1, of_apply(&flood, 1)));
    ask(&bed, flow_add(0xb, 1, of_apply(&all, 1)));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 0);
    assert_int_equal(bed.n_out[3], 1);
    receive(&bed, 1, 0xb);
    assert_int_equal(bed.n_out[2], 1);
    bed_close(&bed);
}

/* OF 1.0 §5.2.1: NO_RECV drops all but frames of spanning tree, for which there is NO_RECV_STP; later versions
 * have NO_RECV alone, which drops these as well. A switch without spanning tree takes NO_STP. */
static void test_1_0_5_2_1_no_recv(void **state)
{
    enum {
        ALL_OF_1_0 = OF_PC_PORT_DOWN | OF_PC_NO_STP | OF_PC_NO_RECV | OF_PC_NO_RECV_STP |
                     OF_PC_NO_FLOOD | OF_PC_NO_FWD | OF_PC_NO_PACKET_IN
    };
    static const struct {
        uint8_t version;
        uint32_t config, mask;
        bool stp, other;
    } rows[] = {
        {OF_VERSION_1_0, 0, ALL_OF_1_0, true, true},
        {OF_VERSION_1_0, OF_PC_NO_STP, ALL_OF_1_0, true, true},
        {OF_VERSION_1_0, OF_PC_NO_RECV | OF_PC_NO_FLOOD, ALL_OF_1_0, true, false},
        {OF_VERSION_1_0, OF_PC_NO_RECV_STP, ALL_OF_1_0, false, true},
        {OF_VERSION_1_0, OF_PC_PORT_DOWN, ALL_OF_1_0, false, false},
        {OF_VERSION_1_3, OF_PC_NO_RECV, OF_PC_NO_RECV, false, false},
    };
    struct of_action out = of_output(3);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bed bed;

        bed_open(&bed, rows[i].version, 1);
        assert_null(ask(&bed, flow_add(0, 1, of_apply(&out, 1))));
        ask(&bed, port_mod(2, rows[i].config, rows[i].mask));
        assert_int_equal(swtch_get_stats(bed.sw)->n_errors, 0);
        receive(&bed, 2, 0x0180c2000000);
        assert_int_equal(bed.n_out[3], rows[i].stp);
        receive(&bed, 2, 0xa);
        assert_int_equal(bed.n_out[3], rows[i].other);
        if (rows[i].version != OF_VERSION_1_0) {
            ask(&bed, port_mod(2, 0, OF_PC_NO_RECV));
            receive(&bed, 2, 0x0180c2000000);
            assert_int_equal(bed.n_out[3], 1);
        }
        bed_close(&bed);
    }
}

/* A switch of 1.0 with more ports than a message has room for tells of those that have. */
static void test_1_0_5_3_1_more_ports_than_fit(void **state)
{
    enum { MORE = 2385, FIT = 1364 };
    struct wire_params params = {.rate_bps = 1000000000, .delay_ns = 1000};
    static struct wire *wires[MORE];
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_0, 1);
    for (uint32_t i = 0; i < MORE; i++) {
        wires[i] = wire_new(bed.sim, &bed.pool, &params, N_PORTS + i);
        swtch_add_port(bed.sw, wires[i], 1, eth_addr_from_u64(N_PORTS + 1 + i));
        bed.n_sent = 0;
    }
    ask(&bed, (struct of_msg){.type = OF_FEATURES_REQUEST});
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(bed.sent[0].msg.type, OF_FEATURES_REPLY);
    assert_int_equal(bed.sent[0].msg.features.n_ports, FIT);
    assert_int_equal(bed.sent[0].msg.features.ports[FIT - 1].port_no, FIT);
    for (uint32_t i = 0; i < MORE; i++) {
        wire_free(wires[i]);
    }
    bed_close(&bed);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_1_0_5_2_1_no_flood),
        cmocka_unit_test(test_1_0_5_2_1_no_recv),
        cmocka_unit_test(test_1_0_5_3_1_more_ports_than_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
