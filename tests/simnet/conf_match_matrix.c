/* Every field of OF 1.3.5 §7.2.3.7 with every frame of the matrix: an entry for the value that is there is hit;
 * one for a value that differs in any single bit is not; one that looks at a single bit, where the field may
 * have a mask, goes by that bit; and an entry for a field that the frame does not have is not hit. */
#include "tests/simnet/conf_matrix.h"

struct trial {
    struct bed bed;
    const struct conf_cell *cell;
    struct buf frame;
    const struct conf_place *place;
};

static struct of_msg entry(void)
{
    static const struct of_action out = {.type = OF_ACT_OUTPUT, .output = {.port = 2}};

    return flow_add(0, 7, of_apply(&out, 1));
}

/* The only entry of the table is 'm'. */
static bool hits(struct trial *t, const struct of_msg *m)
{
    struct of_msg all = flow_add(0, 0, (struct of_instructions){0});
    struct buf frame = BUF_INIT;

    all.flow_mod.command = OF_FLOW_DELETE;
    assert_null(ask(&t->bed, all));
    assert_null(ask(&t->bed, *m));
    buf_put(&frame, t->frame.data, t->frame.len);
    receive_frame(&t->bed, 1, frame);
    arena_reset(&t->bed.arena);
    if (t->bed.n_out[2]) { /* It goes out as it came in. */
        assert_int_equal(t->bed.out[2].len, t->frame.len);
        assert_memory_equal(t->bed.out[2].data, t->frame.data, t->frame.len);
    }
    return t->bed.n_out[2] == 1;
}

static void expect(struct trial *t, struct of_num value, const struct of_num *mask, bool hit)
{
    struct of_msg m = entry();
    struct of_match *match = &m.flow_mod.match;
    enum of_field f = t->place->field;

    conf_cell_prerequisites(t->cell, match, f);
    conf_set(match, f, value.hi, value.lo);
    if (mask) {
        of_num_store((uint8_t *)&match->m + of_field_info(f)->offset, of_field_info(f)->size,
                     *mask);
        match->masked |= UINT64_C(1) << f;
        of_match_normalize(match);
    }
    if (hits(t, &m) != hit) {
        fail_msg("%s = %llx:%llx under %llx:%llx is %shit", of_field_info(f)->name,
                 (unsigned long long)value.hi, (unsigned long long)value.lo,
                 mask ? (unsigned long long)mask->hi : 0, mask ? (unsigned long long)mask->lo : 0,
                 hit ? "not " : "");
    }
}

static struct of_num one_bit(unsigned i)
{
    return (struct of_num){i < 64 ? 0 : UINT64_C(1) << (i - 64), i < 64 ? UINT64_C(1) << i : 0};
}

static struct of_num flipped(struct of_num v, unsigned i)
{
    struct of_num bit = one_bit(i);

    return (struct of_num){v.hi ^ bit.hi, v.lo ^ bit.lo};
}

/* A mask of a VLAN id says that there is a tag, too (§7.2.3.7, Table 13). */
static struct of_num mask_of(enum of_field f, unsigned i)
{
    struct of_num mask = one_bit(i);

    mask.lo |= f == OF_FIELD_VLAN_VID ? OF_VID_PRESENT : 0;
    return mask;
}

static void present(struct trial *t)
{
    const struct conf_place *p = t->place;
    struct of_num value = conf_cell_value(t->cell, p, &t->frame);

    expect(t, value, NULL, true);
    for (unsigned i = 0; i < p->bits; i++) {
        struct of_num mask = mask_of(p->field, i);

        expect(t, flipped(value, i), NULL, false);
        if (of_field_info(p->field)->maskable) {
            expect(t, value, &mask, true);
            expect(t, flipped(value, i), &mask, false);
        }
    }
}

/* What the field needs is taken from a frame that has it; every bit of the entry is 0, as is what a parser
 * leaves where it finds nothing. */
static void absent(struct trial *t)
{
    const struct conf_kind *kind = conf_kinds;
    struct of_msg m = entry();
    struct of_num value = {0};

    while (kind < conf_kinds + CONF_N_KINDS - 1 && !(kind->layers & t->place->layer)) {
        kind++;
    }
    value.lo |= t->place->field == OF_FIELD_VLAN_VID ? OF_VID_PRESENT : 0;
    conf_prerequisites(&m.flow_mod.match, t->place->field, kind->frame);
    conf_set(&m.flow_mod.match, t->place->field, value.hi, value.lo);
    if (hits(t, &m)) {
        fail_msg("%s, which the frame does not have, is hit", of_field_info(t->place->field)->name);
    }
}

/* §7.2.3.7, Table 13: no tag, any tag. */
static void tags(struct trial *t)
{
    bool tagged = t->cell->tags != CONF_NO_TAG;
    static const struct conf_place vid = {OF_FIELD_VLAN_VID, LAYER_TAG, FROM_TAG, 20, 12};
    const struct of_num any = {0, OF_VID_PRESENT};

    t->place = &vid;
    expect(t, (struct of_num){0, OF_VID_NONE}, NULL, !tagged);
    expect(t, any, &any, tagged);
}

static void every_field(void **state)
{
    struct trial t = {.cell = *state};

    bed_open(&t.bed, OF_VERSION_1_3, 1);
    t.frame = conf_cell_frame(t.cell);
    for (unsigned i = 0; i < CONF_N_PLACES; i++) {
        t.place = &conf_places[i];
        if (conf_cell_has(t.cell, t.place)) {
            present(&t);
        } else {
            absent(&t);
        }
    }
    tags(&t);
    buf_fini(&t.frame);
    bed_close(&t.bed);
}

int main(void)
{
    return conf_matrix_run("7.2.3.7 every field:", every_field);
}
