/* Domains of interest: every member gets one copy, nobody else gets one, and nothing circles, after
 * whatever message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controller/apps/logical_networks.h"
#include "controller/core/ctl_api.h"
#include "controller/packet/pkt_build.h"
#include "tests/apps/net.h"

#define BROADCAST ((struct eth_addr){{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}})
#define GROUP_MAC ((struct eth_addr){{0x01, 0x00, 0x5e, 0x02, 0x03, 0x85}})
#define FIRST_TAG 3072

static void *domains(struct net *net)
{
    return ctl_module_state(net->ctl, "interest_domains");
}

static struct domain_member port_of(const struct net *net, int host)
{
    const struct net_host *h = &net->hosts[host];

    return (struct domain_member){.dpid = net->switches[h->sw]->dpid, .port = h->port};
}

static struct domain_member host_of(const struct net *net, int host)
{
    return (struct domain_member){.is_host = true, .mac = net->hosts[host].mac};
}

static void join(struct net *net, const char *name, int host)
{
    struct domain_member m = port_of(net, host);

    assert_int_equal(interest_domains_join(domains(net), name, &m), ERR_OK);
}

static void send_to(struct net *net, int from, struct eth_addr dst, uint32_t number)
{
    const struct net_host *h = &net->hosts[from];
    struct pkt_ends4 ends = {.eth_dst = dst, .eth_src = h->mac, .src = h->ip, .dst = 0xefffffff};
    struct buf frame = BUF_INIT, payload = BUF_INIT;

    buf_put_u32(&payload, number);
    pkt_build_udp4(&frame, &ends, 2385, 4711, payload.data, payload.len);
    net_send_frame(net, from, &frame);
    buf_fini(&payload);
    buf_fini(&frame);
}

/* A ring of four switches with a host each; of two more hosts at switch 0 and 2. */
static struct net *ring(uint8_t version)
{
    struct net *net = net_new(2385);

    net_add_ring(net, version, 4);
    net_add_host(net, 0, 11);
    net_add_host(net, 2, 11);
    net_start(net);
    for (int i = 0; i < 6; i++) {
        net_arp_announce(net, i);
    }
    net_advance(net, 2 * NS_PER_S);
    return net;
}

/* Sends a frame from 'from', which 'members' (a bit for each host) but 'from' get once. */
static void expect(struct net *net, int from, struct eth_addr dst, unsigned members)
{
    static uint32_t number = 1;

    number++;
    send_to(net, from, dst, number);
    net_settle(net);
    for (int h = 0; h < (int)net->n_hosts; h++) {
        unsigned want = h != from && (members >> h & 1);

        if (net_count(net, h, number) != want) {
            fail_msg("from %d, host %d: %u copies, expected %u", from, h, net_count(net, h, number),
                     want);
        }
    }
    assert_int_equal(net->n_loops, 0);
}

static struct interest_domains_counters counters(struct net *net)
{
    return interest_domains_counters(domains(net));
}

static struct net *with_domain(uint8_t version)
{
    struct net *net = ring(version);

    assert_int_equal(interest_domains_add(domains(net), "lab"), ERR_OK);
    join(net, "lab", 0);
    join(net, "lab", 2);
    join(net, "lab", 4);
    net_advance(net, NS_PER_S);
    return net;
}

static void members_only(uint8_t version)
{
    struct net *net = with_domain(version);
    uint64_t before = counters(net).frames;

    expect(net, 0, BROADCAST, 0x15);
    expect(net, 2, BROADCAST, 0x15);
    expect(net, 4, BROADCAST, 0x15);
    assert_int_equal(counters(net).frames, before); /* By entries alone. */
    expect(net, 2, GROUP_MAC, 0x15);
    assert_int_equal(counters(net).frames > before, version == OF_VERSION_1_0);
    expect(net, 1, BROADCAST, 0x3f); /* In no domain: to everybody, as ever. */
    net_free(net);
}

static void test_members_only(void **state)
{
    (void)state;
    members_only(OF_VERSION_1_0);
    members_only(OF_VERSION_1_3);
}

/* The fork's doInterestFlood() dereferenced a manager that nobody had assigned, at the first frame for
 * everybody. */
static void test_first_broadcast_without_domains(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);

    (void)state;
    expect(net, 3, BROADCAST, 0x3f);
    net_free(net);
}

static size_t mods(const struct net *net)
{
    size_t n = net->n_group_mods;

    for (size_t i = 0; i < net->n_written; i++) {
        n += !net->written[i].is_barrier;
    }
    return n;
}

static void test_join_and_leave_change_little(void **state)
{
    struct net *net = with_domain(OF_VERSION_1_3);
    struct domain_member m = port_of(net, 5);
    size_t before = mods(net);

    (void)state;
    join(net, "lab", 5);
    net_advance(net, NS_PER_S);
    assert_int_equal(mods(net) - before, 2); /* A bucket and an input. */
    expect(net, 5, BROADCAST, 0x35);
    before = mods(net);
    assert_int_equal(interest_domains_leave(domains(net), "lab", &m), ERR_OK);
    net_advance(net, NS_PER_S);
    assert_int_equal(mods(net) - before, 2);
    expect(net, 0, BROADCAST, 0x15);
    assert_int_equal(counters(net).retags, 1);
    net_free(net);
}

static void test_broken_link_is_mended(void **state)
{
    struct net *net = with_domain(OF_VERSION_1_3);
    size_t before = mods(net);

    (void)state;
    net_port_set(net, 0, net->switches[0]->n_groups ? 1 : 2, false);
    net_advance(net, NS_PER_S);
    expect(net, 0, BROADCAST, 0x15);
    expect(net, 2, BROADCAST, 0x15);
    net_port_set(net, 0, 1, true);
    net_port_set(net, 0, 2, false);
    net_advance(net, 10 * NS_PER_S);
    expect(net, 0, BROADCAST, 0x15);
    expect(net, 4, BROADCAST, 0x15);
    printf("a broken link of the tree: %zu changes of entries and groups\n", mods(net) - before);
    assert_int_equal(counters(net).retags, 1);
    assert_true(counters(net).repairs >= 1);
    net_free(net);
}

static void test_domains_are_apart(void **state)
{
    struct net *net = with_domain(OF_VERSION_1_3);
    struct domain_member m = port_of(net, 1), taken = port_of(net, 0);

    (void)state;
    assert_int_equal(interest_domains_add(domains(net), "office"), ERR_OK);
    assert_int_equal(interest_domains_join(domains(net), "office", &taken), ERR_EXISTS);
    join(net, "office", 1);
    join(net, "office", 3);
    join(net, "office", 5);
    net_advance(net, NS_PER_S);
    expect(net, 0, BROADCAST, 0x15);
    expect(net, 1, BROADCAST, 0x2a);
    expect(net, 5, GROUP_MAC, 0x2a);

    /* A port goes over to the other. */
    assert_int_equal(interest_domains_leave(domains(net), "office", &m), ERR_OK);
    assert_int_equal(interest_domains_join(domains(net), "lab", &m), ERR_OK);
    net_advance(net, NS_PER_S);
    expect(net, 1, BROADCAST, 0x17);
    expect(net, 3, BROADCAST, 0x28);
    assert_int_equal(interest_domains_remove(domains(net), "lab"), ERR_OK);
    net_advance(net, NS_PER_S);
    expect(net, 3, BROADCAST, 0x28);
    expect(net, 0, BROADCAST, 0x3f);
    net_free(net);
}

static void test_hosts_are_followed(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);
    struct domain_member a = host_of(net, 0), b = host_of(net, 1);

    (void)state;
    assert_int_equal(interest_domains_add(domains(net), "lab"), ERR_OK);
    assert_int_equal(interest_domains_join(domains(net), "lab", &a), ERR_OK);
    assert_int_equal(interest_domains_join(domains(net), "lab", &b), ERR_OK);
    net_advance(net, NS_PER_S);
    expect(net, 0, BROADCAST, 0x3);
    net_host_move(net, 1, 3, 12);
    net_advance(net, NS_PER_S);
    net_arp_announce(net, 1);
    net_advance(net, 5 * NS_PER_S);
    expect(net, 0, BROADCAST, 0x3);
    expect(net, 1, BROADCAST, 0x3);
    net_free(net);
}

static void test_questions_reach_the_apps(void **state)
{
    struct net *net = with_domain(OF_VERSION_1_3);
    uint64_t before = ctl_counters(net->ctl)->packet_ins;

    (void)state;
    net_arp_request(net, 0, net->hosts[3].ip);
    net_settle(net);
    assert_true(ctl_counters(net->ctl)->packet_ins > before);
    assert_int_equal(net->n_arp_on_links, 0);
    net_free(net);
}

static void test_bad_calls(void **state)
{
    struct net *net = net_new(2);
    struct domain_member m = {.dpid = 7, .port = 9};
    void *d;

    (void)state;
    net->interest_domains.max_domains = 2;
    net->interest_domains.max_members = 1;
    net_start(net);
    d = domains(net);
    assert_int_equal(interest_domains_add(d, ""), ERR_SYNTAX);
    assert_int_equal(interest_domains_add(d, "a/b"), ERR_SYNTAX);
    assert_int_equal(interest_domains_add(d, "a23456789-123456789-123456789-12"), ERR_SYNTAX);
    assert_int_equal(interest_domains_add(d, "a"), ERR_OK);
    assert_int_equal(interest_domains_add(d, "a"), ERR_EXISTS);
    assert_int_equal(interest_domains_add(d, "b"), ERR_OK);
    assert_int_equal(interest_domains_add(d, "c"), ERR_FULL);
    assert_int_equal(interest_domains_join(d, "c", &m), ERR_NOTFOUND);
    assert_int_equal(interest_domains_leave(d, "a", &m), ERR_NOTFOUND);
    assert_int_equal(interest_domains_join(d, "a", &m), ERR_OK);
    m.port++;
    assert_int_equal(interest_domains_join(d, "a", &m), ERR_FULL);
    assert_int_equal(interest_domains_remove(d, "c"), ERR_NOTFOUND);
    assert_int_equal(interest_domains_remove(d, "a"), ERR_OK);
    net_free(net);
}

static void test_tags_are_bounded(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);

    (void)state;
    net_free(net);
    net = net_new(3);
    net->interest_domains.tag_min = net->interest_domains.tag_max = FIRST_TAG;
    net_add_switch(net, OF_VERSION_1_3);
    for (unsigned p = 1; p <= 4; p++) {
        net_add_host(net, 0, p);
    }
    net_start(net);
    assert_int_equal(interest_domains_add(domains(net), "a"), ERR_OK);
    assert_int_equal(interest_domains_add(domains(net), "b"), ERR_OK);
    join(net, "a", 0);
    join(net, "a", 1);
    join(net, "b", 2);
    join(net, "b", 3);
    net_advance(net, NS_PER_S);
    expect(net, 0, BROADCAST, 0x3);
    expect(net, 2, BROADCAST, 0xc); /* By packet-out. */
    assert_true(counters(net).tags_exhausted > 0);
    assert_int_equal(counters(net).frames, 1);
    net_free(net);
}

static void test_restart_keeps_domains(void **state)
{
    struct net *net = with_domain(OF_VERSION_1_3);

    (void)state;
    net_stop_controller(net);
    expect(net, 0, BROADCAST, 0x15); /* Switches go on. */
    net_start_controller(net);
    for (int i = 0; i < 4; i++) {
        net_connect(net, i);
    }
    net_advance(net, 20 * NS_PER_S);
    expect(net, 0, BROADCAST, 0x15);
    net_advance(net, 120 * NS_PER_S);
    expect(net, 2, BROADCAST, 0x15);
    for (int i = 0; i < 4; i++) {
        assert_true(net->switches[i]->n_groups <= 1);
    }
    net_free(net);
}

static void test_full_tables_are_tried_again(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);

    (void)state;
    net->switches[0]->max_groups = 0;
    assert_int_equal(interest_domains_add(domains(net), "lab"), ERR_OK);
    join(net, "lab", 0);
    join(net, "lab", 2);
    net_advance(net, NS_PER_S);
    expect(net, 0, BROADCAST, 0x5); /* By packet-out. */
    assert_true(counters(net).failures > 0);
    net->switches[0]->max_groups = NET_MAX_GROUPS;
    net_advance(net, 11 * NS_PER_S);
    assert_int_equal(net->switches[0]->n_groups, 1);
    expect(net, 0, BROADCAST, 0x5);
    net_free(net);
}

/* --- Random networks -------------------------------------------------------------------------- */

#define N_RUNS 200
#define N_ACTIONS 60

struct run {
    struct net *net;
    uint64_t seed;
    unsigned member_of[NET_MAX_HOSTS]; /* 0: of none. */
    uint32_t number;
};

static const char *const names[] = {"", "one", "two"};

/* Sends a broadcast frame along the tables as they are: never in circles, to no host twice. */
static void probe(struct net *net, void *aux)
{
    struct run *run = aux;

    net->no_packet_ins = true;
    for (int from = 0; from < (int)net->n_hosts; from++) {
        uint32_t number = ++run->number;

        if (!run->member_of[from]) {
            continue;
        }
        send_to(net, from, BROADCAST, number);
        if (net->n_loops) {
            fail_msg("seed %llu, message %zu: a frame circles", (unsigned long long)run->seed,
                     net->n_delivered);
        }
        for (int h = 0; h < (int)net->n_hosts; h++) {
            if (net_count(net, h, number) > 1) {
                fail_msg("seed %llu, message %zu: two copies from %d at %d",
                         (unsigned long long)run->seed, net->n_delivered, from, h);
            }
            net->hosts[h].n_seen = 0;
        }
    }
    net->no_packet_ins = false;
}

static void make(struct run *run)
{
    struct net *net = run->net = net_new(run->seed);
    size_t n = 3 + net_draw(net, 4), n_hosts = 4 + net_draw(net, 4);
    unsigned ports[NET_MAX_SWITCHES] = {0};

    for (size_t i = 0; i < n; i++) {
        net_add_switch(net,
                       run->seed % 3 == 0 && net_draw(net, 2) ? OF_VERSION_1_0 : OF_VERSION_1_3);
    }
    for (size_t i = 1; i < 2 * n; i++) {
        int a = (int)(i < n ? i : net_draw(net, n)), b = (int)net_draw(net, i < n ? i : n);

        if (a != b) {
            ports[a]++;
            ports[b]++;
            net_add_link(net, a, ports[a], b, ports[b]);
        }
    }
    for (size_t i = 0; i < n_hosts; i++) {
        net_add_host(net, (int)net_draw(net, n), 20 + (unsigned)i);
    }
    net->interest_domains.dp_frames_per_s = 0;
    net->core.unicast_per_s = net->core.multicast_per_s = 0;
    net_start(net);
    interest_domains_add(domains(net), names[1]);
    interest_domains_add(domains(net), names[2]);
    net->check = probe;
    net->check_aux = run;
}

static void change_member(struct run *run)
{
    struct net *net = run->net;
    int host = (int)net_draw(net, net->n_hosts);
    struct domain_member m = port_of(net, host);
    unsigned *domain = &run->member_of[host];

    if (*domain) {
        assert_int_equal(interest_domains_leave(domains(net), names[*domain], &m), ERR_OK);
        *domain = 0;
    } else {
        *domain = 1 + (unsigned)net_draw(net, 2);
        assert_int_equal(interest_domains_join(domains(net), names[*domain], &m), ERR_OK);
    }
    ctl_run(net->ctl);
}

static void something(struct run *run)
{
    struct net *net = run->net;
    size_t what = net_draw(net, 100);

    if (what < 40) {
        change_member(run);
    } else if (what < 60) {
        net_toggle_link(net, 4);
    } else if (what < 66) {
        net_toggle_channel(net);
    } else if (what < 75) {
        net_advance(net, (int64_t)net_draw(net, 3000) * NS_PER_MS);
    } else {
        for (size_t i = net_draw(net, 60); i > 0 && net_step(net); i--) {
        }
    }
}

static void reach(const struct net *net, int sw, bool *seen)
{
    seen[sw] = true;
    for (unsigned p = 1; p <= NET_MAX_PORTS; p++) {
        const struct net_port *port = &net->switches[sw]->ports[p];

        if (port->exists && port->up && port->peer_switch >= 0 && !seen[port->peer_switch]) {
            reach(net, port->peer_switch, seen);
        }
    }
}

static void expect_exactly(struct run *run, int from)
{
    struct net *net = run->net;
    bool seen[NET_MAX_SWITCHES] = {false};
    uint64_t before = counters(net).frames;
    unsigned members = 0;

    reach(net, net->hosts[from].sw, seen);
    for (size_t h = 0; h < net->n_hosts; h++) {
        net->hosts[h].n_seen = 0;
        if (run->member_of[h] == run->member_of[from] && seen[net->hosts[h].sw]) {
            members |= 1U << h;
        }
    }
    expect(net, from, BROADCAST, members);
    if (counters(net).frames != before) {
        fail_msg("seed %llu: from %d by packet-out", (unsigned long long)run->seed, from);
    }
}

static void one_run(uint64_t seed)
{
    struct run run = {.seed = seed, .number = 1U << 20};

    make(&run);
    for (size_t i = 0; i < N_ACTIONS; i++) {
        something(&run);
    }
    for (int i = 0; i < (int)run.net->n_switches; i++) {
        if (!run.net->switches[i]->session) {
            net_connect(run.net, i);
        }
    }
    net_advance(run.net, 2 * run.net->core.lldp_interval_ns + 70 * NS_PER_S);
    run.net->check = NULL;
    for (int from = 0; from < (int)run.net->n_hosts; from++) {
        if (run.member_of[from]) {
            expect_exactly(&run, from);
        }
    }
    net_free(run.net);
}

static size_t count_all(const struct net *net)
{
    size_t n = 0;

    for (size_t i = 0; i < net->n_switches; i++) {
        n += net->switches[i]->n_entries + net->switches[i]->n_groups;
    }
    return n;
}

/* A switch without room: nothing of the trees that were tried stays on the others, and the members get their
 * frames by the controller, until there is room. */
static void refused_trees_leave_nothing(uint8_t version)
{
    struct net *net = ring(version);
    size_t before;
    uint64_t failures;

    net->switches[0]->max_entries = net->switches[0]->n_entries;
    assert_int_equal(interest_domains_add(domains(net), "lab"), ERR_OK);
    join(net, "lab", 0);
    join(net, "lab", 2);
    join(net, "lab", 5);
    net_advance(net, 20 * NS_PER_S);
    expect(net, 0, BROADCAST, 0x25);
    before = count_all(net);
    net_advance(net, 400 * NS_PER_S);
    failures = counters(net).failures;
    assert_true(failures >= 3 && failures < 12); /* The waits double. */
    assert_true(count_all(net) <= before);
    expect(net, 0, BROADCAST, 0x25);
    expect(net, 2, BROADCAST, 0x25);
    net->switches[0]->max_entries = NET_MAX_ENTRIES;
    net_advance(net, 200 * NS_PER_S);
    before = counters(net).frames;
    expect(net, 0, BROADCAST, 0x25);
    expect(net, 5, BROADCAST, 0x25);
    assert_int_equal(counters(net).frames, before);
    net_free(net);
}

static void test_refused_trees_leave_nothing(void **state)
{
    (void)state;
    refused_trees_leave_nothing(OF_VERSION_1_0);
    refused_trees_leave_nothing(OF_VERSION_1_3);
}

/* A controller that knows of no domains takes groups and entries of an earlier one away, also a group that
 * no entry leads to. */
static void test_groups_of_an_earlier_controller_go(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);

    (void)state;
    net->with_store = false;
    net_stop_controller(net);
    net_start(net);
    for (int i = 0; i < 6; i++) {
        net_arp_announce(net, i);
    }
    net_advance(net, 100 * NS_PER_S);
    assert_int_equal(interest_domains_add(domains(net), "lab"), ERR_OK);
    join(net, "lab", 0);
    join(net, "lab", 2);
    net_advance(net, NS_PER_S);
    assert_true(net->switches[0]->n_groups > 0);
    for (size_t i = net->switches[2]->n_entries; i-- > 0;) { /* As if it had ended on the way. */
        if (net->switches[2]->entries[i].priority / 100 == 5) {
            net->switches[2]->entries[i] =
                net->switches[2]->entries[--net->switches[2]->n_entries];
        }
    }
    assert_true(net->switches[2]->n_groups > 0);
    net_stop_controller(net);
    net_start(net);
    net_advance(net, 100 * NS_PER_S);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(net->switches[i]->n_groups, 0);
    }
    expect(net, 0, BROADCAST, 0x3f);
    net_free(net);
}

static void test_random(void **state)
{
    const char *only = getenv("SEED");

    (void)state;
    for (uint64_t seed = only ? strtoull(only, NULL, 10) : 1; seed <= N_RUNS; seed++) {
        one_run(seed);
        if (only) {
            return;
        }
    }
}

/* --- With logical networks -------------------------------------------------------------------- */

static void *networks(struct net *net)
{
    return ctl_module_state(net->ctl, "logical_networks");
}

static void put_into(struct net *net, uint16_t id, int host)
{
    struct network_rule rule = {.type = NETWORK_RULE_MAC, .mac = net->hosts[host].mac};

    assert_int_equal(networks_rule_add(networks(net), id, &rule), ERR_OK);
    net_advance(net, NS_PER_S);
}

/* Hosts 0 and 4 are staff (2), 2 is a guest (3), all in domain "lab"; 5 is staff, too, outside. */
static struct net *with_networks(uint8_t version)
{
    struct net *net = with_domain(version);

    assert_int_equal(networks_create(networks(net), 2, "staff"), ERR_OK);
    assert_int_equal(networks_create(networks(net), 3, "guests"), ERR_OK);
    put_into(net, 2, 0);
    put_into(net, 2, 4);
    put_into(net, 2, 5);
    put_into(net, 3, 2);
    return net;
}

/* A frame reaches the members whom the sender may talk to, and by entries alone only where that is
 * everybody. */
static void networks_hold(uint8_t version)
{
    struct net *net = with_networks(version);
    uint64_t before = counters(net).frames;

    expect(net, 0, BROADCAST, 0x15);
    expect(net, 2, BROADCAST, 0x15);
    assert_int_equal(counters(net).frames, before);
    assert_int_equal(networks_block(networks(net), 2, 3), ERR_OK);
    net_advance(net, NS_PER_S);
    assert_true(networks_is_settled(networks(net)));
    expect(net, 0, BROADCAST, 0x11);
    expect(net, 4, BROADCAST, 0x11);
    expect(net, 2, BROADCAST, 0x04);
    assert_int_equal(counters(net).frames, before + 3);
    assert_int_equal(networks_unblock(networks(net), 3, 2), ERR_OK);
    net_advance(net, NS_PER_S);
    before = counters(net).frames;
    expect(net, 2, BROADCAST, 0x15);
    assert_int_equal(counters(net).frames, before);
    net_free(net);
}

static void test_networks_hold(void **state)
{
    (void)state;
    networks_hold(OF_VERSION_1_0);
    networks_hold(OF_VERSION_1_3);
}

/* The guest leaves the domain, or becomes staff: entries carry what is sent again. */
static void test_members_that_fit_again(void **state)
{
    struct net *net = with_networks(OF_VERSION_1_3);
    struct domain_member guest = port_of(net, 2);
    uint64_t before;

    (void)state;
    assert_int_equal(networks_block(networks(net), 2, 3), ERR_OK);
    net_advance(net, NS_PER_S);
    assert_int_equal(interest_domains_leave(domains(net), "lab", &guest), ERR_OK);
    net_advance(net, NS_PER_S);
    before = counters(net).frames;
    expect(net, 0, BROADCAST, 0x11);
    assert_int_equal(counters(net).frames, before);
    assert_int_equal(interest_domains_join(domains(net), "lab", &guest), ERR_OK);
    net_advance(net, NS_PER_S);
    expect(net, 0, BROADCAST, 0x11);
    assert_int_equal(counters(net).frames, before + 1);
    put_into(net, 2, 2); /* Both staff and guest now. */
    expect(net, 0, BROADCAST, 0x15);
    assert_int_equal(counters(net).frames, before + 1);
    net_free(net);
}

static void test_member_by_address(void **state)
{
    struct net *net = with_networks(OF_VERSION_1_3);
    struct network_rule rule = {
        .type = NETWORK_RULE_IP, .ip = {{[10] = 0xff, 0xff, 10, 0, 0, 2}}, .prefix_len = 128};
    uint64_t before;

    (void)state;
    assert_int_equal(networks_rule_add(networks(net), 3, &rule), ERR_OK);
    assert_int_equal(networks_block(networks(net), 2, 3), ERR_OK);
    net_advance(net, NS_PER_S);
    join(net, "lab", 1); /* A guest by its address. */
    net_advance(net, NS_PER_S);
    before = counters(net).frames;
    expect(net, 0, BROADCAST, 0x11);
    expect(net, 1, BROADCAST, 0x06);
    assert_int_equal(counters(net).frames, before + 2);
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_only),
        cmocka_unit_test(test_first_broadcast_without_domains),
        cmocka_unit_test(test_join_and_leave_change_little),
        cmocka_unit_test(test_broken_link_is_mended),
        cmocka_unit_test(test_domains_are_apart),
        cmocka_unit_test(test_hosts_are_followed),
        cmocka_unit_test(test_questions_reach_the_apps),
        cmocka_unit_test(test_bad_calls),
        cmocka_unit_test(test_tags_are_bounded),
        cmocka_unit_test(test_restart_keeps_domains),
        cmocka_unit_test(test_full_tables_are_tried_again),
        cmocka_unit_test(test_refused_trees_leave_nothing),
        cmocka_unit_test(test_groups_of_an_earlier_controller_go),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_networks_hold),
        cmocka_unit_test(test_members_that_fit_again),
        cmocka_unit_test(test_member_by_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
