#include "tests/live/tap_file.h"

#include <pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "controller/base/buf.h"
#include "controller/packet/pkt_sum.h"

#define MAX_ENDS 64

/* What one direction of a connection must go on with. */
struct direction {
    uint8_t addr[2][16];
    uint16_t port[2];
    uint32_t seq;
    bool known, over;
};

struct reading {
    struct tap_file *file;
    struct direction ends[MAX_ENDS];
    size_t n_ends;
    bool middle;
    bool in_message;
};

/* The direction from 'a' to 'b'. */
static struct direction *find(struct reading *r, const uint8_t addr[2][16], const uint16_t port[2],
                              int from)
{
    struct direction *d;

    for (size_t i = 0; i < r->n_ends; i++) {
        d = &r->ends[i];
        if (memcmp(d->addr[0], addr[from], 16) == 0 && memcmp(d->addr[1], addr[!from], 16) == 0 &&
            d->port[0] == port[from] && d->port[1] == port[!from]) {
            return d;
        }
    }
    assert_true(r->n_ends < MAX_ENDS);
    d = &r->ends[r->n_ends++];
    *d = (struct direction){.port = {port[from], port[!from]}};
    memcpy(d->addr[0], addr[from], 16);
    memcpy(d->addr[1], addr[!from], 16);
    return d;
}

static void take_data(struct reading *r, const struct direction *d, const uint8_t *data, size_t len,
                      bool last, int64_t at_ns)
{
    struct tap_file *f = r->file;
    bool out = d->port[0] == 6653;
    struct tap_message *m;

    if (!r->in_message) {
        assert_true(f->n < TAP_FILE_MAX && len >= 8);
        m = &f->messages[f->n++];
        *m =
            (struct tap_message){.port = d->port[out], .out = out, .type = data[1], .at_ns = at_ns};
        m->xid =
            (uint32_t)data[4] << 24 | (uint32_t)data[5] << 16 | (uint32_t)data[6] << 8 | data[7];
    }
    m = &f->messages[f->n - 1];
    assert_int_equal(m->port, d->port[out]);
    assert_int_equal(m->at_ns, at_ns);
    m->len += len;
    m->n_segments++;
    r->in_message = !last;
}

static void take_tcp(struct reading *r, const uint8_t addr[2][16], struct rd rd, int64_t at_ns)
{
    uint16_t port[2];
    uint32_t seq, ack;
    unsigned flags;
    struct direction *there, *back;

    port[0] = rd_u16(&rd);
    port[1] = rd_u16(&rd);
    assert_true(port[0] == 6653 || port[1] == 6653);
    seq = rd_u32(&rd);
    ack = rd_u32(&rd);
    flags = rd_u16(&rd);
    rd_skip(&rd, 6 + (flags >> 12) * 4u - 20);
    assert_false(rd.failed);
    there = find(r, addr, port, 0);
    back = find(r, addr, port, 1);
    if (flags & 2) {
        assert_true(!there->known || there->over);
        r->file->n_syn++;
        there->known = true;
        there->over = false;
        there->seq = seq;
    }
    if (r->middle && !there->known) {
        there->known = true;
        there->seq = seq;
    }
    assert_true(there->known);
    assert_int_equal(seq, there->seq);
    if (flags & 16 && !(r->middle && !back->known)) {
        assert_int_equal(ack, back->seq);
    }
    there->seq += (uint32_t)rd.left + (flags & 3 ? 1 : 0);
    if (flags & 1) {
        r->file->n_fin++;
        there->over = true;
    }
    if (rd.left) {
        take_data(r, there, rd.p, rd.left, flags & 8, at_ns);
    } else if (flags == (5 << 12 | 16)) {
        r->file->n_ack++;
    }
}

static uint32_t v4(const uint8_t *addr)
{
    struct rd rd = rd_init(addr, 4);

    return rd_u32(&rd);
}

static void take_packet(struct reading *r, const uint8_t *packet, size_t len, int64_t at_ns)
{
    struct rd rd = rd_init(packet, len);
    uint8_t addr[2][16] = {{0}, {0}};
    uint16_t type;
    uint64_t sum = 0;
    struct ipv6_addr a, b;

    rd_skip(&rd, 12);
    type = rd_u16(&rd);
    if (type == 0x0800) {
        assert_int_equal(pkt_sum_fold(pkt_sum_add(0, rd.p, 20)), 0);
        rd_skip(&rd, 2);
        assert_int_equal(rd_u16(&rd), len - 14);
        rd_skip(&rd, 8);
        rd_copy(&rd, addr[0], 4);
        rd_copy(&rd, addr[1], 4);
        sum = pkt_sum_pseudo4(0, v4(addr[0]), v4(addr[1]), 6, rd.left);
    } else {
        assert_int_equal(type, 0x86dd);
        r->file->n_v6++;
        rd_skip(&rd, 4);
        assert_int_equal(rd_u16(&rd), len - 14 - 40);
        rd_skip(&rd, 2);
        rd_copy(&rd, addr[0], 16);
        rd_copy(&rd, addr[1], 16);
        memcpy(a.b, addr[0], 16);
        memcpy(b.b, addr[1], 16);
        sum = pkt_sum_pseudo6(0, &a, &b, 6, rd.left);
    }
    assert_int_equal(pkt_sum_fold(pkt_sum_add(sum, rd.p, rd.left)), 0);
    if (r->file->n_packets++ == 0) {
        memcpy(r->file->first_peer, addr[0], 16);
    }
    take_tcp(r, (const uint8_t(*)[16])addr, rd, at_ns);
}

void tap_file_read(struct tap_file *file, const char *path, bool middle)
{
    char why[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
    static struct reading r;
    struct pcap_pkthdr *head;
    const u_char *packet;
    int got;

    *file = (struct tap_file){0};
    r = (struct reading){.file = file, .middle = middle};
    assert_non_null(pcap);
    while ((got = pcap_next_ex(pcap, &head, &packet)) == 1) {
        assert_int_equal(head->caplen, head->len);
        take_packet(&r, packet, head->len,
                    (int64_t)head->ts.tv_sec * 1000000000 + head->ts.tv_usec);
    }
    assert_int_equal(got, PCAP_ERROR_BREAK); /* The end, and no half packet. */
    assert_false(r.in_message);
    pcap_close(pcap);
}

size_t tap_file_count(const struct tap_file *file, uint16_t port, uint8_t type)
{
    size_t n = 0;

    for (size_t i = 0; i < file->n; i++) {
        n += file->messages[i].type == type && (!port || file->messages[i].port == port);
    }
    return n;
}
