/* Conformance of set-field: every field that OF 1.3.5 §7.2.5 lets be set, in apply- and in write-actions, with
 * the checksums right afterwards (§5.12), and refused where the entry does not say that the field is there
 * (§6.4). */
#include <stdio.h>
#include <stdlib.h>

#include "controller/openflow/of_field.h"
#include "tests/packet/gen.h"
#include "tests/simnet/conf_frames.h"

struct row {
    enum of_field field;
    enum conf_frame frame;
    uint64_t hi, lo;   /* What it is set to. */
    uint64_t was_lo;   /* What it was; 'hi' is the same. */
    bool is_read_anew; /* What follows is another header then: checksums above are not looked at. */
};

static const struct row rows[] = {
    {OF_FIELD_ETH_DST, CONF_UDP4, 0, 0x023850000001, CONF_DST, false},
    {OF_FIELD_ETH_SRC, CONF_UDP4, 0, 0x023850000001, CONF_SRC, false},
    {OF_FIELD_ETH_SRC, CONF_TAGGED, 0, 0x023850000001, CONF_SRC, false},
    {OF_FIELD_ETH_TYPE, CONF_UDP4, 0, 0x2385, 0x0800, true},
    {OF_FIELD_VLAN_VID, CONF_TAGGED, 0, 2385 | OF_VID_PRESENT, 238 | OF_VID_PRESENT, false},
    {OF_FIELD_VLAN_PCP, CONF_TAGGED, 0, 2, 5, false},
    {OF_FIELD_IP_DSCP, CONF_UDP4, 0, 46, 10, false},
    {OF_FIELD_IP_DSCP, CONF_TCP6, 0, 46, 10, false},
    {OF_FIELD_IP_ECN, CONF_UDP4, 0, 1, 2, false},
    {OF_FIELD_IP_ECN, CONF_TCP6, 0, 1, 2, false},
    {OF_FIELD_IP_PROTO, CONF_UDP4, 0, 238, 17, true},
    {OF_FIELD_IP_PROTO, CONF_UDP6, 0, 238, 17, true},
    {OF_FIELD_IPV4_SRC, CONF_UDP4, 0, 0x0aff2385, 0x0a002385, false},
    {OF_FIELD_IPV4_SRC, CONF_TCP4, 0, 0x0aff2385, 0x0a002385, false},
    {OF_FIELD_IPV4_SRC, CONF_ICMP4, 0, 0x0aff2385, 0x0a002385, false},
    {OF_FIELD_IPV4_SRC, CONF_SCTP4, 0, 0x0aff2385, 0x0a002385, false},
    {OF_FIELD_IPV4_DST, CONF_UDP4, 0, 0xe0000001, 0x0a0000b2, false},
    {OF_FIELD_IPV4_DST, CONF_TCP4, 0, 0xe0000001, 0x0a0000b2, false},
    {OF_FIELD_TCP_SRC, CONF_TCP4, 0, 65535, 2385, false},
    {OF_FIELD_TCP_DST, CONF_TCP4, 0, 65535, 80, false},
    {OF_FIELD_TCP_SRC, CONF_TCP6, 0, 65535, 2385, false},
    {OF_FIELD_TCP_DST, CONF_TCP6, 0, 65535, 80, false},
    {OF_FIELD_UDP_SRC, CONF_UDP4, 0, 65535, 2385, false},
    {OF_FIELD_UDP_DST, CONF_UDP4, 0, 65535, 80, false},
    {OF_FIELD_UDP_SRC, CONF_UDP6, 0, 65535, 2385, false},
    {OF_FIELD_UDP_DST, CONF_UDP6, 0, 65535, 80, false},
    {OF_FIELD_SCTP_SRC, CONF_SCTP4, 0, 65535, 2385, false},
    {OF_FIELD_SCTP_DST, CONF_SCTP4, 0, 65535, 80, false},
    {OF_FIELD_SCTP_SRC, CONF_SCTP6, 0, 65535, 2385, false},
    {OF_FIELD_SCTP_DST, CONF_SCTP6, 0, 65535, 80, false},
    {OF_FIELD_ICMPV4_TYPE, CONF_ICMP4, 0, 238, 8, false},
    {OF_FIELD_ICMPV4_CODE, CONF_ICMP4, 0, 238, 0, false},
    {OF_FIELD_ARP_OP, CONF_ARP, 0, 238, 2, false},
    {OF_FIELD_ARP_SPA, CONF_ARP, 0, 0x0aff2385, 0x0a002385, false},
    {OF_FIELD_ARP_TPA, CONF_ARP, 0, 0x0aff2385, 0x0a0000b2, false},
    {OF_FIELD_ARP_SHA, CONF_ARP, 0, 0x023850000001, CONF_SRC, false},
    {OF_FIELD_ARP_THA, CONF_ARP, 0, 0x023850000001, CONF_DST, false},
    {OF_FIELD_IPV6_SRC, CONF_UDP6, 0x20010db823850000, 0x238, 0xa, false},
    {OF_FIELD_IPV6_SRC, CONF_TCP6, 0x20010db823850000, 0x238, 0xa, false},
    {OF_FIELD_IPV6_SRC, CONF_ICMP6, 0x20010db823850000, 0x238, 0xa, false},
    {OF_FIELD_IPV6_DST, CONF_UDP6, 0x20010db823850000, 0x238, 0xb, false},
    {OF_FIELD_IPV6_DST, CONF_TCP6, 0x20010db823850000, 0x238, 0xb, false},
    {OF_FIELD_IPV6_FLABEL, CONF_UDP6, 0, 0xfffff, 0x23850, false},
    {OF_FIELD_ICMPV6_TYPE, CONF_ICMP6, 0, 129, 128, false},
    {OF_FIELD_ICMPV6_CODE, CONF_ICMP6, 0, 238, 0, false},
    {OF_FIELD_IPV6_ND_TARGET, CONF_NS, 0x20010db823850000, 0x238, 0xc, false},
    {OF_FIELD_IPV6_ND_TARGET, CONF_NA, 0x20010db823850000, 0x238, 0xc, false},
    {OF_FIELD_IPV6_ND_SLL, CONF_NS, 0, 0x023850000001, CONF_SRC, false},
    {OF_FIELD_IPV6_ND_TLL, CONF_NA, 0, 0x023850000001, 0x02238500000c, false},
    {OF_FIELD_MPLS_LABEL, CONF_MPLS, 0, 0xfffff, 0x23850, false},
    {OF_FIELD_MPLS_TC, CONF_MPLS, 0, 2, 5, false},
    {OF_FIELD_MPLS_BOS, CONF_MPLS, 0, 0, 1, false},
    {OF_FIELD_PBB_ISID, CONF_PBB, 0, 0xffffff, 0x238500, false},
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

/* --- Helpers --------------------------------------------------------------------------------- */

static struct of_action set_to(const struct row *row, uint64_t lo)
{
    struct of_action a = {.type = OF_ACT_SET_FIELD, .set_field = {.field = row->field}};

    of_num_store(&a.set_field.value, of_field_info(row->field)->size, (struct of_num){row->hi, lo});
    return a;
}

/* What becomes of the row's frame under 'ins' in an entry that says what the field needs. */
static struct buf after(const struct row *row, struct of_instructions ins)
{
    struct bed bed;
    struct of_msg m = flow_add(0, 7, ins);
    struct buf out = BUF_INIT;

    bed_open(&bed, OF_VERSION_1_3, 1);
    conf_prerequisites(&m.flow_mod.match, row->field, row->frame);
    if (row->field == OF_FIELD_VLAN_VID) {
        conf_set(&m.flow_mod.match, OF_FIELD_VLAN_VID, 0, row->was_lo);
    }
    assert_null(ask(&bed, m));
    receive_frame(&bed, 1, conf_frame(row->frame));
    assert_int_equal(bed.n_out[2], 1);
    buf_put(&out, bed.out[2].data, bed.out[2].len);
    bed_close(&bed);
    return out;
}

/* Whether an entry for 'lo' matches the frame, which is freed. */
static bool says(const struct row *row, uint64_t lo, struct buf frame)
{
    struct bed bed;
    struct of_action out = of_output(2);
    struct of_msg m = flow_add(0, 7, of_apply(&out, 1));
    bool hit;

    bed_open(&bed, OF_VERSION_1_3, 1);
    conf_prerequisites(&m.flow_mod.match, row->field, row->frame);
    conf_set(&m.flow_mod.match, row->field, row->hi, lo);
    assert_null(ask(&bed, m));
    receive_frame(&bed, 1, frame);
    hit = bed.n_out[2] == 1;
    bed_close(&bed);
    return hit;
}

static void expect_same(const struct buf *a, const struct buf *b)
{
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->data, b->data, b->len);
}

/* --- Tests ----------------------------------------------------------------------------------- */

static void applied(void **state)
{
    const struct row *row = *state;
    struct of_action list[] = {set_to(row, row->lo), of_output(2)};
    struct buf frame = after(row, of_apply(list, 2));
    struct pkt p;

    assert_int_equal(pkt_parse(frame.data, frame.len, &p), ERR_OK);
    assert_true(row->is_read_anew || gen_sums_ok(frame.data, &p));
    assert_true(says(row, row->lo, frame));
}

static void applied_and_undone(void **state)
{
    const struct row *row = *state;
    struct of_action list[] = {set_to(row, row->lo), set_to(row, row->was_lo), of_output(2)};
    struct of_action only_first[] = {set_to(row, row->lo), of_output(2)};
    struct buf before = conf_frame(row->frame), frame = {0};

    if (!row->is_read_anew && row->field != OF_FIELD_ICMPV6_TYPE) {
        frame = after(row, of_apply(list, 3));
        expect_same(&frame, &before);
        buf_fini(&frame);
    }
    frame = after(row, of_apply(only_first, 2));
    assert_int_equal(frame.len, before.len);
    assert_memory_not_equal(frame.data, before.data, before.len);
    buf_fini(&frame);
    buf_fini(&before);
}

static void written(void **state)
{
    const struct row *row = *state;
    struct of_action list[] = {of_output(2), set_to(row, row->lo)};
    struct of_action ordered[] = {set_to(row, row->lo), of_output(2)};
    struct buf by_set = after(row, (struct of_instructions){.has_write = true, .write = {list, 2}});
    struct buf by_list = after(row, of_apply(ordered, 2));

    expect_same(&by_set, &by_list);
    buf_fini(&by_set);
    buf_fini(&by_list);
}

/* An entry that does not say that the field is there cannot set it (§6.4: OFPBAC_MATCH_INCONSISTENT). */
static void inconsistent(void **state)
{
    const struct row *row = *state;
    struct bed bed;
    struct of_action list[] = {set_to(row, row->lo), of_output(2)};
    struct of_msg m = flow_add(0, 7, of_apply(list, 2));

    bed_open(&bed, OF_VERSION_1_3, 1);
    expect_error(ask(&bed, m), OF_ERR_ACT_MATCH_INCONSISTENT);
    bed_close(&bed);
}

/* §7.2.5: all but in_port, in_phy_port and metadata; what cannot be built is refused, too. */
static void not_settable(void **state)
{
    static const enum of_field fields[] = {OF_FIELD_IN_PORT, OF_FIELD_IN_PHY_PORT,
                                           OF_FIELD_METADATA, OF_FIELD_IPV6_EXTHDR};
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct of_action a = {.type = OF_ACT_SET_FIELD, .set_field = {.field = fields[i]}};
        struct of_msg m = flow_add(0, 7, of_apply(&a, 1));

        if (fields[i] == OF_FIELD_IPV6_EXTHDR) {
            conf_set(&m.flow_mod.match, OF_FIELD_ETH_TYPE, 0, 0x86dd);
        }
        expect_error(ask(&bed, m), OF_ERR_ACT_BAD_SET_TYPE);
    }
    bed_close(&bed);
}

/* The tunnel id is the pipeline's: later tables can match on it, and a packet-in tells it. */
static void tunnel_id(void **state)
{
    struct bed bed;
    struct of_action set = {.type = OF_ACT_SET_FIELD,
                            .set_field = {.field = OF_FIELD_TUNNEL_ID, .value = {.u64 = 0x2385}}};
    struct of_action up = of_output(OF_PORT_CONTROLLER);
    struct of_instructions first = of_apply(&set, 1);
    struct of_msg m = flow_add(0, 7, of_apply(&up, 1));

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 2);
    first.has_goto = true;
    first.goto_table = 1;
    assert_null(ask(&bed, flow_add(0, 7, first)));
    m.flow_mod.table_id = 1;
    conf_set(&m.flow_mod.match, OF_FIELD_TUNNEL_ID, 0, 0x2385);
    assert_null(ask(&bed, m));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(bed.sent[0].msg.packet_in.match.v.tunnel_id, 0x2385);
    bed_close(&bed);
}

/* --- Names ----------------------------------------------------------------------------------- */

enum { MAX_TESTS = 4 * N_ROWS + 2, MAX_NAME = 80 };

static struct CMUnitTest tests[MAX_TESTS];
static char names[MAX_TESTS][MAX_NAME];
static size_t n_tests;

static void add(const char *clause, const char *how, const struct row *row, CMUnitTestFunction fn)
{
    struct row *own = malloc(sizeof *own);

    *own = *row;
    snprintf(names[n_tests], MAX_NAME, "%s set %s %s, frame %d", clause,
             of_field_info(row->field)->name, how, (int)row->frame);
    tests[n_tests] = (struct CMUnitTest){names[n_tests], fn, NULL, NULL, own};
    n_tests++;
}

static bool needs_something(const struct row *row)
{
    struct of_match match;

    of_match_clear(&match);
    conf_prerequisites(&match, row->field, row->frame);
    return match.present != 0;
}

int main(void)
{
    int failed;

    for (size_t i = 0; i < N_ROWS; i++) {
        add("5.12", "applied", &rows[i], applied);
        add("5.12", "undone", &rows[i], applied_and_undone);
        add("5.10", "written", &rows[i], written);
        if (needs_something(&rows[i])) {
            add("6.4", "inconsistent", &rows[i], inconsistent);
        }
    }
    add("7.2.5", "refused", &rows[0], not_settable);
    add("7.2.3.7", "tunnel", &rows[0], tunnel_id);
    failed = _cmocka_run_group_tests("set_field", tests, n_tests, NULL, NULL);
    for (size_t i = 0; i < n_tests; i++) {
        free(tests[i].initial_state);
    }
    return failed;
}
