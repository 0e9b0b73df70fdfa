/* DHCP and DHCPv6: round trips, annotated options, provoked errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "controller/packet/pkt_dhcp.h"
#include "controller/packet/pkt_dhcp6.h"
#include "tests/packet/gen.h"

#define BOOTP_SNAME_AT 44
#define BOOTP_FILE_AT 108
#define BOOTP_OPTIONS_AT 240

static struct pkt_dhcp random_dhcp(struct gen *g)
{
    struct pkt_dhcp d = {.op = PKT_DHCP_BOOTREPLY, .htype = 1, .hlen = 6};

    d.xid = (uint32_t)gen_u64(g);
    d.secs_s = (uint16_t)gen_u64(g);
    d.flags = PKT_DHCP_FLAG_BROADCAST;
    d.ciaddr = (uint32_t)gen_u64(g);
    d.yiaddr = (uint32_t)gen_u64(g);
    d.siaddr = (uint32_t)gen_u64(g);
    d.giaddr = (uint32_t)gen_u64(g);
    d.chaddr = gen_eth(g);
    d.type = (uint8_t)(1 + gen_below(g, 8));
    d.present = gen_below(g, 16);
    d.requested_ip = (uint32_t)gen_u64(g);
    d.server_id = (uint32_t)gen_u64(g);
    d.lease_s = (uint32_t)gen_u64(g);
    d.mask = (uint32_t)gen_u64(g);
    d.n_routers = gen_below(g, PKT_DHCP_MAX_ADDRS + 1);
    d.n_dns = gen_below(g, PKT_DHCP_MAX_ADDRS + 1);
    for (size_t i = 0; i < PKT_DHCP_MAX_ADDRS; i++) {
        d.routers[i] = (uint32_t)gen_u64(g);
        d.dns[i] = (uint32_t)gen_u64(g);
    }
    d.n_opts = 1;
    d.opts[0] = (struct pkt_dhcp_opt){PKT_DHCP_OPT_HOST_NAME, 5, (const uint8_t *)"tambo"};
    return d;
}

static void assert_same_options(const struct pkt_dhcp *a, const struct pkt_dhcp *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->present, b->present);
    if (a->present & PKT_DHCP_HAS_REQUESTED_IP) {
        assert_int_equal(a->requested_ip, b->requested_ip);
    }
    if (a->present & PKT_DHCP_HAS_SERVER_ID) {
        assert_int_equal(a->server_id, b->server_id);
    }
    if (a->present & PKT_DHCP_HAS_LEASE) {
        assert_int_equal(a->lease_s, b->lease_s);
    }
    if (a->present & PKT_DHCP_HAS_MASK) {
        assert_int_equal(a->mask, b->mask);
    }
    assert_int_equal(a->n_routers, b->n_routers);
    assert_int_equal(a->n_dns, b->n_dns);
    assert_memory_equal(a->routers, b->routers, a->n_routers * sizeof a->routers[0]);
    assert_memory_equal(a->dns, b->dns, a->n_dns * sizeof a->dns[0]);
}

static void dhcp_round_trip(void **state)
{
    struct gen g = {2385};
    struct buf b = BUF_INIT;

    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        struct pkt_dhcp in = random_dhcp(&g), out;

        buf_clear(&b);
        pkt_build_dhcp(&b, &in);
        assert_false(b.failed);
        assert_true(b.len >= 300);
        assert_int_equal(pkt_parse_dhcp(b.data, b.len, &out), ERR_OK);
        assert_true(out.op == in.op && out.xid == in.xid && out.flags == in.flags);
        assert_true(out.secs_s == in.secs_s && out.ciaddr == in.ciaddr);
        assert_true(out.yiaddr == in.yiaddr && out.siaddr == in.siaddr);
        assert_int_equal(out.giaddr, in.giaddr);
        assert_true(eth_addr_eq(out.chaddr, in.chaddr));
        assert_same_options(&out, &in);
        assert_memory_equal(pkt_dhcp_find(&out, PKT_DHCP_OPT_HOST_NAME)->data, "tambo", 5);
        assert_null(pkt_dhcp_find(&out, PKT_DHCP_OPT_CLIENT_ID));
    }
    buf_fini(&b);
}

/* A BOOTP header with the magic cookie, then 'options' in hexadecimal. */
static void with_options(struct buf *b, const char *options)
{
    buf_clear(b);
    buf_put_zeros(b, BOOTP_OPTIONS_AT - 4);
    buf_put_u32(b, 0x63825363);
    gen_hex(b, options);
}

/* RFC 2132: code, length, value. */
static void dhcp_options(void **state)
{
    static const struct {
        const char *options;
        enum err err;
    } rows[] = {
        {"35 01 03  32 04 0a000017  ff", ERR_OK},
        {"00 00 35 01 03", ERR_OK}, /* Padding first, no End. */
        {"", ERR_OK},
        {"35 02 0303 ff", ERR_SYNTAX},          /* Message type of two bytes. */
        {"32 03 0a0000 ff", ERR_SYNTAX},        /* Address of three. */
        {"03 00 ff", ERR_SYNTAX},               /* No router. */
        {"06 06 0a0000fe 0a00 ff", ERR_SYNTAX}, /* One and a half servers. */
        {"35", ERR_TRUNCATED},
        {"35 02 03", ERR_TRUNCATED},
    };
    struct buf b = BUF_INIT;
    struct pkt_dhcp d;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        with_options(&b, rows[i].options);
        assert_int_equal(pkt_parse_dhcp(b.data, b.len, &d), rows[i].err);
    }
    with_options(&b, "06 18 0a000001 0a000002 0a000003 0a000004 0a000005 0a000006 ff");
    assert_int_equal(pkt_parse_dhcp(b.data, b.len, &d), ERR_OK);
    assert_int_equal(d.n_dns, PKT_DHCP_MAX_ADDRS); /* The first ones; all are in 'opts'. */
    assert_int_equal(d.opts[0].len, 24);
    b.data[BOOTP_OPTIONS_AT - 1] ^= 1;
    assert_int_equal(pkt_parse_dhcp(b.data, b.len, &d), ERR_SYNTAX);
    assert_int_equal(pkt_parse_dhcp(b.data, BOOTP_OPTIONS_AT - 1, &d), ERR_TRUNCATED);
    buf_fini(&b);
}

/* RFC 2132 §9.3: option 52 says that file (1), sname (2) or both (3) hold options too. */
static void dhcp_overload(void **state)
{
    static const uint8_t type[] = {53, 1, 5, 255}, lease[] = {51, 4, 0, 0, 9, 81, 255};
    struct buf b = BUF_INIT;
    struct pkt_dhcp d;

    (void)state;
    with_options(&b, "34 01 03 ff");
    memcpy(b.data + BOOTP_FILE_AT, type, sizeof type);
    memcpy(b.data + BOOTP_SNAME_AT, lease, sizeof lease);
    assert_int_equal(pkt_parse_dhcp(b.data, b.len, &d), ERR_OK);
    assert_int_equal(d.type, PKT_DHCP_ACK);
    assert_int_equal(d.lease_s, 2385);
    b.data[BOOTP_OPTIONS_AT + 2] = 2;
    assert_int_equal(pkt_parse_dhcp(b.data, b.len, &d), ERR_OK);
    assert_int_equal(d.type, 0);
    assert_true(d.present & PKT_DHCP_HAS_LEASE);
    buf_fini(&b);
}

static void dhcp_limits(void **state)
{
    struct buf b = BUF_INIT;
    struct pkt_dhcp d = {.n_opts = 1};

    (void)state;
    with_options(&b, "");
    for (unsigned i = 0; i <= PKT_DHCP_MAX_OPTS; i++) {
        gen_hex(&b, "0c 01 61");
    }
    assert_int_equal(pkt_parse_dhcp(b.data, b.len, &d), ERR_FULL);
    buf_clear(&b);
    d = (struct pkt_dhcp){.n_opts = 1};
    d.opts[0] = (struct pkt_dhcp_opt){PKT_DHCP_OPT_LEASE, 4, (const uint8_t *)"1234"};
    pkt_build_dhcp(&b, &d);
    assert_true(b.failed);
    buf_fini(&b);
}

static void dhcp6_relay_wraps(void **state)
{
    struct gen g = {7};
    struct ipv6_addr link = gen_ipv6(&g), peer = gen_ipv6(&g);
    struct buf b = BUF_INIT, inner = BUF_INIT;
    struct pkt_dhcp6 m;

    (void)state;
    gen_hex(&inner, "01 238523  # solicit\n"
                    "0001 000a 00030001 02000000000a  # client id\n"
                    "0008 0002 0000 # elapsed time\n");
    assert_int_equal(pkt_parse_dhcp6(inner.data, inner.len, &m), ERR_OK);
    assert_true(m.type == PKT_DHCP6_SOLICIT && m.xid == 0x238523 && m.n_opts == 2);

    for (unsigned hops = 0; hops <= PKT_DHCP6_HOP_LIMIT; hops++) {
        buf_clear(&b);
        assert_int_equal(pkt_build_dhcp6_relay(&b, inner.data, inner.len, &link, &peer, "port7", 5),
                         ERR_OK);
        assert_int_equal(pkt_parse_dhcp6(b.data, b.len, &m), ERR_OK);
        assert_int_equal(m.type, PKT_DHCP6_RELAY_FORW);
        assert_int_equal(m.hop_count, hops);
        assert_true(ipv6_addr_eq(&m.link, &link) && ipv6_addr_eq(&m.peer, &peer));
        assert_memory_equal(pkt_dhcp6_find(&m, PKT_DHCP6_OPT_INTERFACE_ID)->data, "port7", 5);
        assert_int_equal(pkt_dhcp6_find(&m, PKT_DHCP6_OPT_RELAY_MSG)->len, inner.len);
        assert_memory_equal(pkt_dhcp6_find(&m, PKT_DHCP6_OPT_RELAY_MSG)->data, inner.data,
                            inner.len);
        buf_clear(&inner);
        buf_put(&inner, b.data, b.len);
    }
    buf_clear(&b);
    assert_int_equal(pkt_build_dhcp6_relay(&b, inner.data, inner.len, &link, &peer, NULL, 0),
                     ERR_RANGE);
    assert_int_equal(pkt_build_dhcp6_relay(&b, inner.data, 0, &link, &peer, NULL, 0),
                     ERR_TRUNCATED);
    assert_int_equal(pkt_build_dhcp6_relay(&b, inner.data, 1, &link, &peer, NULL, 0),
                     ERR_TRUNCATED);
    assert_int_equal(b.len, 0);
    buf_fini(&b);
    buf_fini(&inner);
}

static void dhcp6_cuts(void **state)
{
    struct buf b = BUF_INIT;
    struct pkt_dhcp6 m;

    (void)state;
    gen_hex(&b, "07 000001 0001 0003 010203 0002 0001 09");
    for (size_t len = 0; len <= b.len; len++) {
        bool whole = len == 4 || len == 11 || len == b.len; /* Ends between options. */

        assert_int_equal(pkt_parse_dhcp6(b.data, len, &m), whole ? ERR_OK : ERR_TRUNCATED);
    }
    buf_clear(&b);
    gen_hex(&b, "07 000001");
    for (unsigned i = 0; i <= PKT_DHCP6_MAX_OPTS; i++) {
        gen_hex(&b, "000e 0000");
    }
    assert_int_equal(pkt_parse_dhcp6(b.data, b.len, &m), ERR_FULL);
    buf_fini(&b);
}

/* The option is the last one, an earlier one leaves, and all else stays. */
static void dhcp_relay_info(void **state)
{
    static const uint8_t info[] = {1, 4, 0, 0, 0x23, 0x85};
    struct gen g = {4711};
    struct buf b = BUF_INIT, with = BUF_INIT, without = BUF_INIT;
    uint8_t long_info[256] = {0};

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        struct pkt_dhcp in = random_dhcp(&g), out;

        buf_clear(&b);
        buf_clear(&with);
        buf_clear(&without);
        in.opts[in.n_opts++] = (struct pkt_dhcp_opt){PKT_DHCP_OPT_RELAY_INFO, 3, info};
        pkt_build_dhcp(&b, &in);
        assert_int_equal(pkt_dhcp_set_relay_info(&with, b.data, b.len, info, sizeof info), ERR_OK);
        assert_int_equal(pkt_parse_dhcp(with.data, with.len, &out), ERR_OK);
        assert_same_options(&in, &out);
        assert_int_equal(out.opts[out.n_opts - 1].code, PKT_DHCP_OPT_RELAY_INFO);
        assert_int_equal(out.opts[out.n_opts - 1].len, sizeof info);
        assert_int_equal(pkt_dhcp_set_relay_info(&without, with.data, with.len, NULL, 0), ERR_OK);
        assert_int_equal(pkt_parse_dhcp(without.data, without.len, &out), ERR_OK);
        assert_null(pkt_dhcp_find(&out, PKT_DHCP_OPT_RELAY_INFO));
        assert_non_null(pkt_dhcp_find(&out, PKT_DHCP_OPT_HOST_NAME));
    }
    buf_clear(&with);
    assert_int_equal(pkt_dhcp_set_relay_info(&with, b.data, 100, info, sizeof info), ERR_TRUNCATED);
    assert_int_equal(pkt_dhcp_set_relay_info(&with, b.data, b.len, long_info, sizeof long_info),
                     ERR_RANGE);
    assert_int_equal(with.len, 0);
    buf_fini(&b);
    buf_fini(&with);
    buf_fini(&without);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dhcp_round_trip), cmocka_unit_test(dhcp_relay_info),
        cmocka_unit_test(dhcp_options),    cmocka_unit_test(dhcp_overload),
        cmocka_unit_test(dhcp_limits),     cmocka_unit_test(dhcp6_relay_wraps),
        cmocka_unit_test(dhcp6_cuts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
