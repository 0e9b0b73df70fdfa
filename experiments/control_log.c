#include "experiments/control_log.h"

#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/buf.h"

#define TCP_SYN 2u

/* One direction of a connection. */
struct stream {
    struct buf bytes; /* Of a message that is not whole yet. */
    uint32_t next_seq;
    bool known;
};

struct conn {
    uint8_t peer[18]; /* Address and port of the switch. */
    uint32_t number;
    bool broken;
    struct stream streams[2]; /* From the controller, from the switch. */
};

struct reader {
    uint16_t port;
    control_message_fn *fn;
    void *aux;
    struct conn **conns;
    size_t n, cap;
    struct control_log_stats *stats;
    double at_s;
};

/* A TCP segment. */
struct segment {
    uint8_t peer[18];
    bool from_switch;
    uint32_t seq;
    unsigned flags;
    const uint8_t *data;
    size_t len;
};

static bool cut(const struct reader *rd, const uint8_t *p, size_t len, struct segment *s)
{
    size_t addr_len, tcp_len, head;
    const uint8_t *src, *dst, *tcp;
    uint16_t from, to;

    memset(s, 0, sizeof *s);
    if (len >= 34 && p[12] == 0x08 && p[13] == 0x00 && p[23] == 6) {
        head = 14 + (size_t)(p[14] & 15) * 4;
        addr_len = 4;
        src = p + 26;
        dst = p + 30;
        tcp_len = (size_t)(p[16] << 8 | p[17]) - (head - 14);
    } else if (len >= 54 && p[12] == 0x86 && p[13] == 0xdd && p[20] == 6) {
        head = 54;
        addr_len = 16;
        src = p + 22;
        dst = p + 38;
        tcp_len = (size_t)(p[18] << 8 | p[19]);
    } else {
        return false;
    }
    if (len < head + 20 || tcp_len > len - head || tcp_len < 20) {
        return false;
    }
    tcp = p + head;
    from = (uint16_t)(tcp[0] << 8 | tcp[1]);
    to = (uint16_t)(tcp[2] << 8 | tcp[3]);
    s->from_switch = to == rd->port;
    if (!s->from_switch && from != rd->port) {
        return false;
    }
    memcpy(s->peer, s->from_switch ? src : dst, addr_len);
    memcpy(s->peer + 16, s->from_switch ? tcp : tcp + 2, 2);
    s->seq = (uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 | (uint32_t)tcp[6] << 8 | tcp[7];
    s->flags = tcp[13];
    head = (size_t)(tcp[12] >> 4) * 4;
    if (head > tcp_len) {
        return false;
    }
    s->data = tcp + head;
    s->len = tcp_len - head;
    return true;
}

static struct conn *conn_of(struct reader *rd, const struct segment *s)
{
    struct conn *c;

    for (size_t i = rd->n; i-- > 0;) {
        if (memcmp(rd->conns[i]->peer, s->peer, sizeof s->peer) == 0) {
            if (!(s->flags & TCP_SYN) || !rd->conns[i]->streams[s->from_switch].known) {
                return rd->conns[i];
            }
            break; /* A new connection from the same port. */
        }
    }
    if (rd->n == rd->cap) {
        rd->cap = rd->cap ? 2 * rd->cap : 16;
        rd->conns = xreallocarray(rd->conns, rd->cap, sizeof(struct conn *));
    }
    c = xcalloc(1, sizeof *c);
    memcpy(c->peer, s->peer, sizeof c->peer);
    c->number = (uint32_t)rd->n;
    rd->conns[rd->n++] = c;
    rd->stats->n_conns++;
    return c;
}

/* Gives away the messages that are whole (their length is in bytes 2 and 3 of each). */
static void give(struct reader *rd, struct conn *c, bool from_switch)
{
    struct buf *b = &c->streams[from_switch].bytes;
    size_t at = 0;

    while (b->len - at >= 8) {
        size_t len = (size_t)b->data[at + 2] << 8 | b->data[at + 3];
        struct control_message m = {c->number, from_switch, rd->at_s, b->data + at, len};

        if (len < 8) {
            c->broken = true;
            rd->stats->n_broken++;
            return;
        }
        if (b->len - at < len) {
            break;
        }
        rd->stats->n_messages++;
        rd->fn(rd->aux, &m);
        at += len;
    }
    memmove(b->data, b->data + at, b->len - at);
    b->len -= at;
}

static void take(struct reader *rd, const uint8_t *packet, size_t len)
{
    struct segment s;
    struct conn *c;
    struct stream *st;

    if (!cut(rd, packet, len, &s)) {
        rd->stats->n_other++;
        return;
    }
    c = conn_of(rd, &s);
    st = &c->streams[s.from_switch];
    if ((s.flags & TCP_SYN) || !st->known) {
        st->known = true;
        st->next_seq = s.flags & TCP_SYN ? s.seq + 1 : s.seq;
    }
    if (c->broken || !s.len || (int32_t)(s.seq - st->next_seq) < 0) {
        return; /* Nothing new. */
    }
    if (s.seq != st->next_seq) {
        c->broken = true;
        rd->stats->n_broken++;
        return;
    }
    st->next_seq += (uint32_t)s.len;
    buf_put(&st->bytes, s.data, s.len);
    give(rd, c, s.from_switch);
}

static bool read_all(struct reader *rd, pcap_t *pcap, const char *path, char *error, size_t size)
{
    struct pcap_pkthdr *head;
    const u_char *data;
    int got;

    while ((got = pcap_next_ex(pcap, &head, &data)) == 1) {
        rd->at_s = (double)head->ts.tv_sec + (double)head->ts.tv_usec * 1e-9;
        rd->stats->n_packets++;
        take(rd, data, head->caplen);
    }
    if (got == PCAP_ERROR) {
        snprintf(error, size, "%s: packet %llu: %s", path,
                 (unsigned long long)rd->stats->n_packets + 1, pcap_geterr(pcap));
        return false;
    }
    if (!rd->stats->n_messages) {
        snprintf(error, size, "%s: no OpenFlow message of a controller at port %u", path, rd->port);
    }
    return rd->stats->n_messages > 0;
}

bool control_log_read(const char *path, uint16_t port, control_message_fn *fn, void *aux,
                      struct control_log_stats *stats, char *error, size_t size)
{
    char why[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
    struct reader rd = {.port = port, .fn = fn, .aux = aux, .stats = stats};
    bool ok = false;

    *stats = (struct control_log_stats){0};
    if (!pcap) {
        snprintf(error, size, "%s", why);
        return false;
    }
    if (pcap_datalink(pcap) != DLT_EN10MB) {
        snprintf(error, size, "%s: packets are not Ethernet", path);
    } else {
        ok = read_all(&rd, pcap, path, error, size);
    }
    for (size_t i = 0; i < rd.n; i++) {
        buf_fini(&rd.conns[i]->streams[0].bytes);
        buf_fini(&rd.conns[i]->streams[1].bytes);
        free(rd.conns[i]);
    }
    free(rd.conns);
    pcap_close(pcap);
    return ok;
}
