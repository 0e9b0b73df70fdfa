/* Flow entries in their compact form. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_int.h"
#include "controller/openflow/of_pack.h"

void flow_scratch_fini(struct flow_scratch *scratch)
{
    buf_fini(&scratch->bytes);
    free(scratch->actions);
}

static uint64_t hash_key(const struct flow_key *key)
{
    return hash_combine(hash_sip(0, 3, key->match, key->match_len),
                        (uint64_t)key->table_id << 16 | key->priority);
}

struct flow_key flow_entry_key(const struct flow_entry *entry)
{
    return (struct flow_key){.hash = entry->node.hash,
                             .match = entry->packed,
                             .match_len = entry->match_len,
                             .priority = entry->priority,
                             .table_id = entry->table_id};
}

struct flow_key flow_key_make(struct flow_scratch *scratch, uint8_t table_id, uint16_t priority,
                              const struct of_match *match)
{
    struct flow_key key = {.priority = priority, .table_id = table_id};

    buf_clear(&scratch->bytes);
    of_pack_match(&scratch->bytes, match);
    key.match = scratch->bytes.data;
    key.match_len = (uint16_t)scratch->bytes.len;
    key.hash = hash_key(&key);
    return key;
}

struct flow_entry *flow_entry_new(struct datapath *dp, const struct flow_spec *spec)
{
    struct buf *bytes = &dp->ctl->flow_scratch.bytes;
    struct flow_entry *entry;
    struct flow_key key;
    size_t match_len;

    buf_clear(bytes);
    of_pack_match(bytes, &spec->match);
    match_len = bytes->len;
    of_pack_instructions(bytes, &spec->ins);
    assert(!bytes->failed && bytes->len <= UINT16_MAX && "the instructions are too long");
    entry = xcalloc(1, sizeof *entry + bytes->len);
    list_init(&entry->in_flight);
    entry->dp = dp;
    entry->cookie = spec->cookie;
    entry->table_id = spec->table_id;
    entry->priority = spec->priority;
    entry->idle_timeout_s = spec->idle_timeout_s;
    entry->hard_timeout_s = spec->hard_timeout_s;
    entry->importance = spec->importance;
    entry->match_len = (uint16_t)match_len;
    entry->ins_len = (uint16_t)(bytes->len - match_len);
    memcpy(entry->packed, bytes->data, bytes->len);
    key = flow_entry_key(entry);
    entry->node.hash = hash_key(&key);
    return entry;
}

struct flow_entry *flow_entry_dup(const struct flow_entry *entry)
{
    struct flow_entry *copy =
        xmemdup(entry, sizeof *entry + entry->match_len + (size_t)entry->ins_len);

    list_init(&copy->in_flight);
    copy->is_deferred = copy->took_room = false;
    return copy;
}

void flow_entry_free(struct flow_entry *entry)
{
    free(entry);
}

bool flow_entry_same_content(const struct flow_entry *a, const struct flow_entry *b)
{
    return a->cookie == b->cookie && a->idle_timeout_s == b->idle_timeout_s &&
           a->hard_timeout_s == b->hard_timeout_s && a->ins_len == b->ins_len &&
           memcmp(a->packed + a->match_len, b->packed + b->match_len, a->ins_len) == 0;
}

bool flow_entry_has_timeout(const struct flow_entry *entry)
{
    return entry->idle_timeout_s || entry->hard_timeout_s;
}

/* --- Reading ---------------------------------------------------------------------------------- */

static struct of_action *actions_for(struct flow_scratch *scratch, size_t n)
{
    if (scratch->n_actions < n) {
        scratch->actions = xreallocarray(scratch->actions, n, sizeof *scratch->actions);
        scratch->n_actions = n;
    }
    return scratch->actions;
}

void flow_entry_spec(const struct flow_entry *entry, struct flow_spec *out)
{
    struct rd match = rd_init(entry->packed, entry->match_len);
    struct rd ins = rd_init(entry->packed + entry->match_len, entry->ins_len);
    struct flow_scratch *scratch = &entry->dp->ctl->flow_scratch;

    out->table_id = entry->table_id;
    out->priority = entry->priority;
    out->cookie = entry->cookie;
    out->idle_timeout_s = entry->idle_timeout_s;
    out->hard_timeout_s = entry->hard_timeout_s;
    out->importance = entry->importance;
    of_unpack_match(&match, &out->match);
    of_unpack_instructions(&ins, actions_for(scratch, of_packed_n_actions(&ins)), &scratch->trigger,
                           &out->ins);
}

uint64_t flow_entry_cookie(const struct flow_entry *entry)
{
    return entry->cookie;
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
    order = memcmp(x->packed, y->packed, n);
    return order ? order : (x->match_len > y->match_len) - (x->match_len < y->match_len);
}

struct flow_entry **flow_table_sorted(const struct flow_table *table, flow_pick_fn *pick,
                                      const void *aux, size_t *n)
{
    struct flow_entry **out = xcalloc(table->entries.n, sizeof(struct flow_entry *));
    struct hmap_node *node, *next;

    *n = 0;
    HMAP_FOR_EACH (node, next, &table->entries) {
        struct flow_entry *entry = HMAP_ENTRY(node, struct flow_entry, node);

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
