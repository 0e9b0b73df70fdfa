/* A table that evicts: what a switch costs the controller when it never lets an entry time out but
 * throws one out to make room (OpenFlow 1.4 and later, clause on eviction), and what two tiers of
 * table (a TCAM before a table in software) share.
 *
 * Approximation by a characteristic time: the n_entries places act on every destination as if its
 * entry stayed for a time T_c of its own, the same for all, with T_c such that the mean number of
 * entries is n_entries. H. Che, Y. Tung, Z. Wang, IEEE JSAC 20(7), 2002, eq. 7; why it is so good:
 * C. Fricker, P. Robert, J. Roberts, ITC 24, 2012. Here with sessions that last, derived in
 * cache.c. The error shrinks with the table; below 1 % of the hit share from about 30 entries. */
#ifndef TAMBO_MODELS_CACHE_H
#define TAMBO_MODELS_CACHE_H

#include <stdint.h>

#include "models/popularity.h"
#include "models/status.h"

enum eviction {
    EVICT_LRU,    /* The entry that has not been used for the longest time. */
    EVICT_RANDOM, /* Any entry, also one in use: the next frame then asks the controller again. */
    EVICT_FIFO,   /* The oldest entry, also one in use. */
};

/* Returns "lru", "random" or "fifo". */
const char *eviction_name(enum eviction eviction);

struct cache_state {
    double characteristic_s;  /* T_c; INFINITY when nothing is ever evicted. */
    double occupancy_entries; /* Mean entries: n_entries, or less when all destinations fit. */
    double hit_frac;          /* Share of new sessions that find their entry. */
    double sessions_per_s;    /* New sessions from the hosts of this switch. */
    double arrivals_per_s;    /* Packet-ins of this switch, those in mid-session included. */
};

/* One access switch of "ports" hosts, N destinations with "popularity", "n_entries" places.
 * MODEL_DOMAIN ("out" zeroed): ports = 0, n_entries not positive, or a bad eviction.
 * MODEL_UNSTABLE: more destinations are in use at once, on average, than there are places.
 * MODEL_NOCONV: quadrature. */
enum model_status model_cache(const struct popularity *popularity, uint32_t ports, double n_entries,
                              enum eviction eviction, struct cache_state *out);

struct cache_tiers {
    double tcam_frac;       /* Share of new sessions served by the TCAM, ... */
    double software_frac;   /* ... by the table in software, */
    double controller_frac; /* ... by the controller. They sum to 1. */
    double tcam_characteristic_s, software_characteristic_s;
    double sessions_per_s, arrivals_per_s;
};

/* Two tiers under LRU: the "tcam_entries" most recently used destinations are in the TCAM, the next
 * "software_entries" in software (which may be 0), and a hit below brings an entry up. */
enum model_status model_cache_tiers(const struct popularity *popularity, uint32_t ports,
                                    double tcam_entries, double software_entries,
                                    struct cache_tiers *out);

#endif
