/* What entries have in common. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/base/prefetch.h"
#include "controller/core/flowdb_int.h"
#include "controller/openflow/of_action.h"
#include "controller/openflow/of_field.h"
#include "controller/openflow/of_pack.h"

void flow_contents_init(struct flow_contents *all)
{
    *all = (struct flow_contents){.deed_bytes = 0};
    hmap_init(&all->map);
    hmap_init(&all->deeds);
    all->n_recent = FLOW_RECENT_FIRST;
    all->recent = xcalloc(all->n_recent, sizeof *all->recent);
}

void flow_contents_fini(struct flow_contents *all)
{
    hmap_fini(&all->map);
    hmap_fini(&all->deeds);
    free(all->recent);
}

size_t flow_contents_bytes(const struct flow_contents *all)
{
    return alloc_bytes(hmap_slot_bytes(&all->map)) + alloc_bytes(hmap_slot_bytes(&all->deeds)) +
           all->map.n * alloc_bytes(sizeof(struct flow_content)) + all->deed_bytes +
           alloc_bytes(all->n_recent * sizeof *all->recent);
}

/* --- Deeds ------------------------------------------------------------------------------------ */

static uint64_t hash_action(uint64_t hash, const struct of_action *a)
{
    uint64_t what = 0;

    if (a->type == OF_ACT_OUTPUT) {
        what = a->output.port;
    } else if (a->type == OF_ACT_GROUP) {
        what = a->group_id;
    } else if (a->type == OF_ACT_SET_FIELD && !a->set_field.has_mask) {
        what = of_num_load(&a->set_field.value, of_field_info(a->set_field.field)->size).lo;
    }
    return hash_keyed_u64(hash, what << 8 | a->type);
}

/* Equal for what packs to the same. Apps, not peers, choose what entries do. */
static uint64_t hash_deed(const struct of_instructions *ins)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < ins->apply.n && ins->has_apply; i++) {
        hash = hash_action(hash, &ins->apply.list[i]);
    }
    return hash;
}

static size_t n_actions(const uint8_t *packed, size_t len)
{
    struct rd in = rd_init(packed, len);

    return of_packed_n_actions(&in);
}

/* Whole lines of the cache. */
static size_t size_of(size_t actions, size_t packed_len)
{
    size_t size = sizeof(struct flow_deed) + actions * sizeof(struct of_action) + packed_len;

    return (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

static struct flow_deed *deed_add(struct flow_contents *all, uint64_t hash,
                                  const struct of_instructions *ins, struct buf *scratch)
{
    struct flow_deed *d;
    struct rd in;
    size_t n;

    buf_clear(scratch);
    of_pack_instructions(scratch, ins);
    assert(!scratch->failed && scratch->len <= UINT16_MAX && "the instructions are too long");
    n = n_actions(scratch->data, scratch->len);
    d = xcalloc_lines(1, size_of(n, scratch->len));
    d->packed_len = (uint32_t)scratch->len;
    d->packed = memcpy(d->actions + n, scratch->data, scratch->len);
    in = rd_init(d->packed, d->packed_len);
    of_unpack_instructions(&in, d->actions, &d->trigger, &d->ins);
    all->deed_bytes += alloc_bytes(size_of(n, scratch->len));
    hmap_insert(&all->deeds, &d->node, hash);
    return d;
}

static bool deed_says(const struct flow_deed *d, const struct of_instructions *ins,
                      struct buf *scratch)
{
    if (of_instructions_eq(&d->ins, ins)) {
        return true;
    }
    buf_clear(scratch); /* They may say the same in other words. */
    of_pack_instructions(scratch, ins);
    return d->packed_len == scratch->len && memcmp(d->packed, scratch->data, scratch->len) == 0;
}

/* Not used once more by that. */
static struct flow_deed *deed_get(struct flow_contents *all, const struct of_instructions *ins,
                                  struct buf *scratch)
{
    uint64_t hash = hash_deed(ins);
    struct hmap_node *node = hmap_first_with(&all->deeds, hash);

    for (; node; node = hmap_next_with(node)) {
        struct flow_deed *d = HMAP_ENTRY(node, struct flow_deed, node);

        if (deed_says(d, ins, scratch)) {
            return d;
        }
    }
    return deed_add(all, hash, ins, scratch);
}

static void deed_put(struct flow_contents *all, struct flow_deed *d)
{
    if (--d->n_users == 0) {
        all->deed_bytes -= alloc_bytes(size_of(n_actions(d->packed, d->packed_len), d->packed_len));
        hmap_remove(&all->deeds, &d->node);
        free(d);
    }
}

/* --- Contents --------------------------------------------------------------------------------- */

/* More places, which are empty: what was last used is found by searching once more. */
static void grow_recent(struct flow_contents *all)
{
    if (2 * all->map.n > all->n_recent && all->n_recent < FLOW_RECENT_MOST) {
        all->n_recent *= 2;
        free(all->recent);
        all->recent = xcalloc(all->n_recent, sizeof *all->recent);
    }
}

static struct flow_content *add(struct flow_contents *all, uint64_t hash, uint64_t cookie,
                                struct flow_deed *deed)
{
    struct flow_content *c = xcalloc(1, sizeof *c);

    c->cookie = cookie;
    c->deed = deed;
    deed->n_users++;
    hmap_insert(&all->map, &c->node, hash);
    grow_recent(all);
    return c;
}

bool flow_content_says(const struct flow_content *c, const struct of_instructions *ins,
                       struct buf *scratch)
{
    return deed_says(c->deed, ins, scratch);
}

/* Where the content with that cookie that outputs at 'port', which mostly does the same each time, was put when
 * it was used last. */
static struct flow_recent *recent_at(const struct flow_contents *all, uint64_t cookie,
                                     port_no_t port)
{
    return &all->recent[hash_keyed_u64(cookie, port) & (all->n_recent - 1)];
}

static struct flow_recent *recent(const struct flow_contents *all, uint64_t cookie,
                                  const struct of_instructions *ins)
{
    const struct of_action *last =
        ins->has_apply && ins->apply.n ? &ins->apply.list[ins->apply.n - 1] : NULL;

    return recent_at(all, cookie, last && last->type == OF_ACT_OUTPUT ? last->output.port : 0);
}

static struct flow_content *search(struct flow_contents *all, uint64_t cookie,
                                   const struct of_instructions *ins, struct buf *scratch)
{
    struct flow_deed *deed = deed_get(all, ins, scratch);
    uint64_t hash = hash_keyed_u64(deed->node.hash, cookie);
    struct hmap_node *node = hmap_first_with(&all->map, hash);
    struct flow_content *c = NULL;

    for (; node && !c; node = hmap_next_with(node)) {
        struct flow_content *at = HMAP_ENTRY(node, struct flow_content, node);

        c = at->cookie == cookie && at->deed == deed ? at : NULL;
    }
    return c ? c : add(all, hash, cookie, deed);
}

struct flow_content *flow_content_get(struct flow_contents *all, uint64_t cookie,
                                      const struct of_instructions *ins, struct buf *scratch)
{
    struct flow_recent *at = recent(all, cookie, ins);
    struct flow_content *content = at->content;

    if (!content || at->cookie != cookie || !of_instructions_eq(&at->deed->ins, ins)) {
        content = search(all, cookie, ins, scratch);
        at = recent(all, cookie, ins); /* There may be more places now. */
        *at = (struct flow_recent){cookie, content, content->deed};
    }
    content->n_users++;
    return content;
}

/* Instructions with as many actions as most have. */
#define LOOK_BYTES (sizeof(struct flow_deed) + 3 * sizeof(struct of_action))

void flow_content_look(const struct flow_contents *all, uint64_t cookie, port_no_t port,
                       bool is_rest)
{
    const struct flow_recent *at = recent_at(all, cookie, port);

    if (!is_rest) {
        __builtin_prefetch(at);
    } else if (at->content && at->cookie == cookie) {
        __builtin_prefetch(at->content);
        __builtin_prefetch(&at->content->n_users);
        prefetch_lines(at->deed, LOOK_BYTES);
    }
}

void flow_content_put(struct flow_contents *all, struct flow_content *content)
{
    struct flow_recent *at;

    if (--content->n_users == 0) {
        at = recent(all, content->cookie, &content->deed->ins);
        at->content = at->content == content ? NULL : at->content;
        deed_put(all, content->deed);
        hmap_remove(&all->map, &content->node);
        free(content);
    }
}
