/* Packed matches and instructions: round trips of random ones, canonical form, order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/openflow/of_field.h"
#include "controller/openflow/of_pack.h"

static uint64_t next_random(uint64_t *x)
{
    *x += UINT64_C(0x9e3779b97f4a7c15);
    return (*x ^ *x >> 31) * UINT64_C(0xbf58476d1ce4e5b9) >> 20;
}

static void random_bytes(uint64_t *x, void *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ((uint8_t *)p)[i] = (uint8_t)next_random(x);
    }
}

/* Values are cut to the field's bits by way of a mask of all ones. */
static struct of_match random_match(uint64_t *x)
{
    struct of_match m;

    random_bytes(x, &m, sizeof m);
    m.present &= next_random(x) & ((UINT64_C(1) << OF_N_FIELDS) - 1);
    m.masked = 0;
    for (unsigned f = 0; f < OF_N_FIELDS; f++) {
        const struct of_field_info *info = of_field_info((enum of_field)f);
        uint8_t *mask = (uint8_t *)&m.m + info->offset;

        if (!info->maskable || next_random(x) % 3) {
            memset(mask, 0xff, info->size);
        }
        m.masked |= UINT64_C(1) << f;
    }
    of_match_normalize(&m);
    return m;
}

static void matches_come_back(void **state)
{
    uint64_t x = 2385;
    struct buf a = BUF_INIT, b = BUF_INIT;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct of_match m = random_match(&x), out;
        struct rd r;

        buf_clear(&a);
        of_pack_match(&a, &m);
        memset(&out, 0x5a, sizeof out);
        r = rd_init(a.data, a.len);
        of_unpack_match(&r, &out);
        assert_false(r.failed);
        assert_int_equal(r.left, 0);
        assert_true(of_match_eq(&m, &out));
        buf_clear(&b);
        of_pack_match(&b, &out);
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.data, b.data, a.len);
    }
    buf_fini(&a);
    buf_fini(&b);
}

static void pack(struct buf *out, const struct of_match *m)
{
    buf_clear(out);
    of_pack_match(out, m);
}

static void match_is_canonical(void **state)
{
    struct of_match exact, masked;
    struct buf a = BUF_INIT, b = BUF_INIT;

    (void)state;
    of_match_clear(&exact);
    OF_MATCH_SET(&exact, IPV4_DST, ipv4_dst, 0x0a000001);
    masked = exact;
    masked.masked |= OF_BIT(IPV4_DST); /* A full mask, and a field under an empty one. */
    masked.m.ipv4_dst = UINT32_MAX;
    masked.present |= OF_BIT(METADATA);
    masked.masked |= OF_BIT(METADATA);
    masked.m.metadata = 0;
    pack(&a, &exact);
    pack(&b, &masked);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    assert_int_equal(a.len, 6 + 4);
    OF_MATCH_SET(&exact, IPV4_DST, ipv4_dst, 0x0a000100);
    pack(&b, &exact);
    assert_true(memcmp(a.data, b.data, a.len) < 0); /* In the order of the values. */
    buf_fini(&a);
    buf_fini(&b);
}

static struct of_action random_action(uint64_t *x, const uint8_t *data)
{
    struct of_action a = {.type = (enum of_action_type)(next_random(x) % OF_N_ACTIONS)};

    if (a.type == OF_ACT_EXPERIMENTER) {
        a.experimenter.experimenter = (uint32_t)next_random(x);
        a.experimenter.data = data;
        a.experimenter.len = (uint16_t)(next_random(x) % 9);
    } else if (a.type == OF_ACT_SET_FIELD) {
        a.set_field.field = (enum of_field)(next_random(x) % OF_N_FIELDS);
        random_bytes(x, &a.set_field.value, sizeof a.set_field.value);
        if (of_field_info(a.set_field.field)->wire_size == 3) {
            a.set_field.value.u32 &= 0xffffff;
        }
        a.set_field.has_mask = of_field_info(a.set_field.field)->bits > 1 && (next_random(x) & 1);
        if (a.set_field.has_mask) { /* Not full: the highest value bit is never in it. */
            struct of_num mask = of_num_ones(of_field_info(a.set_field.field)->bits / 2);
            size_t size = of_field_info(a.set_field.field)->size;

            of_num_store(&a.set_field.mask, size, mask);
            of_num_store(&a.set_field.value, size,
                         of_num_and(of_num_load(&a.set_field.value, size), mask));
        }
    } else if (a.type == OF_ACT_OUTPUT) {
        a = of_output(next_random(x) & 1 ? OF_PORT_CONTROLLER : (port_no_t)next_random(x) & 0xffff);
        if (a.output.port == OF_PORT_CONTROLLER) {
            a.output.max_len = (uint16_t)next_random(x);
        }
    } else if (a.type == OF_ACT_ENQUEUE) {
        a.enqueue.port = (port_no_t)next_random(x);
        a.enqueue.queue_id = (uint32_t)next_random(x);
    } else {
        a.ethertype = (uint16_t)(next_random(x) & 0xff);
    }
    return a;
}

static void instructions_come_back(void **state)
{
    static const uint8_t data[16] = "experimenter";
    uint64_t x = 5832;
    struct buf buf = BUF_INIT;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct of_action list[12], room[12];
        struct of_stat_trigger trigger, trigger_room;
        struct of_instructions ins = {0}, out;
        uint64_t bits = next_random(&x);
        size_t n_apply = next_random(&x) % 6, n_write = next_random(&x) % 6;
        struct rd r;

        for (size_t k = 0; k < n_apply + n_write; k++) {
            list[k] = random_action(&x, data);
        }
        ins.has_meter = bits & 1;
        ins.has_apply = bits & 2;
        ins.has_clear = bits & 4;
        ins.has_write = bits & 8;
        ins.has_metadata = bits & 16;
        ins.has_goto = bits & 32;
        ins.meter_id = 2385;
        ins.apply = (struct of_actions){list, n_apply};
        ins.write = (struct of_actions){list + n_apply, n_write};
        ins.metadata = bits & 0xff00;
        ins.metadata_mask = 0xff00;
        ins.goto_table = (uint8_t)bits;
        random_bytes(&x, &trigger, sizeof trigger);
        ins.stat_trigger = bits & 64 ? &trigger : NULL;
        buf_clear(&buf);
        of_pack_instructions(&buf, &ins);
        r = rd_init(buf.data, buf.len);
        assert_true(of_packed_n_actions(&r) <= n_apply + n_write);
        of_unpack_instructions(&r, room, &trigger_room, &out);
        assert_false(r.failed);
        assert_int_equal(r.left, 0);
        assert_true(of_instructions_eq(&ins, &out));
    }
    buf_fini(&buf);
}

/* What has no meaning makes no difference. */
static void instructions_are_canonical(void **state)
{
    struct of_action one = of_output(5), other = of_output(5);
    struct of_instructions a = of_apply(&one, 1), b = of_apply(&other, 1);
    struct buf x = BUF_INIT, y = BUF_INIT;

    (void)state;
    other.output.max_len = 0;
    b.has_write = true;
    of_pack_instructions(&x, &a);
    of_pack_instructions(&y, &b);
    assert_int_equal(x.len, y.len);
    assert_memory_equal(x.data, y.data, x.len);
    buf_fini(&x);
    buf_fini(&y);
}

/* A mask makes a difference unless it is full; bits outside of it make none. */
static void set_field_masks_are_canonical(void **state)
{
    struct of_action plain = {.type = OF_ACT_SET_FIELD,
                              .set_field = {.field = OF_FIELD_VLAN_VID, .value.u16 = 0x1385}};
    struct of_action full = plain, low = plain, same = plain;
    struct of_action *const actions[] = {&plain, &full, &low, &same};
    struct buf packed[4] = {BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT};

    (void)state;
    full.set_field.has_mask = low.set_field.has_mask = same.set_field.has_mask = true;
    full.set_field.mask.u16 = 0x1fff;
    low.set_field.mask.u16 = same.set_field.mask.u16 = 0x00ff;
    same.set_field.value.u16 = 0x0085;
    for (size_t i = 0; i < 4; i++) {
        struct of_instructions ins = of_apply(actions[i], 1);

        of_pack_instructions(&packed[i], &ins);
    }
    assert_int_equal(packed[0].len, packed[1].len);
    assert_memory_equal(packed[0].data, packed[1].data, packed[0].len);
    assert_int_equal(packed[2].len, packed[0].len + 2);
    assert_int_equal(packed[2].len, packed[3].len);
    assert_memory_equal(packed[2].data, packed[3].data, packed[2].len);
    for (size_t i = 0; i < 4; i++) {
        buf_fini(&packed[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_come_back),
        cmocka_unit_test(match_is_canonical),
        cmocka_unit_test(instructions_come_back),
        cmocka_unit_test(instructions_are_canonical),
        cmocka_unit_test(set_field_masks_are_canonical),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
