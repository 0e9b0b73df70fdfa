/* Random rules, networks and frames: whatever the versions and tables of switches, the order in which
 * messages arrive, moves and restarts, a frame arrives, once, exactly when the first rule that matches it where
 * it comes in allows it, or none does; by way of the controller and by entries alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controller/apps/firewall.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/openflow/of_types.h"
#include "controller/packet/pkt.h"
#include "tests/apps/firewall_draw.h"
#include "tests/apps/net.h"

#define N_RUNS 60
#define N_ACTIONS 60
#define MAX_RULES 24
#define N_PROBES 12

/* What an operator wants. */
struct policy {
    struct firewall_rule rules[MAX_RULES];
    size_t n_rules;
    bool disabled;
};

/* A frame of which only the decision is looked at. */
struct probe {
    int sw;
    struct of_match packet;
};

struct run {
    struct net *net;
    uint64_t seed;
    struct policy now, before;
    struct probe probes[N_PROBES];
    uint32_t number;    /* Of the frame... */
    unsigned n_heard;   /* ...and how often its receiver heard it... */
    unsigned n_strayed; /* ...or somebody else. */
    int to;
    size_t n_allowed, n_denied;
};

static void *app(const struct run *run)
{
    return ctl_module_state(run->net->ctl, "firewall");
}

static size_t draw(const struct run *run, size_t n)
{
    return net_draw(run->net, n);
}

/* --- The reference ----------------------------------------------------------------------------- */

static bool comes_before(const struct firewall_rule *a, const struct firewall_rule *b)
{
    return a->priority > b->priority || (a->priority == b->priority && a->id < b->id);
}

static bool is_allowed(const struct policy *policy, dpid_t dpid, const struct of_match *packet)
{
    const struct firewall_rule *best = NULL;

    for (size_t i = 0; i < policy->n_rules && !policy->disabled; i++) {
        const struct firewall_rule *r = &policy->rules[i];

        if ((!r->has_dpid || r->dpid == dpid) && of_match_packet(&r->match, packet) &&
            (!best || comes_before(r, best))) {
            best = r;
        }
    }
    return !best || best->action == FIREWALL_ALLOW;
}

/* --- Rules ------------------------------------------------------------------------------------- */

static void add_rule(struct run *run)
{
    struct firewall_rule r = {0};
    struct firewall_fault fault = {0};
    enum err err;

    if (run->now.n_rules == MAX_RULES) {
        return;
    }
    draw_rule(run->net, &r);
    err = firewall_add(app(run), &r, &r.id, &fault);
    if (err == ERR_OK) {
        run->now.rules[run->now.n_rules++] = r;
    } else if (err != ERR_EXISTS) {
        fail_msg("seed %llu: %s: %s", (unsigned long long)run->seed,
                 fault.field ? fault.field : "?", fault.text);
    }
}

static void change_rule(struct run *run)
{
    struct firewall_rule r = {0};
    size_t i;

    if (run->now.n_rules == 0) {
        return;
    }
    i = draw(run, run->now.n_rules);
    if (draw(run, 2)) {
        r = run->now.rules[i];
        r.action = r.action == FIREWALL_DENY ? FIREWALL_ALLOW : FIREWALL_DENY;
    } else {
        draw_rule(run->net, &r);
    }
    r.id = run->now.rules[i].id;
    if (firewall_put(app(run), &r, NULL) == ERR_OK) {
        run->now.rules[i] = r;
    }
}

static void remove_rule(struct run *run)
{
    size_t i;

    if (run->now.n_rules > 0) {
        i = draw(run, run->now.n_rules);
        assert_int_equal(firewall_remove(app(run), run->now.rules[i].id), ERR_OK);
        run->now.rules[i] = run->now.rules[--run->now.n_rules];
    }
}

/* --- Frames ------------------------------------------------------------------------------------ */

static void heard(void *aux, struct net_host *host, const uint8_t *data, size_t len)
{
    struct run *run = aux;
    struct rd r = rd_init(data + len - 4, 4);
    struct pkt p;

    if (pkt_parse(data, len, &p) == ERR_OK && pkt_has(&p, PKT_IP) && rd_u32(&r) == run->number) {
        if (host == &run->net->hosts[run->to] && p.n_vlans == 0) {
            run->n_heard++;
        } else {
            run->n_strayed++;
        }
    }
}

/* A random frame twice: what the controller decides, and what it has made of it. */
static void send_one(struct run *run)
{
    struct net *net = run->net;
    struct sketch f = draw_frame(run->net);
    bool allowed;

    for (unsigned i = 0; i < 2 && f.from != f.to; i++) {
        struct of_match p;
        struct buf frame = BUF_INIT;

        run->number++;
        run->to = f.to;
        run->n_heard = run->n_strayed = 0;
        build_frame(run->net, run->number, &f, &frame, &p);
        allowed = is_allowed(&run->now, net->switches[net->hosts[f.from].sw]->dpid, &p);
        net_send_frame(net, f.from, &frame);
        net_settle(net);
        buf_fini(&frame);
        run->n_allowed += allowed;
        run->n_denied += !allowed;
        if (run->n_heard != allowed || run->n_strayed) {
            fail_msg(
                "seed %llu: %s frame %u (IPv%d kind %zu) from %d to %d is heard %u times, try %u",
                (unsigned long long)run->seed, allowed ? "allowed" : "denied", run->number,
                f.is_6 ? 6 : 4, f.kind, f.from, f.to, run->n_heard, i);
        }
    }
}

/* --- In the middle of a change ----------------------------------------------------------------- */

static void draw_probes(struct run *run)
{
    for (size_t i = 0; i < N_PROBES; i++) {
        struct sketch f = draw_frame(run->net);
        struct buf frame = BUF_INIT;

        run->probes[i].sw = run->net->hosts[f.from].sw;
        build_frame(run->net, run->number, &f, &frame, &run->probes[i].packet);
        buf_fini(&frame);
    }
}

/* After every message: what is allowed, or denied, both before and afterwards is so all the time. What goes
 * to the controller is decided there. */
static void check_probes(struct net *net, void *aux)
{
    struct run *run = aux;

    for (size_t i = 0; i < N_PROBES; i++) {
        const struct probe *p = &run->probes[i];
        struct net_switch *sw = net->switches[p->sw];
        bool before = is_allowed(&run->before, sw->dpid, &p->packet);
        bool after = is_allowed(&run->now, sw->dpid, &p->packet);
        const struct net_entry *e = net_lookup_in(sw, 0, &p->packet);
        bool is_rule = e && e->priority >= PRIORITY_FIREWALL_MIN;
        bool drops = is_rule && !e->goto_table && !e->n_actions;
        bool asks = is_rule && e->n_actions;

        if (before == after && !asks && drops == after) {
            fail_msg("seed %llu: probe %zu is %s in the middle of a change",
                     (unsigned long long)run->seed, i, drops ? "denied" : "allowed");
        }
    }
}

/* --- Things that happen ------------------------------------------------------------------------ */

static void announce(struct run *run)
{
    for (int i = 0; i < 2 * (int)run->net->n_hosts; i++) { /* A move is looked into at first. */
        net_arp_announce(run->net, i / 2);
        net_advance(run->net, 2 * NS_PER_S);
    }
}

static void move_host(struct run *run)
{
    struct net *net = run->net;
    size_t host = draw(run, net->n_hosts);

    net_host_move(net, (int)host, (int)draw(run, net->n_switches),
                  (unsigned)((draw(run, 2) ? 20 : 40) + host));
    net_advance(net, 10 * NS_PER_S);
    announce(run);
}

static void restart(struct run *run)
{
    struct net *net = run->net;

    net_stop_controller(net);
    net_start_controller(net);
    for (size_t i = 0; i < net->n_switches; i++) {
        net_connect(net, (int)i);
    }
    net_advance(net, 10 * NS_PER_S);
    announce(run);
}

static void act(struct run *run)
{
    struct net *net = run->net;
    size_t what = draw(run, 100);

    run->before = run->now;
    draw_probes(run);
    if (what < 22) {
        add_rule(run);
    } else if (what < 30) {
        remove_rule(run);
    } else if (what < 40) {
        change_rule(run);
    } else if (what < 43) {
        run->now.disabled = !run->now.disabled;
        assert_int_equal(firewall_enable(app(run), !run->now.disabled), ERR_OK);
    } else if (what < 46) {
        move_host(run);
    } else if (what < 48) {
        restart(run);
    } else if (what < 52) {
        net_advance(net, (int64_t)draw(run, 400) * NS_PER_S);
        announce(run);
    }
    net->check = what < 43 ? check_probes : NULL;
    net->check_aux = run;
    for (unsigned i = 0; i < 100 && !firewall_is_settled(app(run)); i++) {
        net_advance(net, NS_PER_MS);
    }
    net->check = NULL;
    assert_true(firewall_is_settled(app(run)));
    for (unsigned i = 0; i < 4; i++) {
        send_one(run);
    }
}

static void build(struct run *run)
{
    static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3, OF_VERSION_1_3,
                                       OF_VERSION_1_3, OF_VERSION_1_5};
    struct net *net = run->net;
    size_t n = 1 + draw(run, 4);

    for (size_t i = 0; i < n; i++) {
        net_add_switch(net, versions[draw(run, 5)]);
        net->switches[i]->n_tables = (uint8_t)(1 + draw(run, 3));
        if (i > 0) {
            net_add_link(net, (int)draw(run, i), (unsigned)(10 + i), (int)i, 1);
        }
    }
    if (n > 2) {
        net_add_link(net, 0, 5, (int)n - 1, 5);
    }
    for (unsigned i = 0; i < 5; i++) {
        net_add_host(net, (int)draw(run, n), 20 + i);
    }
    net->heard = heard;
    net->heard_aux = run;
}

static void run_once(uint64_t seed, size_t *n_allowed, size_t *n_denied)
{
    struct run run = {.net = net_new(seed), .seed = seed, .number = 1000};

    build(&run);
    net_start(run.net);
    announce(&run);
    for (size_t i = 0; i < N_ACTIONS; i++) {
        act(&run);
    }
    *n_allowed += run.n_allowed;
    *n_denied += run.n_denied;
    net_free(run.net);
}

static void test_random_rules_decide_as_one_after_the_other(void **state)
{
    const char *only = getenv("TAMBO_SEED");
    size_t n_allowed = 0, n_denied = 0;

    (void)state;
    for (uint64_t seed = 0; seed < N_RUNS; seed++) {
        if (!only || strtoull(only, NULL, 10) == seed) {
            run_once(seed, &n_allowed, &n_denied);
        }
    }
    print_message("%zu frames allowed, %zu denied\n", n_allowed, n_denied);
    assert_true(only || (n_allowed > 1000 && n_denied > 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_rules_decide_as_one_after_the_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
