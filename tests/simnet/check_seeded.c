/* Mistakes that are sown between the core and its switches are found, each with a trace that leads there
 * again; without them nothing is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simnet/check/search.h"

/* No time is measured, so that nothing depends on it. */
static double no_time(void)
{
    return 0;
}

static struct check_result check(const struct topo *topo, const struct check_params *params,
                                 const struct check_limits *limits)
{
    char why[200] = "";
    struct check_visitor *v = check_visitor_new(topo, params, CHECK_BY_REPLAY, why, sizeof why);
    struct check_result r;

    if (!v) {
        fail_msg("%s", why);
    }
    check_search(v, limits, no_time, &r);
    check_visitor_free(v);
    return r;
}

/* The trace leads to the fault, whenever it is done; in words when CHECK_WORDS is in the environment. */
static void assert_replays(const struct topo *topo, const struct check_params *params,
                           const struct check_result *r)
{
    char text[700];
    struct check_net *net = check_net_new(topo, params, text, sizeof text);
    struct check_view view;

    assert_non_null(net);
    for (size_t i = 0; i < r->n_trace; i++) {
        assert_true(check_can(net, r->trace[i]));
        check_say(net, r->trace[i], text, sizeof text);
        assert_true(text[0] != '\0');
        if (getenv("CHECK_WORDS")) {
            print_message("%3zu  %s\n", i + 1, text);
        }
        check_do(net, r->trace[i]);
    }
    check_look(net, &view);
    check_net_free(net);
    assert_string_equal(check_fault_name(view.fault), check_fault_name(r->fault));
    assert_string_equal(view.what, r->what);
}

static void assert_found(struct topo *topo, const struct check_params *params, enum check_fault fault)
{
    struct check_limits limits = {.max_states = 5000};
    struct check_result r = check(topo, params, &limits);

    print_message("%llu states: %s: %s, after %zu acts\n", (unsigned long long)r.n_states,
                  check_fault_name(r.fault), r.what, r.n_trace);
    assert_int_equal(r.end, CHECK_FOUND);
    assert_replays(topo, params, &r);
    assert_string_equal(check_fault_name(r.fault), check_fault_name(fault));
    check_result_fini(&r);
    topo_fini(topo);
}

/* --- Mistakes --------------------------------------------------------------------------------- */

static void answer_barrier(struct check_net *net, uint32_t sw, const struct of_msg *request)
{
    struct of_msg reply = {
        .type = OF_BARRIER_REPLY, .version = request->version, .xid = request->xid};

    check_push(net, sw, false, &reply);
}

/* Barriers are answered before what is in front of them is done. */
static bool no_barrier(struct check_net *net, uint32_t sw, bool to_switch, const struct of_msg *msg)
{
    if (!to_switch || msg->type != OF_BARRIER_REQUEST) {
        return false;
    }
    answer_barrier(net, sw, msg);
    return true;
}

/* Entries of the last switch go out when the first one has got its own. */
static bool edge_first(struct check_net *net, uint32_t sw, bool to_switch, const struct of_msg *msg)
{
    uint32_t last = net->n_switches - 1;

    if (!to_switch) {
        return false;
    }
    if (sw == 0 && msg->type == OF_FLOW_MOD) {
        check_push(net, sw, true, msg);
        check_release(net, last);
        return true;
    }
    if (sw == last && msg->type == OF_FLOW_MOD) {
        check_hold(net, sw, msg);
        return true;
    }
    return sw == last && no_barrier(net, sw, to_switch, msg);
}

static bool lost_flow_removed(struct check_net *net, uint32_t sw, bool to_switch,
                              const struct of_msg *msg)
{
    (void)net;
    (void)sw;
    return !to_switch && msg->type == OF_FLOW_REMOVED;
}

static bool lost_packet_out(struct check_net *net, uint32_t sw, bool to_switch,
                            const struct of_msg *msg)
{
    (void)net;
    (void)sw;
    return to_switch && msg->type == OF_PACKET_OUT;
}

static bool lost_barrier(struct check_net *net, uint32_t sw, bool to_switch, const struct of_msg *msg)
{
    (void)net;
    return to_switch && sw == 0 && msg->type == OF_BARRIER_REQUEST;
}

static bool twice_packet_out(struct check_net *net, uint32_t sw, bool to_switch,
                             const struct of_msg *msg)
{
    if (to_switch && msg->type == OF_PACKET_OUT) {
        check_push(net, sw, true, msg);
    }
    return false;
}

/* Entries that are to drop lead to port 2, where the other host of the switch is. */
static bool open_door(struct check_net *net, uint32_t sw, bool to_switch, const struct of_msg *msg)
{
    struct of_action out = of_output(2);
    struct of_msg other = *msg;

    if (!to_switch || msg->type != OF_FLOW_MOD || msg->flow_mod.ins.has_apply) {
        return false;
    }
    other.flow_mod.ins = (struct of_instructions){.has_apply = true, .apply = {&out, 1}};
    check_push(net, sw, true, &other);
    return true;
}

/* --- Tests ------------------------------------------------------------------------------------ */

static struct topo line(unsigned n)
{
    struct topo topo = TOPO_INIT;

    topo_make_linear(&topo, n, 1);
    return topo;
}

static void test_missing_barrier(void **state)
{
    struct topo topo = line(3);
    struct check_params params = check_params_default();

    (void)state;
    params.tamper = no_barrier;
    assert_found(&topo, &params, CHECK_HALF_WAY);
}

static void test_core_entry_after_edge_entry(void **state)
{
    struct topo topo = line(2);
    struct check_params params = check_params_default();

    (void)state;
    params.tamper = edge_first;
    assert_found(&topo, &params, CHECK_HALF_WAY);
}

static void test_lost_flow_removed(void **state)
{
    struct topo topo = line(2);
    struct check_params params = check_params_default();

    (void)state;
    params.tamper = lost_flow_removed;
    params.n_expiries = 1;
    params.n_quiet = 0;
    assert_found(&topo, &params, CHECK_DIFFERENT);
}

static void test_lost_packet_out(void **state)
{
    struct topo topo = line(2);
    struct check_params params = check_params_default();

    (void)state;
    params.tamper = lost_packet_out;
    params.n_quiet = 0;
    assert_found(&topo, &params, CHECK_LOST);
}

static void test_repeated_packet_out(void **state)
{
    struct topo topo = line(2);
    struct check_params params = check_params_default();

    (void)state;
    params.tamper = twice_packet_out;
    params.n_quiet = 0;
    assert_found(&topo, &params, CHECK_TWICE);
}

static void test_lost_barrier(void **state)
{
    struct topo topo = line(2);
    struct check_params params = check_params_default();

    (void)state;
    params.tamper = lost_barrier;
    params.n_quiet = 0;
    assert_found(&topo, &params, CHECK_DEAD);
}

static void test_open_door(void **state)
{
    struct topo topo = TOPO_INIT;
    struct check_params params = check_params_default();

    (void)state;
    topo_make_linear(&topo, 1, 2);
    params.tamper = open_door;
    params.n_networks = 2;
    params.n_quiet = 0;
    assert_found(&topo, &params, CHECK_ISOLATION);
}

static void test_honest_networks(void **state)
{
    struct topo topo = line(2);
    struct check_params params = check_params_default();
    struct check_limits limits = {.max_states = 5000};
    struct check_result r;

    (void)state;
    params.n_networks = 2;
    params.n_quiet = 0;
    params.block_in_run = true;
    r = check(&topo, &params, &limits);
    assert_string_equal(r.what, "");
    assert_int_equal(r.end, CHECK_COMPLETE);
    check_result_fini(&r);
    topo_fini(&topo);
}

static void test_honest_line(void **state)
{
    struct topo topo = line(2);
    struct check_params params = check_params_default();
    struct check_limits limits = {.max_states = 5000};
    struct check_result r = check(&topo, &params, &limits);

    (void)state;
    assert_string_equal(r.what, "");
    assert_int_equal(r.end, CHECK_COMPLETE);
    assert_true(r.n_states > 100);
    assert_true(r.n_quiet > 1);
    check_result_fini(&r);
    topo_fini(&topo);
}

/* The same states are seen with the reduction and without, and by copies as by building anew. */
static void test_reduction_misses_no_state(void **state)
{
    struct topo topo = line(2);
    struct check_params params = check_params_default();
    struct check_limits all = {.max_states = 5000, .no_reduction = true};
    struct check_limits fewer = {.max_states = 5000};
    struct check_result x = check(&topo, &params, &all), y = check(&topo, &params, &fewer);

    (void)state;
    assert_int_equal(x.n_states, y.n_states);
    assert_int_equal(x.depth, y.depth);
    assert_true(y.n_acts < x.n_acts);
    check_result_fini(&x);
    check_result_fini(&y);
    topo_fini(&topo);
}

/* So many at a time or one after the other: the same states. */
static void test_many_at_a_time(void **state)
{
    struct topo topo = line(2);
    struct check_params params = check_params_default();
    struct check_limits one = {.max_states = 5000}, many = {.max_states = 5000, .n_jobs = 7};
    struct check_result x, y;

    (void)state;
    params.n_quiet = 0;
    x = check(&topo, &params, &one);
    y = check(&topo, &params, &many);
    assert_int_equal(x.end, CHECK_COMPLETE);
    assert_int_equal(y.end, CHECK_COMPLETE);
    assert_int_equal(x.n_states, y.n_states);
    assert_int_equal(x.n_quiet, y.n_quiet);
    params.tamper = lost_packet_out;
    y = check(&topo, &params, &many);
    assert_int_equal(y.end, CHECK_FOUND);
    assert_int_equal(y.n_trace, 6);
    check_result_fini(&y);
    topo_fini(&topo);
}

static void test_copies_are_the_same(void **state)
{
    struct topo topo = line(2);
    struct check_params params = check_params_default();
    char why[200];
    struct check_visitor *forked = check_visitor_new(&topo, &params, CHECK_BY_FORK, why, sizeof why);
    struct check_visitor *built = check_visitor_new(&topo, &params, CHECK_BY_REPLAY, why, sizeof why);
    struct check_act path[12];
    struct check_view x, y;

    (void)state;
    for (size_t n = 0; n < 12; n++) {
        assert_true(check_visit(forked, path, n, &x));
        assert_true(check_visit(built, path, n, &y));
        assert_true(x.hash == y.hash);
        assert_int_equal(x.n_acts, y.n_acts);
        assert_true(x.n_acts > 0);
        path[n] = x.acts[(n * 2385) % x.n_acts];
    }
    path[3] = (struct check_act){CHECK_FAIL, 0, 0}; /* Which may not happen. */
    assert_false(check_visit(forked, path, 12, &x));
    assert_false(check_visit(built, path, 12, &x));
    check_visitor_free(forked);
    check_visitor_free(built);
    topo_fini(&topo);
}

static void test_limits(void **state)
{
    struct topo topo = line(2);
    struct check_params params = check_params_default();
    struct check_limits deep = {.max_depth = 4}, few = {.max_states = 23};
    struct check_result r = check(&topo, &params, &deep);

    (void)state;
    assert_int_equal(r.end, CHECK_MAX_DEPTH);
    assert_int_equal(r.depth, 4);
    r = check(&topo, &params, &few);
    assert_int_equal(r.end, CHECK_MAX_STATES);
    assert_int_equal(r.n_states, 23);
    params.n_frames = CHECK_MAX_FRAMES + 1;
    {
        char why[200] = "";

        assert_null(check_visitor_new(&topo, &params, CHECK_BY_FORK, why, sizeof why));
        assert_non_null(strstr(why, "8 frames"));
    }
    topo_fini(&topo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest_line),
        cmocka_unit_test(test_missing_barrier),
        cmocka_unit_test(test_core_entry_after_edge_entry),
        cmocka_unit_test(test_lost_flow_removed),
        cmocka_unit_test(test_lost_packet_out),
        cmocka_unit_test(test_repeated_packet_out),
        cmocka_unit_test(test_lost_barrier),
        cmocka_unit_test(test_open_door),
        cmocka_unit_test(test_honest_networks),
        cmocka_unit_test(test_reduction_misses_no_state),
        cmocka_unit_test(test_many_at_a_time),
        cmocka_unit_test(test_copies_are_the_same),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
