/* Synthesised TCP into a pcap file. See live_pcap.h. */
#include "controller/live/live_pcap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/base/alloc.h"
#include "controller/base/buf.h"
#include "controller/base/mono.h"
#include "controller/packet/pkt_sum.h"

#define SNAP_LEN 262144
#define ETHERTYPE_V4 0x0800
#define ETHERTYPE_V6 0x86dd
#define PROTO_TCP 6
#define ETH_LEN 14
#define TCP_LEN 20

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_PSH = 8, TCP_ACK = 16 };

/* What a side may have under way before the other must acknowledge. The window of 65 535 scaled by
 * 2^14 would allow a gigabyte. */
#define MAX_UNACKED (1u << 20)
#define WINDOW_SCALE 14

struct live_pcap {
    pcap_t *pcap;
    pcap_dumper_t *dumper;
    FILE *file;         /* The dumper's. */
    struct list flows;  /* struct pcap_flow */
    struct buf frame;   /* The one that is being made. */
    uint64_t n_packets; /* Written. */
    uint64_t n_bytes;
    uint16_t ip_id;
};

/* --- The file --------------------------------------------------------------------------------- */

struct live_pcap *live_pcap_open(const char *path, char *why, size_t why_size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    struct live_pcap *p;

    if (!file) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    p = xcalloc(1, sizeof *p);
    list_init(&p->flows);
    p->pcap =
        pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAP_LEN, PCAP_TSTAMP_PRECISION_NANO);
    p->dumper = p->pcap ? pcap_dump_fopen(p->pcap, file) : NULL;
    if (!p->dumper) { /* libpcap has closed the file. */
        snprintf(why, why_size, "%s: %s", path, p->pcap ? pcap_geterr(p->pcap) : "out of memory");
        live_pcap_close(p);
        return NULL;
    }
    p->file = file;
    return p;
}

bool live_pcap_flush(struct live_pcap *p)
{
    return pcap_dump_flush(p->dumper) == 0 && !ferror(p->file);
}

bool live_pcap_close(struct live_pcap *p)
{
    bool ok = true;
    struct list *e, *tmp;

    if (!p) {
        return true;
    }
    LIST_FOR_EACH (e, tmp, &p->flows) {
        list_remove(e);
    }
    if (p->dumper) {
        ok = live_pcap_flush(p);
        pcap_dump_close(p->dumper);
    }
    if (p->pcap) {
        pcap_close(p->pcap);
    }
    buf_fini(&p->frame);
    free(p);
    return ok;
}

uint64_t live_pcap_packets(const struct live_pcap *p)
{
    return p->n_packets;
}

uint64_t live_pcap_bytes(const struct live_pcap *p)
{
    return p->n_bytes;
}

static void dump(struct live_pcap *p, int64_t at_ns)
{
    struct pcap_pkthdr head = {.caplen = (bpf_u_int32)p->frame.len,
                               .len = (bpf_u_int32)p->frame.len};

    head.ts.tv_sec = (time_t)(at_ns / NS_PER_S);
    head.ts.tv_usec = (suseconds_t)(at_ns % NS_PER_S); /* Nanoseconds, by the precision above. */
    pcap_dump((u_char *)p->dumper, &head, p->frame.data);
    p->n_packets++;
    p->n_bytes += sizeof(uint32_t) * 4 + p->frame.len;
}

/* --- One segment ------------------------------------------------------------------------------ */

static void put_ethernet(struct buf *b, const struct pcap_flow *f, enum pcap_side from)
{
    for (int i = 0; i < 2; i++) { /* Destination first; a local address from the end of the IP's. */
        const uint8_t *addr = f->addr[i == 0 ? !from : from];

        buf_put_u16(b, 0x0200);
        buf_put(b, addr + (f->v6 ? 12 : 0), 4);
    }
    buf_put_u16(b, f->v6 ? ETHERTYPE_V6 : ETHERTYPE_V4);
}

static void put_v4(struct buf *b, const struct pcap_flow *f, enum pcap_side from, size_t len,
                   uint16_t id)
{
    size_t at = b->len;

    buf_put_u16(b, 0x4500);
    buf_put_u16(b, 20 + len);
    buf_put_u16(b, id);
    buf_put_u16(b, 0x4000); /* Do not fragment. */
    buf_put_u8(b, 64);
    buf_put_u8(b, PROTO_TCP);
    buf_put_u16(b, 0);
    buf_put(b, f->addr[from], 4);
    buf_put(b, f->addr[!from], 4);
    buf_set_u16(b, at + 10, pkt_sum_fold(pkt_sum_add(0, b->data + at, 20)));
}

static void put_v6(struct buf *b, const struct pcap_flow *f, enum pcap_side from, size_t len)
{
    buf_put_u32(b, 0x60000000);
    buf_put_u16(b, len);
    buf_put_u8(b, PROTO_TCP);
    buf_put_u8(b, 64);
    buf_put(b, f->addr[from], 16);
    buf_put(b, f->addr[!from], 16);
}

static uint16_t tcp_sum(const struct pcap_flow *f, enum pcap_side from, const uint8_t *tcp,
                        size_t len)
{
    uint64_t sum = pkt_sum_add(0, tcp, len);
    struct ipv6_addr a, b;
    struct rd src = rd_init(f->addr[from], 4), dst = rd_init(f->addr[!from], 4);

    if (!f->v6) {
        return pkt_sum_fold(pkt_sum_pseudo4(sum, rd_u32(&src), rd_u32(&dst), PROTO_TCP, len));
    }
    memcpy(a.b, f->addr[from], sizeof a.b);
    memcpy(b.b, f->addr[!from], sizeof b.b);
    return pkt_sum_fold(pkt_sum_pseudo6(sum, &a, &b, PROTO_TCP, len));
}

static void put_syn_options(struct buf *b)
{
    buf_put_u16(b, 0x0204); /* Largest segment. */
    buf_put_u16(b, LIVE_PCAP_SEGMENT);
    buf_put_u8(b, 1); /* Nothing. */
    buf_put_u16(b, 0x0303);
    buf_put_u8(b, WINDOW_SCALE);
}

/* One segment from 'from'; sequence numbers go on. */
static void segment(struct live_pcap *p, struct pcap_flow *f, enum pcap_side from, unsigned flags,
                    const uint8_t *data, size_t len, int64_t at_ns)
{
    size_t head_len = TCP_LEN + (flags & TCP_SYN ? 8 : 0);
    struct buf *b = &p->frame;
    size_t at;

    buf_clear(b);
    put_ethernet(b, f, from);
    if (f->v6) {
        put_v6(b, f, from, head_len + len);
    } else {
        put_v4(b, f, from, head_len + len, p->ip_id++);
    }
    at = b->len;
    buf_put_u16(b, f->port[from]);
    buf_put_u16(b, f->port[!from]);
    buf_put_u32(b, f->seq[from]);
    buf_put_u32(b, flags & TCP_ACK ? f->seq[!from] : 0);
    buf_put_u16(b, head_len / 4 << 12 | flags);
    buf_put_u16(b, UINT16_MAX);
    buf_put_u32(b, 0); /* Checksum, urgent pointer. */
    if (flags & TCP_SYN) {
        put_syn_options(b);
    }
    buf_put(b, data, len);
    buf_set_u16(b, at + 16, tcp_sum(f, from, b->data + at, b->len - at));
    f->seq[from] += (uint32_t)len + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
    f->unacked[from] += (uint32_t)len;
    f->unacked[!from] = 0;
    dump(p, at_ns);
}

/* --- Addresses -------------------------------------------------------------------------------- */

/* Splits "ADDRESS:PORT" or "[IPV6%scope]:PORT". */
static bool parse(const char *text, bool *v6, uint8_t addr[16], uint16_t *port)
{
    char host[64];
    unsigned number;

    *v6 = text[0] == '[';
    if (sscanf(text, *v6 ? "[%63[^]%]%*[^:]:%5u" : "%63[0-9.]:%5u", host, &number) != 2) {
        return false;
    }
    *port = (uint16_t)number;
    return number <= UINT16_MAX && inet_pton(*v6 ? AF_INET6 : AF_INET, host, addr) == 1;
}

static void set_own(struct pcap_flow *f, const char *own)
{
    static const uint8_t v4[4] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
    uint16_t port;
    bool is_v6;

    f->port[PCAP_CONTROLLER] = LIVE_PCAP_PORT;
    if (own && parse(own, &is_v6, f->addr[PCAP_CONTROLLER], &port) && is_v6 == f->v6) {
        return;
    }
    memset(f->addr[PCAP_CONTROLLER], 0, sizeof f->addr[0]);
    memcpy(f->addr[PCAP_CONTROLLER], f->v6 ? v6 : v4, f->v6 ? sizeof v6 : sizeof v4);
}

static bool is_taken(const struct live_pcap *p, const struct pcap_flow *f)
{
    for (struct list *e = p->flows.next; e != &p->flows; e = e->next) {
        const struct pcap_flow *o = LIST_ENTRY(e, struct pcap_flow, in_list);

        if (o->port[PCAP_SWITCH] == f->port[PCAP_SWITCH] && o->v6 == f->v6 &&
            memcmp(o->addr[PCAP_SWITCH], f->addr[PCAP_SWITCH], sizeof f->addr[0]) == 0) {
            return true;
        }
    }
    return false;
}

static void set_peer(const struct live_pcap *p, struct pcap_flow *f, const char *peer)
{
    static const uint8_t documentation[4] = {192, 0, 2, 1}; /* RFC 5737. */

    if (!parse(peer, &f->v6, f->addr[PCAP_SWITCH], &f->port[PCAP_SWITCH])) {
        f->v6 = false;
        memcpy(f->addr[PCAP_SWITCH], documentation, sizeof documentation);
        f->port[PCAP_SWITCH] = 49152;
    }
    while (f->port[PCAP_SWITCH] == 0 || is_taken(p, f)) {
        f->port[PCAP_SWITCH]++;
    }
}

/* --- Flows ------------------------------------------------------------------------------------ */

void pcap_flow_open(struct live_pcap *p, struct pcap_flow *f, const char *peer, const char *own,
                    int64_t at_ns)
{
    memset(f, 0, sizeof *f);
    set_peer(p, f, peer);
    set_own(f, own);
    f->seq[PCAP_SWITCH] = 1000;
    f->seq[PCAP_CONTROLLER] = 5000;
    list_push_back(&p->flows, &f->in_list);
    segment(p, f, PCAP_SWITCH, TCP_SYN, NULL, 0, at_ns);
    segment(p, f, PCAP_CONTROLLER, TCP_SYN | TCP_ACK, NULL, 0, at_ns);
    segment(p, f, PCAP_SWITCH, TCP_ACK, NULL, 0, at_ns);
}

void pcap_flow_move(struct live_pcap *p, struct pcap_flow *f)
{
    list_remove(&f->in_list);
    list_push_back(&p->flows, &f->in_list);
}

void pcap_flow_write(struct live_pcap *p, struct pcap_flow *f, enum pcap_side side,
                     const uint8_t *data, size_t len, int64_t at_ns)
{
    while (len) {
        size_t n = len < LIVE_PCAP_SEGMENT ? len : LIVE_PCAP_SEGMENT;

        segment(p, f, side, TCP_ACK | (n == len ? TCP_PSH : 0), data, n, at_ns);
        data += n;
        len -= n;
    }
    if (f->unacked[side] > MAX_UNACKED) {
        segment(p, f, !side, TCP_ACK, NULL, 0, at_ns);
    }
}

void pcap_flow_close(struct live_pcap *p, struct pcap_flow *f, enum pcap_side side, int64_t at_ns)
{
    segment(p, f, side, TCP_FIN | TCP_ACK, NULL, 0, at_ns);
    segment(p, f, !side, TCP_FIN | TCP_ACK, NULL, 0, at_ns);
    segment(p, f, side, TCP_ACK, NULL, 0, at_ns);
    list_remove(&f->in_list);
}
