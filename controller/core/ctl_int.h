/* The inside of the engine: what the files of this room share. Private to this room. */
#ifndef TAMBO_CORE_CTL_INT_H
#define TAMBO_CORE_CTL_INT_H

#include "controller/core/admission.h"
#include "controller/core/ctl.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath_int.h"
#include "controller/core/domains_int.h"
#include "controller/core/echoes_int.h"
#include "controller/core/events.h"
#include "controller/core/flowdb_int.h"
#include "controller/core/hosts_int.h"
#include "controller/core/paths_int.h"
#include "controller/core/peers.h"
#include "controller/core/sflow.h"
#include "controller/core/topology_int.h"

/* The module id of entries that the core itself wants. */
#define CORE_MODULE_ID 255

struct module_slot {
    const struct ctl_module *module;
    void *state;
    uint32_t packets; /* The classes that it is shown now. */
};

/* Modules that have the same interest, in their order. */
struct module_list {
    const struct module_slot **slots;
    size_t n;
};

struct ctl {
    struct core_settings settings;
    const struct clock *clock;
    uint64_t hash_key;
    const struct southbound *southbound;
    const struct store_ops *store;
    struct log *log;
    struct module_slot *modules; /* The id of a module is its index + 1. */
    size_t n_modules;
    struct module_list by_class[PACKET_N_CLASSES]; /* Who looks at packets of the class... */
    bool interests_changed;                        /* ...or will, when the lists are made anew. */
    struct module_list glancers;
    uint32_t until_glance; /* Packets. */
    struct module_list lookers; /* Ahead. */
    struct module_list samplers;
    struct module_list admitters; /* Who says which entries may be. */
    struct timers timers;
    struct ctl_counters counters;
    struct admission admission;
    struct event_queue events;
    struct list sessions;
    struct datapath_table datapaths;
    enum of_role role; /* Asked for at every switch, unless it was told otherwise... */
    uint64_t generation_id;
    bool may_outbid; /* ...with a newer generation id when this one is stale. */
    struct flow_scratch flow_scratch;
    struct flow_contents flow_contents;
    struct pool flow_pool; /* Entries of one line. */
    struct pool txn_pool, barrier_pool;
    struct list barriers_waiting; /* Those that are sent and not answered, longest first... */
    struct timer barrier_timer;   /* ...and when the first may be late. */
    struct list txns; /* Committed and not finished. */
    struct topology topology;
    struct path_cache paths;
    struct host_table hosts;
    struct domains domains;
    struct echoes echoes;
    struct buf frame; /* The LLDP frame being built. */
    uint8_t lldp_key[32];
    uint64_t core_id, last_nonce; /* Of probes. */
    struct peers peers;
    struct sflow_table sflow;
    struct log_limit lldp_limit, link_limit, port_limit, object_limit;
};

/* Makes the lists of who looks at which packets anew. */
void ctl_list_watchers(struct ctl *ctl);

/* events_deliver() when there is something to deliver, which after most packet-ins there is not. */
static inline void ctl_settle(struct ctl *ctl)
{
    if (ctl->events.n) {
        events_deliver(ctl);
    }
}

#endif
