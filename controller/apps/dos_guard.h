/* dos_guard: hosts that begin too many flows, and hosts that too many flows are begun to.
 *
 * What is counted are new flows, from sFlow samples taken where the sender is and from packet-ins: a TCP
 * segment with SYN and without ACK, or, of other protocols, addresses and ports that are seen once in a
 * period. A few large flows give many samples of the same addresses and so do not count as many new
 * ones. The greater of the two figures counts. A host is judged when enough samples stand behind the
 * figure, in several periods one after the other.
 *
 * A sender above its limit is reported and, unless it is on the list of those who may, held for a time:
 * its frames are dropped where it is attached, or, with 'limit', a few of them each second are let to
 * the controller, which delivers them. The entry matches the host's address only, never the whole port,
 * and has a hard time-out; who goes on is held twice as long each time, up to eight times. A receiver
 * above its limit is reported until it is below half of it: that others write to it is no reason to hold
 * it. */
#ifndef TAMBO_APPS_DOS_GUARD_H
#define TAMBO_APPS_DOS_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/apps/priorities.h"
#include "controller/base/mono.h"
#include "controller/core/module.h"

struct dos_guard_settings {
    int64_t period_ns;     /* Default 1 s. */
    uint32_t periods;      /* Above the limit before anything is done; default 3. */
    uint32_t from_per_s;   /* New flows that a host may begin; default 2 000. */
    uint32_t to_per_s;     /* That may be begun to it; default 10 000. */
    uint32_t min_samples;  /* In a period, or nothing is said; default 8. */
    bool hold;             /* Hold senders; else only report. Default true. */
    bool limit;            /* Limit instead of dropping, from OpenFlow 1.3 on; default false. */
    uint32_t limit_pkts_s; /* What is let through then; default 20. */
    uint16_t hold_s;       /* The first time; default 60. */
    uint32_t max_hosts;    /* That are counted in one period; default 65 536. */
    uint32_t max_held;     /* At once; default 256. */
};

struct dos_guard_settings dos_guard_settings_default(void);

struct dos_guard_info {
    struct eth_addr mac;
    double from_per_s, to_per_s; /* In the last period. */
    bool is_held, is_limited, is_victim;
    mono_t held_until; /* When it is held. */
};

/* All functions take the module's state, ctl_module_state(ctl, "dos_guard"). */

/* Calls 'fn' for each host that is held or a victim, ascending by address. */
typedef void dos_guard_each_fn(void *aux, const struct dos_guard_info *info);
void dos_guard_each(const void *state, dos_guard_each_fn *fn, void *aux);

/* Lets a held host go. ERR_NOTFOUND. */
enum err dos_guard_release(void *state, struct eth_addr mac);

/* The hosts that are never held, kept over a restart; one that is held is let go. ERR_RANGE (a group
 * address), ERR_EXISTS, ERR_NOTFOUND, ERR_FULL (1 024). */
#define DOS_GUARD_MAX_ALLOWED 1024
enum err dos_guard_allow(void *state, struct eth_addr mac);
enum err dos_guard_disallow(void *state, struct eth_addr mac);
const struct eth_addr *dos_guard_allowed(const void *state, size_t *n); /* Ascending. */

#define DOS_GUARD_COUNTERS(X)                                                                      \
    X(samples)                                                                                     \
    X(packet_ins)                                                                                  \
    X(senders)  /* Times a sender was above its limit for long enough... */                        \
    X(held)     /* ...and was held... */                                                           \
    X(spared)   /* ...or was not, because it may, or there were too many. */                       \
    X(released) /* Held hosts whose time was over, or who were let go. */                          \
    X(refused)  /* Entries that a switch refused. */                                               \
    X(victims)                                                                                     \
    X(hosts_full)

struct dos_guard_counters {
#define X(name) uint64_t name;
    DOS_GUARD_COUNTERS(X)
#undef X
};

struct dos_guard_counters dos_guard_counters(const void *state);

extern const struct ctl_module dos_guard_module;

#endif
