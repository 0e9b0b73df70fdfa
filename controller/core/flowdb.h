/* flowdb: for every switch the entries that are intended, and which of them are confirmed.
 *
 * Apps state what they want; they never send a flow-mod. An entry is
 *
 *      WANTED ──flow-mod──▶ SENT ──barrier reply──▶ CONFIRMED
 *        ▲                    │ error                   │ flow-removed
 *        │ connection lost    ▼                         ▼
 *        └──────────────   (gone, CTL_FLOW_FAILED)   (gone, CTL_FLOW_REMOVED)
 *
 * A switch whose table is full refuses differently: what has no time-out stays wanted and waits for
 * room, what is less important makes way (table_pressure.h).
 *
 * When a switch reconnects its entries are read and compared: what is equal is confirmed without
 * being sent, what differs or is missing is sent, an entry with an idle or hard time-out that is
 * missing has expired meanwhile and leaves, an entry with our mark in its cookie that is not here
 * (a controller that restarted) is adopted and its owner is told. Nothing is flushed.
 *
 * The cookie of every entry is (mark: 16 bits, module id: 8, value of the module: 40). */
#ifndef TAMBO_CORE_FLOWDB_H
#define TAMBO_CORE_FLOWDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/types.h"
#include "controller/openflow/of_msg.h"

struct ctl;
struct datapath;
struct flow_entry;

#define FLOW_COOKIE_MARK UINT64_C(0x7a3b) /* In the top 16 bits. */

static inline uint64_t flow_cookie(uint8_t module_id, uint64_t value)
{
    return FLOW_COOKIE_MARK << 48 | (uint64_t)module_id << 40 | (value & ((UINT64_C(1) << 40) - 1));
}

static inline bool flow_cookie_is_ours(uint64_t cookie)
{
    return cookie >> 48 == FLOW_COOKIE_MARK;
}
static inline uint8_t flow_cookie_module(uint64_t cookie)
{
    return (uint8_t)(cookie >> 40);
}
static inline uint64_t flow_cookie_value(uint64_t cookie)
{
    return cookie & ((UINT64_C(1) << 40) - 1);
}

/* An entry as an app asks for it. (table_id, priority, match) is its identity. Borrowed: flowdb
 * keeps a compact copy. */
struct flow_spec {
    uint8_t table_id;
    uint16_t priority;
    struct of_match match;
    uint64_t cookie; /* flow_cookie(). */
    uint16_t idle_timeout_s, hard_timeout_s;
    uint16_t importance; /* FLOW_IMPORTANCE_*: who goes first when a table is full. No part of what
                          * makes two entries different. */
    struct of_instructions ins;
};

/* Importance. Entries with a time-out make way for more important ones without. */
enum flow_importance {
    FLOW_IMPORTANCE_FOUND = 0,        /* Of an earlier controller, and not asked for since. */
    FLOW_IMPORTANCE_FLOW = 1000,      /* Serves one flow. */
    FLOW_IMPORTANCE_HOST = 2000,      /* Serves one destination, expires. */
    FLOW_IMPORTANCE_PLACE = 20000,    /* Where a host is. */
    FLOW_IMPORTANCE_SWITCH = 30000,   /* The way to a switch with all its hosts. */
    FLOW_IMPORTANCE_SERVICE = 40000,  /* Without it, an app does not work at the switch. */
    FLOW_IMPORTANCE_CORE = UINT16_MAX /* Without it, the controller is blind. */
};

enum flow_state {
    FLOW_WANTED,
    FLOW_SENT,
    FLOW_CONFIRMED,
    FLOW_DELETING, /* A delete was sent; gone at the barrier reply. */
};

/* Looks up by identity; NULL when there is none. Valid until the core is entered again. */
const struct flow_entry *flowdb_find(const struct ctl *ctl, dpid_t dpid, uint8_t table_id,
                                     uint16_t priority, const struct of_match *match);

/* True when 'dpid' has confirmed the entry and it has the cookie and the instructions of 'spec'; time-outs may
 * differ. */
bool flowdb_has(const struct ctl *ctl, dpid_t dpid, const struct flow_spec *spec);

/* For modules that look ahead (look.h): fetches into the cache where the entry of 'dp' with this identity will be
 * put or found; and what entries with 'cookie' that output at 'port' do, where that is found and, in a later
 * look, the rest. */
void flowdb_look_place(const struct datapath *dp, uint8_t table_id, uint16_t priority,
                       const struct of_match *match);
void flowdb_look_deed(const struct ctl *ctl, uint64_t cookie, port_no_t port, bool is_rest);

/* Unpacks 'entry' into 'out'; lists inside are valid until the core is entered again or another
 * entry is unpacked. */
void flow_entry_spec(const struct flow_entry *entry, struct flow_spec *out);

/* Its match alone, and its instructions, for as long as the entry is there. */
void flow_entry_match(const struct flow_entry *entry, struct of_match *out);
const struct of_instructions *flow_entry_instructions(const struct flow_entry *entry);

uint64_t flow_entry_cookie(const struct flow_entry *entry);
enum flow_state flow_entry_state(const struct flow_entry *entry);
bool flow_entry_is_adopted(const struct flow_entry *entry);
bool flow_entry_is_deferred(const struct flow_entry *entry); /* Wanted, and waits for room. */
dpid_t flow_entry_dpid(const struct flow_entry *entry);

/* Calls 'fn' for each entry of 'dpid' that module 'module_id' owns (0: any), those being
 * deleted included, ascending by table, descending by priority, then by match. 'fn' must not change flowdb. */
typedef void flowdb_each_fn(void *aux, const struct flow_entry *entry);
void flowdb_each(const struct ctl *ctl, dpid_t dpid, uint8_t module_id, flowdb_each_fn *fn,
                 void *aux);

/* Calls 'fn', from the core's loop, when entries that are intended for 'dpid' have come, changed or left, but
 * for those of 'module_id': once for all that has happened since the last call. One for each switch; NULL:
 * nobody. Nothing happens for a switch that was never seen. */
typedef void flowdb_watch_fn(void *aux);
void flowdb_watch(struct ctl *ctl, dpid_t dpid, uint8_t module_id, flowdb_watch_fn *fn, void *aux);

/* Number of entries that are intended for 'dpid' (not those being deleted), and of those how many are
 * confirmed. */
struct flowdb_size {
    size_t n_entries, n_confirmed;
};
struct flowdb_size flowdb_size(const struct ctl *ctl, dpid_t dpid);

#endif
