#include "simnet/world/reassembly.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/packet/pkt_sum.h"

enum { FRAG_HLEN = 8 }; /* IPv6 fragment header. */

/* All bytes count; there is no padding. */
struct key {
    uint8_t src[16], dst[16];
    uint32_t id;
    uint32_t in_port;
    uint16_t vid;
    uint8_t version, proto; /* The latter of IPv4 only. */
};

_Static_assert(sizeof(struct key) == 44, "a key is compared as bytes");

struct piece {
    struct piece *next;
    uint32_t at, len;
    uint8_t bytes[];
};

struct datagram {
    struct datagram *next; /* Younger. */
    struct key key;
    mono_t began;
    struct piece *pieces; /* By rising 'at', apart. */
    uint32_t total;       /* Bytes of payload; 0: the last fragment has not come. */
    struct buf head;      /* What is before the payload of the first one; empty: it has not come. */
    uint32_t l3;          /* In 'head'. */
    uint32_t next_header; /* In 'head', of IPv6: what named the fragment header. */
    uint8_t first_proto;  /* And what that named. */
};

struct reassembly {
    struct datagram *oldest;
    uint32_t n, max;
    struct reassembly_stats stats;
};

/* What there is to know of one fragment. */
struct fragment {
    struct key key;
    uint32_t at;           /* Of the payload, in the datagram. */
    uint32_t payload, len; /* In the frame. */
    uint32_t head_len;     /* Of what stays of the head: without a fragment header. */
    uint32_t next_header;
    uint8_t proto;
    bool more;
};

/* --- Life ------------------------------------------------------------------------------------ */

struct reassembly *reassembly_new(uint32_t max_datagrams)
{
    struct reassembly *r = xcalloc(1, sizeof *r);

    assert(max_datagrams && "reassembly_new: no room");
    r->max = max_datagrams;
    return r;
}

/* Takes the datagram out of the list. */
static void drop(struct reassembly *r, struct datagram *d)
{
    struct datagram **link = &r->oldest;
    struct piece *next;

    while (*link != d) {
        link = &(*link)->next;
    }
    *link = d->next;
    r->n--;
    for (struct piece *p = d->pieces; p; p = next) {
        next = p->next;
        free(p);
    }
    buf_fini(&d->head);
    free(d);
}

void reassembly_free(struct reassembly *r)
{
    while (r && r->oldest) {
        drop(r, r->oldest);
    }
    free(r);
}

const struct reassembly_stats *reassembly_get_stats(const struct reassembly *r)
{
    return &r->stats;
}

/* --- Reading a fragment ------------------------------------------------------------------------- */

bool reassembly_is_fragment(const struct pkt *p)
{
    return (pkt_has(p, PKT_IPV4) && (p->ipv4.mf || p->ipv4.frag_off_bytes)) ||
           (pkt_has(p, PKT_IPV6) && (p->ipv6.mf || p->ipv6.frag_off_bytes));
}

static uint32_t get_u16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static void put_u16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static bool read_ipv4(const struct pkt *p, const uint8_t *frame, struct fragment *out)
{
    const uint8_t *ip = frame + p->off.l3;

    out->key.version = 4;
    out->key.proto = p->ipv4.proto;
    memcpy(out->key.src, ip + 12, 4);
    memcpy(out->key.dst, ip + 16, 4);
    out->key.id = get_u16(ip + 4);
    out->at = p->ipv4.frag_off_bytes;
    out->more = p->ipv4.mf;
    out->head_len = out->payload = p->off.l3 + (ip[0] & 15U) * 4;
    return p->off.l3 + p->ipv4.total_len == p->off.l3_end;
}

/* The fragment header behind those that every fragment has (RFC 8200 §4.5). */
static bool read_ipv6(const struct pkt *p, const uint8_t *frame, struct fragment *out)
{
    const uint8_t *ip = frame + p->off.l3;
    uint32_t name = p->off.l3 + 6, at = p->off.l3 + PKT_IPV6_HLEN;

    while (at + FRAG_HLEN <= p->off.l3_end &&
           (frame[name] == PKT_PROTO_HOP || frame[name] == PKT_PROTO_ROUTING ||
            frame[name] == PKT_PROTO_DEST)) {
        name = at;
        at += (frame[at + 1] + 1U) * 8;
    }
    if (at + FRAG_HLEN > p->off.l3_end || frame[name] != PKT_PROTO_FRAGMENT) {
        return false;
    }
    out->key.version = 6;
    memcpy(out->key.src, ip + 8, 16);
    memcpy(out->key.dst, ip + 24, 16);
    out->key.id = get_u16(frame + at + 4) << 16 | get_u16(frame + at + 6);
    out->at = p->ipv6.frag_off_bytes;
    out->more = p->ipv6.mf;
    out->proto = frame[at];
    out->next_header = name;
    out->head_len = at;
    out->payload = at + FRAG_HLEN;
    return p->off.l3 + PKT_IPV6_HLEN + p->ipv6.payload_len == p->off.l3_end;
}

/* False when it is no sound fragment. */
static bool read_fragment(const struct pkt *p, port_no_t in_port, const uint8_t *frame,
                          struct fragment *out)
{
    bool ok = pkt_has(p, PKT_IPV4) ? read_ipv4(p, frame, out) : read_ipv6(p, frame, out);

    if (!ok || out->payload >= p->off.l3_end) {
        return false;
    }
    out->len = p->off.l3_end - out->payload;
    out->key.in_port = in_port;
    out->key.vid = p->n_vlans ? p->vlan[0].vid | 0x1000 : 0;
    return !(out->more && out->len % 8) && out->head_len + out->at + out->len <= UINT16_MAX;
}

/* --- Datagrams ------------------------------------------------------------------------------- */

static void expire(struct reassembly *r, mono_t now)
{
    while (r->oldest && mono_diff_ns(now, r->oldest->began) >= REASSEMBLY_LIFE_NS) {
        drop(r, r->oldest);
        r->stats.n_expired++;
    }
}

/* The datagram that the fragment belongs to, a new one if need be. */
static struct datagram *find(struct reassembly *r, mono_t now, const struct fragment *f)
{
    struct datagram **link = &r->oldest;

    while (*link && memcmp(&(*link)->key, &f->key, sizeof f->key) != 0) {
        link = &(*link)->next;
    }
    if (*link) {
        return *link;
    }
    if (r->n == r->max) {
        drop(r, r->oldest);
        r->stats.n_displaced++;
    }
    for (link = &r->oldest; *link; link = &(*link)->next) {
    }
    *link = xcalloc(1, sizeof **link);
    (*link)->key = f->key;
    (*link)->began = now;
    r->n++;
    return *link;
}

enum fit { FITS, REPEATS, CLASHES };

/* Puts the piece in its place. */
static enum fit add_piece(struct datagram *d, const struct fragment *f, const uint8_t *frame)
{
    struct piece **link = &d->pieces, *p;

    while (*link && (*link)->at + (*link)->len <= f->at) {
        link = &(*link)->next;
    }
    if (*link && (*link)->at < f->at + f->len) {
        return (*link)->at == f->at && (*link)->len == f->len &&
                       memcmp((*link)->bytes, frame + f->payload, f->len) == 0
                   ? REPEATS
                   : CLASHES;
    }
    p = xcalloc(1, sizeof *p + f->len);
    *p = (struct piece){.next = *link, .at = f->at, .len = f->len};
    memcpy(p->bytes, frame + f->payload, f->len);
    *link = p;
    return FITS;
}

/* The end is where the last fragment says, and nothing lies beyond. */
static bool end_fits(struct datagram *d, const struct fragment *f)
{
    uint32_t end = f->at + f->len;

    if (!f->more) {
        for (const struct piece *p = d->pieces; p; p = p->next) {
            if (p->at + p->len > end) {
                return false;
            }
        }
        if (d->total && d->total != end) {
            return false;
        }
        d->total = end;
    }
    return !d->total || end <= d->total;
}

static void keep_head(struct datagram *d, const struct fragment *f, uint32_t l3,
                      const uint8_t *frame)
{
    if (f->at == 0) {
        buf_clear(&d->head);
        buf_put(&d->head, frame, f->head_len);
        d->l3 = l3;
        d->next_header = f->next_header;
        d->first_proto = f->proto;
    }
}

static bool is_whole(const struct datagram *d)
{
    uint32_t end = 0;

    for (const struct piece *p = d->pieces; p; p = p->next) {
        if (p->at != end) {
            return false;
        }
        end += p->len;
    }
    return d->total && end == d->total && d->head.len + d->total <= UINT16_MAX;
}

/* The header says that this is no fragment. */
static void mend_header(const struct datagram *d, uint8_t *frame, size_t len)
{
    uint8_t *ip = frame + d->l3;
    size_t hlen = (ip[0] & 15U) * 4;

    if (d->key.version == 6) {
        frame[d->next_header] = d->first_proto;
        put_u16(ip + 4, len - d->l3 - PKT_IPV6_HLEN);
        return;
    }
    put_u16(ip + 2, len - d->l3);
    put_u16(ip + 6, 0);
    put_u16(ip + 10, 0);
    put_u16(ip + 10, pkt_sum_fold(pkt_sum_add(0, ip, hlen)));
}

static void assemble(const struct datagram *d, struct buf *frame)
{
    buf_clear(frame);
    buf_put(frame, d->head.data, d->head.len);
    for (const struct piece *p = d->pieces; p; p = p->next) {
        buf_put(frame, p->bytes, p->len);
    }
    mend_header(d, frame->data, frame->len);
}

bool reassembly_put(struct reassembly *r, mono_t now, port_no_t in_port, const struct pkt *pkt,
                    struct buf *frame)
{
    struct fragment f = {.at = 0};
    struct datagram *d;
    enum fit fit;

    expire(r, now);
    if (!read_fragment(pkt, in_port, frame->data, &f)) {
        r->stats.n_bad++;
        return false;
    }
    d = find(r, now, &f);
    fit = add_piece(d, &f, frame->data);
    if (fit == CLASHES || !end_fits(d, &f)) {
        r->stats.n_bad++;
        drop(r, d);
        return false;
    }
    keep_head(d, &f, pkt->off.l3, frame->data);
    if (!is_whole(d)) {
        return false;
    }
    assemble(d, frame);
    drop(r, d);
    r->stats.n_whole++;
    return true;
}
