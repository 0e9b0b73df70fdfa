/* Flow records from a capture of frames. */
#include <arpa/inet.h>
#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/buf.h"
#include "controller/base/hash.h"
#include "experiments/flow_trace.h"

/* A record that may still go on: the last one of its pair. */
struct open_flow {
    struct hmap_node node;
    uint32_t src, dst;
    size_t record; /* Its number. */
};

struct sniffer {
    struct flow_trace *trace;
    struct hmap open;
    double gap_s;
    int link;
};

struct ends {
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
};

/* The addresses of the IP packet at 'r'; false when it is none. */
static bool cut_ip(struct rd r, struct ends *ends)
{
    const uint8_t *p = r.p;
    size_t left = r.left;
    unsigned version = left ? p[0] >> 4 : 0;

    if (version == 4 && left >= 20) {
        inet_ntop(AF_INET, p + 12, ends->src, sizeof ends->src);
        inet_ntop(AF_INET, p + 16, ends->dst, sizeof ends->dst);
        return true;
    }
    if (version == 6 && left >= 40) {
        inet_ntop(AF_INET6, p + 8, ends->src, sizeof ends->src);
        inet_ntop(AF_INET6, p + 24, ends->dst, sizeof ends->dst);
        return true;
    }
    return false;
}

static bool cut_frame(const struct sniffer *s, const uint8_t *data, size_t len, struct ends *ends)
{
    struct rd r = rd_init(data, len);
    unsigned type;

    if (s->link == DLT_RAW) {
        return cut_ip(r, ends);
    }
    rd_skip(&r, 12);
    type = rd_u16(&r);
    while (type == 0x8100 || type == 0x88a8) {
        rd_skip(&r, 2);
        type = rd_u16(&r);
    }
    return (type == 0x0800 || type == 0x86dd) && cut_ip(r, ends);
}

static struct open_flow *open_of(struct sniffer *s, uint32_t src, uint32_t dst, bool *fresh)
{
    uint64_t hash = hash_u64((uint64_t)src << 32 | dst); /* A bijection. */
    struct hmap_node *node = hmap_first_with(&s->open, hash);
    struct open_flow *f;

    *fresh = !node;
    if (node) {
        return HMAP_ENTRY(node, struct open_flow, node);
    }
    f = xcalloc(1, sizeof *f);
    f->src = src;
    f->dst = dst;
    hmap_insert(&s->open, &f->node, hash);
    return f;
}

/* False when there are too many records. */
static bool take_frame(struct sniffer *s, double at_s, const uint8_t *data, size_t len,
                       size_t wire_len)
{
    struct ends ends;
    struct open_flow *f;
    struct flow_record *r;
    bool fresh;

    s->trace->n_frames++;
    if (!cut_frame(s, data, len, &ends)) {
        s->trace->n_not_ip++;
        return true;
    }
    f = open_of(s, flow_trace_address(s->trace, ends.src, strlen(ends.src)),
                flow_trace_address(s->trace, ends.dst, strlen(ends.dst)), &fresh);
    r = fresh ? NULL : &s->trace->records[f->record];
    if (!r || at_s - (r->start_s + r->duration_s) > s->gap_s) {
        struct flow_record record = {.start_s = at_s, .src = f->src, .dst = f->dst};

        f->record = s->trace->n;
        if (!flow_trace_add(s->trace, &record)) {
            return false;
        }
        r = &s->trace->records[f->record];
    }
    r->duration_s = at_s > r->start_s + r->duration_s ? at_s - r->start_s : r->duration_s;
    r->bytes += (double)wire_len;
    return true;
}

static void sniffer_fini(struct sniffer *s)
{
    struct hmap_node *node, *next;

    HMAP_FOR_EACH (node, next, &s->open) {
        hmap_remove(&s->open, node);
        free(HMAP_ENTRY(node, struct open_flow, node));
    }
    hmap_fini(&s->open);
}

static bool read_frames(struct sniffer *s, pcap_t *pcap, const char *path, char *error, size_t size)
{
    struct pcap_pkthdr *head;
    const u_char *data;
    int got;

    while ((got = pcap_next_ex(pcap, &head, &data)) == 1) {
        double at_s = (double)head->ts.tv_sec + (double)head->ts.tv_usec * 1e-9;

        if (!take_frame(s, at_s, data, head->caplen, head->len)) {
            snprintf(error, size, "%s: frame %llu: more than 20 million records", path,
                     (unsigned long long)s->trace->n_frames);
            return false;
        }
    }
    if (got == PCAP_ERROR) {
        snprintf(error, size, "%s: frame %llu: %s", path,
                 (unsigned long long)s->trace->n_frames + 1, pcap_geterr(pcap));
    } else if (!s->trace->n) {
        snprintf(error, size, "%s: no frame of IPv4 or IPv6", path);
    }
    return got != PCAP_ERROR && s->trace->n > 0;
}

bool flow_pcap_read(struct flow_trace *trace, const char *path, double gap_s, char *error,
                    size_t size)
{
    char why[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
    struct sniffer s = {.trace = trace, .gap_s = gap_s};
    bool ok;

    if (!pcap) {
        snprintf(error, size, "%s: %s", path, why);
        return false;
    }
    s.link = pcap_datalink(pcap);
    hmap_init(&s.open);
    if (s.link != DLT_EN10MB && s.link != DLT_RAW) {
        snprintf(error, size, "%s: frames are of link type %d; expected Ethernet or raw IP", path,
                 s.link);
        ok = false;
    } else {
        ok = read_frames(&s, pcap, path, error, size);
    }
    sniffer_fini(&s);
    pcap_close(pcap);
    flow_trace_finish(trace);
    return ok;
}
