/* Fragments (OF 1.3.5 §7.3.2) and how they are put together (reassembly.h). */
#include "simnet/world/reassembly.h"
#include "controller/packet/pkt_sum.h"
#include "tests/simnet/conf_frames.h"

enum { PORT = 3, PAYLOAD = 2385, L3 = PKT_ETH_HLEN };

struct bench {
    struct reassembly *r;
    mono_t now;
    struct buf whole;     /* The datagram, a UDP frame. */
    struct buf last;      /* What came out. */
    uint32_t head, bytes; /* Where its payload (UDP header and data) begins, and how long it is. */
    bool v6;
};

static void open_with(struct bench *b, uint32_t max, bool v6)
{
    uint8_t data[PAYLOAD];
    struct pkt_ends4 four = {.eth_src = eth_addr_from_u64(CONF_SRC),
                             .eth_dst = eth_addr_from_u64(CONF_DST),
                             .src = 0x0a002385,
                             .dst = 0x0a000002,
                             .id = 0x2385,
                             .ttl = 61};
    struct pkt_ends6 six = {.eth_src = four.eth_src,
                            .eth_dst = four.eth_dst,
                            .src = {{0x20, 0x01, [15] = 1}},
                            .dst = {{0x20, 0x01, [15] = 2}},
                            .hop_limit = 61};

    for (unsigned i = 0; i < PAYLOAD; i++) {
        data[i] = (uint8_t)(i * 7 + i / 256);
    }
    *b = (struct bench){.r = reassembly_new(max), .v6 = v6};
    if (v6) {
        pkt_build_udp6(&b->whole, &six, 2385, 7, data, PAYLOAD);
    } else {
        pkt_build_udp4(&b->whole, &four, 2385, 7, data, PAYLOAD);
    }
    b->head = L3 + (v6 ? PKT_IPV6_HLEN : PKT_IPV4_HLEN);
    b->bytes = PAYLOAD + PKT_UDP_HLEN;
}

static void bench_close(struct bench *b)
{
    reassembly_free(b->r);
    buf_fini(&b->whole);
    buf_fini(&b->last);
}

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void mend4(struct buf *f, uint32_t at, uint32_t id, bool more)
{
    uint8_t *ip = f->data + L3;

    put16(ip + 2, (uint32_t)f->len - L3);
    put16(ip + 4, id);
    put16(ip + 6, at / 8 | (more ? 0x2000U : 0));
    put16(ip + 10, 0);
    put16(ip + 10, pkt_sum_fold(pkt_sum_add(0, ip, PKT_IPV4_HLEN)));
}

/* Bytes 'at' to 'end' of the payload, as a fragment of the datagram 'id'. */
static struct buf piece(const struct bench *b, uint32_t id, uint32_t at, uint32_t end)
{
    uint8_t header[8] = {PKT_PROTO_UDP};
    bool more = end < b->bytes;
    struct buf f = BUF_INIT;

    buf_put(&f, b->whole.data, b->head);
    if (b->v6) {
        put16(header + 2, at | more);
        put16(header + 6, id);
        buf_put(&f, header, sizeof header);
        f.data[L3 + 6] = PKT_PROTO_FRAGMENT;
        put16(f.data + L3 + 4, end - at + 8);
    }
    buf_put(&f, b->whole.data + b->head + at, end - at);
    if (!b->v6) {
        mend4(&f, at, id, more);
    }
    return f;
}

/* True when the fragment makes the datagram whole; it is freed. */
static bool put_frame(struct bench *b, struct buf f, port_no_t port)
{
    struct pkt p;
    bool whole;

    assert_int_equal(pkt_parse(f.data, f.len, &p), ERR_OK);
    assert_true(reassembly_is_fragment(&p));
    whole = reassembly_put(b->r, b->now, port, &p, &f);
    buf_clear(&b->last);
    buf_put(&b->last, f.data, f.len);
    buf_fini(&f);
    return whole;
}

static bool put(struct bench *b, uint32_t id, uint32_t at, uint32_t end)
{
    return put_frame(b, piece(b, id, at, end), PORT);
}

/* What came out is the frame from which all fragments were made. */
static void expect_whole(const struct bench *b)
{
    assert_int_equal(b->last.len, b->whole.len);
    assert_memory_equal(b->last.data, b->whole.data, b->whole.len);
    assert_int_equal(reassembly_get_stats(b->r)->n_whole, 1);
}

static void in_order(bool v6)
{
    struct bench b;

    open_with(&b, 5, v6);
    assert_false(put(&b, 0x2385, 0, 1000));
    assert_false(put(&b, 0x2385, 1000, 2000));
    assert_true(put(&b, 0x2385, 2000, b.bytes));
    expect_whole(&b);
    bench_close(&b);
}

static void in_any_order(bool v6)
{
    struct bench b;

    open_with(&b, 5, v6);
    assert_false(put(&b, 0x2385, 2000, b.bytes));
    assert_false(put(&b, 0x2385, 8, 1000));
    assert_false(put(&b, 0x2385, 8, 1000)); /* Again. */
    assert_false(put(&b, 0x2385, 1000, 2000));
    assert_true(put(&b, 0x2385, 0, 8));
    expect_whole(&b);
    assert_int_equal(reassembly_get_stats(b.r)->n_bad, 0);
    bench_close(&b);
}

static void test_rfc791_3_2_fragments_in_order(void **state)
{
    (void)state;
    in_order(false);
}

static void test_rfc791_3_2_fragments_in_any_order(void **state)
{
    (void)state;
    in_any_order(false);
}

static void test_rfc8200_4_5_fragments_in_order(void **state)
{
    (void)state;
    in_order(true);
}

static void test_rfc8200_4_5_fragments_in_any_order(void **state)
{
    (void)state;
    in_any_order(true);
}

/* What is before the fragment header stays: here options for every hop. */
static void test_rfc8200_4_5_headers_before_the_fragment_header_stay(void **state)
{
    static const uint8_t hop[8] = {PKT_PROTO_FRAGMENT, 0, 1, 4, 0, 0, 0, 0};
    struct bench b;
    struct pkt p;

    (void)state;
    open_with(&b, 5, true);
    for (unsigned i = 0; i < 2; i++) {
        struct buf f = piece(&b, 7, i * 1000, i ? b.bytes : 1000), longer = BUF_INIT;

        buf_put(&longer, f.data, b.head);
        buf_put(&longer, hop, sizeof hop);
        buf_put(&longer, f.data + b.head, f.len - b.head);
        longer.data[L3 + 6] = PKT_PROTO_HOP;
        put16(longer.data + L3 + 4, (uint32_t)longer.len - L3 - PKT_IPV6_HLEN);
        buf_fini(&f);
        assert_int_equal(put_frame(&b, longer, PORT), i == 1);
    }
    assert_int_equal(b.last.len, b.whole.len + 8);
    assert_int_equal(pkt_parse(b.last.data, b.last.len, &p), ERR_OK);
    assert_true(pkt_has(&p, PKT_UDP));
    assert_int_equal(p.ipv6.exthdr, PKT_IEH_HOP);
    assert_int_equal(p.l4.src, 2385);
    bench_close(&b);
}

static void test_padding_is_no_payload(void **state)
{
    struct bench b;
    struct buf f;

    (void)state;
    open_with(&b, 5, false);
    assert_false(put(&b, 7, 0, b.bytes - 1));
    bench_close(&b);
    open_with(&b, 5, false);
    assert_false(put(&b, 0x2385, 0, 2392));
    f = piece(&b, 0x2385, 2392, b.bytes); /* One byte, in a frame of 60. */
    buf_put(&f, "padding padding padding padd", 60 - f.len);
    assert_true(put_frame(&b, f, PORT));
    expect_whole(&b);
    bench_close(&b);
}

static void test_datagrams_are_told_apart(void **state)
{
    struct bench b;
    struct buf f;

    (void)state;
    open_with(&b, 8, false);
    assert_false(put(&b, 0x2385, 0, 1000));
    assert_false(put(&b, 0x2386, 1000, b.bytes));                            /* Another id, */
    assert_false(put_frame(&b, piece(&b, 0x2385, 1000, b.bytes), PORT + 1)); /* another port, */
    f = piece(&b, 0x2385, 1000, b.bytes);
    f.data[L3 + 15]++; /* another source. */
    assert_false(put_frame(&b, f, PORT));
    assert_true(put(&b, 0x2385, 1000, b.bytes));
    expect_whole(&b);
    bench_close(&b);
}

static void expect_bad(uint32_t at, uint32_t end, uint64_t n_bad)
{
    struct bench b;

    open_with(&b, 5, false);
    assert_false(put(&b, 7, 1000, 2000));
    assert_false(put(&b, 7, at, end));
    assert_int_equal(reassembly_get_stats(b.r)->n_bad, n_bad);
    if (n_bad) { /* All of it is gone. */
        assert_false(put(&b, 7, 0, 1000));
        assert_false(put(&b, 7, 2000, b.bytes));
    }
    bench_close(&b);
}

static void test_rfc5722_overlaps_end_a_datagram(void **state)
{
    (void)state;
    expect_bad(1000, 2000, 0);
    expect_bad(992, 1008, 1);
    expect_bad(1992, 2008, 1);
    expect_bad(1008, 1016, 1);
    expect_bad(0, 2080, 1);
}

static void test_a_repetition_with_other_bytes_ends_a_datagram(void **state)
{
    struct bench b;
    struct buf f;

    (void)state;
    open_with(&b, 5, false);
    assert_false(put(&b, 7, 1000, 2000));
    f = piece(&b, 7, 1000, 2000);
    f.data[f.len - 1]++;
    assert_false(put_frame(&b, f, PORT));
    assert_int_equal(reassembly_get_stats(b.r)->n_bad, 1);
    bench_close(&b);
}

static void test_only_the_last_fragment_may_have_any_length(void **state)
{
    struct bench b;

    (void)state;
    open_with(&b, 5, false);
    assert_false(put(&b, 7, 0, 1001));
    assert_int_equal(reassembly_get_stats(b.r)->n_bad, 1);
    bench_close(&b);
}

/* A fragment behind the last one, before or after that has come; and another end. */
static void test_nothing_lies_behind_the_end(void **state)
{
    for (unsigned first = 0; first < 2; first++) {
        struct bench b;
        uint32_t bytes;

        (void)state;
        open_with(&b, 5, false);
        bytes = b.bytes;
        for (unsigned i = 0; i < 2; i++) {
            if (i == first) {
                b.bytes = 1000; /* So that this is the last. */
                assert_false(put(&b, 7, 992, 1000));
                b.bytes = bytes;
            } else {
                assert_false(put(&b, 7, 1000, 2000));
            }
        }
        assert_int_equal(reassembly_get_stats(b.r)->n_bad, 1);
        bench_close(&b);
    }
}

static void test_a_datagram_too_long_is_refused(void **state)
{
    struct bench b;
    struct buf f;

    (void)state;
    open_with(&b, 5, false);
    f = piece(&b, 7, 0, 1000);
    mend4(&f, 0xfff8, 7, true);
    assert_false(put_frame(&b, f, PORT));
    assert_int_equal(reassembly_get_stats(b.r)->n_bad, 1);
    bench_close(&b);
}

static void test_a_fragment_that_is_cut_is_refused(void **state)
{
    struct bench b;
    struct buf f;

    (void)state;
    open_with(&b, 5, false);
    f = piece(&b, 7, 0, 1000);
    f.len -= 8;
    assert_false(put_frame(&b, f, PORT));
    assert_int_equal(reassembly_get_stats(b.r)->n_bad, 1);
    bench_close(&b);
}

static void test_what_is_not_whole_after_60_s_is_forgotten(void **state)
{
    struct bench b;

    (void)state;
    open_with(&b, 5, false);
    assert_false(put(&b, 7, 0, 1000));
    b.now = (mono_t){60 * NS_PER_S - 1};
    assert_false(put(&b, 8, 0, 1000));
    assert_int_equal(reassembly_get_stats(b.r)->n_expired, 0);
    b.now = (mono_t){60 * NS_PER_S};
    assert_false(put(&b, 7, 1000, b.bytes));
    assert_int_equal(reassembly_get_stats(b.r)->n_expired, 1);
    assert_true(put(&b, 8, 1000, b.bytes));
    bench_close(&b);
}

static void test_the_oldest_makes_room(void **state)
{
    struct bench b;

    (void)state;
    open_with(&b, 3, false);
    for (uint32_t id = 1; id <= 4; id++) {
        b.now.ns++;
        assert_false(put(&b, id, 0, 1000));
    }
    assert_int_equal(reassembly_get_stats(b.r)->n_displaced, 1);
    assert_true(put(&b, 2, 1000, b.bytes));
    assert_false(put(&b, 1, 1000, b.bytes));
    bench_close(&b);
}

/* --- The switch ------------------------------------------------------------------------------ */

static struct of_msg set_config(uint16_t flags)
{
    return (struct of_msg){.type = OF_SET_CONFIG, .config = {flags, 128}};
}

static uint32_t capabilities(struct bed *bed)
{
    return ask(bed, (struct of_msg){.type = OF_FEATURES_REQUEST})->features.capabilities;
}

static void test_7_3_2_a_switch_that_cannot_reassemble_says_so_and_refuses(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_false(capabilities(&bed) & OF_C_IP_REASM);
    expect_error(ask(&bed, set_config(2)), OF_ERR_CONFIG_BAD_FLAGS);
    bed_close(&bed);
}

/* A match on ports finds the datagram, which leaves whole and is counted once. */
static void reassemble_in_switch(uint8_t version)
{
    struct swtch_params p = bed_params(version, 1);
    struct of_action out = {.type = OF_ACT_OUTPUT, .output = {.port = 2}};
    struct of_msg m = flow_add(0, 7, of_apply(&out, 1));
    struct bench b;
    struct bed bed;

    p.max_reassemblies = 5;
    bed_open_with(&bed, &p);
    open_with(&b, 1, false);
    assert_true(capabilities(&bed) & OF_C_IP_REASM);
    OF_MATCH_SET(&m.flow_mod.match, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
    OF_MATCH_SET(&m.flow_mod.match, IP_PROTO, ip_proto, PKT_PROTO_UDP);
    OF_MATCH_SET(&m.flow_mod.match, UDP_SRC, udp_src, 2385);
    assert_null(ask(&bed, m));
    assert_null(ask(&bed, set_config(2)));
    assert_int_equal(ask(&bed, (struct of_msg){.type = OF_GET_CONFIG_REQUEST})->config.flags, 2);
    receive_frame(&bed, 1, piece(&b, 0x2385, 1000, b.bytes));
    assert_int_equal(bed.n_out[2], 0);
    receive_frame(&bed, 1, piece(&b, 0x2385, 0, 1000));
    assert_int_equal(bed.n_out[2], 1);
    assert_int_equal(bed.out[2].len, b.whole.len);
    assert_memory_equal(bed.out[2].data, b.whole.data, b.whole.len);
    assert_int_equal(table_n_lookups(swtch_table(bed.sw, 0)), 1);
    assert_null(ask(&bed, set_config(0)));
    receive_frame(&bed, 1, piece(&b, 7, 0, 1000)); /* Again each by itself: the first has ports... */
    assert_int_equal(bed.n_out[2],
                     version != OF_VERSION_1_0); /* ...which 1.0 takes for zero (OF 1.0 §3.4). */
    bench_close(&b);
    bed_close(&bed);
}

static void test_7_3_2_reassembly(void **state)
{
    (void)state;
    reassemble_in_switch(OF_VERSION_1_3);
}

static void test_1_0_5_3_2_reassembly(void **state)
{
    (void)state;
    reassemble_in_switch(OF_VERSION_1_0);
}

static void test_7_3_2_unknown_flags_are_refused(void **state)
{
    struct swtch_params p = bed_params(OF_VERSION_1_3, 1);
    struct bed bed;

    (void)state;
    p.max_reassemblies = 5;
    bed_open_with(&bed, &p);
    expect_error(ask(&bed, set_config(3)), OF_ERR_CONFIG_BAD_FLAGS);
    expect_error(ask(&bed, set_config(4)), OF_ERR_CONFIG_BAD_FLAGS);
    assert_int_equal(ask(&bed, (struct of_msg){.type = OF_GET_CONFIG_REQUEST})->config.flags, 0);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc791_3_2_fragments_in_order),
        cmocka_unit_test(test_rfc791_3_2_fragments_in_any_order),
        cmocka_unit_test(test_rfc8200_4_5_fragments_in_order),
        cmocka_unit_test(test_rfc8200_4_5_fragments_in_any_order),
        cmocka_unit_test(test_rfc8200_4_5_headers_before_the_fragment_header_stay),
        cmocka_unit_test(test_padding_is_no_payload),
        cmocka_unit_test(test_datagrams_are_told_apart),
        cmocka_unit_test(test_rfc5722_overlaps_end_a_datagram),
        cmocka_unit_test(test_a_repetition_with_other_bytes_ends_a_datagram),
        cmocka_unit_test(test_only_the_last_fragment_may_have_any_length),
        cmocka_unit_test(test_nothing_lies_behind_the_end),
        cmocka_unit_test(test_a_datagram_too_long_is_refused),
        cmocka_unit_test(test_a_fragment_that_is_cut_is_refused),
        cmocka_unit_test(test_what_is_not_whole_after_60_s_is_forgotten),
        cmocka_unit_test(test_the_oldest_makes_room),
        cmocka_unit_test(test_7_3_2_a_switch_that_cannot_reassemble_says_so_and_refuses),
        cmocka_unit_test(test_7_3_2_reassembly),
        cmocka_unit_test(test_1_0_5_3_2_reassembly),
        cmocka_unit_test(test_7_3_2_unknown_flags_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
