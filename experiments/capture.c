#include "experiments/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/base/hmap.h"
#include "controller/live/live_pcap.h"
#include "controller/live/live_tap.h"
#include "experiments/capture_journal.h"

#define MAGIC_NS 0xa1b23c4du /* Of a file with nanoseconds. */

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_PSH = 8 };

/* One end of a connection. */
struct end {
    uint8_t addr[16]; /* IPv4: the first four. */
    uint16_t port;
};

/* A segment of the capture. */
struct segment {
    struct end peer; /* The switch. */
    bool from_switch;
    unsigned flags;
    const uint8_t *data;
    size_t len;
};

struct flow {
    struct hmap_node node; /* reader.flows */
    struct end peer;
    uint32_t conn;
    bool over;
};

struct reader {
    struct capture *out;
    const char *path;
    mono_t until;
    mono_t now; /* The core's instant: that of the last event that is not a message of the controller. */
    struct journal journal;
    struct hmap flows; /* struct flow */
    size_t n_cap;      /* Of out->events. */
    bool in_message;   /* Its last segment is still to come: */
    uint32_t conn;     /* of this connection */
    enum capture_kind kind;
    size_t begin; /* Where it begins in out->bytes. */
    bool done;    /* 'until' is reached. */
    char *error;
    size_t error_size;
};

static bool complain(const struct reader *r, const char *what)
{
    snprintf(r->error, r->error_size, "%s: packet %" PRIu64 ": %s", r->path, r->out->n_packets + 1,
             what);
    return false;
}

/* --- Events ----------------------------------------------------------------------------------- */

static void add(struct reader *r, const struct capture_event *e)
{
    struct capture *c = r->out;

    if (e->kind != CAPTURE_OUT) {
        r->now = e->at;
    }
    if (r->now.ns > r->until.ns) {
        r->done = true;
        return;
    }
    if (c->n_events == r->n_cap) {
        r->n_cap = r->n_cap ? 2 * r->n_cap : 1024;
        c->events = xreallocarray(c->events, r->n_cap, sizeof *c->events);
    }
    c->events[c->n_events] = *e;
    c->events[c->n_events++].at = r->now;
}

/* Adds what the journal has before the packet that is next. */
static bool catch_up(struct reader *r)
{
    while (r->journal.more && r->journal.packets <= r->out->n_packets && !r->done) {
        bool opens = r->journal.event.kind == CAPTURE_OPEN;

        add(r, &r->journal.event);
        if (opens) { /* The SYN, which counts it, comes before the next line. */
            r->journal.packets = UINT64_MAX;
            return true;
        }
        if (!journal_next(&r->journal, r->out, r->error, r->error_size)) {
            return false;
        }
    }
    return true;
}

/* --- Packets ---------------------------------------------------------------------------------- */

/* Cuts a packet; false when it is none that the tap would write. */
static bool cut(const uint8_t *packet, size_t len, struct segment *s)
{
    struct rd r = rd_init(packet, len);
    struct end ends[2] = {{.port = 0}};
    size_t addr_len, tcp_len, head_len;
    uint16_t type;

    memset(ends, 0, sizeof ends);
    rd_skip(&r, 12);
    type = rd_u16(&r);
    if (type == 0x0800) {
        rd_skip(&r, 2);
        tcp_len = rd_u16(&r) - 20u;
        rd_skip(&r, 8);
        addr_len = 4;
    } else if (type == 0x86dd) {
        rd_skip(&r, 4);
        tcp_len = rd_u16(&r);
        rd_skip(&r, 2);
        addr_len = 16;
    } else {
        return false;
    }
    rd_copy(&r, ends[0].addr, addr_len);
    rd_copy(&r, ends[1].addr, addr_len);
    r = rd_sub(&r, tcp_len);
    ends[0].port = rd_u16(&r);
    ends[1].port = rd_u16(&r);
    rd_skip(&r, 8);
    s->flags = rd_u16(&r);
    head_len = (s->flags >> 12) * 4;
    rd_skip(&r, 6);
    rd_skip(&r, head_len >= 20 ? head_len - 20 : SIZE_MAX);
    s->from_switch = ends[1].port == LIVE_PCAP_PORT;
    s->peer = ends[!s->from_switch];
    s->data = r.p;
    s->len = r.left;
    return !r.failed && (s->from_switch || ends[0].port == LIVE_PCAP_PORT);
}

static uint64_t hash_end(const struct end *e)
{
    return hash_fnv(hash_u64(e->port), e->addr, sizeof e->addr);
}

static struct flow *find(const struct reader *r, const struct end *peer)
{
    struct hmap_node *it = hmap_first_with(&r->flows, hash_end(peer));

    for (; it; it = hmap_next_with(it)) {
        struct flow *f = HMAP_ENTRY(it, struct flow, node);

        if (f->peer.port == peer->port &&
            memcmp(f->peer.addr, peer->addr, sizeof peer->addr) == 0) {
            return f;
        }
    }
    return NULL;
}

static bool take_syn(struct reader *r, const struct segment *s)
{
    const struct capture *c = r->out;
    struct flow *f = find(r, &s->peer);

    if (!s->from_switch) {
        return true;
    }
    if (c->n_events == 0 || c->events[c->n_events - 1].kind != CAPTURE_OPEN ||
        r->journal.packets != UINT64_MAX) {
        return complain(r, "a connection that the journal does not know: they do not belong "
                           "together");
    }
    if (!f) {
        f = xcalloc(1, sizeof *f);
        f->peer = s->peer;
        hmap_insert(&r->flows, &f->node, hash_end(&f->peer));
    } else if (!f->over) {
        return complain(r, "a connection begins that has not ended");
    }
    f->over = false;
    f->conn = r->out->n_conns++;
    return journal_next(&r->journal, r->out, r->error, r->error_size);
}

/* Puts the segments of a message together. */
static bool take_data(struct reader *r, const struct segment *s, const struct flow *f, mono_t at)
{
    enum capture_kind kind = s->from_switch ? CAPTURE_IN : CAPTURE_OUT;
    struct buf *bytes = &r->out->bytes;

    if (!r->in_message) {
        /* The journal is one line ahead: its text is already there, and stays. */
        r->in_message = true;
        r->conn = f->conn;
        r->kind = kind;
        r->begin = bytes->len;
    } else if (r->conn != f->conn || r->kind != kind) {
        return complain(r, "it is in the middle of another's message");
    }
    buf_put(bytes, s->data, s->len);
    if (s->flags & TCP_PSH) {
        struct capture_event e = {.kind = kind,
                                  .conn = f->conn,
                                  .at = at,
                                  .offset = r->begin,
                                  .len = bytes->len - r->begin};

        r->in_message = false;
        add(r, &e);
    }
    return true;
}

static bool take_packet(struct reader *r, const struct pcap_pkthdr *head, const uint8_t *packet)
{
    mono_t at = {(int64_t)head->ts.tv_sec * NS_PER_S + head->ts.tv_usec - r->out->wall_offset_ns};
    struct segment s;
    struct flow *f;

    if (head->caplen != head->len) {
        return complain(r, "it was cut short when it was written");
    }
    if (!catch_up(r) || r->done) {
        return r->done;
    }
    if (!cut(packet, head->caplen, &s)) {
        return complain(r, "it is none of those that tambod's message tap writes");
    }
    if (s.flags & TCP_SYN) {
        return take_syn(r, &s);
    }
    f = find(r, &s.peer);
    if (!f || (f->over && s.len)) {
        return complain(r, "its connection has no beginning in the capture");
    }
    if (s.flags & TCP_FIN && !f->over) {
        f->over = true;
        add(r, &(struct capture_event){.kind = CAPTURE_GONE, .conn = f->conn, .at = at});
        return true;
    }
    return s.len == 0 || take_data(r, &s, f, at);
}

static bool read_packets(struct reader *r, pcap_t *pcap)
{
    struct pcap_pkthdr *head;
    const u_char *packet;
    int got = 1;

    while (!r->done && (got = pcap_next_ex(pcap, &head, &packet)) == 1) {
        if (!take_packet(r, head, packet)) {
            return false;
        }
        r->out->n_packets++;
    }
    if (got == PCAP_ERROR) {
        return complain(r, pcap_geterr(pcap));
    }
    return r->done || catch_up(r);
}

/* --- Files ------------------------------------------------------------------------------------ */

/* Nanoseconds, or the replay would not see the recorded instants. */
static bool check_magic(const struct reader *r)
{
    FILE *file = fopen(r->path, "rb");
    uint8_t magic[4] = {0};
    const char *what = NULL;
    struct rd rd = rd_init(magic, sizeof magic);
    uint32_t found;

    if (!file) {
        what = strerror(errno);
    } else if (fread(magic, 1, sizeof magic, file) != sizeof magic) {
        what = "it is no capture: it is empty or cannot be read";
    }
    if (file) {
        fclose(file);
    }
    found = rd_u32(&rd);
    if (!what && found != MAGIC_NS && found != __builtin_bswap32(MAGIC_NS)) {
        what = "it is no capture of tambod's message tap (a pcap file with nanoseconds)";
    }
    if (what) {
        snprintf(r->error, r->error_size, "%s: %s", r->path, what);
    }
    return !what;
}

static pcap_t *open_capture(const struct reader *r)
{
    char why[PCAP_ERRBUF_SIZE];
    pcap_t *pcap;

    if (!check_magic(r)) {
        return NULL;
    }
    pcap = pcap_open_offline_with_tstamp_precision(r->path, PCAP_TSTAMP_PRECISION_NANO, why);
    if (!pcap) {
        snprintf(r->error, r->error_size, "%s: %s", r->path, why);
    } else if (pcap_datalink(pcap) != DLT_EN10MB) {
        snprintf(r->error, r->error_size,
                 "%s: its link type is %s; the message tap writes Ethernet", r->path,
                 pcap_datalink_val_to_name(pcap_datalink(pcap)));
        pcap_close(pcap);
        pcap = NULL;
    }
    return pcap;
}

bool capture_read(struct capture *out, const char *path, int64_t until_ns, char *error,
                  size_t error_size)
{
    struct reader r = {.out = out, .path = path, .error = error, .error_size = error_size};
    size_t name_size = strlen(path) + sizeof LIVE_TAP_JOURNAL;
    char *name = xcalloc(1, name_size);
    struct hmap_node *it, *tmp;
    pcap_t *pcap;
    bool ok = false;

    *out = (struct capture){.version = ""};
    hmap_init(&r.flows);
    snprintf(name, name_size, "%s" LIVE_TAP_JOURNAL, path);
    pcap = open_capture(&r);
    if (pcap && journal_begin(&r.journal, name, out, error, error_size)) {
        r.until = mono_add(out->start, until_ns);
        ok = journal_next(&r.journal, out, error, error_size) && read_packets(&r, pcap);
    }
    if (pcap) {
        pcap_close(pcap);
    }
    journal_fini(&r.journal);
    HMAP_FOR_EACH (it, tmp, &r.flows) {
        free(HMAP_ENTRY(it, struct flow, node));
    }
    hmap_fini(&r.flows);
    free(name);
    return ok;
}

void capture_fini(struct capture *c)
{
    free(c->config);
    free(c->events);
    buf_fini(&c->bytes);
}
