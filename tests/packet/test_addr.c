/* Addresses as text, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "controller/packet/pkt_addr.h"
#include "tests/packet/gen.h"

static void ethernet(void **state)
{
    static const char *const bad[] = {
        "",
        "02:00:00:00:00",
        "02:00:00:00:00:0",
        "02:00:00:00:00:0g",
        "02:00:00:00:00:0a ",
        "2:0:0:0:0:a",
        "02:00:00:00:00:0a:0b",
        "02.00.00.00.00.0a",
    };
    struct eth_addr a = {{9}};
    char text[PKT_ETH_TEXT];

    (void)state;
    assert_int_equal(pkt_eth_parse("02:aB:Cd-00-00:0a", &a), ERR_OK);
    assert_string_equal(pkt_eth_format(a, text), "02:ab:cd:00:00:0a");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(pkt_eth_parse(bad[i], &a), ERR_SYNTAX);
        assert_int_equal(a.b[1], 0xab);
    }
}

static void ipv4(void **state)
{
    static const struct {
        const char *text;
        enum err err;
        uint32_t addr;
        unsigned bits;
    } rows[] = {
        {"10.0.0.0/8", ERR_OK, 0x0a000000, 8},
        {"192.0.2.85", ERR_OK, 0xc0000255, 32},
        {"0.0.0.0/0", ERR_OK, 0, 0},
        {"192.0.2.85/32", ERR_OK, 0xc0000255, 32},
        {"10.0.0.1/8", ERR_RANGE, 0, 0},
        {"10.0.0.0/33", ERR_SYNTAX, 0, 0},
        {"10.0.0.0/", ERR_SYNTAX, 0, 0},
        {"10.0.0.0/08", ERR_SYNTAX, 0, 0},
        {"10.0.0.0/-1", ERR_SYNTAX, 0, 0},
        {"10.0.0.0/99999999999999999999", ERR_SYNTAX, 0, 0},
        {"10.0.0", ERR_SYNTAX, 0, 0},
        {"10.0.0.256", ERR_SYNTAX, 0, 0},
        {"10.0.0.0.0.0.0.0.0.0.0/8", ERR_SYNTAX, 0, 0},
        {"", ERR_SYNTAX, 0, 0},
    };
    char text[PKT_IPV4_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t addr = 0;
        unsigned bits = 0;

        assert_int_equal(pkt_ipv4_parse_prefix(rows[i].text, &addr, &bits), rows[i].err);
        assert_int_equal(addr, rows[i].addr);
        assert_int_equal(bits, rows[i].bits);
    }
    assert_string_equal(pkt_ipv4_format(0xfffefdfc, text), "255.254.253.252");
    assert_int_equal(pkt_ipv4_mask(0), 0);
    assert_int_equal(pkt_ipv4_mask(23), 0xfffffe00);
    assert_int_equal(pkt_ipv4_mask(32), 0xffffffff);
}

/* RFC 5952 §4: no leading zeros, the longest run (the first of equals) shortened, never one group,
 * lower case. */
static void ipv6_format(void **state)
{
    static const char *const rows[][2] = {
        {"2001:0DB8:0:0:0:0:2:1", "2001:db8::2:1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"::", "::"},
        {"::1", "::1"},
        {"fe80::", "fe80::"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"::ffff:192.0.2.1", "::ffff:c000:201"},
        {"1:0:0:4:5:6:0:0", "1::4:5:6:0:0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ipv6_addr a;
        char text[PKT_IPV6_TEXT];

        assert_int_equal(pkt_ipv6_parse(rows[i][0], &a), ERR_OK);
        assert_string_equal(pkt_ipv6_format(&a, text), rows[i][1]);
    }
}

static void ipv6_round_trip(void **state)
{
    struct gen g = {2385};

    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        struct ipv6_addr a = gen_ipv6(&g), back;
        char text[PKT_IPV6_TEXT];

        for (size_t k = 0; k < 8; k++) { /* Many zero groups, so that runs of all kinds occur. */
            if (gen_below(&g, 2)) {
                a.b[2 * k] = a.b[2 * k + 1] = 0;
            }
        }
        assert_int_equal(pkt_ipv6_parse(pkt_ipv6_format(&a, text), &back), ERR_OK);
        assert_true(ipv6_addr_eq(&a, &back));
    }
}

static void ipv6_prefix(void **state)
{
    struct ipv6_addr a, mask = pkt_ipv6_mask(35);
    unsigned bits;

    (void)state;
    assert_int_equal(pkt_ipv6_parse_prefix("2001:db8:e000::/35", &a, &bits), ERR_OK);
    assert_int_equal(bits, 35);
    assert_int_equal(a.b[4], 0xe0);
    assert_true(mask.b[3] == 0xff && mask.b[4] == 0xe0 && mask.b[5] == 0);
    assert_int_equal(pkt_ipv6_parse_prefix("2001:db8:f000::/35", &a, &bits), ERR_RANGE);
    assert_int_equal(pkt_ipv6_parse_prefix("2001:db8::/129", &a, &bits), ERR_SYNTAX);
    assert_int_equal(pkt_ipv6_parse_prefix("2001:db8::g/64", &a, &bits), ERR_SYNTAX);
    assert_int_equal(pkt_ipv6_parse_prefix("::1", &a, &bits), ERR_OK);
    assert_int_equal(bits, 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ethernet),    cmocka_unit_test(ipv4),
        cmocka_unit_test(ipv6_format), cmocka_unit_test(ipv6_round_trip),
        cmocka_unit_test(ipv6_prefix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
