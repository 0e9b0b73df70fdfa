/* Meters of the simulated switch: OF 1.3.5 §5.7 (rates and bands), §6.8 (modification), §7.3.5.12 to
 * §7.3.5.14 (multiparts). */
#include "tests/simnet/switch_bed.h"

enum { METER = 238 };

static struct of_msg meter_msg(enum of_meter_command command, uint32_t id, uint16_t flags,
                               const struct of_meter_band *bands, size_t n)
{
    return (struct of_msg){
        .type = OF_METER_MOD,
        .meter_mod = {.command = command,
                      .meter = {.meter_id = id, .flags = flags, .bands = bands, .n_bands = n}}};
}

static struct of_meter_band drop(uint32_t rate, uint32_t burst)
{
    return (struct of_meter_band){.type = OF_MB_DROP, .rate = rate, .burst = burst};
}

/* A switch with one meter and an entry for all frames that goes through it to port 2. */
static void bed_open_metered(struct bed *bed, uint16_t flags, const struct of_meter_band *bands,
                             size_t n)
{
    struct of_action out = of_output(2);
    struct of_instructions ins = of_apply(&out, 1);

    bed_open(bed, OF_VERSION_1_3, 1);
    assert_null(ask(bed, meter_msg(OF_MC_ADD, METER, flags, bands, n)));
    ins.has_meter = true;
    ins.meter_id = METER;
    assert_null(ask(bed, flow_add(0, 7, ins)));
}

/* How many of 'n' frames that come evenly over 'duration_ns' go out. */
static unsigned n_passed(struct bed *bed, unsigned n, int64_t duration_ns)
{
    unsigned n_out = 0;
    mono_t start = sim_now(bed->sim);

    for (unsigned i = 0; i < n; i++) {
        struct buf frame = udp_frame(0xa);

        sim_run_until(bed->sim, mono_add(start, duration_ns / n * i));
        swtch_receive(bed->sw, 1, &frame);
        buf_fini(&frame);
    }
    sim_run_until(bed->sim, mono_add(start, duration_ns));
    n_out = bed->n_out[2];
    bed->n_out[2] = 0;
    return n_out;
}

static const struct of_multipart_reply *multipart(struct bed *bed, enum of_mp_type type,
                                                  uint32_t id)
{
    const struct of_msg *a =
        ask(bed, (struct of_msg){.type = OF_MULTIPART_REQUEST,
                                 .mp_request = {.type = type, .meter_id = id}});

    assert_int_equal(a->type, OF_MULTIPART_REPLY);
    return &a->mp_reply;
}

/* --- Rates ----------------------------------------------------------------------------------- */

static void test_5_7_1_drop_by_packets_per_second(void **state)
{
    struct bed bed;
    struct of_meter_band band = drop(100, 20);

    (void)state;
    bed_open_metered(&bed, OF_MF_PKTPS | OF_MF_BURST, &band, 1);
    assert_int_equal(n_passed(&bed, 20, NS_PER_MS), 20); /* The burst. */
    assert_in_range(n_passed(&bed, 500, NS_PER_S), 99, 100);
    assert_int_equal(n_passed(&bed, 100, 2 * NS_PER_S), 100); /* Slower than the meter. */
    assert_in_range(swtch_get_stats(bed.sw)->n_meter_drops, 400, 401);
    bed_close(&bed);
}

/* Frames of 49 bytes, that is 0.392 kb: 39 kb/s are 99.49 a second. */
static void test_5_7_1_drop_by_kilobits_per_second(void **state)
{
    struct bed bed;
    struct of_meter_band band = drop(39, 1);

    (void)state;
    bed_open_metered(&bed, OF_MF_KBPS | OF_MF_BURST, &band, 1);
    assert_in_range(n_passed(&bed, 10000, 10 * NS_PER_S), 995, 998);
    bed_close(&bed);
}

/* A band without a burst begins with a tenth of a second: of 238 packets/s that is 23.8 (23 whole ones, and a 24th as it fills), so ten seconds
 * bring 1 % more than the rate. */
static void test_5_7_1_depth_without_burst(void **state)
{
    struct bed bed;
    struct of_meter_band band = drop(238, 0);

    (void)state;
    bed_open_metered(&bed, OF_MF_PKTPS, &band, 1);
    assert_int_equal(n_passed(&bed, 100, NS_PER_MS), 24);
    n_passed(&bed, 1, 10 * NS_PER_S);
    assert_in_range(n_passed(&bed, 10000, 10 * NS_PER_S), 2400, 2404);
    bed_close(&bed);
}

/* At 1 kb/s a tenth of a second is less than a frame: the depth is a jumbo frame of 9 018 bytes, that is 184 of
 * these 49 bytes, and 10 s bring 25 more. */
static void test_5_7_1_depth_is_a_frame_at_least(void **state)
{
    struct bed bed;
    struct of_meter_band slow = drop(1, 0), once = drop(1, 0);

    (void)state;
    bed_open_metered(&bed, OF_MF_KBPS, &slow, 1);
    assert_int_equal(n_passed(&bed, 1000, NS_PER_MS), 184);
    assert_in_range(n_passed(&bed, 1000, 10 * NS_PER_S), 25, 26);
    bed_close(&bed);
    bed_open_metered(&bed, OF_MF_PKTPS, &once, 1);
    assert_int_equal(n_passed(&bed, 1000, NS_PER_MS), 1);
    bed_close(&bed);
}

/* "The meter applies the band with the highest configured rate that is lower than the measured one." */
static void test_5_7_highest_exceeded_band_is_applied(void **state)
{
    struct bed bed;
    struct of_meter_band bands[] = {
        {.type = OF_MB_DSCP_REMARK, .rate = 100, .burst = 20, .prec_level = 1}, drop(300, 20)};
    const struct of_meter_stats *s;

    (void)state;
    bed_open_metered(&bed, OF_MF_PKTPS | OF_MF_BURST, bands, 2);
    assert_in_range(n_passed(&bed, 500, NS_PER_S), 318, 321);
    s = multipart(&bed, OF_MP_METER_STATS, METER)->meter_stats;
    assert_int_equal(s->n_packets, 500);
    assert_int_equal(s->n_bytes, 500 * 49);
    assert_in_range(s->bands[0].n_packets, 195, 205);
    assert_in_range(s->bands[1].n_packets, 179, 182);
    assert_int_equal(s->bands[1].n_bytes, 49 * s->bands[1].n_packets);
    bed_close(&bed);
}

static uint8_t dscp_after(uint8_t dscp, uint8_t level)
{
    struct bed bed;
    struct of_meter_band band = {
        .type = OF_MB_DSCP_REMARK, .rate = 1, .burst = 1, .prec_level = level};
    struct pkt p;

    bed_open_metered(&bed, OF_MF_KBPS | OF_MF_BURST, &band, 1);
    for (unsigned i = 0; i < 3; i++) { /* The third is beyond the burst of 1 kb. */
        struct buf frame = udp_frame(0xa);
        struct pkt_frame f;

        pkt_frame_init(&f, &frame);
        pkt_set_nw_dscp(&f, dscp);
        receive_frame(&bed, 1, frame);
    }
    assert_int_equal(pkt_parse(bed.last_out.data, bed.last_out.len, &p), ERR_OK);
    bed_close(&bed);
    return p.ipv4.dscp;
}

/* "Increase the drop precedence of the DSCP field": of AF11 to AF43 (RFC 2597 §6); a class selector becomes a
 * lower one (RFC 2474 §4.2.2.2), and expedited forwarding, which has no precedence, stays. */
static void test_5_7_1_dscp_remark(void **state)
{
    static const struct {
        uint8_t dscp, level, after;
    } rows[] = {
        {10, 1, 12}, {10, 2, 14}, {12, 1, 14}, {14, 1, 14},
        {36, 9, 38}, {0, 1, 0},   {46, 1, 46}, {8, 2, 0},
        {24, 1, 16}, {56, 3, 32}, {25, 1, 25},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(dscp_after(rows[i].dscp, rows[i].level), rows[i].after);
    }
}

/* §7.3.4.4, OFPM_CONTROLLER: packet-ins are metered, frames that go elsewhere are not. */
static void test_7_3_4_4_meter_of_the_controller(void **state)
{
    struct bed bed;
    struct of_action list[] = {of_output(OF_PORT_CONTROLLER), of_output(2)};
    struct of_meter_band band = drop(10, 5);
    struct of_instructions ins = of_apply(list, 2);

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, flow_add(0, 7, ins)));
    assert_null(
        ask(&bed, meter_msg(OF_MC_ADD, OF_METER_CONTROLLER, OF_MF_PKTPS | OF_MF_BURST, &band, 1)));
    bed.n_sent = 0;
    assert_int_equal(n_passed(&bed, 40, NS_PER_MS), 40);
    assert_int_equal(bed.n_sent, 5);
    assert_int_equal(
        multipart(&bed, OF_MP_METER_STATS, OF_METER_CONTROLLER)->meter_stats[0].n_packets, 40);
    ins.has_meter = true;
    ins.meter_id = OF_METER_CONTROLLER; /* No entry can name it. */
    expect_error(ask(&bed, flow_add(0xb, 7, ins)), OF_ERR_METER_INVALID);
    bed_close(&bed);
}

/* --- Meter-mods ------------------------------------------------------------------------------- */

static void test_6_8_errors_of_meter_mods(void **state)
{
    struct bed bed;
    struct of_meter_band ok = drop(100, 20), no_rate = drop(0, 20), no_burst = drop(100, 0);
    struct of_meter_band level0 = {.type = OF_MB_DSCP_REMARK, .rate = 1, .burst = 1};
    struct of_meter_band exp = {.type = OF_MB_EXPERIMENTER, .rate = 1, .burst = 1};
    struct of_meter_band many[20];
    struct swtch_params params = bed_params(OF_VERSION_1_3, 1);

    (void)state;
    params.max_meters = 2;
    bed_open_with(&bed, &params);
    for (unsigned i = 0; i < 20; i++) {
        many[i] = ok;
    }
    assert_null(ask(&bed, meter_msg(OF_MC_ADD, 1, OF_MF_KBPS, &ok, 1)));
    expect_error(ask(&bed, meter_msg(OF_MC_ADD, 1, OF_MF_KBPS, &ok, 1)), OF_ERR_METER_EXISTS);
    expect_error(ask(&bed, meter_msg(OF_MC_MODIFY, 2, OF_MF_KBPS, &ok, 1)),
                 OF_ERR_METER_UNKNOWN_METER);
    expect_error(ask(&bed, meter_msg(OF_MC_ADD, 0, OF_MF_KBPS, &ok, 1)), OF_ERR_METER_INVALID);
    expect_error(ask(&bed, meter_msg(OF_MC_ADD, OF_METER_SLOWPATH, OF_MF_KBPS, &ok, 1)),
                 OF_ERR_METER_INVALID);
    expect_error(ask(&bed, meter_msg((enum of_meter_command)9, 2, OF_MF_KBPS, &ok, 1)),
                 OF_ERR_METER_BAD_COMMAND);
    expect_error(ask(&bed, meter_msg(OF_MC_ADD, 2, OF_MF_KBPS | OF_MF_PKTPS, &ok, 1)),
                 OF_ERR_METER_BAD_FLAGS);
    expect_error(ask(&bed, meter_msg(OF_MC_ADD, 2, OF_MF_KBPS, &no_rate, 1)),
                 OF_ERR_METER_BAD_RATE);
    expect_error(ask(&bed, meter_msg(OF_MC_ADD, 2, OF_MF_KBPS | OF_MF_BURST, &no_burst, 1)),
                 OF_ERR_METER_BAD_BURST);
    expect_error(ask(&bed, meter_msg(OF_MC_ADD, 2, OF_MF_KBPS, &exp, 1)), OF_ERR_METER_BAD_BAND);
    expect_error(ask(&bed, meter_msg(OF_MC_ADD, 2, OF_MF_KBPS, &level0, 1)),
                 OF_ERR_METER_BAD_BAND_VALUE);
    expect_error(ask(&bed, meter_msg(OF_MC_ADD, 2, OF_MF_KBPS, many, 20)),
                 OF_ERR_METER_OUT_OF_BANDS);
    assert_null(ask(&bed, meter_msg(OF_MC_ADD, 2, OF_MF_KBPS, many, 16)));
    expect_error(ask(&bed, meter_msg(OF_MC_ADD, 3, OF_MF_KBPS, &ok, 1)),
                 OF_ERR_METER_OUT_OF_METERS);
    bed_close(&bed);
}

static void test_6_8_deletion_takes_entries_along(void **state)
{
    struct bed bed;
    struct of_meter_band band = drop(100, 20);
    struct of_action out = of_output(2);

    (void)state;
    bed_open_metered(&bed, OF_MF_PKTPS, &band, 1);
    assert_null(ask(&bed, flow_add(0xb, 7, of_apply(&out, 1))));
    assert_null(ask(&bed, meter_msg(OF_MC_DELETE, 7, 0, NULL, 0)));
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 2);
    assert_null(ask(&bed, meter_msg(OF_MC_DELETE, METER, 0, NULL, 0)));
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 1);
    assert_null(ask(&bed, meter_msg(OF_MC_ADD, METER, OF_MF_PKTPS, &band, 1)));
    assert_null(ask(&bed, meter_msg(OF_MC_DELETE, OF_METER_ALL, 0, NULL, 0)));
    assert_int_equal(multipart(&bed, OF_MP_METER_CONFIG, OF_METER_ALL)->n, 0);
    bed_close(&bed);
}

/* What the meter itself counted goes on, what its bands counted begins anew (as with groups, §6.7). The bands
 * are full again. */
static void test_6_8_modification_keeps_what_the_meter_counted(void **state)
{
    struct bed bed;
    struct of_meter_band band = drop(100, 20), wider = drop(1000, 100);
    const struct of_meter_stats *s;

    (void)state;
    bed_open_metered(&bed, OF_MF_PKTPS | OF_MF_BURST, &band, 1);
    assert_int_equal(n_passed(&bed, 100, NS_PER_MS), 20);
    sim_run_until(bed.sim, (mono_t){2385 * NS_PER_MS});
    assert_null(ask(&bed, meter_msg(OF_MC_MODIFY, METER, OF_MF_PKTPS | OF_MF_BURST, &wider, 1)));
    s = multipart(&bed, OF_MP_METER_STATS, METER)->meter_stats;
    assert_int_equal(s->n_packets, 100);
    assert_int_equal(s->n_bytes, 100 * 49);
    assert_int_equal(s->duration_s, 2);
    assert_int_equal(s->duration_ns, 385000000);
    assert_int_equal(s->bands[0].n_packets, 0);
    assert_int_equal(n_passed(&bed, 110, NS_PER_MS), 100);
    s = multipart(&bed, OF_MP_METER_STATS, METER)->meter_stats;
    assert_int_equal(s->n_packets, 210);
    assert_int_equal(s->bands[0].n_packets, 10);
    bed_close(&bed);
}

/* --- Multiparts ------------------------------------------------------------------------------- */

static void test_7_3_5_12_to_14_multiparts(void **state)
{
    struct bed bed;
    struct of_meter_band bands[] = {
        {.type = OF_MB_DSCP_REMARK, .rate = 100, .burst = 5, .prec_level = 2}, drop(300, 7)};
    const struct of_multipart_reply *r;
    struct of_msg unknown = {.type = OF_MULTIPART_REQUEST,
                             .mp_request = {.type = OF_MP_METER_STATS, .meter_id = 7}};

    (void)state;
    bed_open_metered(&bed, OF_MF_KBPS | OF_MF_BURST | OF_MF_STATS, bands, 2);
    assert_null(ask(&bed, meter_msg(OF_MC_ADD, 5, OF_MF_PKTPS, bands, 1)));
    sim_run_until(bed.sim, (mono_t){2385 * NS_PER_MS});
    r = multipart(&bed, OF_MP_METER_STATS, OF_METER_ALL);
    assert_int_equal(r->n, 2);
    assert_int_equal(r->meter_stats[0].meter_id, 5);
    assert_int_equal(r->meter_stats[1].n_flows, 1);
    assert_int_equal(r->meter_stats[1].duration_s, 2);
    assert_int_equal(r->meter_stats[1].duration_ns, 385000000);
    r = multipart(&bed, OF_MP_METER_CONFIG, METER);
    assert_int_equal(r->n, 1);
    assert_int_equal(r->meters[0].flags, OF_MF_KBPS | OF_MF_BURST | OF_MF_STATS);
    assert_int_equal(r->meters[0].bands[0].prec_level, 2);
    assert_int_equal(r->meters[0].bands[1].burst, 7);
    r = multipart(&bed, OF_MP_METER_FEATURES, 0);
    assert_int_equal(r->meter_features.max_meters, 4096);
    assert_int_equal(r->meter_features.band_types, 1 << OF_MB_DROP | 1 << OF_MB_DSCP_REMARK);
    expect_error(ask(&bed, unknown), OF_ERR_METER_UNKNOWN_METER);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_5_7_1_drop_by_packets_per_second),
        cmocka_unit_test(test_5_7_1_drop_by_kilobits_per_second),
        cmocka_unit_test(test_5_7_1_depth_without_burst),
        cmocka_unit_test(test_5_7_1_depth_is_a_frame_at_least),
        cmocka_unit_test(test_5_7_highest_exceeded_band_is_applied),
        cmocka_unit_test(test_5_7_1_dscp_remark),
        cmocka_unit_test(test_7_3_4_4_meter_of_the_controller),
        cmocka_unit_test(test_6_8_errors_of_meter_mods),
        cmocka_unit_test(test_6_8_deletion_takes_entries_along),
        cmocka_unit_test(test_6_8_modification_keeps_what_the_meter_counted),
        cmocka_unit_test(test_7_3_5_12_to_14_multiparts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
