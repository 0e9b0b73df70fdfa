/* LLDP: round trip, a data unit byte by byte, and everything that strict means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "controller/packet/pkt.h"
#include "controller/packet/pkt_lldp.h"
#include "tests/packet/gen.h"

static const struct eth_addr src = {{2, 0, 0, 0, 0, 0x2a}};

static enum err parse_hex(const char *text, struct pkt_lldp *out)
{
    static struct buf b; /* Kept until the next call, because 'out' points into it. */
    enum err err;

    buf_fini(&b);
    if (text == NULL) {
        return ERR_OK;
    }
    gen_hex(&b, text);
    err = pkt_parse_lldp(b.data, b.len, out);
    return err;
}

/* IEEE 802.1AB-2016 §8: type in seven bits, length in nine. */
#define CHASSIS "0207 04 02000000002a "
#define PORT "0405 05 65746837 "
#define TTL "0602 0078 "
#define END "0000 "

static void annotated_unit(void **state)
{
    struct pkt_lldp l;

    (void)state;
    assert_int_equal(parse_hex(CHASSIS PORT TTL "0a05 73772d3432       # system name sw-42\n"
                                                "0e04 0014 0004        # capabilities\n"
                                                "fe0c 0026e1 00 000000000000002a # dpid 42\n"
                                                "fe04 00120f 01        # empty value\n" END "ffff",
                               &l),
                     ERR_OK);
    assert_int_equal(l.chassis.subtype, PKT_LLDP_CHASSIS_MAC);
    assert_int_equal(l.chassis.len, 6);
    assert_memory_equal(l.chassis.data, src.b, 6);
    assert_int_equal(l.port.subtype, PKT_LLDP_PORT_NAME);
    assert_memory_equal(l.port.data, "eth7", 4);
    assert_int_equal(l.ttl_s, 120);
    assert_memory_equal(l.system_name, "sw-42", l.system_name_len);
    assert_int_equal(l.n_orgs, 2);
    assert_int_equal(pkt_lldp_find_org(&l, 0x0026e1, 0)->data[7], 42);
    assert_int_equal(pkt_lldp_find_org(&l, 0x00120f, 1)->len, 0);
    assert_null(pkt_lldp_find_org(&l, 0x0026e1, 1));
    parse_hex(NULL, NULL);
}

static void strictness(void **state)
{
    static const struct {
        const char *unit;
        enum err err;
    } rows[] = {
        {"", ERR_TRUNCATED},
        {END, ERR_SYNTAX},
        {CHASSIS PORT END, ERR_SYNTAX},
        {PORT CHASSIS TTL END, ERR_SYNTAX},
        {CHASSIS CHASSIS PORT TTL END, ERR_SYNTAX},
        {CHASSIS PORT TTL CHASSIS END, ERR_SYNTAX},
        {CHASSIS PORT TTL TTL END, ERR_SYNTAX},
        {CHASSIS PORT TTL, ERR_TRUNCATED},
        {CHASSIS PORT TTL "00", ERR_TRUNCATED},
        {CHASSIS PORT TTL "0001 00", ERR_SYNTAX},         /* End with a value. */
        {CHASSIS PORT "0601 78" END, ERR_SYNTAX},         /* TTL of one byte. */
        {"0201 04" PORT TTL END, ERR_SYNTAX},             /* Chassis id without id. */
        {CHASSIS "0401 05" TTL END, ERR_SYNTAX},          /* Port id without id. */
        {CHASSIS PORT TTL "fe03 0026e1" END, ERR_SYNTAX}, /* Organisational, no subtype. */
        {CHASSIS PORT TTL "fe09 0026e100" END, ERR_TRUNCATED},
        {CHASSIS PORT TTL "0a01 61 0a01 62" END, ERR_SYNTAX}, /* Two names. */
        {CHASSIS PORT TTL END, ERR_OK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pkt_lldp l;

        assert_int_equal(parse_hex(rows[i].unit, &l), rows[i].err);
    }
    parse_hex(NULL, NULL);
}

static void round_trip(void **state)
{
    struct gen g = {2385};
    uint8_t data[PKT_LLDP_ORG_MAX];
    struct buf b = BUF_INIT;

    (void)state;
    gen_bytes(&g, data, sizeof data);
    for (unsigned i = 0; i < 500; i++) {
        struct pkt_lldp in = {.ttl_s = (uint16_t)gen_u64(&g)}, out;
        struct pkt p;

        in.chassis = (struct pkt_lldp_id){7, (uint16_t)(1 + gen_below(&g, 255)), data};
        in.port = (struct pkt_lldp_id){2, (uint16_t)(1 + gen_below(&g, 255)), data + 3};
        in.n_orgs = gen_below(&g, PKT_LLDP_MAX_ORGS + 1);
        for (size_t k = 0; k < in.n_orgs; k++) {
            in.orgs[k] = (struct pkt_lldp_org){gen_below(&g, 1 << 24), (uint8_t)gen_u64(&g),
                                               (uint16_t)gen_below(&g, PKT_LLDP_ORG_MAX + 1), data};
        }
        buf_clear(&b);
        pkt_build_lldp(&b, PKT_LLDP_MULTICAST, src, PKT_TYPE_LLDP, &in);
        assert_false(b.failed);
        assert_int_equal(pkt_parse(b.data, b.len, &p), ERR_OK);
        assert_int_equal(p.eth_type, PKT_TYPE_LLDP);
        assert_int_equal(pkt_parse_lldp(b.data + p.off.payload, b.len - p.off.payload, &out),
                         ERR_OK);
        assert_int_equal(out.ttl_s, in.ttl_s);
        assert_int_equal(out.chassis.len, in.chassis.len);
        assert_memory_equal(out.chassis.data, data, in.chassis.len);
        assert_memory_equal(out.port.data, data + 3, in.port.len);
        assert_null(out.system_name);
        assert_int_equal(out.n_orgs, in.n_orgs);
        for (size_t k = 0; k < in.n_orgs; k++) {
            assert_int_equal(out.orgs[k].oui, in.orgs[k].oui);
            assert_int_equal(out.orgs[k].subtype, in.orgs[k].subtype);
            assert_int_equal(out.orgs[k].len, in.orgs[k].len);
            assert_memory_equal(out.orgs[k].data, data, in.orgs[k].len);
        }
    }
    buf_fini(&b);
}

static void builder_refuses_what_does_not_fit(void **state)
{
    static const uint8_t data[600] = {0};
    struct pkt_lldp good = {.chassis = {4, 6, data}, .port = {5, 4, data}}, bad;
    struct buf b = BUF_INIT;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        bad = good;
        switch (i) {
        case 0:
            bad.chassis.len = 256;
            break;
        case 1:
            bad.port.len = 0;
            break;
        case 2:
            bad.n_orgs = 1;
            bad.orgs[0] = (struct pkt_lldp_org){1, 1, PKT_LLDP_ORG_MAX + 1, data};
            break;
        case 3:
            bad.n_orgs = 1;
            bad.orgs[0] = (struct pkt_lldp_org){1 << 24, 1, 1, data};
            break;
        default:
            bad.system_name = (const char *)data;
            bad.system_name_len = PKT_LLDP_NAME_MAX + 1;
            break;
        }
        buf_clear(&b);
        pkt_build_lldp(&b, PKT_LLDP_MULTICAST, src, PKT_TYPE_LLDP, &bad);
        assert_true(b.failed);
    }
    buf_clear(&b);
    pkt_build_lldp(&b, PKT_LLDP_MULTICAST, src, PKT_TYPE_LLDP, &good);
    assert_false(b.failed);
    buf_fini(&b);
}

static void too_many_organisations(void **state)
{
    struct buf b = BUF_INIT;
    struct pkt_lldp l;

    (void)state;
    gen_hex(&b, CHASSIS PORT TTL);
    for (unsigned i = 0; i <= PKT_LLDP_MAX_ORGS; i++) {
        gen_hex(&b, "fe04 0026e1 01");
    }
    gen_hex(&b, END);
    assert_int_equal(pkt_parse_lldp(b.data, b.len, &l), ERR_FULL);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(annotated_unit),
        cmocka_unit_test(strictness),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(builder_refuses_what_does_not_fit),
        cmocka_unit_test(too_many_organisations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
