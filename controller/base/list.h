/* Intrusive doubly linked circular list. The head is a 'struct list' too; an element embeds one and
 * is found again with LIST_ENTRY. */
#ifndef TAMBO_BASE_LIST_H
#define TAMBO_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* The object of type 'type' whose member 'member' is at 'ptr'. Shared by all intrusive containers. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

struct list {
    struct list *prev, *next;
};

#define LIST_ENTRY(ptr, type, member) CONTAINER_OF(ptr, type, member)

static inline void list_init(struct list *l)
{
    l->prev = l->next = l;
}
static inline bool list_is_empty(const struct list *l)
{
    return l->next == l;
}

static inline void list_insert_before(struct list *pos, struct list *elem)
{
    elem->prev = pos->prev;
    elem->next = pos;
    pos->prev->next = elem;
    pos->prev = elem;
}

static inline void list_push_back(struct list *l, struct list *elem)
{
    list_insert_before(l, elem);
}

static inline void list_push_front(struct list *l, struct list *elem)
{
    list_insert_before(l->next, elem);
}

/* Unlinks 'elem' and leaves it an empty list, so that removing it twice is harmless. */
static inline void list_remove(struct list *elem)
{
    elem->prev->next = elem->next;
    elem->next->prev = elem->prev;
    list_init(elem);
}

/* The first element, unlinked; NULL when the list is empty. */
static inline struct list *list_pop_front(struct list *l)
{
    struct list *elem = l->next;

    if (elem == l) {
        return NULL;
    }
    list_remove(elem);
    return elem;
}

static inline size_t list_size(const struct list *l)
{
    size_t n = 0;

    for (const struct list *e = l->next; e != l; e = e->next) {
        n++;
    }
    return n;
}

/* Visits every element; the visited one may be removed. 'it' and 'tmp' are struct list pointers. */
#define LIST_FOR_EACH(it, tmp, l)                                                                  \
    for ((it) = (l)->next, (tmp) = (it)->next; (it) != (l); (it) = (tmp), (tmp) = (it)->next)

#endif
