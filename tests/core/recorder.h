/* A module that writes down every event and packet that it is told, one line each. */
#ifndef TAMBO_TESTS_CORE_RECORDER_H
#define TAMBO_TESTS_CORE_RECORDER_H

#include "controller/core/module.h"

#define RECORDER_MAX_LINES 4096

struct recorder {
    char lines[RECORDER_MAX_LINES][80]; /* "link_up 1:2>3:4"; the newest are dropped when full. */
    size_t n;
    unsigned depth; /* Hooks under way; more than one would be a re-entry. */
    struct ctl *ctl;
    uint8_t id;

    /* Called inside the hook, after the line was written; may be NULL. */
    void (*on_event)(struct recorder *r, const struct ctl_event *event);
    enum ctl_verdict (*on_packet)(struct recorder *r, const struct ctl_packet *packet);
    void *aux;
};

/* Its settings are a pointer to a pointer to the 'struct recorder'. */
extern const struct ctl_module recorder_module;

/* How many lines begin with 'prefix', and the index of the first from 'from' on (-1: none). */
size_t recorder_count(const struct recorder *r, const char *prefix);
int recorder_find(const struct recorder *r, const char *prefix, size_t from);

static inline void recorder_clear(struct recorder *r)
{
    r->n = 0;
}

#endif
