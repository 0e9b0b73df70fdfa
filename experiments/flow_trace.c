#include "experiments/flow_trace.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/base/mono.h"
#include "simnet/world/session_trace.h"

void flow_trace_init(struct flow_trace *t)
{
    *t = (struct flow_trace){0};
    hmap_init(&t->by_text);
}

void flow_trace_fini(struct flow_trace *t)
{
    for (size_t i = 0; i < t->n_addresses; i++) {
        hmap_remove(&t->by_text, &t->addresses[i]->node);
        free(t->addresses[i]);
    }
    free(t->addresses);
    free(t->records);
    hmap_fini(&t->by_text);
    *t = (struct flow_trace){0};
}

/* --- Adding -------------------------------------------------------------------------------------- */

static uint64_t text_hash(const char *text, size_t len)
{
    uint64_t h = 0;

    for (size_t i = 0; i < len; i++) {
        h = hash_u64(h ^ (uint8_t)text[i]);
    }
    return h;
}

static struct flow_address *find(const struct flow_trace *t, const char *text, size_t len,
                                 uint64_t hash)
{
    for (struct hmap_node *node = hmap_first_with(&t->by_text, hash); node;
         node = hmap_next_with(node)) {
        struct flow_address *a = HMAP_ENTRY(node, struct flow_address, node);

        if (strncmp(a->text, text, len) == 0 && !a->text[len]) {
            return a;
        }
    }
    return NULL;
}

uint32_t flow_trace_address(struct flow_trace *t, const char *text, size_t len)
{
    size_t cut = len < sizeof t->addresses[0]->text ? len : sizeof t->addresses[0]->text - 1;
    uint64_t hash = text_hash(text, cut);
    struct flow_address *a = find(t, text, cut, hash);

    if (a) {
        return a->number;
    }
    if (t->n_addresses == t->cap_addresses) {
        t->cap_addresses = t->cap_addresses ? 2 * t->cap_addresses : 64;
        t->addresses = xreallocarray(t->addresses, t->cap_addresses, sizeof(struct flow_address *));
    }
    a = xcalloc(1, sizeof *a);
    a->number = (uint32_t)t->n_addresses;
    memcpy(a->text, text, cut);
    t->addresses[t->n_addresses++] = a;
    hmap_insert(&t->by_text, &a->node, hash);
    return a->number;
}

bool flow_trace_add(struct flow_trace *t, const struct flow_record *record)
{
    if (t->n == FLOW_TRACE_MAX) {
        return false;
    }
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 1024;
        t->records = xreallocarray(t->records, t->cap, sizeof *t->records);
    }
    t->records[t->n++] = *record;
    return true;
}

/* Of equal starts the file's order: numbers of addresses grow with it, but need not; so a merge sort. */
static void merge_sort(struct flow_record *r, struct flow_record *work, size_t n)
{
    size_t half = n / 2, i = 0, j = half;

    if (n < 2) {
        return;
    }
    merge_sort(r, work, half);
    merge_sort(r + half, work, n - half);
    memcpy(work, r, n * sizeof *r);
    for (size_t k = 0; k < n; k++) {
        bool left = i < half && (j == n || work[i].start_s <= work[j].start_s);

        r[k] = left ? work[i++] : work[j++];
    }
}

void flow_trace_finish(struct flow_trace *t)
{
    struct flow_record *work = xcalloc(t->n + 1, sizeof *work);

    merge_sort(t->records, work, t->n);
    free(work);
    t->epoch_s = t->n ? t->records[0].start_s : 0;
    for (size_t i = 0; i < t->n; i++) {
        t->records[i].start_s -= t->epoch_s;
    }
}

/* --- Reading ------------------------------------------------------------------------------------- */

static char *slurp(FILE *file, size_t *len)
{
    size_t cap = 65536;
    char *text = xcalloc(cap, 1);

    *len = 0;
    for (;;) {
        size_t got = fread(text + *len, 1, cap - *len, file);

        *len += got;
        if (got == 0) {
            return text;
        }
        if (*len == cap) {
            text = xreallocarray(text, cap *= 2, 1);
        }
    }
}

/* The magic numbers of pcap, in both orders and with both precisions, and of pcapng. */
static bool is_capture(const char *text, size_t len)
{
    static const char magics[][4] = {
        {'\xd4', '\xc3', '\xb2', '\xa1'}, {'\xa1', '\xb2', '\xc3', '\xd4'},
        {'\x4d', '\x3c', '\xb2', '\xa1'}, {'\xa1', '\xb2', '\x3c', '\x4d'},
        {'\x0a', '\x0d', '\x0d', '\x0a'},
    };

    for (size_t i = 0; len >= 4 && i < sizeof magics / sizeof magics[0]; i++) {
        if (memcmp(text, magics[i], 4) == 0) {
            return true;
        }
    }
    return false;
}

bool flow_trace_read(struct flow_trace *t, const char *path, double gap_s, char *error, size_t size)
{
    FILE *file = fopen(path, "rb");
    char *text;
    size_t len;
    bool ok;

    if (!file) {
        snprintf(error, size, "%s: %s", path, strerror(errno));
        return false;
    }
    text = slurp(file, &len);
    ok = !ferror(file);
    fclose(file);
    if (!ok) {
        snprintf(error, size, "%s: cannot be read", path);
    } else if (is_capture(text, len)) {
        ok = flow_pcap_read(t, path, gap_s, error, size);
    } else {
        ok = flow_csv_read(t, path, text, len, error, size);
    }
    free(text);
    return ok;
}

/* --- Mapping ------------------------------------------------------------------------------------- */

#define NO_HOST UINT32_MAX

static uint32_t host_of(const struct flow_address *a, enum flow_mapping mapping, uint32_t n_access,
                        uint32_t hosts)
{
    uint32_t n = n_access * hosts;

    if (mapping == FLOW_HASH) {
        return (uint32_t)(text_hash(a->text, strlen(a->text)) % n);
    }
    return a->number < n ? a->number % n_access * hosts + a->number / n_access : NO_HOST;
}

void flow_trace_map(const struct flow_trace *t, enum flow_mapping mapping, uint32_t n_access,
                    uint32_t hosts, double speed, struct flow_mapped *out)
{
    *out = (struct flow_mapped){.sessions = xcalloc(t->n + 1, sizeof *out->sessions)};
    for (size_t i = 0; i < t->n; i++) {
        const struct flow_record *r = &t->records[i];
        uint32_t src = host_of(t->addresses[r->src], mapping, n_access, hosts);
        uint32_t dst = host_of(t->addresses[r->dst], mapping, n_access, hosts);
        int64_t begin_ns = ns_from_s(r->start_s / speed);

        if (src == NO_HOST || dst == NO_HOST) {
            out->n_no_host++;
        } else if (src == dst) {
            out->n_same_host++;
        } else {
            out->sessions[out->n++] =
                (struct session_record){.begin_ns = begin_ns,
                                        .end_ns = begin_ns + ns_from_s(r->duration_s / speed),
                                        .src = src,
                                        .dst = dst};
        }
    }
}
