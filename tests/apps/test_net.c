/* The test network itself: what its switches do with groups, which other tests rely on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/openflow/of_types.h"
#include "tests/apps/net.h"

#define LABEL 23

/* Switch 0 is joined to 1 (port 1) and 2 (port 2), both to switch 3 with host 0 at port 10; ports 3 of 1
 * and 2 are joined. No controller. */
static struct net *square(void)
{
    struct net *net = net_new(2385);

    for (int i = 0; i < 4; i++) {
        net_add_switch(net, OF_VERSION_1_3);
    }
    net_add_link(net, 0, 1, 1, 1);
    net_add_link(net, 0, 2, 2, 1);
    net_add_link(net, 1, 2, 3, 1);
    net_add_link(net, 2, 2, 3, 2);
    net_add_link(net, 1, 3, 2, 3);
    net_add_host(net, 3, 10);
    return net;
}

static struct of_action to_group(uint32_t id)
{
    return (struct of_action){.type = OF_ACT_GROUP, .group_id = id};
}

static enum of_err set_group(struct net *net, int sw, enum of_group_command command,
                             enum of_group_type type, uint32_t id, const struct of_bucket *buckets,
                             size_t n)
{
    struct of_group_mod mod = {
        .command = command, .type = type, .group_id = id, .buckets = buckets, .n_buckets = n};

    return net_group_mod(net->switches[sw], &mod);
}

static struct of_bucket watching(port_no_t port, uint32_t group, const struct of_action *action)
{
    return (struct of_bucket){
        .watch_port = port, .watch_group = group, .actions = {action, action ? 1 : 0}};
}

/* The entry of 'sw' for the label. */
static void lead(struct net *net, int sw, struct of_action action)
{
    struct net_switch *s = net->switches[sw];
    struct net_entry *e = &s->entries[s->n_entries++];
    size_t n = 0;

    *e = (struct net_entry){.priority = 300};
    OF_MATCH_SET(&e->match, VLAN_VID, vlan_vid, LABEL | OF_VID_PRESENT);
    if (sw == 3) {
        e->actions[n++] = of_pop_vlan();
    }
    e->actions[n++] = action;
    e->n_actions = n;
}

static enum net_end end_at(const struct net *net)
{
    return net_walk(net, -1, 0, 0, 30, LABEL);
}

static void failover_pair(struct net *net, int sw, port_no_t first, port_no_t second)
{
    struct of_action outs[2] = {of_output(first), of_output(second)};
    struct of_bucket buckets[2] = {watching(first, OF_GROUP_ANY, &outs[0]),
                                   watching(second, OF_GROUP_ANY, &outs[1])};

    assert_int_equal(set_group(net, sw, OF_GC_ADD, OF_GT_FF, 7, buckets, 2), OF_OK);
    lead(net, sw, to_group(7));
}

static void test_failover_takes_the_first_live_bucket(void **state)
{
    struct net *net = square();

    (void)state;
    failover_pair(net, 0, 1, 2);
    lead(net, 1, of_output(2));
    lead(net, 3, of_output(10));
    assert_int_equal(end_at(net), NET_AT_HOST);
    net_port_set(net, 0, 1, false); /* Switch 2 has no entry yet. */
    assert_int_equal(end_at(net), NET_AT_CONTROLLER);
    lead(net, 2, of_output(2));
    assert_int_equal(end_at(net), NET_AT_HOST);
    net_port_set(net, 0, 2, false);
    assert_int_equal(end_at(net), NET_LOST); /* No bucket is alive (§5.6.1). */
    net_port_set(net, 0, 1, true);
    assert_int_equal(end_at(net), NET_AT_HOST);
    net_free(net);
}

/* Two switches that protect each other's only way: the port where a frame came in is no way out. */
static void test_failover_does_not_go_back(void **state)
{
    struct net *net = square();

    (void)state;
    lead(net, 0, of_output(1));
    failover_pair(net, 1, 2, 3);
    failover_pair(net, 2, 2, 3);
    lead(net, 3, of_output(10));
    net_port_set(net, 1, 2, false);
    assert_int_equal(end_at(net), NET_AT_HOST);
    net_port_set(net, 2, 2, false);
    assert_int_equal(end_at(net), NET_LOST);
    net_free(net);
}

static void test_watched_group(void **state)
{
    struct net *net = square();
    struct of_action outs[2] = {of_output(1), of_output(2)};
    struct of_bucket inner = watching(1, OF_GROUP_ANY, &outs[0]);
    struct of_bucket outer[2] = {watching(OF_PORT_ANY, 7, NULL), watching(2, OF_GROUP_ANY, &outs[1])};
    struct of_action via = to_group(7);

    (void)state;
    outer[0].actions = (struct of_actions){&via, 1};
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_FF, 8, outer, 2), OF_ERR_GROUP_BAD_WATCH);
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_FF, 7, &inner, 1), OF_OK);
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_FF, 8, outer, 2), OF_OK);
    lead(net, 0, to_group(8));
    lead(net, 1, of_output(2));
    lead(net, 3, of_output(10));
    assert_int_equal(end_at(net), NET_AT_HOST);
    net_port_set(net, 0, 1, false);
    assert_int_equal(end_at(net), NET_AT_CONTROLLER); /* By port 2, where there is no entry. */
    net_free(net);
}

/* Whatever bucket the switch chooses must be right: the walk tells the worst. */
static void test_select_walks_every_live_bucket(void **state)
{
    struct net *net = square();
    struct of_action outs[2] = {of_output(1), of_output(2)};
    struct of_bucket buckets[2] = {watching(1, OF_GROUP_ANY, &outs[0]),
                                   watching(2, OF_GROUP_ANY, &outs[1])};

    (void)state;
    buckets[0].weight = buckets[1].weight = 2;
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_SELECT, 7, buckets, 2), OF_OK);
    lead(net, 0, to_group(7));
    lead(net, 1, of_output(2));
    lead(net, 3, of_output(10));
    assert_int_equal(end_at(net), NET_AT_CONTROLLER);
    lead(net, 2, of_output(3));
    assert_int_equal(end_at(net), NET_AT_HOST);
    net_port_set(net, 0, 2, false);
    assert_int_equal(end_at(net), NET_AT_HOST);
    net_port_set(net, 0, 2, true);
    net->switches[1]->entries[0].actions[0] = of_output(3);
    net->switches[2]->entries[0].actions[0] = of_output(1);
    assert_int_equal(end_at(net), NET_IN_CIRCLES);
    net_free(net);
}

static void test_indirect(void **state)
{
    struct net *net = square();
    struct of_action outs[2] = {of_output(1), of_output(2)};
    struct of_bucket buckets[2] = {watching(OF_PORT_ANY, OF_GROUP_ANY, &outs[0]),
                                   watching(OF_PORT_ANY, OF_GROUP_ANY, &outs[1])};

    (void)state;
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_INDIRECT, 7, buckets, 2),
                     OF_ERR_GROUP_INVALID);
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_INDIRECT, 7, buckets, 1), OF_OK);
    lead(net, 0, to_group(7));
    lead(net, 1, of_output(2));
    lead(net, 3, of_output(10));
    assert_int_equal(end_at(net), NET_AT_HOST);
    net_port_set(net, 0, 1, false); /* Nothing is watched. */
    assert_int_equal(end_at(net), NET_LOST);
    net_free(net);
}

static void test_refused_groups(void **state)
{
    struct net *net = square();
    struct of_action out = of_output(1), itself = to_group(7), other = to_group(9);
    struct of_bucket good = watching(1, OF_GROUP_ANY, &out);
    struct of_bucket bad = watching(OF_PORT_ANY, OF_GROUP_ANY, &out);

    (void)state;
    assert_int_equal(set_group(net, 0, OF_GC_MODIFY, OF_GT_FF, 7, &good, 1),
                     OF_ERR_GROUP_UNKNOWN_GROUP);
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_FF, 7, &bad, 1), OF_ERR_GROUP_BAD_WATCH);
    bad.watch_port = 23;
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_FF, 7, &bad, 1), OF_ERR_GROUP_BAD_WATCH);
    bad = good;
    bad.weight = 2;
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_FF, 7, &bad, 1), OF_ERR_GROUP_INVALID);
    bad = watching(1, OF_GROUP_ANY, &itself);
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_FF, 7, &bad, 1), OF_ERR_GROUP_LOOP);
    bad = watching(1, OF_GROUP_ANY, &other);
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_FF, 7, &bad, 1),
                     OF_ERR_ACT_BAD_OUT_GROUP);
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_FF, 7, &good, 1), OF_OK);
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_FF, 7, &good, 1), OF_ERR_GROUP_EXISTS);
    bad = watching(OF_PORT_ANY, OF_GROUP_ANY, &itself);
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_ALL, 9, &bad, 1), OF_OK);
    bad = watching(1, OF_GROUP_ANY, &other); /* By way of the other one. */
    assert_int_equal(set_group(net, 0, OF_GC_MODIFY, OF_GT_FF, 7, &bad, 1), OF_ERR_GROUP_LOOP);
    net->switches[0]->no_failover = true;
    assert_int_equal(set_group(net, 0, OF_GC_ADD, OF_GT_FF, 10, &good, 1), OF_ERR_GROUP_BAD_TYPE);
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failover_takes_the_first_live_bucket),
        cmocka_unit_test(test_failover_does_not_go_back),
        cmocka_unit_test(test_watched_group),
        cmocka_unit_test(test_select_walks_every_live_bucket),
        cmocka_unit_test(test_indirect),
        cmocka_unit_test(test_refused_groups),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
