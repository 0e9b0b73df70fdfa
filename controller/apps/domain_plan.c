/* Plans and tags: see domain.h. */
#include <stdlib.h>

#include "controller/apps/domain.h"

/* --- Plans ------------------------------------------------------------------------------------ */

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = compare(x->dpid, y->dpid);

    order = order ? order : compare(x->kind, y->kind);
    return order ? order : compare(x->port, y->port);
}

static int by_link(const void *a, const void *b)
{
    const struct tree_link *x = a, *y = b;
    int order = compare(x->a, y->a);

    order = order ? order : compare(x->a_port, y->a_port);
    order = order ? order : compare(x->b, y->b);
    return order ? order : compare(x->b_port, y->b_port);
}

void places_sort(struct place *places, size_t n)
{
    qsort(places, n, sizeof(*places), by_place);
}

void plan_make(struct plan *p, uint16_t tag, const struct place *members, size_t n_members,
               const struct tree_link *links, size_t n_links)
{
    *p = (struct plan){.tag = tag, .n_links = n_links};
    p->places = xcalloc(n_members + 2 * n_links + 1, sizeof(*p->places));
    p->links = xcalloc(n_links + 1, sizeof(*p->links));
    for (size_t i = 0; i < n_members; i++) {
        p->places[p->n_places++] = members[i];
    }
    for (size_t i = 0; i < n_links; i++) {
        const struct tree_link *l = &links[i];

        p->links[i] = *l;
        p->places[p->n_places++] = (struct place){l->a, PLACE_TREE, l->a_port};
        p->places[p->n_places++] = (struct place){l->b, PLACE_TREE, l->b_port};
    }
    places_sort(p->places, p->n_places);
    qsort(p->links, n_links, sizeof(*p->links), by_link);
}

void plan_fini(struct plan *p)
{
    free(p->places);
    free(p->links);
    *p = (struct plan){0};
}

bool plan_has(const struct plan *p, const struct place *place)
{
    return p->n_places > 0 &&
           bsearch(place, p->places, p->n_places, sizeof(*place), by_place) != NULL;
}

bool plan_has_link(const struct plan *p, const struct tree_link *link)
{
    return p->n_links > 0 && bsearch(link, p->links, p->n_links, sizeof(*link), by_link) != NULL;
}

bool plan_eq(const struct plan *a, const struct plan *b)
{
    bool same = a->tag == b->tag && a->n_places == b->n_places && a->n_links == b->n_links;

    for (size_t i = 0; same && i < a->n_places; i++) {
        same = by_place(&a->places[i], &b->places[i]) == 0;
    }
    for (size_t i = 0; same && i < a->n_links; i++) {
        same = by_link(&a->links[i], &b->links[i]) == 0;
    }
    return same;
}

size_t plan_switch_end(const struct plan *p, size_t begin)
{
    size_t end = begin;

    while (end < p->n_places && p->places[end].dpid == p->places[begin].dpid) {
        end++;
    }
    return end;
}

bool plan_has_switch(const struct plan *p, dpid_t dpid)
{
    for (size_t i = 0; i < p->n_places; i++) {
        if (p->places[i].dpid == dpid) {
            return true;
        }
    }
    return false;
}

/* --- Tags ------------------------------------------------------------------------------------- */

bool domain_tag_is_ours(const struct domains *d, uint16_t vid)
{
    return vid >= d->settings.tag_min && vid <= d->settings.tag_max;
}

/* In turn, so that a tag rests as long as possible before it is used again. */
uint16_t domain_tag_take(struct domains *d)
{
    unsigned n = (unsigned)(d->settings.tag_max - d->settings.tag_min) + 1;

    for (unsigned i = 0; i < n; i++) {
        uint16_t tag = d->next_tag;

        d->next_tag = tag == d->settings.tag_max ? d->settings.tag_min : (uint16_t)(tag + 1);
        if (d->tags[tag] == TAG_FREE) {
            d->tags[tag] = TAG_USED;
            domains_store_tag(d);
            return tag;
        }
    }
    d->n.tags_exhausted++;
    return 0;
}
