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
#include "controller/packet/pkt_build.h"
#include "tests/apps/net.h"

#define N_RUNS 60
#define N_ACTIONS 60
#define MAX_RULES 24

struct run {
    struct net *net;
    uint64_t seed;
    struct firewall_rule rules[MAX_RULES];
    size_t n_rules;
    bool disabled;
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

static bool is_allowed(const struct run *run, dpid_t dpid, const struct of_match *packet)
{
    const struct firewall_rule *best = NULL;

    for (size_t i = 0; i < run->n_rules && !run->disabled; i++) {
        const struct firewall_rule *r = &run->rules[i];

        if ((!r->has_dpid || r->dpid == dpid) && of_match_packet(&r->match, packet) &&
            (!best || comes_before(r, best))) {
            best = r;
        }
    }
    return !best || best->action == FIREWALL_ALLOW;
}

/* --- Rules ------------------------------------------------------------------------------------- */

static const uint16_t ports[] = {53, 2385};

static void draw_eth(const struct run *run, struct of_match *m, uint64_t bit, struct eth_addr *v,
                     struct eth_addr *mask)
{
    *v = run->net->hosts[draw(run, run->net->n_hosts)].mac;
    m->present |= bit;
    if (draw(run, 3) == 0) { /* Every other host, or all. */
        *mask =
            eth_addr_from_u64(draw(run, 2) ? UINT64_C(0xfffffffffffe) : UINT64_C(0xff0000000001));
        *v = eth_addr_from_u64(eth_addr_u64(*v) & eth_addr_u64(*mask));
        m->masked |= bit;
    }
}

static struct ipv6_addr ipv6_of(const struct net_host *h)
{
    return (struct ipv6_addr){
        {0xfd, [8] = 0x85, [14] = (uint8_t)(h->ip >> 8), [15] = (uint8_t)h->ip}};
}

static void draw_ip(const struct run *run, struct of_match *m, bool is_src)
{
    const struct net_host *h = &run->net->hosts[draw(run, run->net->n_hosts)];
    static const uint32_t masks4[] = {UINT32_MAX, 0xfffffffe, 0xfffffffc, 0xff000000};
    uint32_t mask = masks4[draw(run, 4)];

    if (m->v.eth_type == PKT_TYPE_IPV4) {
        uint64_t bit = is_src ? OF_BIT(IPV4_SRC) : OF_BIT(IPV4_DST);

        m->present |= bit;
        m->masked |= mask != UINT32_MAX ? bit : 0;
        *(is_src ? &m->v.ipv4_src : &m->v.ipv4_dst) = h->ip & mask;
        *(is_src ? &m->m.ipv4_src : &m->m.ipv4_dst) = mask;
    } else {
        uint64_t bit = is_src ? OF_BIT(IPV6_SRC) : OF_BIT(IPV6_DST);
        struct ipv6_addr *v = is_src ? &m->v.ipv6_src : &m->v.ipv6_dst;
        struct ipv6_addr *mm = is_src ? &m->m.ipv6_src : &m->m.ipv6_dst;

        *v = ipv6_of(h);
        memset(mm->b, 0xff, sizeof mm->b);
        mm->b[15] = (uint8_t)mask;
        v->b[15] &= mm->b[15];
        m->present |= bit;
        m->masked |= mm->b[15] != 0xff ? bit : 0;
    }
}

static void draw_l4(const struct run *run, struct of_match *m)
{
    uint16_t port = ports[draw(run, 2)];
    bool is_4 = m->v.eth_type == PKT_TYPE_IPV4;

    switch (draw(run, 4)) {
    case 0:
        OF_MATCH_SET(m, IP_PROTO, ip_proto, PKT_PROTO_TCP);
        if (draw(run, 2)) {
            OF_MATCH_SET(m, TCP_DST, tcp_dst, port);
        }
        return;
    case 1:
        OF_MATCH_SET(m, IP_PROTO, ip_proto, PKT_PROTO_UDP);
        if (draw(run, 2)) {
            OF_MATCH_SET(m, UDP_SRC, udp_src, port);
        } else {
            OF_MATCH_SET(m, UDP_DST, udp_dst, port);
        }
        return;
    case 2:
        OF_MATCH_SET(m, IP_PROTO, ip_proto, PKT_PROTO_SCTP);
        OF_MATCH_SET(m, SCTP_DST, sctp_dst, port);
        return;
    default:
        OF_MATCH_SET(m, IP_PROTO, ip_proto, is_4 ? PKT_PROTO_ICMP : PKT_PROTO_ICMP6);
        if (is_4 && draw(run, 2)) {
            OF_MATCH_SET(m, ICMPV4_TYPE, icmpv4_type, PKT_ICMP_ECHO_REQUEST);
        } else if (!is_4 && draw(run, 2)) {
            OF_MATCH_SET(m, ICMPV6_TYPE, icmpv6_type, PKT_ICMP6_ECHO_REQUEST);
        }
        return;
    }
}

static void draw_vlan(const struct run *run, struct of_match *m)
{
    OF_MATCH_SET(m, VLAN_VID, vlan_vid, OF_VID_NONE);
    if (draw(run, 2)) { /* Labels of clustering begin with 2. */
        OF_MATCH_SET(m, VLAN_VID, vlan_vid, (uint16_t)(OF_VID_PRESENT | (2 + draw(run, 3))));
    } else if (draw(run, 2)) {
        m->v.vlan_vid = m->m.vlan_vid = OF_VID_PRESENT;
        m->masked |= OF_BIT(VLAN_VID);
    }
}

static void draw_rule(const struct run *run, struct firewall_rule *r)
{
    struct net *net = run->net;
    struct of_match *m = &r->match;

    r->action = draw(run, 5) < 3 ? FIREWALL_DENY : FIREWALL_ALLOW;
    r->priority = (uint16_t)draw(run, 12);
    r->has_dpid = draw(run, 4) == 0;
    of_match_clear(m);
    if (r->has_dpid) {
        size_t host = draw(run, net->n_hosts);

        r->dpid = net->switches[net->hosts[host].sw]->dpid;
        if (draw(run, 2)) {
            OF_MATCH_SET(m, IN_PORT, in_port, net->hosts[host].port);
        }
    }
    if (draw(run, 4) == 0) {
        draw_eth(run, m, OF_BIT(ETH_SRC), &m->v.eth_src, &m->m.eth_src);
    }
    if (draw(run, 4) == 0) {
        draw_eth(run, m, OF_BIT(ETH_DST), &m->v.eth_dst, &m->m.eth_dst);
    }
    if (draw(run, 6) == 0) {
        draw_vlan(run, m);
    }
    if (draw(run, 3)) {
        OF_MATCH_SET(m, ETH_TYPE, eth_type, draw(run, 3) ? PKT_TYPE_IPV4 : PKT_TYPE_IPV6);
        if (draw(run, 2)) {
            draw_ip(run, m, true);
        }
        if (draw(run, 2)) {
            draw_ip(run, m, false);
        }
        if (draw(run, 2)) {
            draw_l4(run, m);
        }
    }
}

static void add_rule(struct run *run)
{
    struct firewall_rule r = {0};
    struct firewall_fault fault = {0};
    enum err err;

    if (run->n_rules == MAX_RULES) {
        return;
    }
    draw_rule(run, &r);
    err = firewall_add(app(run), &r, &r.id, &fault);
    if (err == ERR_OK) {
        run->rules[run->n_rules++] = r;
    } else if (err != ERR_EXISTS) {
        fail_msg("seed %llu: %s: %s", (unsigned long long)run->seed,
                 fault.field ? fault.field : "?", fault.text);
    }
}

static void change_rule(struct run *run)
{
    struct firewall_rule r = {0};
    size_t i;

    if (run->n_rules == 0) {
        return;
    }
    i = draw(run, run->n_rules);
    if (draw(run, 2)) {
        r = run->rules[i];
        r.action = r.action == FIREWALL_DENY ? FIREWALL_ALLOW : FIREWALL_DENY;
    } else {
        draw_rule(run, &r);
    }
    r.id = run->rules[i].id;
    if (firewall_put(app(run), &r, NULL) == ERR_OK) {
        run->rules[i] = r;
    }
}

static void remove_rule(struct run *run)
{
    size_t i;

    if (run->n_rules > 0) {
        i = draw(run, run->n_rules);
        assert_int_equal(firewall_remove(app(run), run->rules[i].id), ERR_OK);
        run->rules[i] = run->rules[--run->n_rules];
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

static void build_4(const struct run *run, int from, int to, size_t kind, uint16_t src,
                    uint16_t dst, struct buf *out, struct of_match *p)
{
    const struct net_host *a = &run->net->hosts[from], *b = &run->net->hosts[to];
    struct pkt_ends4 ends = {.eth_dst = b->mac, .eth_src = a->mac, .src = a->ip, .dst = b->ip};
    struct pkt_tcp_head tcp = {.src = src, .dst = dst, .flags = PKT_TCP_SYN};
    struct pkt_echo echo = {.id = 5, .seq = 7};
    uint8_t payload[4];

    be_put32(payload, run->number);
    OF_MATCH_SET(p, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
    OF_MATCH_SET(p, IPV4_SRC, ipv4_src, a->ip);
    OF_MATCH_SET(p, IPV4_DST, ipv4_dst, b->ip);
    if (kind == 0) {
        pkt_build_tcp4(out, &ends, &tcp, payload, 4);
        OF_MATCH_SET(p, IP_PROTO, ip_proto, PKT_PROTO_TCP);
        OF_MATCH_SET(p, TCP_SRC, tcp_src, src);
        OF_MATCH_SET(p, TCP_DST, tcp_dst, dst);
    } else if (kind == 1) {
        pkt_build_udp4(out, &ends, src, dst, payload, 4);
        OF_MATCH_SET(p, IP_PROTO, ip_proto, PKT_PROTO_UDP);
        OF_MATCH_SET(p, UDP_SRC, udp_src, src);
        OF_MATCH_SET(p, UDP_DST, udp_dst, dst);
    } else if (kind == 2) {
        pkt_build_sctp4(out, &ends, src, dst, 9, payload, 4);
        OF_MATCH_SET(p, IP_PROTO, ip_proto, PKT_PROTO_SCTP);
        OF_MATCH_SET(p, SCTP_SRC, sctp_src, src);
        OF_MATCH_SET(p, SCTP_DST, sctp_dst, dst);
    } else {
        pkt_build_icmp4_echo(out, &ends, &echo, payload, 4);
        OF_MATCH_SET(p, IP_PROTO, ip_proto, PKT_PROTO_ICMP);
        OF_MATCH_SET(p, ICMPV4_TYPE, icmpv4_type, PKT_ICMP_ECHO_REQUEST);
        OF_MATCH_SET(p, ICMPV4_CODE, icmpv4_code, 0);
    }
}

static void build_6(const struct run *run, int from, int to, size_t kind, uint16_t src,
                    uint16_t dst, struct buf *out, struct of_match *p)
{
    const struct net_host *a = &run->net->hosts[from], *b = &run->net->hosts[to];
    struct pkt_ends6 ends = {
        .eth_dst = b->mac, .eth_src = a->mac, .src = ipv6_of(a), .dst = ipv6_of(b)};
    struct pkt_echo echo = {.id = 5, .seq = 7};
    uint8_t payload[4];

    be_put32(payload, run->number);
    OF_MATCH_SET(p, ETH_TYPE, eth_type, PKT_TYPE_IPV6);
    OF_MATCH_SET(p, IPV6_SRC, ipv6_src, ends.src);
    OF_MATCH_SET(p, IPV6_DST, ipv6_dst, ends.dst);
    if (kind < 2) {
        pkt_build_udp6(out, &ends, src, dst, payload, 4);
        OF_MATCH_SET(p, IP_PROTO, ip_proto, PKT_PROTO_UDP);
        OF_MATCH_SET(p, UDP_SRC, udp_src, src);
        OF_MATCH_SET(p, UDP_DST, udp_dst, dst);
    } else {
        pkt_build_icmp6_echo(out, &ends, &echo, payload, 4);
        OF_MATCH_SET(p, IP_PROTO, ip_proto, PKT_PROTO_ICMP6);
        OF_MATCH_SET(p, ICMPV6_TYPE, icmpv6_type, PKT_ICMP6_ECHO_REQUEST);
        OF_MATCH_SET(p, ICMPV6_CODE, icmpv6_code, 0);
    }
}

/* A random frame twice: what the controller decides, and what it has made of it. */
static void send_one(struct run *run)
{
    struct net *net = run->net;
    int from = (int)draw(run, net->n_hosts), to = (int)draw(run, net->n_hosts);
    uint16_t src = ports[draw(run, 2)], dst = ports[draw(run, 2)];
    const struct net_host *h = &net->hosts[from];
    size_t kind = draw(run, 4);
    bool is_6 = draw(run, 3) == 0, allowed;

    for (unsigned i = 0; i < 2 && from != to; i++) {
        struct of_match p = {0};
        struct buf frame = BUF_INIT;

        run->number++;
        run->to = to;
        run->n_heard = run->n_strayed = 0;
        (is_6 ? build_6 : build_4)(run, from, to, kind, src, dst, &frame, &p);
        OF_MATCH_SET(&p, IN_PORT, in_port, h->port);
        OF_MATCH_SET(&p, ETH_SRC, eth_src, h->mac);
        OF_MATCH_SET(&p, ETH_DST, eth_dst, net->hosts[to].mac);
        OF_MATCH_SET(&p, VLAN_VID, vlan_vid, OF_VID_NONE);
        allowed = is_allowed(run, net->switches[h->sw]->dpid, &p);
        net_send_frame(net, from, &frame);
        net_settle(net);
        buf_fini(&frame);
        run->n_allowed += allowed;
        run->n_denied += !allowed;
        if (run->n_heard != allowed || run->n_strayed) {
            fail_msg(
                "seed %llu: %s frame %u (IPv%d kind %zu) from %d to %d is heard %u times, try %u",
                (unsigned long long)run->seed, allowed ? "allowed" : "denied", run->number,
                is_6 ? 6 : 4, kind, from, to, run->n_heard, i);
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

    if (what < 22) {
        add_rule(run);
    } else if (what < 30) {
        remove_rule(run);
    } else if (what < 40) {
        change_rule(run);
    } else if (what < 43) {
        run->disabled = !run->disabled;
        assert_int_equal(firewall_enable(app(run), !run->disabled), ERR_OK);
    } else if (what < 46) {
        move_host(run);
    } else if (what < 48) {
        restart(run);
    } else if (what < 52) {
        net_advance(net, (int64_t)draw(run, 400) * NS_PER_S);
        announce(run);
    }
    for (unsigned i = 0; i < 100 && !firewall_is_settled(app(run)); i++) {
        net_advance(net, NS_PER_MS);
    }
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
