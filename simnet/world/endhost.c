#include "simnet/world/endhost.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/base/hmap.h"
#include "controller/packet/pkt_build.h"

enum {
    ARP_KIND = 0xa4b,
    ARP_TRIES = 3,
    MAX_WAITING = 4, /* Datagrams kept for one unknown address. */
    PING_BYTES = 56,
    ECHO_HLEN = 8, /* RFC 792: type, code, checksum, identifier, sequence number. */
};
#define ARP_RETRY_NS NS_PER_S

/* What the host knows of one address. */
struct neighbour {
    struct hmap_node node;
    struct endhost *host;
    uint32_t ip;
    struct eth_addr mac;
    bool known;
    mono_t heard_at; /* When it was learnt. */
    unsigned n_tries;
    struct sim_event retry;
    struct buf waiting[MAX_WAITING]; /* Whole frames whose destination address is still missing. */
    unsigned n_waiting;
};

/* What a frame needs comes first. */
struct endhost {
    struct eth_addr mac;
    uint32_t ip;
    endhost_udp_fn *udp;
    void *udp_aux;
    struct endhost_stats stats;

    struct sim *sim;
    char *name;
    struct wire *wire;
    unsigned side;
    struct hmap neighbours;
    int64_t arp_cache_ns; /* 0: what is learnt stays. */
    struct buf out;
    uint16_t ping_seq;
    endhost_arp_fn *arp;
    void *arp_aux;
    struct probe_sample rtt_s;
    endhost_pong_fn *pong; /* NULL: nobody asks. */
    void *pong_aux;
};

struct endhost *endhost_new(struct sim *sim, const struct endhost_params *params)
{
    struct endhost *host = xcalloc_lines(1, sizeof *host);

    host->sim = sim;
    host->name = xstrdup(params->name);
    host->mac = params->mac;
    host->ip = params->ip;
    hmap_init(&host->neighbours);
    return host;
}

/* Forgets all learnt addresses. */
static void endhost_flush_arp(struct endhost *host)
{
    struct hmap_node *node, *next;

    HMAP_FOR_EACH (node, next, &host->neighbours) {
        struct neighbour *nb = HMAP_ENTRY(node, struct neighbour, node);

        sim_cancel(host->sim, &nb->retry);
        for (unsigned i = 0; i < MAX_WAITING; i++) {
            buf_fini(&nb->waiting[i]);
        }
        free(nb);
    }
    hmap_fini(&host->neighbours);
}

void endhost_free(struct endhost *host)
{
    if (host) {
        endhost_flush_arp(host);
        buf_fini(&host->out);
        free(host->name);
        free(host);
    }
}

size_t endhost_bytes(const struct endhost *host)
{
    size_t n = alloc_bytes(sizeof *host) + alloc_bytes(strlen(host->name) + 1) +
               alloc_bytes(host->out.cap) + alloc_bytes(hmap_slot_bytes(&host->neighbours));
    struct hmap_node *node, *next;

    HMAP_FOR_EACH (node, next, &host->neighbours) {
        const struct neighbour *nb = HMAP_ENTRY(node, struct neighbour, node);

        n += alloc_bytes(sizeof *nb);
        for (unsigned i = 0; i < MAX_WAITING; i++) {
            n += alloc_bytes(nb->waiting[i].cap);
        }
    }
    return n;
}

const char *endhost_name(const struct endhost *host)
{
    return host->name;
}

struct eth_addr endhost_mac(const struct endhost *host)
{
    return host->mac;
}

uint32_t endhost_ip(const struct endhost *host)
{
    return host->ip;
}

const struct endhost_stats *endhost_get_stats(const struct endhost *host)
{
    return &host->stats;
}

void endhost_set_pong(struct endhost *host, endhost_pong_fn *pong, void *aux)
{
    host->pong = pong;
    host->pong_aux = aux;
}

void endhost_set_arp_cache(struct endhost *host, int64_t ns)
{
    host->arp_cache_ns = ns;
}

const struct probe_sample *endhost_rtt_s(const struct endhost *host)
{
    return &host->rtt_s;
}

void endhost_set_udp(struct endhost *host, endhost_udp_fn *fn, void *aux)
{
    host->udp = fn;
    host->udp_aux = aux;
}

void endhost_set_arp(struct endhost *host, endhost_arp_fn *fn, void *aux)
{
    host->arp = fn;
    host->arp_aux = aux;
}

void endhost_set_ip(struct endhost *host, uint32_t ip)
{
    host->ip = ip;
}

/* --- Sending --------------------------------------------------------------------------------- */

static void transmit(struct endhost *host, const struct buf *frame)
{
    if (host->wire && wire_send(host->wire, host->side, frame->data, frame->len)) {
        host->stats.n_tx++;
    } else {
        host->stats.n_unsent++;
    }
}

void endhost_send_frame(struct endhost *host, const struct buf *frame)
{
    transmit(host, frame);
}

static void ask(struct neighbour *nb)
{
    struct endhost *host = nb->host;

    nb->n_tries++;
    host->stats.n_arp_requests_tx++;
    buf_clear(&host->out);
    pkt_build_arp_request(&host->out, host->mac, host->ip, nb->ip);
    transmit(host, &host->out);
    sim_at(host->sim, &nb->retry, mono_add(sim_now(host->sim), ARP_RETRY_NS));
}

static void on_retry(void *aux, struct sim_event *event)
{
    struct neighbour *nb = aux;

    (void)event;
    if (nb->n_tries < ARP_TRIES) {
        ask(nb);
        return;
    }
    nb->host->stats.n_arp_failed++;
    nb->host->stats.n_unsent += nb->n_waiting;
    nb->n_waiting = 0;
    nb->n_tries = 0;
}

static struct neighbour *neighbour_find(struct endhost *host, uint32_t ip)
{
    struct hmap_node *node = hmap_first_with(&host->neighbours, hash_u64(ip));

    return node ? HMAP_ENTRY(node, struct neighbour, node) : NULL; /* hash_u64() is a bijection. */
}

static struct neighbour *neighbour_get(struct endhost *host, uint32_t ip)
{
    struct neighbour *nb = neighbour_find(host, ip);

    if (!nb) {
        nb = xcalloc(1, sizeof *nb);
        nb->host = host;
        nb->ip = ip;
        sim_event_init(&nb->retry, ARP_KIND, SIM_PRIO_NORMAL, on_retry, nb);
        hmap_insert(&host->neighbours, &nb->node, hash_u64(ip));
    }
    return nb;
}

static void address_and_send(struct neighbour *nb, struct buf *frame)
{
    memcpy(frame->data, nb->mac.b, ETH_ADDR_LEN);
    transmit(nb->host, frame);
}

static bool is_fresh(const struct neighbour *nb)
{
    const struct endhost *host = nb->host;

    return nb->known && (!host->arp_cache_ns ||
                         mono_diff_ns(sim_now(host->sim), nb->heard_at) < host->arp_cache_ns);
}

/* Sends the frame in 'out', built for an unknown destination address, to 'ip'. */
static void send_ip(struct endhost *host, uint32_t ip)
{
    struct neighbour *nb = neighbour_get(host, ip);
    struct buf *kept;

    if (is_fresh(nb)) {
        address_and_send(nb, &host->out);
        return;
    }
    if (nb->n_waiting == MAX_WAITING) {
        host->stats.n_unsent++;
        return;
    }
    kept = &nb->waiting[nb->n_waiting++];
    buf_clear(kept);
    buf_put(kept, host->out.data, host->out.len);
    if (!sim_event_is_set(&nb->retry)) {
        ask(nb);
    }
}

static void learn(struct endhost *host, uint32_t ip, struct eth_addr mac)
{
    struct neighbour *nb = neighbour_get(host, ip);

    nb->mac = mac;
    nb->known = true;
    nb->heard_at = sim_now(host->sim);
    nb->n_tries = 0;
    sim_cancel(host->sim, &nb->retry);
    for (unsigned i = 0; i < nb->n_waiting; i++) {
        address_and_send(nb, &nb->waiting[i]);
    }
    nb->n_waiting = 0;
}

static struct pkt_ends4 ends_to(const struct endhost *host, uint32_t ip)
{
    return (struct pkt_ends4){.eth_src = host->mac, .src = host->ip, .dst = ip};
}

void endhost_announce(struct endhost *host)
{
    buf_clear(&host->out);
    pkt_build_arp_request(&host->out, host->mac, host->ip, host->ip);
    host->stats.n_arp_requests_tx++;
    transmit(host, &host->out);
}

/* The payload starts with the time of sending, which comes back in the reply. */
void endhost_ping(struct endhost *host, uint32_t dst_ip)
{
    struct pkt_ends4 ends = ends_to(host, dst_ip);
    struct pkt_echo echo = {.id = 1, .seq = ++host->ping_seq};
    uint8_t payload[PING_BYTES] = {0};
    int64_t now_ns = sim_now(host->sim).ns;

    memcpy(payload, &now_ns, sizeof now_ns);
    buf_clear(&host->out);
    pkt_build_icmp4_echo(&host->out, &ends, &echo, payload, sizeof payload);
    host->stats.n_echo_requests_tx++;
    send_ip(host, dst_ip);
}

void endhost_send_udp(struct endhost *host, uint32_t dst_ip, uint16_t src_port, uint16_t dst_port,
                      const void *payload, size_t n)
{
    struct pkt_ends4 ends = ends_to(host, dst_ip);

    buf_clear(&host->out);
    pkt_build_udp4(&host->out, &ends, src_port, dst_port, payload, n);
    host->stats.n_udp_tx++;
    send_ip(host, dst_ip);
}

/* --- Receiving ------------------------------------------------------------------------------- */

static void on_arp(struct endhost *host, const struct pkt_arp *arp)
{
    if (arp->op == PKT_ARP_REPLY && arp->tpa == host->ip) {
        host->stats.n_arp_replies_rx++;
        learn(host, arp->spa, arp->sha);
    } else if (arp->op == PKT_ARP_REQUEST) {
        host->stats.n_arp_requests_rx++;
        if (arp->tpa == host->ip && arp->spa != host->ip) {
            learn(host, arp->spa, arp->sha);
            buf_clear(&host->out);
            pkt_build_arp_reply(&host->out, host->mac, host->ip, arp->sha, arp->spa);
            transmit(host, &host->out);
        }
    }
}

static void on_echo(struct endhost *host, const struct pkt *p, const uint8_t *frame)
{
    const uint8_t *icmp = frame + p->off.l4;
    size_t len = p->off.l3_end - p->off.l4;
    struct pkt_ends4 ends = ends_to(host, p->ipv4.src);
    struct pkt_echo echo = {.reply = true};
    int64_t sent_ns;

    if (len < ECHO_HLEN + sizeof sent_ns) {
        host->stats.n_ignored++;
    } else if (p->l4.type == PKT_ICMP_ECHO_REQUEST) {
        host->stats.n_echo_requests_rx++;
        echo.id = (uint16_t)(icmp[4] << 8 | icmp[5]);
        echo.seq = (uint16_t)(icmp[6] << 8 | icmp[7]);
        buf_clear(&host->out);
        pkt_build_icmp4_echo(&host->out, &ends, &echo, icmp + ECHO_HLEN, len - ECHO_HLEN);
        send_ip(host, p->ipv4.src);
    } else if (p->l4.type == PKT_ICMP_ECHO_REPLY) {
        host->stats.n_echo_replies_rx++;
        memcpy(&sent_ns, icmp + ECHO_HLEN, sizeof sent_ns);
        probe_sample_add(&host->rtt_s, ns_to_s(sim_now(host->sim).ns - sent_ns));
        if (host->pong) {
            host->pong(host->pong_aux, (mono_t){sent_ns});
        }
    }
}

static void on_ipv4(struct endhost *host, const struct pkt *p, const uint8_t *frame)
{
    bool is_mine = p->ipv4.dst == host->ip ||
                   (pkt_has(p, PKT_UDP) && (p->ipv4.dst == UINT32_MAX || host->ip == 0));

    if (!is_mine) {
        host->stats.n_foreign++;
    } else if (pkt_has(p, PKT_ICMP4)) {
        on_echo(host, p, frame);
    } else if (pkt_has(p, PKT_UDP)) {
        host->stats.n_udp_rx++;
        if (host->udp) {
            host->udp(host->udp_aux, host, p, frame + p->off.l4_payload,
                      p->off.l3_end - p->off.l4_payload);
        }
    } else {
        host->stats.n_ignored++;
    }
}

static void on_frame(void *node, uint32_t port, struct buf *frame, const struct pkt *parsed)
{
    struct endhost *host = node;
    const struct pkt *p = parsed;
    struct pkt own;

    (void)port;
    host->stats.n_rx++;
    if (!p && pkt_parse(frame->data, frame->len, &own) == ERR_OK) {
        p = &own;
    }
    if (!p || pkt_has(p, PKT_VLAN)) {
        host->stats.n_ignored++;
    } else if (!eth_addr_eq(p->eth_dst, host->mac) && !eth_addr_is_multicast(p->eth_dst)) {
        host->stats.n_foreign++;
    } else if (pkt_has(p, PKT_ARP)) {
        if (host->arp) {
            host->arp(host->arp_aux, host, &p->arp);
        }
        on_arp(host, &p->arp);
    } else if (pkt_has(p, PKT_IPV4)) {
        on_ipv4(host, p, frame->data);
    } else {
        host->stats.n_ignored++;
    }
}

void endhost_attach(struct endhost *host, struct wire *wire, unsigned side)
{
    host->wire = wire;
    host->side = side;
    wire_attach(wire, side, host, 0, on_frame, NULL);
}

void endhost_detach(struct endhost *host)
{
    wire_detach(host->wire, host->side);
    host->wire = NULL;
}
