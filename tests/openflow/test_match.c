/* Matches: normal form, equality and hash, covering, packets, prerequisites, text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/openflow/of_field.h"
#include "tests/openflow/of_gen.h"

#define N_ROUNDS 20000

static struct of_gen gen(uint64_t seed)
{
    return of_gen_init(seed, OF_VERSION_1_3, NULL);
}

static void store(struct of_fields *f, enum of_field field, struct of_num v)
{
    const struct of_field_info *info = of_field_info(field);

    of_num_store((uint8_t *)f + info->offset, info->size, v);
}

static void test_field_table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < OF_N_FIELDS; i++) {
        const struct of_field_info *info = of_field_info((enum of_field)i);
        struct of_num full = of_num_ones(info->bits);
        struct of_fields f;

        assert_int_equal(of_field_find(info->name), i);
        assert_true(info->bits <= info->wire_size * 8 && info->wire_size <= info->size);
        store(&f, (enum of_field)i, full);
        assert_true(of_num_eq(of_num_load((uint8_t *)&f + info->offset, info->size), full));
    }
    assert_int_equal(of_field_find("ipv4"), OF_N_FIELDS);
    assert_int_equal(of_field_info(OF_FIELD_PBB_ISID)->wire_size, 3);
}

static void test_normalize(void **state)
{
    struct of_match m;

    (void)state;
    memset(&m, 0xa5, sizeof m);
    of_match_clear(&m);
    OF_MATCH_SET(&m, IPV4_DST, ipv4_dst, 0x0a175502);
    m.m.ipv4_dst = 0xffffff00;
    OF_MATCH_SET(&m, METADATA, metadata, 2385);
    m.m.metadata = 0;
    OF_MATCH_SET(&m, VLAN_VID, vlan_vid, OF_VID_PRESENT | 23);
    m.m.vlan_vid = 0xffff; /* More than the field's 13 bits. */
    m.masked = OF_BIT(IPV4_DST) | OF_BIT(METADATA) | OF_BIT(VLAN_VID) | OF_BIT(TUNNEL_ID);
    of_match_normalize(&m);
    assert_true(m.present == (OF_BIT(IPV4_DST) | OF_BIT(VLAN_VID)));
    assert_true(m.masked == OF_BIT(IPV4_DST));
    assert_int_equal(m.v.ipv4_dst, 0x0a175500);
}

/* Bytes of absent fields and masks of exact fields do not count. */
static void test_eq_and_hash(void **state)
{
    struct of_gen g = gen(2385);

    (void)state;
    for (int i = 0; i < N_ROUNDS; i++) {
        struct of_match a, b, noise;
        enum of_field f;
        uint64_t left;

        of_gen_match(&g, &a);
        memset(&noise, (int)of_gen_bits(&g, 8), sizeof noise);
        noise.present = a.present;
        noise.masked = a.masked;
        OF_FOR_EACH_FIELD(f, left, a.present)
        {
            store(&noise.v, f, of_match_value(&a, f));
        }
        OF_FOR_EACH_FIELD(f, left, a.masked)
        {
            store(&noise.m, f, of_match_mask(&a, f));
        }
        assert_true(of_match_eq(&a, &noise));
        assert_true(of_match_hash(&a) == of_match_hash(&noise));
        of_gen_match(&g, &b);
        assert_true(!of_match_eq(&a, &b) || of_match_hash(&a) == of_match_hash(&b));
        assert_true(of_match_eq(&a, &b) == (of_match_covers(&a, &b) && of_match_covers(&b, &a)));
    }
}

/* A packet with every field, drawn at random but inside 'match'. */
static void packet_inside(struct of_gen *g, const struct of_match *match, struct of_match *pkt)
{
    of_match_clear(pkt);
    for (unsigned i = 0; i < OF_N_FIELDS; i++) {
        enum of_field f = (enum of_field)i;
        struct of_num ones = of_num_ones(of_field_info(f)->bits);
        struct of_num v = of_num_and((struct of_num){of_gen_bits(g, 64), of_gen_bits(g, 64)}, ones);

        if (of_match_has(match, f)) {
            struct of_num mask = of_match_mask(match, f), want = of_match_value(match, f);

            v = (struct of_num){(v.hi & ~mask.hi) | want.hi, (v.lo & ~mask.lo) | want.lo};
        }
        pkt->present |= UINT64_C(1) << i;
        store(&pkt->v, f, v);
    }
}

/* Removes a field of 'm', or some bits of a mask. */
static void widen(struct of_gen *g, struct of_match *m)
{
    enum of_field f = (enum of_field)of_gen_below(g, OF_N_FIELDS);

    if (!of_match_has(m, f)) {
        return;
    }
    if (of_field_info(f)->maskable && of_gen_below(g, 2)) {
        struct of_num mask = of_match_mask(m, f);

        m->masked |= UINT64_C(1) << f;
        store(&m->m, f,
              (struct of_num){mask.hi & of_gen_bits(g, 64), mask.lo & of_gen_bits(g, 64)});
        of_match_normalize(m);
    } else {
        m->present &= ~(UINT64_C(1) << f);
        m->masked &= m->present;
    }
}

static void test_covers_and_packet(void **state)
{
    struct of_gen g = gen(23);

    (void)state;
    for (int i = 0; i < N_ROUNDS; i++) {
        struct of_match narrow, wide, pkt;

        of_gen_match(&g, &narrow);
        wide = narrow;
        for (int j = 0; j < 5; j++) {
            widen(&g, &wide);
        }
        assert_true(of_match_covers(&wide, &narrow));
        assert_true(of_match_eq(&wide, &narrow) || !of_match_covers(&narrow, &wide));
        packet_inside(&g, &narrow, &pkt);
        assert_true(of_match_packet(&narrow, &pkt) && of_match_packet(&wide, &pkt));
    }
}

/* A packet that differs in one matched bit, or lacks the field, is not matched. */
static void test_packet_outside(void **state)
{
    struct of_gen g = gen(85);

    (void)state;
    for (int i = 0; i < N_ROUNDS; i++) {
        struct of_match match, pkt, other;
        enum of_field f;
        uint64_t left;

        of_gen_match(&g, &match);
        packet_inside(&g, &match, &pkt);
        OF_FOR_EACH_FIELD(f, left, match.present)
        {
            struct of_num mask = of_match_mask(&match, f), v = of_match_value(&pkt, f);

            other = pkt;
            if (mask.lo) {
                v.lo ^= mask.lo & -mask.lo;
            } else {
                v.hi ^= mask.hi & -mask.hi;
            }
            store(&other.v, f, v);
            assert_false(of_match_packet(&match, &other));
            other = pkt;
            other.present &= ~(UINT64_C(1) << f);
            assert_false(of_match_packet(&match, &other));
        }
    }
}

static void test_prereqs(void **state)
{
    struct of_match m;
    enum of_field bad = OF_N_FIELDS;

    (void)state;
    of_match_clear(&m);
    assert_true(of_match_prereqs_ok(&m, &bad));
    OF_MATCH_SET(&m, IP_PROTO, ip_proto, 6);
    OF_MATCH_SET(&m, TCP_DST, tcp_dst, 443);
    assert_false(of_match_prereqs_ok(&m, &bad));
    assert_int_equal(bad, OF_FIELD_IP_PROTO);
    OF_MATCH_SET(&m, ETH_TYPE, eth_type, 0x86dd);
    assert_true(of_match_prereqs_ok(&m, &bad));
    OF_MATCH_SET(&m, VLAN_VID, vlan_vid, OF_VID_NONE);
    OF_MATCH_SET(&m, VLAN_PCP, vlan_pcp, 5);
    assert_false(of_match_prereqs_ok(&m, &bad));
    assert_int_equal(bad, OF_FIELD_VLAN_PCP);
    OF_MATCH_SET(&m, VLAN_VID, vlan_vid, OF_VID_PRESENT);
    m.m.vlan_vid = OF_VID_PRESENT;
    m.masked |= OF_BIT(VLAN_VID);
    assert_true(of_match_prereqs_ok(&m, &bad));
}

static struct of_num ipv6(uint64_t hi, uint64_t lo)
{
    return (struct of_num){hi, lo};
}

static void test_print(void **state)
{
    static const struct {
        struct of_num addr;
        const char *text;
    } addresses[] = {
        {{0, 0}, "ipv6_dst=::"},
        {{0, 1}, "ipv6_dst=::1"},
        {{UINT64_C(0x20010db8) << 32, 0x17}, "ipv6_dst=2001:db8::17"},
        {{UINT64_C(0x20010db800000001), UINT64_C(0x0000000000000001)}, "ipv6_dst=2001:db8:0:1::1"},
        {{UINT64_C(0x0001000200030004), UINT64_C(0x0005000600070008)}, "ipv6_dst=1:2:3:4:5:6:7:8"},
        {{UINT64_C(0x0001000000030004), UINT64_C(0x0005000600070000)}, "ipv6_dst=1:0:3:4:5:6:7:0"},
        {{UINT64_C(0x0001000000000000), UINT64_C(0x0000000000000000)}, "ipv6_dst=1::"},
    };
    struct of_match m;
    char text[200];

    (void)state;
    of_match_clear(&m);
    assert_int_equal(of_match_print(&m, text, sizeof text), 3);
    assert_string_equal(text, "any");
    OF_MATCH_SET(&m, IN_PORT, in_port, OF_PORT_LOCAL);
    OF_MATCH_SET(&m, VLAN_VID, vlan_vid, OF_VID_NONE);
    OF_MATCH_SET(&m, ETH_TYPE, eth_type, 0x0800);
    OF_MATCH_SET(&m, IPV4_DST, ipv4_dst, 0x0a000000);
    m.m.ipv4_dst = 0xff000000;
    m.masked = OF_BIT(IPV4_DST);
    of_match_print(&m, text, sizeof text);
    assert_string_equal(text, "in_port=local,eth_type=0x0800,vlan_vid=none,"
                              "ipv4_dst=10.0.0.0/255.0.0.0");
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        of_match_clear(&m);
        m.present = OF_BIT(IPV6_DST);
        store(&m.v, OF_FIELD_IPV6_DST, ipv6(addresses[i].addr.hi, addresses[i].addr.lo));
        of_match_print(&m, text, sizeof text);
        assert_string_equal(text, addresses[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_field_table),    cmocka_unit_test(test_normalize),
        cmocka_unit_test(test_eq_and_hash),    cmocka_unit_test(test_covers_and_packet),
        cmocka_unit_test(test_packet_outside), cmocka_unit_test(test_prereqs),
        cmocka_unit_test(test_print),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
