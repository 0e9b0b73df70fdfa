/* Every field that can be set (OF 1.3.5 §7.2.5) and every other action that rewrites (§5.12) with every frame of the
 * matrix, applied and written. What leaves is what came in with just those bits changed, and its checksums,
 * computed anew, are right. */
#include "tests/packet/gen.h"
#include "tests/simnet/conf_matrix.h"

struct trial {
    struct bed bed;
    const struct conf_cell *cell;
    struct buf frame;
};

static void trial_open(struct trial *t, const struct conf_cell *cell)
{
    t->cell = cell;
    t->frame = conf_cell_frame(cell);
    bed_open(&t->bed, OF_VERSION_1_3, 1);
}

static void trial_close(struct trial *t)
{
    buf_fini(&t->frame);
    bed_close(&t->bed);
}

/* The entry says what frame it is for, so that nothing is inconsistent (§6.4). */
static void says_what_it_is_for(const struct trial *t, struct of_match *match)
{
    const uint8_t *type = t->frame.data + conf_cell_l3(t->cell) - 2;

    if (t->cell->tags != CONF_NO_TAG) {
        conf_set(match, OF_FIELD_VLAN_VID, 0, 238 | OF_VID_PRESENT);
    }
    conf_set(match, OF_FIELD_ETH_TYPE, 0, (uint64_t)type[0] << 8 | type[1]);
}

/* Sends the frame through the actions and an output; what leaves is in bed.out[2]. */
static void run(struct trial *t, struct of_match match, const struct of_action *list, size_t n,
                bool write)
{
    struct of_msg all = flow_add(0, 0, (struct of_instructions){0}), m;
    struct of_action actions[8];
    struct of_instructions ins = {.has_write = true};
    struct buf frame = BUF_INIT;

    memcpy(actions, list, n * sizeof *list);
    actions[n] = of_output(2);
    ins.write = (struct of_actions){actions, n + 1};
    m = flow_add(0, 7, write ? ins : of_apply(actions, n + 1));
    m.flow_mod.match = match;
    all.flow_mod.command = OF_FLOW_DELETE;
    assert_null(ask(&t->bed, all));
    assert_null(ask(&t->bed, m));
    buf_put(&frame, t->frame.data, t->frame.len);
    receive_frame(&t->bed, 1, frame);
    arena_reset(&t->bed.arena);
    assert_int_equal(t->bed.n_out[2], 1);
}

static void expect_sums(const struct buf *frame)
{
    struct pkt p;

    assert_int_equal(pkt_parse(frame->data, frame->len, &p), ERR_OK);
    assert_true(gen_sums_ok(frame->data, &p));
}

/* Takes 'want', in which checksums do not count. */
static void expect_frame(struct trial *t, struct buf want, bool sums)
{
    struct buf *got = &t->bed.out[2];

    if (sums) {
        expect_sums(got);
    }
    assert_int_equal(got->len, want.len);
    conf_cell_clear_sums(t->cell, got);
    conf_cell_clear_sums(t->cell, &want);
    assert_memory_equal(got->data, want.data, want.len);
    buf_fini(&want);
}

static struct buf copy(const struct trial *t)
{
    struct buf b = BUF_INIT;

    buf_put(&b, t->frame.data, t->frame.len);
    return b;
}

/* --- Fields ---------------------------------------------------------------------------------- */

static void set_to(struct trial *t, const struct conf_place *p, struct of_num value, bool write)
{
    struct of_action a = {.type = OF_ACT_SET_FIELD, .set_field = {.field = p->field}};
    bool read_anew = p->field == OF_FIELD_ETH_TYPE || p->field == OF_FIELD_IP_PROTO;
    struct buf want = copy(t);
    struct of_num wire = value;
    struct of_match match;

    of_match_clear(&match);
    says_what_it_is_for(t, &match);
    conf_cell_prerequisites(t->cell, &match, p->field);
    conf_put_bits(&want, conf_cell_bit(t->cell, p), p->bits, value);
    wire.lo |= p->field == OF_FIELD_VLAN_VID ? OF_VID_PRESENT : 0;
    of_num_store(&a.set_field.value, of_field_info(p->field)->size, wire);
    run(t, match, &a, 1, write);
    expect_frame(t, want, !read_anew);
}

static bool can_be_set(enum of_field f)
{
    return f != OF_FIELD_IPV6_EXTHDR && f != OF_FIELD_TUNNEL_ID;
}

/* Zeros, ones and something between, as far as the field allows it. */
static void set_field(struct trial *t, const struct conf_place *p, bool write)
{
    const struct of_num mixed = {UINT64_C(0x2385238523852385), UINT64_C(0x5238523852385238)};
    struct of_num ones = of_num_ones(p->bits);

    set_to(t, p, of_num_and(mixed, ones), write);
    if (p->field == OF_FIELD_ETH_TYPE) {
        return; /* Others are lengths (IEEE 802.3), or read as something else. */
    }
    set_to(t, p, (struct of_num){0}, write);
    ones.lo -= p->field == OF_FIELD_VLAN_VID; /* 0xfff is no id. */
    set_to(t, p, ones, write);
}

static void set_fields(struct trial *t)
{
    for (unsigned i = 0; i < CONF_N_PLACES; i++) {
        const struct conf_place *p = &conf_places[i];

        if (conf_cell_has(t->cell, p) && can_be_set(p->field)) {
            set_field(t, p, false);
            set_field(t, p, true);
        }
    }
}

/* --- Other actions ----------------------------------------------------------------------------- */

static void act(struct trial *t, const struct of_action *list, size_t n, bool write)
{
    struct of_match match;

    of_match_clear(&match);
    says_what_it_is_for(t, &match);
    run(t, match, list, n, write);
}

static struct of_action with_type(enum of_action_type type, uint16_t ethertype)
{
    return (struct of_action){.type = type, .ethertype = ethertype};
}

/* A tag like the outermost one, or with zeros (§5.12.1). */
static void push_vlan(struct trial *t, uint16_t tpid, bool write)
{
    struct of_action a = with_type(OF_ACT_PUSH_VLAN, tpid);
    const uint8_t *tci = t->frame.data + 14;
    bool tagged = t->cell->tags != CONF_NO_TAG;
    uint8_t tag[4] = {(uint8_t)(tpid >> 8), (uint8_t)tpid, tagged ? tci[0] : 0,
                      tagged ? tci[1] : 0};
    struct buf want = BUF_INIT;

    buf_put(&want, t->frame.data, 12);
    buf_put(&want, tag, sizeof tag);
    buf_put(&want, t->frame.data + 12, t->frame.len - 12);
    act(t, &a, 1, write);
    assert_int_equal(t->bed.out[2].len, want.len);
    assert_memory_equal(t->bed.out[2].data, want.data, want.len);
    buf_fini(&want);
}

static void pop_vlan(struct trial *t, bool write)
{
    struct of_action a = {.type = OF_ACT_POP_VLAN};
    struct buf want = BUF_INIT;

    if (t->cell->tags == CONF_NO_TAG) {
        return;
    }
    buf_put(&want, t->frame.data, 12);
    buf_put(&want, t->frame.data + 16, t->frame.len - 16);
    act(t, &a, 1, write);
    assert_int_equal(t->bed.out[2].len, want.len);
    assert_memory_equal(t->bed.out[2].data, want.data, want.len);
    buf_fini(&want);
}

/* The TTL or hop limit of IP, which is 61 except in neighbour discovery (255). */
static void nw_ttl(struct trial *t, bool write)
{
    struct of_action set = {.type = OF_ACT_SET_NW_TTL, .ttl = 238},
                     dec = {.type = OF_ACT_DEC_NW_TTL};
    unsigned at = conf_cell_l3(t->cell) + (t->cell->layers & LAYER_V4 ? 8 : 7);
    struct buf want;

    if (!(t->cell->layers & LAYER_IP)) {
        return;
    }
    want = copy(t);
    want.data[at] = 238;
    act(t, &set, 1, write);
    expect_frame(t, want, true);
    want = copy(t);
    want.data[at]--;
    act(t, &dec, 1, write);
    expect_frame(t, want, true);
}

static void mpls_ttl(struct trial *t, bool write)
{
    struct of_action set = {.type = OF_ACT_SET_MPLS_TTL, .ttl = 238},
                     dec = {.type = OF_ACT_DEC_MPLS_TTL};
    unsigned at = conf_cell_l3(t->cell) + 3;
    struct buf want;

    if (!(t->cell->layers & LAYER_MPLS)) {
        return;
    }
    want = copy(t);
    want.data[at] = 238;
    act(t, &set, 1, write);
    expect_frame(t, want, false);
    want = copy(t);
    want.data[at]--;
    act(t, &dec, 1, write);
    expect_frame(t, want, false);
}

/* What is pushed and popped again leaves the frame as it was. */
static void and_back(struct trial *t)
{
    const uint8_t *type = t->frame.data + 12;
    uint16_t first = (uint16_t)(type[0] << 8 | type[1]);
    struct of_action pairs[][2] = {
        {with_type(OF_ACT_PUSH_VLAN, PKT_TYPE_SVLAN), {.type = OF_ACT_POP_VLAN}},
        {with_type(OF_ACT_PUSH_MPLS, PKT_TYPE_MPLS), with_type(OF_ACT_POP_MPLS, first)},
        {with_type(OF_ACT_PUSH_MPLS, PKT_TYPE_MPLS_MC), with_type(OF_ACT_POP_MPLS, first)},
        {with_type(OF_ACT_PUSH_PBB, PKT_TYPE_PBB), {.type = OF_ACT_POP_PBB}},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        act(t, pairs[i], 2, false);
        assert_int_equal(t->bed.out[2].len, t->frame.len);
        assert_memory_equal(t->bed.out[2].data, t->frame.data, t->frame.len);
    }
}

static void every_action(void **state)
{
    struct trial t = {0};

    trial_open(&t, *state);
    set_fields(&t);
    for (unsigned write = 0; write < 2; write++) {
        push_vlan(&t, PKT_TYPE_VLAN, write);
        push_vlan(&t, PKT_TYPE_SVLAN, write);
        pop_vlan(&t, write);
        nw_ttl(&t, write);
        mpls_ttl(&t, write);
    }
    and_back(&t);
    trial_close(&t);
}

int main(void)
{
    return conf_matrix_run("5.12, 7.2.5 every rewrite:", every_action);
}
