/* IGMP and MLD: annotated messages, round trips of queries, provoked errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_igmp.h"
#include "controller/packet/pkt_sum.h"

static const struct eth_addr mac = {{0x02, 0x23, 0x85, 0, 0, 7}};
static const struct ipv6_addr none;

/* Puts the checksum into 'msg', wraps it and parses the frame, cut to 'keep' bytes of the message. */
static enum err parse4(uint8_t *msg, size_t n, size_t keep, struct pkt_igmp *out)
{
    struct pkt_ends4 ends = {.eth_dst = {{1, 0, 0x5e, 0, 0, 0x16}}, .eth_src = mac,
                             .src = 0x0a000007, .dst = 0xe0000016};
    struct buf frame = BUF_INIT;
    struct pkt p;
    uint16_t sum;
    enum err err;

    msg[2] = msg[3] = 0;
    sum = pkt_sum_fold(pkt_sum_add(0, msg, keep));
    msg[2] = (uint8_t)(sum >> 8);
    msg[3] = (uint8_t)sum;
    assert_true(keep <= n);
    pkt_build_ipv4(&frame, &ends, PKT_PROTO_IGMP, msg, keep);
    assert_int_equal(pkt_parse(frame.data, frame.len, &p), ERR_OK);
    err = pkt_igmp_parse(frame.data, frame.len, &p, out);
    buf_fini(&frame);
    return err;
}

static enum err parse6(uint8_t *msg, size_t n, struct pkt_igmp *out)
{
    struct pkt_ends6 ends = {.eth_src = mac, .src = {{0xfe, 0x80, [15] = 7}},
                             .dst = {{0xff, 2, [15] = 0x16}}};
    uint8_t payload[128] = {PKT_PROTO_ICMP6, 0, 5, 2, 0, 0, 1, 0};
    struct buf frame = BUF_INIT;
    struct pkt p;
    uint16_t sum;
    enum err err;

    msg[2] = msg[3] = 0;
    sum = pkt_sum_fold(
        pkt_sum_add(pkt_sum_pseudo6(0, &ends.src, &ends.dst, PKT_PROTO_ICMP6, n), msg, n));
    msg[2] = (uint8_t)(sum >> 8);
    msg[3] = (uint8_t)sum;
    memcpy(payload + 8, msg, n);
    pkt_build_ipv6(&frame, &ends, PKT_PROTO_HOP, payload, 8 + n);
    assert_int_equal(pkt_parse(frame.data, frame.len, &p), ERR_OK);
    err = pkt_igmp_parse(frame.data, frame.len, &p, out);
    buf_fini(&frame);
    return err;
}

static void assert_group4(const struct ipv6_addr *group, uint32_t ip)
{
    assert_true(pkt_is_mapped(group));
    assert_int_equal(pkt_unmap_ipv4(group), ip);
}

static void test_version_2(void **state)
{
    uint8_t report[] = {0x16, 0, 0, 0, 239, 2, 3, 85};
    uint8_t leave[] = {0x17, 0, 0, 0, 239, 2, 3, 85};
    struct pkt_igmp m;

    (void)state;
    assert_int_equal(parse4(report, 8, 8, &m), ERR_OK);
    assert_int_equal(m.kind, PKT_IGMP_REPORT);
    assert_int_equal(m.version, 2);
    assert_int_equal(m.n_records, 1);
    assert_int_equal(m.records[0].type, PKT_IGMP_TO_EXCLUDE);
    assert_group4(&m.records[0].group, 0xef020355);
    assert_group4(&m.source, 0x0a000007);
    assert_int_equal(parse4(leave, 8, 8, &m), ERR_OK);
    assert_int_equal(m.kind, PKT_IGMP_LEAVE);
    assert_int_equal(m.records[0].type, PKT_IGMP_TO_INCLUDE);
    report[0] = 0x12;
    assert_int_equal(parse4(report, 8, 8, &m), ERR_OK);
    assert_int_equal(m.version, 1);
}

static void test_version_3(void **state)
{
    /* One group from anybody, one from two sources with four bytes of auxiliary data. */
    uint8_t report[] = {0x22, 0, 0, 0, 0, 0, 0, 2,                 /* Two records. */
                        4,    0, 0, 0, 239, 1, 2, 3,               /* TO_EXCLUDE {}. */
                        5,    1, 0, 2, 232, 9, 8, 7,               /* ALLOW, 2 sources. */
                        10,   0, 0, 1, 10,  0, 0, 2, 1, 2, 3, 4};
    struct pkt_igmp m;

    (void)state;
    assert_int_equal(parse4(report, sizeof(report), sizeof(report), &m), ERR_OK);
    assert_int_equal(m.version, 3);
    assert_int_equal(m.n_records, 2);
    assert_group4(&m.records[0].group, 0xef010203);
    assert_int_equal(m.records[1].type, PKT_IGMP_ALLOW);
    assert_int_equal(m.records[1].n_sources, 2);
    assert_group4(&m.records[1].group, 0xe8090807);
    for (size_t keep = 8; keep < sizeof(report); keep++) {
        assert_int_equal(parse4(report, sizeof(report), keep, &m), ERR_TRUNCATED);
    }
    report[8] = 7;
    assert_int_equal(parse4(report, sizeof(report), sizeof(report), &m), ERR_SYNTAX);
    report[8] = 4;
    report[12] = 10; /* No multicast address. */
    assert_int_equal(parse4(report, sizeof(report), sizeof(report), &m), ERR_SYNTAX);
}

static void test_many_records_are_cut(void **state)
{
    uint8_t report[8 + 8 * 70] = {0x22, [7] = 70};
    struct pkt_igmp m;

    (void)state;
    for (unsigned i = 0; i < 70; i++) {
        memcpy(report + 8 + 8 * i, (uint8_t[]){2, 0, 0, 0, 239, 0, 1, (uint8_t)i}, 8);
    }
    assert_int_equal(parse4(report, sizeof(report), sizeof(report), &m), ERR_OK);
    assert_true(m.is_cut);
    assert_int_equal(m.n_records, PKT_IGMP_MAX_RECORDS);
}

static void test_mld(void **state)
{
    uint8_t v1[24] = {131, [8] = 0xff, 0x05, [23] = 0x85};
    uint8_t v2[28] = {143, [7] = 1, [8] = 3, [12] = 0xff, 0x15, [27] = 9};
    struct pkt_igmp m;

    (void)state;
    assert_int_equal(parse6(v1, sizeof(v1), &m), ERR_OK);
    assert_true(m.is_v6);
    assert_int_equal(m.kind, PKT_IGMP_REPORT);
    assert_int_equal(m.version, 1);
    assert_int_equal(m.records[0].group.b[15], 0x85);
    v1[0] = 132;
    assert_int_equal(parse6(v1, sizeof(v1), &m), ERR_OK);
    assert_int_equal(m.kind, PKT_IGMP_LEAVE);
    assert_int_equal(parse6(v2, sizeof(v2), &m), ERR_OK);
    assert_int_equal(m.version, 2);
    assert_int_equal(m.records[0].type, PKT_IGMP_TO_INCLUDE);
    assert_int_equal(m.records[0].group.b[1], 0x15);
    v2[7] = 2;
    assert_int_equal(parse6(v2, sizeof(v2), &m), ERR_TRUNCATED);
}

static void round_trip(const struct buf *frame, const struct ipv6_addr *group, bool is_v6,
                       uint32_t max_resp_ms)
{
    struct pkt_igmp m;
    struct pkt p;

    assert_false(frame->failed);
    assert_int_equal(pkt_parse(frame->data, frame->len, &p), ERR_OK);
    assert_int_equal(pkt_igmp_parse(frame->data, frame->len, &p, &m), ERR_OK);
    assert_int_equal(m.kind, PKT_IGMP_QUERY);
    assert_int_equal(m.is_v6, is_v6);
    assert_int_equal(m.version, is_v6 ? 2 : 3);
    assert_int_equal(m.max_resp_ms, max_resp_ms);
    assert_memory_equal(&m.group, group, sizeof(*group));
}

static void test_queries(void **state)
{
    struct ipv6_addr group = pkt_map_ipv4(0xef020355), group6 = {{0xff, 5, [15] = 0x85}};
    struct buf b = BUF_INIT;

    (void)state;
    pkt_build_igmp_query(&b, mac, 0x0a000001, &none, 2300, 125);
    round_trip(&b, &none, false, 2300);
    assert_memory_equal(b.data, ((uint8_t[]){1, 0, 0x5e, 0, 0, 1}), 6);
    b.len = 0;
    pkt_build_igmp_query(&b, mac, 0x0a000001, &group, 1000, 125);
    round_trip(&b, &group, false, 1000);
    assert_memory_equal(b.data, ((uint8_t[]){1, 0, 0x5e, 2, 3, 0x55}), 6);
    b.len = 0;
    pkt_build_mld_query(&b, mac, &none, 10000, 125);
    round_trip(&b, &none, true, 10000);
    b.len = 0;
    pkt_build_mld_query(&b, mac, &group6, 1000, 125);
    round_trip(&b, &group6, true, 1000);
    pkt_build_igmp_query(&b, mac, 0, &none, 12800, 125);
    assert_true(b.failed);
    buf_fini(&b);
    b = (struct buf)BUF_INIT;
    pkt_build_mld_query(&b, mac, &none, 1000, 128);
    assert_true(b.failed);
    buf_fini(&b);
}

static void test_old_queries_and_codes(void **state)
{
    uint8_t query[12] = {0x11, 0xa5}; /* (5 | 16) << (2 + 3) tenths of a second. */
    struct pkt_igmp m;

    (void)state;
    assert_int_equal(parse4(query, 12, 12, &m), ERR_OK);
    assert_int_equal(m.max_resp_ms, 67200);
    assert_int_equal(parse4(query, 12, 8, &m), ERR_OK);
    assert_int_equal(m.version, 2);
    assert_int_equal(m.max_resp_ms, 16500);
    query[1] = 0;
    assert_int_equal(parse4(query, 12, 8, &m), ERR_OK);
    assert_int_equal(m.version, 1);
    query[4] = 10;
    assert_int_equal(parse4(query, 12, 8, &m), ERR_SYNTAX);
}

static void test_errors(void **state)
{
    uint8_t report[] = {0x16, 0, 0, 0, 239, 2, 3, 85};
    struct buf frame = BUF_INIT;
    struct pkt_igmp m;
    struct pkt p;

    (void)state;
    assert_int_equal(parse4(report, 8, 7, &m), ERR_TRUNCATED);
    report[0] = 0x42;
    assert_int_equal(parse4(report, 8, 8, &m), ERR_NOTFOUND);
    pkt_build_igmp_query(&frame, mac, 0x0a000001, &none, 2300, 125);
    frame.data[frame.len - 1] ^= 1;
    assert_int_equal(pkt_parse(frame.data, frame.len, &p), ERR_OK);
    assert_int_equal(pkt_igmp_parse(frame.data, frame.len, &p, &m), ERR_SYNTAX);
    frame.len = 0;
    pkt_build_arp_request(&frame, mac, 1, 2);
    assert_int_equal(pkt_parse(frame.data, frame.len, &p), ERR_OK);
    assert_int_equal(pkt_igmp_parse(frame.data, frame.len, &p, &m), ERR_NOTFOUND);
    buf_fini(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version_2),
        cmocka_unit_test(test_version_3),
        cmocka_unit_test(test_many_records_are_cut),
        cmocka_unit_test(test_mld),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_old_queries_and_codes),
        cmocka_unit_test(test_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
