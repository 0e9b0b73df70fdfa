/* pkt_print(): a frame as one line of text. */
#include "controller/packet/pkt.h"

#include <stdarg.h>
#include <stdio.h>

#include "controller/packet/pkt_addr.h"

/* Text that is cut at the end of its buffer. */
struct text {
    char *out;
    size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *fmt, ...)
{
    size_t room = t->size - t->len;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(t->out + t->len, room, fmt, args);
    va_end(args);
    t->len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static void put_tags(struct text *t, const struct pkt *p)
{
    for (unsigned i = 0; i < p->n_vlans; i++) {
        put(t, " vlan %u", p->vlan[i].vid);
        if (p->vlan[i].pcp) {
            put(t, " pcp %u", p->vlan[i].pcp);
        }
    }
    if (pkt_has(p, PKT_PBB)) {
        put(t, " pbb isid %u", p->pbb.isid);
    }
    if (pkt_has(p, PKT_MPLS)) {
        put(t, " mpls %u tc %u%s ttl %u", p->mpls.label, p->mpls.tc, p->mpls.bos ? " bos" : "",
            p->mpls.ttl);
    }
}

static void put_arp(struct text *t, const struct pkt_arp *arp)
{
    if (arp->op == PKT_ARP_REQUEST) {
        put(t, " arp who-has " IPV4_FMT " tell " IPV4_FMT, IPV4_ARGS(arp->tpa),
            IPV4_ARGS(arp->spa));
    } else if (arp->op == PKT_ARP_REPLY) {
        put(t, " arp " IPV4_FMT " is-at " ETH_FMT, IPV4_ARGS(arp->spa), ETH_ARGS(arp->sha));
    } else {
        put(t, " arp op %u", arp->op);
    }
}

static void put_ip(struct text *t, const struct pkt *p)
{
    bool v4 = pkt_has(p, PKT_IPV4);
    unsigned frag = v4 ? p->ipv4.frag_off_bytes : p->ipv6.frag_off_bytes;

    if (v4) {
        put(t, " " IPV4_FMT " > " IPV4_FMT " ttl %u", IPV4_ARGS(p->ipv4.src),
            IPV4_ARGS(p->ipv4.dst), p->ipv4.ttl);
    } else {
        char src[PKT_IPV6_TEXT], dst[PKT_IPV6_TEXT];

        put(t, " %s > %s hlim %u", pkt_ipv6_format(&p->ipv6.src, src),
            pkt_ipv6_format(&p->ipv6.dst, dst), p->ipv6.hop_limit);
    }
    if (frag || (v4 ? p->ipv4.mf : p->ipv6.mf)) {
        put(t, " frag %u", frag);
    }
    if (!pkt_has(p, PKT_PORTS | PKT_ICMP4 | PKT_ICMP6)) {
        put(t, " proto %u", v4 ? p->ipv4.proto : p->ipv6.proto);
    }
}

static void put_tcp_flags(struct text *t, uint16_t flags)
{
    static const char letters[] = "FSRPAUECN"; /* From the lowest bit. */

    put(t, " ");
    for (unsigned i = 0; i < sizeof letters - 1; i++) {
        if (flags >> i & 1) {
            put(t, "%c", letters[i]);
        }
    }
    if (!flags) {
        put(t, "-");
    }
}

static void put_icmp(struct text *t, const struct pkt *p)
{
    char target[PKT_IPV6_TEXT];

    put(t, " %s type %u code %u", pkt_has(p, PKT_ICMP4) ? "icmp" : "icmp6", p->l4.type, p->l4.code);
    if (p->present & PKT_HAS_ND_TARGET) {
        put(t, " target %s", pkt_ipv6_format(&p->nd.target, target));
    }
    if (p->present & PKT_HAS_ND_SLL) {
        put(t, " sll " ETH_FMT, ETH_ARGS(p->nd.sll));
    }
    if (p->present & PKT_HAS_ND_TLL) {
        put(t, " tll " ETH_FMT, ETH_ARGS(p->nd.tll));
    }
}

static void put_l4(struct text *t, const struct pkt *p)
{
    if (pkt_has(p, PKT_PORTS)) {
        const char *name = pkt_has(p, PKT_TCP) ? "tcp" : pkt_has(p, PKT_UDP) ? "udp" : "sctp";

        put(t, " %s %u > %u", name, p->l4.src, p->l4.dst);
    }
    if (pkt_has(p, PKT_TCP)) {
        put_tcp_flags(t, p->l4.tcp_flags);
    }
    if (pkt_has(p, PKT_ICMP4 | PKT_ICMP6)) {
        put_icmp(t, p);
    }
}

size_t pkt_print(const uint8_t *frame, size_t len, char *out, size_t size)
{
    struct text t = {.out = out, .size = size};
    struct pkt p;

    if (size == 0) {
        return 0;
    }
    if (pkt_parse(frame, len, &p)) {
        put(&t, "no Ethernet frame, len %zu", len);
        return t.len;
    }
    put(&t, ETH_FMT " > " ETH_FMT, ETH_ARGS(p.eth_src), ETH_ARGS(p.eth_dst));
    put_tags(&t, &p);
    if (pkt_has(&p, PKT_ARP)) {
        put_arp(&t, &p.arp);
    } else if (pkt_has(&p, PKT_IP)) {
        put_ip(&t, &p);
        put_l4(&t, &p);
    } else {
        put(&t, " type 0x%04x", p.eth_type);
    }
    put(&t, " len %zu", len);
    return t.len;
}
