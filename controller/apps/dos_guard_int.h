/* What the files of dos_guard share: dos_guard.c (counting, judging), dos_hold.c (entries),
 * dos_allowed.c (who may). Nobody else includes this. */
#ifndef TAMBO_APPS_DOS_GUARD_INT_H
#define TAMBO_APPS_DOS_GUARD_INT_H

#include "controller/apps/dos_guard.h"
#include "controller/base/hmap.h"
#include "controller/base/log.h"
#include "controller/core/ctl_api.h"

#define DOS_CELLS ((size_t)1 << 14) /* Of the sketch. */
#define DOS_WORDS 8                 /* Of 64 marks: addresses and ports that were seen. */

enum dos_way { DOS_FROM, DOS_TO, DOS_N_WAYS };

/* What samples tell of one direction of one host, in this period. Most hosts have none: sFlow is not
 * everywhere. */
struct dos_samples {
    uint64_t once[DOS_WORDS], twice[DOS_WORDS];
    uint64_t syns;     /* Scaled. */
    uint64_t scales;   /* Sum over what is marked in 'once'... */
    uint32_t n_marked; /* ...and their number. */
    uint32_t n;
};

/* New flows in one direction of one host, in this period. */
struct dos_count {
    struct dos_samples *samples; /* NULL: there never were any. */
    double per_s;                /* In the last period. */
    uint32_t n_packet_ins;
    uint32_t n_above, n_below; /* Periods one after the other. */
};

struct dos_host {
    struct hmap_node node;
    struct eth_addr mac;
    bool is_victim, is_held, is_limited;
    uint8_t n_light;  /* Periods in which the sketch would have done, one after the other. */
    uint32_t n_times; /* That it was held, without a rest between. */
    dpid_t held_at;
    mono_t held_until, released_at;
    struct dos_count way[DOS_N_WAYS];
};

struct dos_guard {
    struct ctl *ctl;
    uint8_t id;
    struct dos_guard_settings settings;
    struct hmap hosts;
    uint16_t sketch[DOS_N_WAYS][DOS_CELLS]; /* Of the hosts that are not there, in glances... */
    uint16_t heavy[DOS_N_WAYS];             /* ...and what makes one heavy. */
    size_t n_held;
    struct eth_addr allowed[DOS_GUARD_MAX_ALLOWED];
    size_t n_allowed;
    struct timer timer;
    struct log_limit limit;
    struct dos_guard_counters n;
};

struct dos_host *dos_find(const struct dos_guard *g, struct eth_addr mac);

/* Holds the host; nothing when it cannot be. */
void dos_hold(struct dos_guard *g, struct dos_host *h);

/* Takes the entry away. */
void dos_let_go(struct dos_guard *g, struct dos_host *h);

/* The host has moved. */
void dos_follow(struct dos_guard *g, struct dos_host *h);

void dos_allowed_init(struct dos_guard *g);
bool dos_is_allowed(const struct dos_guard *g, struct eth_addr mac);

#endif
