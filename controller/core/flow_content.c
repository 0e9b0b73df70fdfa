/* What entries have in common. */
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/flowdb_int.h"
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

/* Apps, not peers, choose what entries do: the cookie with the last bytes, where the port or the label is,
 * tells nearly all of them apart. */
static uint64_t hash_content(uint64_t cookie, const struct buf *packed)
{
    uint64_t hash = hash_combine(cookie, packed->len);

    for (size_t at = 0; at + 4 <= packed->len; at += 4) {
        hash = hash_keyed_u64(hash, be_get32(packed->data + at));
    }
    return hash_keyed_u64(hash, packed->data[packed->len - 1]);
}

static bool is_same(const struct flow_content *c, uint64_t cookie, const struct buf *packed)
{
    return c->cookie == cookie && c->packed_len == packed->len &&
           memcmp(c->packed, packed->data, packed->len) == 0;
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

struct flow_content *flow_content_get(struct flow_contents *all, uint64_t cookie,
                                      const struct buf *packed)
{
    uint64_t hash = hash_content(cookie, packed);
    struct hmap_node *node = hmap_first_with(&all->map, hash);
    struct flow_content *c = NULL;

    for (; node && !c; node = hmap_next_with(node)) {
        struct flow_content *at = HMAP_ENTRY(node, struct flow_content, node);

        c = is_same(at, cookie, packed) ? at : NULL;
    }
    c = c ? c : add(all, hash, cookie, packed);
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
