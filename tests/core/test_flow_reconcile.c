/* Flow entries of switches that return or restart, and everything that happens to entries at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/core/flow_scene.h"

/* --- Reconciliation --------------------------------------------------------------------------- */

static void add_stray(struct fake_switch *sw, unsigned i, uint64_t cookie, uint16_t idle_s)
{
    struct of_action actions[3];
    struct flow_spec spec = scene_entry(actions, i, 4, idle_s);
    struct of_flow_stats flow = {.priority = spec.priority,
                                 .match = spec.match,
                                 .cookie = cookie,
                                 .idle_timeout_s = idle_s,
                                 .ins = spec.ins};

    fake_add_flow(sw, &flow);
}

/* One entry of each kind: 1 equal, 2 missing, 3 different, 4 expired, 5 removed meanwhile and still
 * there, 6 wanted meanwhile, 7 stray with a time-out, 8 stray and permanent, 9 somebody else's,
 * 10 removed meanwhile and gone. */
static void reconcile(uint8_t version, unsigned per_part)
{
    struct scene s;
    size_t from;

    scene_begin(&s, version);
    for (unsigned i = 1; i <= 5; i++) {
        scene_add_one(&s, 0xa, i, 2, i == 4 ? 30 : 0);
    }
    scene_add_one(&s, 0xa, 10, 2, 0);
    fake_settle(s.f);
    fake_disconnect(s.a);
    scene_remove_one(&s, 0xa, 5);
    scene_remove_one(&s, 0xa, 10);
    scene_add_one(&s, 0xa, 6, 2, 30);
    fake_drop_flow(s.a, scene_index_on_switch(s.a, 2));
    fake_drop_flow(s.a, scene_index_on_switch(s.a, 4));
    fake_drop_flow(s.a, scene_index_on_switch(s.a, 10));
    s.a->flows[scene_index_on_switch(s.a, 3)].cookie = flow_cookie(1, 333);
    add_stray(s.a, 7, flow_cookie(1, 7), 30);
    add_stray(s.a, 8, flow_cookie(1, 8), 0);
    add_stray(s.a, 9, 0x1234, 0);
    recorder_clear(&s.r);
    s.a->manners.flows_per_part = per_part;
    from = s.a->n_sent;
    fake_connect(s.a);
    fake_settle(s.f);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 4); /* 2, 3, 5 and 6. */
    for (unsigned i = 1; i <= 10; i++) {
        bool gone = i == 4 || i == 5 || i == 10;

        assert_int_equal(scene_on_switch(s.a, i) != NULL, !gone);
        assert_int_equal(scene_find(&s, 0xa, i) != NULL, !gone && i != 9);
    }
    assert_int_equal(scene_on_switch(s.a, 3)->cookie, flow_cookie(1, 3));
    assert_int_equal(recorder_count(&s.r, "flow_removed a 4 0"), 1);
    assert_int_equal(recorder_count(&s.r, "flow_adopted a 7"), 1);
    assert_int_equal(recorder_count(&s.r, "flow_adopted a 8"), 1);
    assert_int_equal(recorder_count(&s.r, "datapath_up a"), 1);
    assert_int_equal(s.r.n, 4);
    assert_true(flow_entry_is_adopted(scene_find(&s, 0xa, 8)));
    fake_advance(s.f, 60 * NS_PER_S);
    assert_non_null(scene_on_switch(s.a, 7));
    assert_null(scene_on_switch(s.a, 8));
    assert_null(scene_find(&s, 0xa, 8));
    assert_non_null(scene_on_switch(s.a, 9));
    scene_end(&s);
}

static void reconciliation(void **state)
{
    (void)state;
    reconcile(OF_VERSION_1_3, 0);
    reconcile(OF_VERSION_1_3, 1);
    reconcile(OF_VERSION_1_3, 3);
    reconcile(OF_VERSION_1_0, 0);
    reconcile(OF_VERSION_1_0, 2);
}

/* A controller that has restarted wants the same again: nothing is sent, nothing is deleted. */
static void restart(uint8_t version)
{
    struct scene s;
    struct of_action actions[3];
    struct flow_spec spec = scene_entry(actions, 1, 4, 0);
    size_t from;

    scene_begin(&s, version);
    fake_disconnect(s.a);
    add_stray(s.a, 1, spec.cookie, 0);
    fake_connect(s.a);
    fake_settle(s.f);
    from = s.a->n_sent;
    scene_add_one(&s, 0xa, 1, 4, 0);
    fake_settle(s.f);
    assert_int_equal(s.result, ERR_OK);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 0);
    assert_false(flow_entry_is_adopted(scene_find(&s, 0xa, 1)));
    fake_advance(s.f, 100 * NS_PER_S);
    assert_non_null(scene_on_switch(s.a, 1));
    scene_end(&s);
}

static void restarted_controller(void **state)
{
    (void)state;
    restart(OF_VERSION_1_3);
    restart(OF_VERSION_1_0);
}

/* What was found once and asked for by nobody is not written to a switch that has lost it. */
static void adopted_is_not_written_back(void **state)
{
    struct scene s;
    size_t from;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    fake_disconnect(s.a);
    add_stray(s.a, 8, flow_cookie(1, 8), 0);
    fake_connect(s.a);
    fake_settle(s.f);
    assert_true(flow_entry_is_adopted(scene_find(&s, 0xa, 8)));
    fake_disconnect(s.a);
    fake_drop_flow(s.a, scene_index_on_switch(s.a, 8));
    from = s.a->n_sent;
    fake_connect(s.a);
    fake_settle(s.f);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 0);
    assert_null(scene_find(&s, 0xa, 8));
    assert_int_equal(recorder_count(&s.r, "flow_removed a 8"), 1);
    scene_end(&s);
}

static void expiry_while_synchronising(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    scene_add_one(&s, 0xa, 1, 2, 30);
    scene_add_one(&s, 0xa, 2, 2, 30);
    fake_settle(s.f);
    fake_disconnect(s.a);
    fake_connect(s.a);
    /* The handshake has not begun to read entries: the features were not even asked for. */
    fake_expire(s.a, scene_index_on_switch(s.a, 1), OF_REMOVED_IDLE_TIMEOUT);
    fake_settle(s.f);
    assert_null(scene_find(&s, 0xa, 1));
    assert_null(scene_on_switch(s.a, 1));
    assert_int_equal(recorder_count(&s.r, "flow_removed a 1"), 1);
    assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 2)), FLOW_CONFIRMED);
    scene_end(&s);
}

/* --- Everything at once ----------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *x)
{
    *x += UINT64_C(0x9e3779b97f4a7c15);
    return (*x ^ *x >> 31) * UINT64_C(0xbf58476d1ce4e5b9) >> 20;
}

static bool agree(const struct scene *s, const struct fake_switch *sw)
{
    for (unsigned i = 1; i <= 12; i++) {
        if ((scene_find(s, sw->dpid, i) != NULL) != (scene_on_switch(sw, i) != NULL)) {
            return false;
        }
    }
    return true;
}

static void random_step(struct scene *s, uint64_t *x)
{
    struct fake_switch *sw = next_random(x) & 1 ? s->a : s->b;
    unsigned i = (unsigned)(next_random(x) % 12) + 1;

    switch (next_random(x) % 8) {
    case 0:
    case 1:
    case 2:
        scene_add_one(s, sw->dpid, i, (port_no_t)(next_random(x) % 4) + 1, i & 1 ? 30 : 0);
        break;
    case 3:
        scene_remove_one(s, sw->dpid, i);
        break;
    case 4:
        if (sw->session && scene_on_switch(sw, i) && scene_on_switch(sw, i)->idle_timeout_s) {
            fake_expire(sw, scene_index_on_switch(sw, i), OF_REMOVED_IDLE_TIMEOUT);
        }
        break;
    case 5:
        if (sw->session) {
            fake_disconnect(sw);
        } else {
            fake_connect(sw);
        }
        break;
    case 6:
        sw->tx_room = next_random(x) % 5;
        break;
    default:
        sw->tx_room = SIZE_MAX;
        fake_advance(s->f, (int64_t)(next_random(x) % (uint64_t)NS_PER_S));
        break;
    }
}

/* Room for everything again. A connection that lost a message of its handshake may have to end
 * first. */
static void calm_down(struct scene *s)
{
    s->a->tx_room = s->b->tx_room = SIZE_MAX;
    for (int i = 0; i < 2; i++) {
        fake_advance(s->f, 30 * NS_PER_S);
        if (!s->a->session) {
            fake_connect(s->a);
        }
        if (!s->b->session) {
            fake_connect(s->b);
        }
    }
    fake_advance(s->f, 30 * NS_PER_S);
}

/* Whatever happens, when all is quiet flowdb and the switches agree and every transaction ended. */
static void random_walk(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct scene s;
        uint64_t x = seed * 2385;

        scene_begin(&s, seed & 1 ? OF_VERSION_1_3 : OF_VERSION_1_0);
        for (int i = 0; i < 300; i++) {
            random_step(&s, &x);
            s.r.n = 0;
        }
        calm_down(&s);
        assert_int_equal(s.n_done, s.n_begun);
        assert_true(agree(&s, s.a) && agree(&s, s.b));
        assert_int_equal(flowdb_size(s.f->ctl, 0xa).n_entries, s.a->n_flows);
        assert_int_equal(flowdb_size(s.f->ctl, 0xa).n_confirmed, s.a->n_flows);
        scene_end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reconciliation),
        cmocka_unit_test(restarted_controller),
        cmocka_unit_test(adopted_is_not_written_back),
        cmocka_unit_test(expiry_while_synchronising),
        cmocka_unit_test(random_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
