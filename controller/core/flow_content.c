/* What entries have in common. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/flowdb_int.h"
#include "controller/openflow/of_action.h"
#include "controller/openflow/of_field.h"
#include "controller/openflow/of_pack.h"

void flow_contents_init(struct flow_contents *all)
{
    hmap_init(&all->map);
    all->bytes = 0;
}

void flow_contents_fini(struct flow_contents *all)
{
    hmap_fini(&all->map);
}

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
static uint64_t hash_content(uint64_t cookie, const struct of_instructions *ins)
{
    uint64_t hash = hash_keyed_u64(0, cookie);

    for (size_t i = 0; i < ins->apply.n && ins->has_apply; i++) {
        hash = hash_action(hash, &ins->apply.list[i]);
    }
    return hash;
}

static size_t n_actions(const struct buf *packed)
{
    struct rd in = rd_init(packed->data, packed->len);

    return of_packed_n_actions(&in);
}

static size_t size_of(size_t actions, size_t packed_len)
{
    return sizeof(struct flow_content) + actions * sizeof(struct of_action) + packed_len;
}

static struct flow_content *add(struct flow_contents *all, uint64_t hash, uint64_t cookie,
                                const struct buf *packed)
{
    size_t n = n_actions(packed), size = size_of(n, packed->len);
    struct flow_content *c = xcalloc(1, size);
    struct rd in;

    c->cookie = cookie;
    c->packed_len = (uint32_t)packed->len;
    c->packed = memcpy(c->actions + n, packed->data, packed->len);
    in = rd_init(c->packed, c->packed_len);
    of_unpack_instructions(&in, c->actions, &c->trigger, &c->ins);
    all->bytes += alloc_bytes(size);
    hmap_insert(&all->map, &c->node, hash);
    return c;
}

bool flow_content_says(const struct flow_content *c, const struct of_instructions *ins,
                       struct buf *scratch)
{
    if (of_instructions_eq(&c->ins, ins)) {
        return true;
    }
    buf_clear(scratch); /* They may say the same in other words. */
    of_pack_instructions(scratch, ins);
    return c->packed_len == scratch->len && memcmp(c->packed, scratch->data, scratch->len) == 0;
}

struct flow_content *flow_content_get(struct flow_contents *all, uint64_t cookie,
                                      const struct of_instructions *ins, struct buf *scratch)
{
    uint64_t hash = hash_content(cookie, ins);
    struct hmap_node *node = hmap_first_with(&all->map, hash);
    struct flow_content *c = NULL;

    for (; node && !c; node = hmap_next_with(node)) {
        struct flow_content *at = HMAP_ENTRY(node, struct flow_content, node);

        c = at->cookie == cookie && flow_content_says(at, ins, scratch) ? at : NULL;
    }
    if (!c) {
        buf_clear(scratch);
        of_pack_instructions(scratch, ins);
        assert(!scratch->failed && scratch->len <= UINT16_MAX && "the instructions are too long");
        c = add(all, hash, cookie, scratch);
    }
    c->n_users++;
    return c;
}

void flow_content_put(struct flow_contents *all, struct flow_content *content)
{
    struct rd in = rd_init(content->packed, content->packed_len);

    if (--content->n_users == 0) {
        all->bytes -= alloc_bytes(size_of(of_packed_n_actions(&in), content->packed_len));
        hmap_remove(&all->map, &content->node);
        free(content);
    }
}
