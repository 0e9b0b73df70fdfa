/* The first rule that matches a packet, in a time that hardly depends on how many rules there are.
 *
 * Rules that look at the same bits are a class, of which there are few. In a class a rule is found by the hash
 * of these bits (tuple space search: Srinivasan, Suri, Varghese 1999). Classes are in the order of their first
 * rules, so that most need not be looked at once one has been found. */
#include <stdlib.h>
#include <string.h>

#include "controller/apps/firewall_int.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"

struct fw_class {
    uint64_t m[FW_WORDS];
    size_t first; /* The place of its first rule. */
    struct hmap rules;
};

struct fw_index {
    struct fw_class *classes;
    size_t n;
};

static uint64_t hash_bits(const uint64_t v[FW_WORDS], const uint64_t m[FW_WORDS])
{
    uint64_t h = 0;

    for (size_t i = 0; i < FW_WORDS; i++) {
        if (m[i]) {
            h = hash_combine(h, v[i] & m[i]);
        }
    }
    return h;
}

static struct fw_class *class_of(struct fw_index *index, const struct fw_rule *rule)
{
    struct fw_class *c;

    for (size_t i = 0; i < index->n; i++) {
        if (memcmp(index->classes[i].m, rule->key.m, sizeof rule->key.m) == 0) {
            return &index->classes[i];
        }
    }
    c = &index->classes[index->n++];
    memcpy(c->m, rule->key.m, sizeof c->m);
    c->first = rule->at;
    hmap_init(&c->rules);
    return c;
}

static struct fw_index *index_new(const struct firewall *f)
{
    struct fw_index *index = xcalloc(1, sizeof *index);

    index->classes = xcalloc(f->n_rules + 1, sizeof *index->classes); /* A map may not be moved. */
    for (size_t i = 0; i < f->n_rules; i++) {
        struct fw_rule *rule = f->rules[i];

        rule->at = i;
        hmap_insert(&class_of(index, rule)->rules, &rule->in_class,
                    hash_bits(rule->key.v, rule->key.m));
    }
    return index;
}

void fw_index_free(struct fw_index *index)
{
    for (size_t i = 0; index && i < index->n; i++) {
        hmap_fini(&index->classes[i].rules);
    }
    if (index) {
        free(index->classes);
        free(index);
    }
}

struct fw_rule *fw_rule_first(struct firewall *f, const struct fw_packet *packet)
{
    const struct fw_index *index = f->index = f->index ? f->index : index_new(f);
    struct fw_rule *best = NULL;

    for (size_t i = 0; i < index->n && (!best || index->classes[i].first < best->at); i++) {
        const struct fw_class *c = &index->classes[i];
        struct hmap_node *it = hmap_first_with(&c->rules, hash_bits(packet->v, c->m));

        for (; it; it = hmap_next_with(it)) {
            struct fw_rule *rule = HMAP_ENTRY(it, struct fw_rule, in_class);

            if (fw_key_has(&rule->key, packet) && (!best || rule->at < best->at)) {
                best = rule;
            }
        }
    }
    return best;
}
