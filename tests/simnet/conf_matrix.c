#include "tests/simnet/conf_matrix.h"

#include <stdio.h>

const struct conf_kind conf_kinds[CONF_N_KINDS] = {
    {"udp4", CONF_UDP4, LAYER_V4 | LAYER_UDP},
    {"tcp4", CONF_TCP4, LAYER_V4 | LAYER_TCP},
    {"sctp4", CONF_SCTP4, LAYER_V4 | LAYER_SCTP},
    {"icmp4", CONF_ICMP4, LAYER_V4 | LAYER_ICMP4},
    {"arp", CONF_ARP, LAYER_ARP},
    {"udp6", CONF_UDP6, LAYER_V6 | LAYER_UDP},
    {"tcp6", CONF_TCP6, LAYER_V6 | LAYER_TCP},
    {"sctp6", CONF_SCTP6, LAYER_V6 | LAYER_SCTP},
    {"icmp6", CONF_ICMP6, LAYER_V6 | LAYER_ICMP6},
    {"solicitation", CONF_NS, LAYER_V6 | LAYER_ICMP6 | LAYER_ND | LAYER_NS},
    {"advertisement", CONF_NA, LAYER_V6 | LAYER_ICMP6 | LAYER_ND | LAYER_NA},
    {"mpls", CONF_MPLS, LAYER_MPLS},
    {"pbb", CONF_PBB, LAYER_PBB},
};

const char *const conf_tag_names[CONF_N_TAGS] = {"untagged", "with a C-tag", "with an S-tag",
                                                 "with two tags"};

const struct conf_place conf_places[CONF_N_PLACES] = {
    {OF_FIELD_ETH_DST, LAYER_ETH, FROM_START, 0, 48},
    {OF_FIELD_ETH_SRC, LAYER_ETH, FROM_START, 48, 48},
    {OF_FIELD_ETH_TYPE, LAYER_ETH, FROM_TYPE, 0, 16},
    {OF_FIELD_VLAN_PCP, LAYER_TAG, FROM_TAG, 16, 3},
    {OF_FIELD_VLAN_VID, LAYER_TAG, FROM_TAG, 20, 12},
    {OF_FIELD_ARP_OP, LAYER_ARP, FROM_L3, 48, 16}, /* RFC 826. */
    {OF_FIELD_ARP_SHA, LAYER_ARP, FROM_L3, 64, 48},
    {OF_FIELD_ARP_SPA, LAYER_ARP, FROM_L3, 112, 32},
    {OF_FIELD_ARP_THA, LAYER_ARP, FROM_L3, 144, 48},
    {OF_FIELD_ARP_TPA, LAYER_ARP, FROM_L3, 192, 32},
    {OF_FIELD_IP_DSCP, LAYER_V4, FROM_L3, 8, 6}, /* RFC 791. */
    {OF_FIELD_IP_ECN, LAYER_V4, FROM_L3, 14, 2},
    {OF_FIELD_IP_PROTO, LAYER_V4, FROM_L3, 72, 8},
    {OF_FIELD_IPV4_SRC, LAYER_V4, FROM_L3, 96, 32},
    {OF_FIELD_IPV4_DST, LAYER_V4, FROM_L3, 128, 32},
    {OF_FIELD_IP_DSCP, LAYER_V6, FROM_L3, 4, 6}, /* RFC 8200. */
    {OF_FIELD_IP_ECN, LAYER_V6, FROM_L3, 10, 2},
    {OF_FIELD_IPV6_FLABEL, LAYER_V6, FROM_L3, 12, 20},
    {OF_FIELD_IP_PROTO, LAYER_V6, FROM_L3, 48, 8},
    {OF_FIELD_IPV6_SRC, LAYER_V6, FROM_L3, 64, 128},
    {OF_FIELD_IPV6_DST, LAYER_V6, FROM_L3, 192, 128},
    {OF_FIELD_TCP_SRC, LAYER_TCP, FROM_L4, 0, 16}, /* RFC 9293. */
    {OF_FIELD_TCP_DST, LAYER_TCP, FROM_L4, 16, 16},
    {OF_FIELD_UDP_SRC, LAYER_UDP, FROM_L4, 0, 16}, /* RFC 768. */
    {OF_FIELD_UDP_DST, LAYER_UDP, FROM_L4, 16, 16},
    {OF_FIELD_SCTP_SRC, LAYER_SCTP, FROM_L4, 0, 16}, /* RFC 9260. */
    {OF_FIELD_SCTP_DST, LAYER_SCTP, FROM_L4, 16, 16},
    {OF_FIELD_ICMPV4_TYPE, LAYER_ICMP4, FROM_L4, 0, 8}, /* RFC 792. */
    {OF_FIELD_ICMPV4_CODE, LAYER_ICMP4, FROM_L4, 8, 8},
    {OF_FIELD_ICMPV6_TYPE, LAYER_ICMP6, FROM_L4, 0, 8}, /* RFC 4443. */
    {OF_FIELD_ICMPV6_CODE, LAYER_ICMP6, FROM_L4, 8, 8},
    {OF_FIELD_IPV6_ND_TARGET, LAYER_ND, FROM_L4, 64, 128}, /* RFC 4861. */
    {OF_FIELD_IPV6_ND_SLL, LAYER_NS, FROM_L4, 208, 48},
    {OF_FIELD_IPV6_ND_TLL, LAYER_NA, FROM_L4, 208, 48},
    {OF_FIELD_MPLS_LABEL, LAYER_MPLS, FROM_L3, 0, 20}, /* RFC 3032. */
    {OF_FIELD_MPLS_TC, LAYER_MPLS, FROM_L3, 20, 3},
    {OF_FIELD_MPLS_BOS, LAYER_MPLS, FROM_L3, 23, 1},
    {OF_FIELD_PBB_ISID, LAYER_PBB, FROM_L3, 8, 24},
    {OF_FIELD_IPV6_EXTHDR, LAYER_V6, FROM_START, 0, 0}, /* There are none. */
    {OF_FIELD_TUNNEL_ID, LAYER_ETH, FROM_START, 0, 0},
};

/* --- Frames ---------------------------------------------------------------------------------- */

static unsigned n_tags(const struct conf_cell *cell)
{
    return cell->tags == CONF_NO_TAG ? 0 : cell->tags == CONF_TWO_TAGS ? 2 : 1;
}

struct buf conf_cell_frame(const struct conf_cell *cell)
{
    static const uint8_t c_tag[] = {0x81, 0x00, 0xa0, 0xee}; /* Priority 5, id 238. */
    static const uint8_t s_tag[] = {0x88, 0xa8, 0xa0, 0xee};
    static const uint8_t inner[] = {0x81, 0x00, 0x30, 0x07}; /* 1, drop eligible, 7. */
    struct buf plain = conf_frame(cell->kind->frame), b = BUF_INIT;

    buf_put(&b, plain.data, 12);
    if (cell->tags == CONF_C_TAG) {
        buf_put(&b, c_tag, sizeof c_tag);
    } else if (cell->tags != CONF_NO_TAG) {
        buf_put(&b, s_tag, sizeof s_tag);
    }
    if (cell->tags == CONF_TWO_TAGS) {
        buf_put(&b, inner, sizeof inner);
    }
    buf_put(&b, plain.data + 12, plain.len - 12);
    buf_fini(&plain);
    return b;
}

unsigned conf_cell_l3(const struct conf_cell *cell)
{
    return 14 + 4 * n_tags(cell);
}

static unsigned l4(const struct conf_cell *cell)
{
    return conf_cell_l3(cell) + (cell->layers & LAYER_V4 ? 20 : 40);
}

unsigned conf_cell_bit(const struct conf_cell *cell, const struct conf_place *place)
{
    const unsigned from[] = {
        [FROM_START] = 0,     [FROM_TYPE] = conf_cell_l3(cell) - 2,
        [FROM_TAG] = 12,      [FROM_L3] = conf_cell_l3(cell),
        [FROM_L4] = l4(cell),
    };

    return 8 * from[place->from] + place->bit;
}

struct of_num conf_cell_value(const struct conf_cell *cell, const struct conf_place *place,
                              const struct buf *frame)
{
    unsigned at = conf_cell_bit(cell, place);
    struct of_num v = {0};

    for (unsigned i = 0; i < place->bits; i++) {
        uint64_t bit = frame->data[(at + i) / 8] >> (7 - (at + i) % 8) & 1;

        v.hi = v.hi << 1 | v.lo >> 63;
        v.lo = v.lo << 1 | bit;
    }
    v.lo |= place->field == OF_FIELD_VLAN_VID ? OF_VID_PRESENT : 0;
    return v;
}

void conf_put_bits(struct buf *frame, unsigned bit, unsigned bits, struct of_num value)
{
    for (unsigned i = bits; i-- > 0;) {
        uint8_t *byte = &frame->data[(bit + i) / 8];
        uint8_t mask = (uint8_t)(0x80U >> (bit + i) % 8);

        *byte = (uint8_t)((*byte & ~mask) | (value.lo & 1 ? mask : 0));
        value.lo = value.lo >> 1 | value.hi << 63;
        value.hi >>= 1;
    }
}

void conf_cell_clear_sums(const struct conf_cell *cell, struct buf *frame)
{
    const struct of_num zero = {0};

    if (cell->layers & LAYER_V4) {
        conf_put_bits(frame, 8 * conf_cell_l3(cell) + 80, 16, zero);
    }
    if (cell->layers & LAYER_TCP) {
        conf_put_bits(frame, 8 * l4(cell) + 128, 16, zero);
    } else if (cell->layers & LAYER_UDP) {
        conf_put_bits(frame, 8 * l4(cell) + 48, 16, zero);
    } else if (cell->layers & (LAYER_ICMP4 | LAYER_ICMP6)) {
        conf_put_bits(frame, 8 * l4(cell) + 16, 16, zero);
    } else if (cell->layers & LAYER_SCTP) {
        conf_put_bits(frame, 8 * l4(cell) + 64, 32, zero);
    }
}

void conf_cell_prerequisites(const struct conf_cell *cell, struct of_match *match,
                             enum of_field field)
{
    conf_prerequisites(match, field, cell->kind->frame);
}

/* --- Tests ----------------------------------------------------------------------------------- */

enum { N_CELLS = CONF_N_KINDS * CONF_N_TAGS };

int conf_matrix_run(const char *prefix, CMUnitTestFunction fn)
{
    static struct conf_cell cells[N_CELLS];
    static struct CMUnitTest tests[N_CELLS];
    static char names[N_CELLS][96];

    for (size_t i = 0; i < N_CELLS; i++) {
        const struct conf_kind *kind = &conf_kinds[i / CONF_N_TAGS];
        enum conf_tags tags = (enum conf_tags)(i % CONF_N_TAGS);

        cells[i] = (struct conf_cell){
            kind, tags, kind->layers | LAYER_ETH | (tags == CONF_NO_TAG ? 0U : LAYER_TAG)};
        snprintf(names[i], sizeof names[i], "%s %s %s", prefix, kind->name, conf_tag_names[tags]);
        tests[i] = (struct CMUnitTest){names[i], fn, NULL, NULL, &cells[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
