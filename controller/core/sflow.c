/* See sflow.h. */
#include "controller/core/sflow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_int.h"
#include "controller/packet/pkt_sflow.h"

#define TYPE_IF_INDEX 0
#define FORMAT_IF_INDEX 0

/* How long it holds where an interface is that was not told but concluded, or that it is nowhere. */
#define GUESS_NS (10 * NS_PER_S)
#define SWEEP_NS (10 * NS_PER_S)

/* A data source or an interface of an agent. */
struct sflow_key {
    struct ipv6_addr agent; /* IPv4 addresses as ::a.b.c.d. */
    uint32_t is_ipv6, sub_agent, type, index;
};

struct sflow_source {
    struct hmap_node node;
    struct sflow_key key;
    mono_t seen_at;
    bool has_place; /* 'dpid' and 'port_no' hold until then; told ones for ever. */
    mono_t place_until;
    dpid_t dpid;
    port_no_t port_no;
    bool has_seq; /* Of its flow samples. */
    uint32_t seq, drops;
};

void sflow_init(struct sflow_table *table)
{
    hmap_init(&table->sources);
}

static void forget(struct sflow_table *table, struct sflow_source *source)
{
    hmap_remove(&table->sources, &source->node);
    free(source);
}

void sflow_fini(struct sflow_table *table)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &table->sources) {
        forget(table, HMAP_ENTRY(it, struct sflow_source, node));
    }
    hmap_fini(&table->sources);
}

/* --- The table -------------------------------------------------------------------------------- */

static struct sflow_key key_of(const struct pkt_sflow *sf, uint32_t type, uint32_t index)
{
    struct sflow_key key = {
        .is_ipv6 = sf->agent_is_ipv6, .sub_agent = sf->sub_agent, .type = type, .index = index};

    if (sf->agent_is_ipv6) {
        key.agent = sf->agent6;
    } else {
        be_put32(key.agent.b + 12, sf->agent);
    }
    return key;
}

static void sweep(struct ctl *ctl)
{
    struct sflow_table *table = &ctl->sflow;
    mono_t now = ctl->clock->now;
    struct hmap_node *it, *tmp;

    if (table->has_swept && mono_diff_ns(now, table->swept_at) < SWEEP_NS) {
        return;
    }
    table->has_swept = true;
    table->swept_at = now;
    HMAP_FOR_EACH (it, tmp, &table->sources) {
        struct sflow_source *source = HMAP_ENTRY(it, struct sflow_source, node);

        if (mono_diff_ns(now, source->seen_at) >= SFLOW_FORGET_NS) {
            forget(table, source);
        }
    }
}

/* NULL when there is no room for another one. */
static struct sflow_source *find_or_add(struct ctl *ctl, const struct sflow_key *key)
{
    uint64_t hash = hash_sip(ctl->hash_key, ~ctl->hash_key, key, sizeof *key);
    struct hmap_node *it = hmap_first_with(&ctl->sflow.sources, hash);
    struct sflow_source *source;

    while (it && memcmp(&HMAP_ENTRY(it, struct sflow_source, node)->key, key, sizeof *key) != 0) {
        it = hmap_next_with(it);
    }
    if (it) {
        return HMAP_ENTRY(it, struct sflow_source, node);
    }
    if (ctl->sflow.sources.n >= SFLOW_MAX_SOURCES) {
        sweep(ctl);
    }
    if (ctl->sflow.sources.n >= SFLOW_MAX_SOURCES) {
        ctl->counters.sflow_full++;
        return NULL;
    }
    source = xcalloc(1, sizeof *source);
    source->key = *key;
    hmap_insert(&ctl->sflow.sources, &source->node, hash);
    return source;
}

static struct sflow_source *heard(struct ctl *ctl, const struct pkt_sflow *sf, uint32_t type,
                                  uint32_t index)
{
    struct sflow_key key = key_of(sf, type, index);
    struct sflow_source *source = find_or_add(ctl, &key);

    if (source) {
        source->seen_at = ctl->clock->now;
    }
    return source;
}

/* --- Where an interface is -------------------------------------------------------------------- */

/* True when the control connection of 'dp' comes from 'key's agent. */
static bool is_at(const struct datapath *dp, const struct sflow_key *key)
{
    const char *peer = datapath_peer(dp);
    char text[32];
    size_t len;

    if (key->is_ipv6) {
        return false; /* There are too many ways to write such an address. */
    }
    snprintf(text, sizeof text, IPV4_FMT, IPV4_ARGS(be_get32(key->agent.b + 12)));
    len = strlen(text);
    return strncmp(peer, text, len) == 0 && peer[len] == ':';
}

/* The one datapath that connects from the agent's address, or NULL. */
static struct datapath *guess(const struct ctl *ctl, const struct sflow_key *key)
{
    size_t n;
    struct datapath *const *all = datapath_all(ctl, &n);
    struct datapath *found = NULL;

    for (size_t i = 0; i < n; i++) {
        if (datapath_is_ready(all[i]) && is_at(all[i], key)) {
            if (found) {
                return NULL;
            }
            found = all[i];
        }
    }
    return found;
}

static void place(const struct ctl *ctl, struct sflow_source *source)
{
    const struct datapath *dp;

    if (!mono_due(source->place_until, ctl->clock->now) && source->place_until.ns != 0) {
        return;
    }
    dp = source->key.type == TYPE_IF_INDEX ? guess(ctl, &source->key) : NULL;
    source->has_place = dp && datapath_port(dp, source->key.index);
    source->place_until = mono_add(ctl->clock->now, GUESS_NS);
    if (source->has_place) {
        source->dpid = datapath_id(dp);
        source->port_no = source->key.index;
    }
}

/* Fills in where the sample is from; false when that is nowhere. */
static bool fill_place(struct ctl *ctl, struct sflow_source *source, struct ctl_sample *out)
{
    if (source) {
        place(ctl, source);
    }
    if (source && source->has_place) {
        out->dp = datapath_find(ctl, source->dpid);
        out->port_no = source->port_no;
        out->port = out->dp ? datapath_port(out->dp, source->port_no) : NULL;
    }
    if (!out->port) {
        ctl->counters.sflow_unplaced++;
    }
    return out->port != NULL;
}

/* --- Samples ---------------------------------------------------------------------------------- */

static void show(struct ctl *ctl, const struct ctl_sample *sample)
{
    ctl->counters.sflow_samples++;
    for (size_t i = 0; i < ctl->samplers.n; i++) {
        const struct module_slot *slot = ctl->samplers.slots[i];

        slot->module->sample(slot->state, sample);
    }
}

/* How many samples this one stands for; 0 when it has come before. */
static uint32_t count_lost(struct ctl *ctl, struct sflow_source *source,
                           const struct pkt_sflow_sample *s)
{
    uint32_t gap = s->seq - source->seq, drops = s->flow.drops - source->drops;
    bool is_first = !source->has_seq;

    if (!is_first && (gap == 0 || gap > UINT32_MAX - SFLOW_MAX_GAP)) {
        ctl->counters.sflow_repeated++;
        return 0;
    }
    source->has_seq = true;
    source->seq = s->seq;
    source->drops = s->flow.drops;
    if (is_first || gap > SFLOW_MAX_GAP) {
        return 1;
    }
    gap += drops <= SFLOW_MAX_GAP ? drops : 0;
    ctl->counters.sflow_lost += gap - 1;
    return gap;
}

static void flow_sample(struct ctl *ctl, const struct pkt_sflow *sf,
                        const struct pkt_sflow_sample *s)
{
    struct ctl_sample sample = {.kind = PKT_SFLOW_FLOW, .frame_bytes = s->flow.frame_bytes};
    struct sflow_source *source = heard(ctl, sf, s->source_type, s->source_index);
    uint32_t stands_for = source ? count_lost(ctl, source, s) : 0;
    struct pkt pkt;

    if (!stands_for || !s->flow.has_header || s->flow.proto != PKT_SFLOW_PROTO_ETHERNET ||
        s->flow.input_format != FORMAT_IF_INDEX || s->flow.input == PKT_SFLOW_IF_UNKNOWN ||
        pkt_parse(s->flow.header, s->flow.header_len, &pkt) != ERR_OK) {
        return;
    }
    if (__builtin_mul_overflow(s->flow.rate, stands_for, &sample.scale)) {
        sample.scale = UINT32_MAX;
    }
    sample.pkt = &pkt;
    if (fill_place(ctl, heard(ctl, sf, TYPE_IF_INDEX, s->flow.input), &sample)) {
        show(ctl, &sample);
    }
}

static void counter_sample(struct ctl *ctl, const struct pkt_sflow *sf,
                           const struct pkt_sflow_sample *s)
{
    const struct pkt_sflow_counters *c = &s->counters;
    struct ctl_sample sample = {.kind = PKT_SFLOW_COUNTERS, .counters = c};
    struct sflow_source *source;

    if (s->source_type != TYPE_IF_INDEX) {
        return;
    }
    source = heard(ctl, sf, s->source_type, s->source_index);
    if (source && c->has_openflow) {
        source->has_place = true;
        source->place_until = MONO_NEVER;
        source->dpid = c->dpid;
        source->port_no = c->port_no;
    }
    if (fill_place(ctl, source, &sample) && c->has_generic) {
        show(ctl, &sample);
    }
}

void ctl_sflow(struct ctl *ctl, const uint8_t *datagram, size_t len)
{
    struct pkt_sflow sf;

    ctl->counters.sflow_datagrams++;
    if (pkt_parse_sflow(datagram, len, &sf) != ERR_OK) {
        ctl->counters.sflow_bad++;
        return;
    }
    for (size_t i = 0; i < sf.n_samples; i++) {
        const struct pkt_sflow_sample *s = &sf.samples[i];

        if (s->kind == PKT_SFLOW_FLOW) {
            flow_sample(ctl, &sf, s);
        } else if (s->kind == PKT_SFLOW_COUNTERS) {
            counter_sample(ctl, &sf, s);
        }
    }
    events_deliver(ctl);
}
