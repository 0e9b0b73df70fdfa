/* See whole.h: what hosts send. */
#include "tests/apps/whole.h"

#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_igmp.h"
#include "controller/packet/pkt_sum.h"

/* --- To one host ------------------------------------------------------------------------------ */

struct eth_addr whole_alias_of(const struct whole *run, int sw)
{
    struct eth_addr alias = {{0}};

    if (run->net->ctl) {
        circuit_tree_alias_of(whole_app(run, "circuit_tree"), run->net->switches[sw]->dpid, &alias);
    }
    return alias;
}

void whole_send(struct whole *run)
{
    struct net *net = run->net;
    int from = whole_some_host(run), to = whole_some_host(run);

    if (from != to && whole_has(run, WHOLE_ROOTS) && net_draw(net, 3) == 0) {
        int at = net_draw(net, 2) ? net->hosts[to].sw : (int)net_draw(net, net->n_switches);

        net_send_via(net, from, to, whole_alias_of(run, at), run->next_number++);
    } else if (from != to) {
        net_send(net, from, to, run->next_number++);
    }
}

void whole_ask(struct whole *run)
{
    int from = whole_some_host(run);

    net_arp_request(run->net, from, run->net->hosts[whole_some_host(run)].ip);
}

struct eth_addr whole_resolve(struct whole *run, int from, int to)
{
    struct net *net = run->net;
    struct net_host *h = &net->hosts[from];

    h->n_seen = 0;
    net_arp_request(net, from, net->hosts[to].ip);
    net_settle(net);
    for (size_t i = h->n_seen; i-- > 0;) {
        if (h->seen[i].is_arp && h->seen[i].arp_op == 2 &&
            h->seen[i].arp_spa == net->hosts[to].ip) {
            return h->seen[i].src;
        }
    }
    return net->hosts[to].mac;
}

void whole_announce_all(struct whole *run)
{
    for (int i = 0; i < (int)run->net->n_hosts; i++) {
        net_arp_announce(run->net, i);
    }
}

/* --- To many ---------------------------------------------------------------------------------- */

static uint32_t group_ip(int group)
{
    return 0xef020355 + (uint32_t)group; /* 239.2.3.85 */
}

static struct eth_addr group_mac(uint32_t group)
{
    return eth_addr_from_u64(UINT64_C(0x01005e000000) | (group & 0x7fffff));
}

static uint32_t send_to(struct whole *run, int from, struct eth_addr dst, uint32_t ip)
{
    const struct net_host *h = &run->net->hosts[from];
    struct pkt_ends4 ends = {.eth_dst = dst, .eth_src = h->mac, .src = h->ip, .dst = ip};
    struct buf frame = BUF_INIT, payload = BUF_INIT;

    buf_put_u32(&payload, run->next_number);
    pkt_build_udp4(&frame, &ends, 2385, 4712, payload.data, payload.len);
    net_send_frame(run->net, from, &frame);
    buf_fini(&payload);
    buf_fini(&frame);
    return run->next_number++;
}

uint32_t whole_send_broadcast(struct whole *run, int from)
{
    return send_to(run, from, (struct eth_addr){{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, 0xffffffff);
}

uint32_t whole_send_group(struct whole *run, int from, int group)
{
    return send_to(run, from, group_mac(group_ip(group)), group_ip(group));
}

void whole_broadcast(struct whole *run)
{
    whole_send_broadcast(run, whole_some_host(run));
}

void whole_group_frame(struct whole *run)
{
    int from = whole_some_host(run);

    whole_send_group(run, from, (int)net_draw(run->net, WHOLE_GROUPS));
}

/* --- Groups ----------------------------------------------------------------------------------- */

/* An IGMPv2 message: a report, or "leave" (RFC 2236 §2). */
static void say(struct whole *run, int host, bool is_report, int group)
{
    const struct net_host *h = &run->net->hosts[host];
    uint32_t ip = group_ip(group), dst = is_report ? ip : 0xe0000002;
    struct pkt_ends4 ends = {
        .eth_dst = group_mac(dst), .eth_src = h->mac, .src = h->ip, .dst = dst, .ttl = 1};
    uint8_t msg[8] = {is_report ? 0x16 : 0x17,
                      0,
                      0,
                      0,
                      (uint8_t)(ip >> 24),
                      (uint8_t)(ip >> 16),
                      (uint8_t)(ip >> 8),
                      (uint8_t)ip};
    uint16_t sum = pkt_sum_fold(pkt_sum_add(0, msg, sizeof(msg)));
    struct buf frame = BUF_INIT;

    msg[2] = (uint8_t)(sum >> 8);
    msg[3] = (uint8_t)sum;
    pkt_build_ipv4(&frame, &ends, PKT_PROTO_IGMP, msg, sizeof(msg));
    net_send_frame(run->net, host, &frame);
    buf_fini(&frame);
}

/* A host listens or no longer does. One that is away tells nobody. */
void whole_toggle_listener(struct whole *run)
{
    int host = whole_some_host(run), group = (int)net_draw(run->net, WHOLE_GROUPS);

    run->listens[group][host] = !run->listens[group][host];
    say(run, host, run->listens[group][host], group);
}

/* Everybody stops listening, and says so. */
void whole_leave_all_groups(struct whole *run)
{
    for (int group = 0; group < WHOLE_GROUPS && whole_has(run, WHOLE_MULTICAST); group++) {
        for (int host = 0; host < (int)run->net->n_hosts; host++) {
            if (run->listens[group][host]) {
                run->listens[group][host] = false;
                say(run, host, false, group);
            }
        }
    }
}

/* Who is asked answers at once. */
void whole_heard(void *aux, struct net_host *host, const uint8_t *data, size_t len)
{
    struct whole *run = aux;
    struct pkt_igmp igmp;
    struct pkt pkt;

    if (pkt_parse(data, len, &pkt) != ERR_OK || !pkt_is_igmp(&pkt) ||
        pkt_igmp_parse(data, len, &pkt, &igmp) != ERR_OK || igmp.kind != PKT_IGMP_QUERY ||
        igmp.is_v6) {
        return;
    }
    for (int group = 0; group < WHOLE_GROUPS; group++) {
        int i = (int)(host - run->net->hosts);

        if (run->listens[group][i]) {
            say(run, i, true, group);
        }
    }
}

/* --- Too many flows --------------------------------------------------------------------------- */

void whole_flood(struct whole *run)
{
    struct net *net = run->net;
    int from = whole_some_host(run), to = whole_some_host(run);
    const struct net_host *a = &net->hosts[from], *b = &net->hosts[to];
    struct pkt_ends4 ends = {.eth_dst = b->mac, .eth_src = a->mac, .src = a->ip, .dst = b->ip};

    for (uint16_t i = 0; i < 130 && from != to; i++) {
        struct buf frame = BUF_INIT, payload = BUF_INIT;

        buf_put_u32(&payload, run->next_number++);
        pkt_build_udp4(&frame, &ends, (uint16_t)(10000 + i), 53, payload.data, payload.len);
        net_send_frame(net, from, &frame);
        buf_fini(&payload);
        buf_fini(&frame);
    }
    net_advance(net, 1100 * NS_PER_MS);
}
