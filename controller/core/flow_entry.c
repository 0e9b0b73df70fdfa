/* Flow entries in their compact form. */
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/be.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_int.h"
#include "controller/openflow/of_pack.h"

void flow_scratch_init(struct flow_scratch *scratch, uint64_t hash_key)
{
    *scratch = (struct flow_scratch){.hash_key = hash_key};
}

void flow_scratch_fini(struct flow_scratch *scratch)
{
    buf_fini(&scratch->bytes);
}

/* Hosts choose what is in a match. The last bytes may be read twice. */
static uint64_t hash_match(uint64_t hash, const uint8_t *match, size_t len)
{
    uint64_t rest = 0;
    size_t at = 0;

    for (; at + 8 < len; at += 8) {
        hash = hash_keyed_u64(hash, be_get64(match + at));
    }
    if (len >= 8) {
        return hash_keyed_u64(hash, be_get64(match + len - 8));
    }
    for (; at < len; at++) {
        rest = rest << 8 | match[at];
    }
    return hash_keyed_u64(hash, rest);
}

static uint64_t hash_key(const struct flow_scratch *scratch, const struct flow_key *key)
{
    uint64_t start = hash_keyed_u64(scratch->hash_key, (uint64_t)key->match_len << 24 |
                                                           (uint64_t)key->table_id << 16 |
                                                           key->priority);

    return hash_match(start, key->match, key->match_len);
}

struct flow_key flow_entry_key_with(const struct flow_entry *entry, uint64_t hash)
{
    return (struct flow_key){.hash = hash,
                             .match = entry->match,
                             .match_len = entry->match_len,
                             .priority = entry->priority,
                             .table_id = entry->table_id};
}

struct flow_key flow_entry_key(const struct flow_entry *entry)
{
    struct flow_key key = flow_entry_key_with(entry, 0);

    key.hash = hash_key(&entry->dp->ctl->flow_scratch, &key);
    return key;
}

uint64_t flow_entry_hash(const struct flow_entry *entry)
{
    return flow_entry_key(entry).hash;
}

struct flow_key flow_key_make(struct flow_scratch *scratch, uint8_t table_id, uint16_t priority,
                              const struct of_match *match)
{
    struct flow_key key = {.priority = priority, .table_id = table_id};

    buf_clear(&scratch->bytes);
    of_pack_match(&scratch->bytes, match);
    key.match = scratch->bytes.data;
    key.match_len = (uint16_t)scratch->bytes.len;
    key.hash = hash_key(scratch, &key);
    return key;
}

/* What an entry takes. */
static size_t size_of(size_t match_len)
{
    size_t size = offsetof(struct flow_entry, match) + match_len;

    return size < FLOW_ENTRY_SIZE ? FLOW_ENTRY_SIZE : size;
}

static struct flow_entry *take(struct ctl *ctl, size_t size)
{
    return size == FLOW_ENTRY_SIZE ? pool_take(&ctl->flow_pool) : xcalloc_lines(1, size);
}

size_t flow_entry_size(const struct flow_entry *entry)
{
    return size_of(entry->match_len);
}

struct flow_entry *flow_entry_new(struct datapath *dp, const struct flow_spec *spec, uint64_t *hash)
{
    struct flow_key key =
        flow_key_make(&dp->ctl->flow_scratch, spec->table_id, spec->priority, &spec->match);
    struct flow_entry *entry = take(dp->ctl, size_of(key.match_len));

    list_init(&entry->in_flight);
    entry->dp = dp;
    entry->table_id = spec->table_id;
    entry->priority = spec->priority;
    entry->idle_timeout_s = spec->idle_timeout_s;
    entry->hard_timeout_s = spec->hard_timeout_s;
    entry->importance = spec->importance;
    entry->match_len = key.match_len;
    memcpy(entry->match, key.match, key.match_len);
    entry->content = flow_content_get(&dp->ctl->flow_contents, spec->cookie, &spec->ins,
                                      &dp->ctl->flow_scratch.bytes);
    if (hash) {
        *hash = key.hash;
    }
    return entry;
}

struct flow_entry *flow_entry_dup(const struct flow_entry *entry)
{
    struct flow_entry *copy = take(entry->dp->ctl, flow_entry_size(entry));

    memcpy(copy, entry, flow_entry_size(entry));
    list_init(&copy->in_flight);
    copy->is_deferred = copy->took_room = false;
    copy->content->n_users++;
    return copy;
}

void flow_entry_free(struct flow_entry *entry)
{
    struct ctl *ctl = entry->dp->ctl;

    flow_content_put(&ctl->flow_contents, entry->content);
    if (flow_entry_size(entry) == FLOW_ENTRY_SIZE) {
        pool_give(&ctl->flow_pool, entry);
    } else {
        free(entry);
    }
}

bool flow_entry_same_content(const struct flow_entry *a, const struct flow_entry *b)
{
    return a->content == b->content && a->idle_timeout_s == b->idle_timeout_s &&
           a->hard_timeout_s == b->hard_timeout_s;
}

bool flow_entry_has_timeout(const struct flow_entry *entry)
{
    return entry->idle_timeout_s || entry->hard_timeout_s;
}

/* --- Reading ---------------------------------------------------------------------------------- */

void flow_entry_match(const struct flow_entry *entry, struct of_match *out)
{
    struct rd match = rd_init(entry->match, entry->match_len);

    of_unpack_match(&match, out);
}

void flow_entry_spec(const struct flow_entry *entry, struct flow_spec *out)
{
    out->table_id = entry->table_id;
    out->priority = entry->priority;
    out->cookie = entry->content->cookie;
    out->idle_timeout_s = entry->idle_timeout_s;
    out->hard_timeout_s = entry->hard_timeout_s;
    out->importance = entry->importance;
    out->ins = entry->content->deed->ins;
    flow_entry_match(entry, &out->match);
}

const struct of_instructions *flow_entry_instructions(const struct flow_entry *entry)
{
    return &entry->content->deed->ins;
}

uint64_t flow_entry_cookie(const struct flow_entry *entry)
{
    return entry->content->cookie;
}
bool flow_entry_is_deferred(const struct flow_entry *entry)
{
    return entry->is_deferred;
}
enum flow_state flow_entry_state(const struct flow_entry *entry)
{
    return entry->state;
}
bool flow_entry_is_adopted(const struct flow_entry *entry)
{
    return entry->is_adopted;
}
dpid_t flow_entry_dpid(const struct flow_entry *entry)
{
    return entry->dp->dpid;
}

/* --- Sorting ---------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct flow_entry *x = *(struct flow_entry *const *)a;
    const struct flow_entry *y = *(struct flow_entry *const *)b;
    size_t n = x->match_len < y->match_len ? x->match_len : y->match_len;
    int order;

    if (x->table_id != y->table_id) {
        return x->table_id < y->table_id ? -1 : 1;
    }
    if (x->priority != y->priority) {
        return x->priority > y->priority ? -1 : 1;
    }
    order = memcmp(x->match, y->match, n);
    return order ? order : (x->match_len > y->match_len) - (x->match_len < y->match_len);
}

struct flow_entry **flow_table_sorted(const struct flow_table *table, flow_pick_fn *pick,
                                      const void *aux, size_t *n)
{
    struct flow_entry **out = xcalloc(table->entries.n, sizeof(struct flow_entry *));
    struct flow_entry *entry;
    size_t at;

    *n = 0;
    FLOW_INDEX_FOR_EACH (entry, at, &table->entries) {
        if (!pick || pick(aux, entry)) {
            out[(*n)++] = entry;
        }
    }
    qsort(out, *n, sizeof(struct flow_entry *), compare);
    return out;
}

static int compare_importance(const void *a, const void *b)
{
    const struct flow_entry *x = *(struct flow_entry *const *)a;
    const struct flow_entry *y = *(struct flow_entry *const *)b;

    if (x->importance != y->importance) {
        return x->importance > y->importance ? -1 : 1;
    }
    return compare(a, b);
}

void flow_entries_by_importance(struct flow_entry **entries, size_t n)
{
    if (n) {
        qsort(entries, n, sizeof(struct flow_entry *), compare_importance);
    }
}
