/* Ways of elephants that are not the shortest: whichever switch is lost while one is laid, changed or
 * taken away, whenever that happens and in whatever order switches come back to another controller, no
 * frame turns in circles or ends where nobody hears it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "tests/apps/roundabout.h"

#define FRAME 4711
#define MAX_ASKING 3 /* Frames that the controller has; each of them makes messages. */
#define STRIDE 7     /* Not every moment is tried with every order of messages. */
#define MBPS UINT64_C(1000000)

static struct net *roundabout(uint64_t seed)
{
    return roundabout_new(seed, seed <= 2);
}

/* From 0 by way of 2 and 3, and so round, is the cheapest now. */
static void tell_loads(struct net *net)
{
    void *costs = ctl_module_state(net->ctl, "link_costs");

    assert_int_equal(link_costs_tell(costs, 1, 1, 950 * ROUNDABOUT_MBPS), ERR_OK);
    assert_int_equal(link_costs_tell(costs, 1, 3, 950 * ROUNDABOUT_MBPS), ERR_OK);
}

static uint32_t tell(struct net *net)
{
    struct elephant_flow flow = roundabout_flow(net, 0, 1);
    uint32_t id;

    tell_loads(net);
    assert_int_equal(elephants_tell(roundabout_app(net), &flow, 200 * ROUNDABOUT_MBPS, &id),
                     ERR_OK);
    return id;
}

static void note(void *aux, const struct elephant_info *info)
{
    *(struct elephant_info *)aux = *info;
}

static struct elephant_info the_elephant(struct net *net)
{
    struct elephant_info info = {0};

    elephants_each(roundabout_app(net), note, &info);
    return info;
}

/* --- Always ----------------------------------------------------------------------------------- */

static enum net_end end_of(const struct net *net)
{
    return net_walk(net, 0, 1, 0, ROUNDABOUT_PORT, 0);
}

static void no_circles(struct net *net, void *aux)
{
    (void)aux;
    assert_int_not_equal(end_of(net), NET_IN_CIRCLES);
    net_no_circles(net, NULL);
}

/* Frames from host 0 to host 1, after every message: how many were sent and have arrived. */
struct stream {
    size_t n_sent, n_heard;
};

static void count(struct net *net, struct stream *stream)
{
    struct net_host *h = &net->hosts[1];

    for (size_t i = 0; i < h->n_seen; i++) {
        stream->n_heard += h->seen[i].number == FRAME;
    }
    h->n_seen = 0;
}

static void send(struct net *net, void *aux)
{
    struct stream *stream = aux;

    net->check = NULL;
    count(net, stream);
    if (end_of(net) != NET_AT_CONTROLLER || stream->n_sent - stream->n_heard < MAX_ASKING) {
        net_send(net, 0, 1, FRAME);
        stream->n_sent++;
    }
    assert_int_equal(net->n_loops, 0);
    net->check = send;
}

static void begin(struct net *net, struct stream *stream)
{
    *stream = (struct stream){0};
    count(net, stream);
    stream->n_heard = 0;
    net->check = send;
    net->check_aux = stream;
}

/* Every frame has arrived, once, if only by the controller. */
static void end(struct net *net, struct stream *stream)
{
    net->check = NULL;
    net_settle(net);
    count(net, stream);
    assert_true(stream->n_sent > 0);
    assert_int_equal(stream->n_heard, stream->n_sent);
    assert_int_equal(net->n_loops, 0);
    net_free(net);
}

static bool steps(struct net *net, size_t n)
{
    bool busy = true;

    for (size_t i = 0; busy && i < n; i++) {
        busy = net_step(net);
    }
    return busy;
}

/* 'sw' is lost, and comes back before its links are missed. */
static void lose_for_a_while(struct net *net, int sw)
{
    net_disconnect(net, sw);
    net_settle(net);
    net_advance(net, 3 * NS_PER_S);
    net_connect(net, sw);
    net_settle(net);
}

/* --- Laying ----------------------------------------------------------------------------------- */

/* Switch 'sw' is lost after 'n' messages. True while there was something to do. */
static bool lost_while_laying(uint64_t seed, int sw, size_t n)
{
    struct net *net = roundabout(seed);
    struct stream stream;
    bool busy;

    begin(net, &stream);
    tell(net);
    busy = steps(net, n);
    lose_for_a_while(net, sw);
    net_advance(net, NS_PER_S);
    assert_int_equal(roundabout_entries(net), ROUNDABOUT_N);
    assert_true(the_elephant(net).is_moved);
    end(net, &stream);
    return busy;
}

static void test_switch_is_lost_while_a_way_is_laid(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        for (int sw = 0; sw < ROUNDABOUT_N; sw += 3) {
            for (size_t n = seed % STRIDE; lost_while_laying(seed, sw, n); n += STRIDE) {
            }
        }
    }
}

/* --- Taking away ------------------------------------------------------------------------------ */

static bool lost_while_leaving(uint64_t seed, int sw, size_t n)
{
    struct net *net = roundabout(seed);
    uint32_t id = tell(net);
    struct stream stream;
    bool busy;

    net_settle(net);
    assert_int_equal(roundabout_entries(net), ROUNDABOUT_N);
    begin(net, &stream);
    assert_int_equal(elephants_forget(roundabout_app(net), id), ERR_OK);
    busy = steps(net, n);
    lose_for_a_while(net, sw);
    net_advance(net, NS_PER_S);
    assert_int_equal(roundabout_entries(net), 0);
    assert_int_equal(the_elephant(net).id, 0);
    end(net, &stream);
    return busy;
}

static void test_switch_is_lost_while_a_way_is_taken_away(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        for (int sw = 0; sw < ROUNDABOUT_N; sw += 3) {
            for (size_t n = 0; lost_while_leaving(seed, sw, n); n++) {
            }
        }
    }
}

/* The operator changes his mind while the way is being laid. */
static bool forgotten_while_laying(uint64_t seed, size_t n)
{
    struct net *net = roundabout(seed);
    struct stream stream;
    uint32_t id;
    bool busy;

    begin(net, &stream);
    id = tell(net);
    busy = steps(net, n);
    assert_int_equal(elephants_forget(roundabout_app(net), id), ERR_OK);
    net_settle(net);
    assert_int_equal(roundabout_entries(net), 0);
    end(net, &stream);
    return busy;
}

static void test_flow_is_forgotten_while_its_way_is_laid(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        for (size_t n = seed % STRIDE; forgotten_while_laying(seed, n); n += STRIDE) {
        }
    }
}

/* --- Links ------------------------------------------------------------------------------------ */

/* A link of the way fails, and while the flow gets another way switch 'sw' is lost. */
static bool lost_while_mending(uint64_t seed, int sw, size_t n)
{
    struct net *net = roundabout(seed);
    bool busy;

    tell(net);
    net_settle(net);
    net->check = no_circles;
    net_port_set(net, 4, 2, false);
    busy = steps(net, n);
    lose_for_a_while(net, sw);
    net_announce_all(net);
    net_send_all(net); /* Ingress entries that led nowhere have been taken away. */
    assert_int_equal(end_of(net), NET_AT_HOST);
    net_free(net);
    return busy;
}

static void test_switch_is_lost_while_a_way_is_mended(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        for (int sw = 0; sw < ROUNDABOUT_N; sw += 3) {
            for (size_t n = seed % STRIDE; lost_while_mending(seed, sw, n); n += STRIDE) {
            }
        }
    }
}

/* --- Time-outs -------------------------------------------------------------------------------- */

/* While anything is sent on the way, all of it is there. */
static void is_whole_or_unused(struct net *net, void *aux)
{
    (void)aux;
    assert_true(net_count_entries(net, 0, PRIORITY_ELEPHANT) == 0 ||
                roundabout_entries(net) == ROUNDABOUT_N);
}

/* Nothing is sent any more: the beginning of the way goes first. */
static void test_idle_way_ends_where_it_begins(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct net *net = roundabout(seed);

        tell(net);
        net_settle(net);
        net_send(net, 0, 1, FRAME);
        assert_int_equal(roundabout_entries(net), ROUNDABOUT_N);
        net->check = is_whole_or_unused;
        net_advance(net, 60 * NS_PER_S);
        assert_int_equal(roundabout_entries(net), 0);
        net_free(net);
    }
}

/* --- Another controller ----------------------------------------------------------------------- */

/* Switches come to it one by one, from 'first' on, up or down. */
static void comes_back(uint64_t seed, int first, bool up)
{
    struct net *net = roundabout(seed);
    struct stream stream;

    net->with_store = false; /* Who knows nothing of the flow. */
    tell(net);
    net_settle(net);
    net_stop_controller(net);
    net_start_controller(net);
    begin(net, &stream);
    for (int i = 0; i < ROUNDABOUT_N; i++) {
        net_connect(net, (first + (up ? i : ROUNDABOUT_N - i)) % ROUNDABOUT_N);
        net_settle(net);
        net_advance(net, NS_PER_S);
    }
    net_announce_all(net);
    net_advance(net, 30 * NS_PER_S);
    assert_int_equal(roundabout_entries(net), 0);
    end(net, &stream);
}

static void test_other_controller_takes_the_way_away_in_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        for (int first = 0; first < ROUNDABOUT_N; first++) {
            comes_back(seed, first, false);
            comes_back(seed, first, true);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_switch_is_lost_while_a_way_is_laid),
        cmocka_unit_test(test_switch_is_lost_while_a_way_is_taken_away),
        cmocka_unit_test(test_flow_is_forgotten_while_its_way_is_laid),
        cmocka_unit_test(test_switch_is_lost_while_a_way_is_mended),
        cmocka_unit_test(test_idle_way_ends_where_it_begins),
        cmocka_unit_test(test_other_controller_takes_the_way_away_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
