/* Conformance of matching: every field of OF 1.3.5 §7.2.3.7 (Table 12), exact, under a mask where it may
 * have one, without its prerequisites, and with frames that do not have it. Values were written down by
 * hand from the frames of conf_frames.c. */
#include <stdio.h>
#include <stdlib.h>

#include "controller/openflow/of_field.h"
#include "tests/simnet/conf_frames.h"

struct row {
    enum of_field field;
    enum conf_frame frame;
    uint64_t hi, lo;        /* What the field is in that frame. */
    enum conf_frame absent; /* A frame without the field; CONF_N_FRAMES: all have it. */
};

#define ALL CONF_N_FRAMES

static const struct row rows[] = {
    {OF_FIELD_IN_PORT, CONF_UDP4, 0, 1, ALL},
    {OF_FIELD_IN_PHY_PORT, CONF_UDP4, 0, 1, ALL},
    {OF_FIELD_METADATA, CONF_UDP4, 0, 0x2385, ALL},
    {OF_FIELD_ETH_DST, CONF_UDP4, 0, CONF_DST, ALL},
    {OF_FIELD_ETH_SRC, CONF_UDP4, 0, CONF_SRC, ALL},
    {OF_FIELD_ETH_TYPE, CONF_UDP4, 0, 0x0800, CONF_ARP},
    {OF_FIELD_ETH_TYPE, CONF_TAGGED, 0, 0x0800, CONF_ARP},
    {OF_FIELD_ETH_TYPE, CONF_MPLS, 0, 0x8847, CONF_UDP4},
    {OF_FIELD_ETH_TYPE, CONF_PBB, 0, 0x88e7, CONF_UDP4},
    {OF_FIELD_VLAN_VID, CONF_TAGGED, 0, 238 | OF_VID_PRESENT, CONF_UDP4},
    {OF_FIELD_VLAN_PCP, CONF_TAGGED, 0, 5, CONF_UDP4},
    {OF_FIELD_IP_DSCP, CONF_UDP4, 0, 10, CONF_ARP},
    {OF_FIELD_IP_DSCP, CONF_UDP6, 0, 10, CONF_ARP},
    {OF_FIELD_IP_ECN, CONF_UDP4, 0, 2, CONF_ARP},
    {OF_FIELD_IP_ECN, CONF_UDP6, 0, 2, CONF_ARP},
    {OF_FIELD_IP_PROTO, CONF_UDP4, 0, 17, CONF_ARP},
    {OF_FIELD_IP_PROTO, CONF_TCP6, 0, 6, CONF_ARP},
    {OF_FIELD_IPV4_SRC, CONF_UDP4, 0, 0x0a002385, CONF_UDP6},
    {OF_FIELD_IPV4_DST, CONF_UDP4, 0, 0x0a0000b2, CONF_UDP6},
    {OF_FIELD_TCP_SRC, CONF_TCP4, 0, 2385, CONF_UDP4},
    {OF_FIELD_TCP_DST, CONF_TCP4, 0, 80, CONF_UDP4},
    {OF_FIELD_TCP_SRC, CONF_TCP6, 0, 2385, CONF_UDP6},
    {OF_FIELD_TCP_DST, CONF_TCP6, 0, 80, CONF_UDP6},
    {OF_FIELD_UDP_SRC, CONF_UDP4, 0, 2385, CONF_TCP4},
    {OF_FIELD_UDP_DST, CONF_UDP4, 0, 80, CONF_TCP4},
    {OF_FIELD_UDP_SRC, CONF_UDP6, 0, 2385, CONF_TCP6},
    {OF_FIELD_UDP_DST, CONF_UDP6, 0, 80, CONF_TCP6},
    {OF_FIELD_SCTP_SRC, CONF_SCTP4, 0, 2385, CONF_TCP4},
    {OF_FIELD_SCTP_DST, CONF_SCTP4, 0, 80, CONF_TCP4},
    {OF_FIELD_SCTP_SRC, CONF_SCTP6, 0, 2385, CONF_TCP6},
    {OF_FIELD_SCTP_DST, CONF_SCTP6, 0, 80, CONF_TCP6},
    {OF_FIELD_ICMPV4_TYPE, CONF_ICMP4, 0, 8, CONF_UDP4},
    {OF_FIELD_ICMPV4_CODE, CONF_ICMP4, 0, 0, CONF_UDP4},
    {OF_FIELD_ARP_OP, CONF_ARP, 0, 2, CONF_UDP4},
    {OF_FIELD_ARP_SPA, CONF_ARP, 0, 0x0a002385, CONF_UDP4},
    {OF_FIELD_ARP_TPA, CONF_ARP, 0, 0x0a0000b2, CONF_UDP4},
    {OF_FIELD_ARP_SHA, CONF_ARP, 0, CONF_SRC, CONF_UDP4},
    {OF_FIELD_ARP_THA, CONF_ARP, 0, CONF_DST, CONF_UDP4},
    {OF_FIELD_IPV6_SRC, CONF_UDP6, 0x20010db823850000, 0xa, CONF_UDP4},
    {OF_FIELD_IPV6_DST, CONF_UDP6, 0x20010db823850000, 0xb, CONF_UDP4},
    {OF_FIELD_IPV6_FLABEL, CONF_UDP6, 0, 0x23850, CONF_UDP4},
    {OF_FIELD_ICMPV6_TYPE, CONF_ICMP6, 0, 128, CONF_UDP6},
    {OF_FIELD_ICMPV6_CODE, CONF_ICMP6, 0, 0, CONF_UDP6},
    {OF_FIELD_IPV6_ND_TARGET, CONF_NS, 0x20010db823850000, 0xc, CONF_ICMP6},
    {OF_FIELD_IPV6_ND_TARGET, CONF_NA, 0x20010db823850000, 0xc, CONF_ICMP6},
    {OF_FIELD_IPV6_ND_SLL, CONF_NS, 0, CONF_SRC, CONF_NA},
    {OF_FIELD_IPV6_ND_TLL, CONF_NA, 0, 0x02238500000c, CONF_NS},
    {OF_FIELD_MPLS_LABEL, CONF_MPLS, 0, 0x23850, CONF_UDP4},
    {OF_FIELD_MPLS_TC, CONF_MPLS, 0, 5, CONF_UDP4},
    {OF_FIELD_MPLS_BOS, CONF_MPLS, 0, 1, CONF_UDP4},
    {OF_FIELD_PBB_ISID, CONF_PBB, 0, 0x238500, CONF_UDP4},
    {OF_FIELD_TUNNEL_ID, CONF_UDP4, 0, 0, ALL},
    {OF_FIELD_IPV6_EXTHDR, CONF_UDP6, 0, 0, CONF_UDP4},
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

/* --- Making entries -------------------------------------------------------------------------- */

static void mask(struct of_match *match, enum of_field field, uint64_t hi, uint64_t lo)
{
    of_num_store((uint8_t *)&match->m + of_field_info(field)->offset, of_field_info(field)->size,
                 (struct of_num){hi, lo});
    match->masked |= UINT64_C(1) << field;
    of_match_normalize(match);
}

static struct of_msg entry(const struct of_match *match)
{
    static const struct of_action out = {.type = OF_ACT_OUTPUT, .output = {.port = 2}};
    struct of_msg m = flow_add(0, 7, of_apply(&out, 1));

    m.flow_mod.table_id = 1;
    m.flow_mod.match = *match;
    return m;
}

static bool has_prerequisites(const struct row *row)
{
    struct of_match match;

    of_match_clear(&match);
    conf_prerequisites(&match, row->field, row->frame);
    return match.present != 0;
}

/* --- Tests ----------------------------------------------------------------------------------- */

/* Table 0 gives every frame metadata 0x2385; the entries of the tests are in table 1. */
static void open(struct bed *bed)
{
    bed_open(bed, OF_VERSION_1_3, 2);
    assert_null(ask(bed, flow_add(0, 1,
                                  (struct of_instructions){.has_metadata = true,
                                                           .metadata = 0x2385,
                                                           .metadata_mask = UINT64_MAX,
                                                           .has_goto = true,
                                                           .goto_table = 1})));
}

static bool hits(struct bed *bed, enum conf_frame frame)
{
    receive_frame(bed, 1, conf_frame(frame));
    return bed->n_out[2] == 1;
}

/* Whether an entry with 'value' under 'value_mask' (0: exact) matches the row's frame. */
static bool matches(const struct row *row, uint64_t hi, uint64_t lo,
                    const struct of_num *value_mask)
{
    struct bed bed;
    struct of_match match;
    bool hit;

    open(&bed);
    of_match_clear(&match);
    conf_prerequisites(&match, row->field, row->frame);
    conf_set(&match, row->field, hi, lo);
    if (value_mask) {
        mask(&match, row->field, value_mask->hi, value_mask->lo);
    }
    assert_null(ask(&bed, entry(&match)));
    hit = hits(&bed, row->frame);
    bed_close(&bed);
    return hit;
}

static void exact(void **state)
{
    const struct row *row = *state;
    struct bed bed;
    struct of_match match;

    assert_true(matches(row, row->hi, row->lo, NULL));
    if (row->field == OF_FIELD_IN_PORT || row->field == OF_FIELD_IN_PHY_PORT) {
        assert_false(matches(row, 0, 3, NULL));
    } else if (row->field != OF_FIELD_ETH_TYPE) {
        assert_false(matches(row, row->hi, row->lo ^ 1, NULL));
    }
    open(&bed);
    of_match_clear(&match);
    conf_prerequisites(&match, row->field, row->frame);
    conf_set(&match, row->field, row->hi, row->lo);
    assert_null(ask(&bed, entry(&match)));
    assert_true(row->absent == ALL || !hits(&bed, row->absent));
    bed_close(&bed);
}

/* The last bit is not looked at, all others are. */
static void masked(void **state)
{
    const struct row *row = *state;
    struct of_num all = of_num_ones(of_field_info(row->field)->bits);
    struct of_num but_last = {all.hi, all.lo & ~UINT64_C(1)};

    assert_true(matches(row, row->hi, row->lo & ~UINT64_C(1), &but_last));
    assert_false(matches(row, row->hi, (row->lo ^ 2) & ~UINT64_C(1), &but_last));
    assert_true(matches(row, row->hi & UINT64_C(0xffff000000000000), row->lo & 0x10,
                        &(struct of_num){all.hi & UINT64_C(0xffff000000000000), 0x10}));
}

static void bad_prerequisite(void **state)
{
    const struct row *row = *state;
    struct bed bed;
    struct of_match match;

    open(&bed);
    of_match_clear(&match);
    conf_set(&match, row->field, row->hi, row->lo);
    expect_error(ask(&bed, entry(&match)), OF_ERR_MATCH_BAD_PREREQ);
    bed_close(&bed);
}

/* --- VLANs (§7.2.3.7, Table 13) ------------------------------------------------------------------ */

static bool vlan_matches(uint16_t vid, uint16_t vid_mask, enum conf_frame frame)
{
    struct row row = {OF_FIELD_VLAN_VID, frame, 0, vid, ALL};
    struct of_num m = {0, vid_mask};

    return matches(&row, 0, vid, vid_mask ? &m : NULL);
}

static void vlan_table(void **state)
{
    (void)state;
    assert_true(vlan_matches(OF_VID_NONE, 0, CONF_UDP4)); /* Only without a tag. */
    assert_false(vlan_matches(OF_VID_NONE, 0, CONF_TAGGED));
    assert_false(vlan_matches(OF_VID_PRESENT, OF_VID_PRESENT, CONF_UDP4)); /* Only with one. */
    assert_true(vlan_matches(OF_VID_PRESENT, OF_VID_PRESENT, CONF_TAGGED));
    assert_false(vlan_matches(OF_VID_PRESENT | 7, 0, CONF_TAGGED));
    assert_true(vlan_matches(OF_VID_PRESENT | 0x0e0, OF_VID_PRESENT | 0xff0, CONF_TAGGED));
}

/* --- Names ----------------------------------------------------------------------------------- */

enum { MAX_TESTS = 3 * N_ROWS + 1, MAX_NAME = 80 };

static struct CMUnitTest tests[MAX_TESTS];
static char names[MAX_TESTS][MAX_NAME];
static size_t n_tests;

static void add(const char *clause, const char *how, const struct row *row, CMUnitTestFunction fn)
{
    struct row *own = malloc(sizeof *own);

    *own = *row;
    snprintf(names[n_tests], MAX_NAME, "%s %s %s, frame %d", clause,
             of_field_info(row->field)->name, how, (int)row->frame);
    tests[n_tests] = (struct CMUnitTest){names[n_tests], fn, NULL, NULL, own};
    n_tests++;
}

int main(void)
{
    int failed;

    for (size_t i = 0; i < N_ROWS; i++) {
        add("7.2.3.7", "exact", &rows[i], exact);
        if (of_field_info(rows[i].field)->maskable) {
            add("7.2.3.5", "masked", &rows[i], masked);
        }
        if (has_prerequisites(&rows[i])) {
            add("7.2.3.6", "without prerequisites", &rows[i], bad_prerequisite);
        }
    }
    add("7.2.3.7", "table 13", &rows[9], vlan_table);
    failed = _cmocka_run_group_tests("match", tests, n_tests, NULL, NULL);
    for (size_t i = 0; i < n_tests; i++) {
        free(tests[i].initial_state);
    }
    return failed;
}
