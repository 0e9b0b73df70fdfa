/* The tree towards one destination switch: what it is planned to be. Shared by cluster_tree.c, where it is asked
 * for, cluster_plan.c, which makes plans, and cluster_update.c, which carries them out. */
#ifndef TAMBO_APPS_CLUSTER_TREE_H
#define TAMBO_APPS_CLUSTER_TREE_H

#include "controller/apps/cluster.h"

struct tree_source {
    dpid_t dpid;
    struct failover_way way;     /* Of its ingress entries; port OF_PORT_ANY: not known. */
    struct failover_way new_way; /* After the update that is planned or running; port OF_PORT_ANY: no
                                  * part in it. */
    struct failover_way target;  /* Once it is protected too. */
    uint8_t dist;                /* Hops to the destination, for 'new_way'. */
    bool is_level;               /* See failover_plan(). */
    bool ready;                  /* The way from here is confirmed. */
    bool used;                   /* Ingress entries with this label may be there. */
    bool doubtful;               /* Some may not do what 'way' says. */
};

struct tree_hop {
    dpid_t dpid;
    struct failover_way way; /* Of the transit entry; port OF_PORT_ANY: not known. */
    bool is_level;
    unsigned dist;
    bool wanted;  /* A source needs it... */
    bool carries; /* ...on its way, not only for alternates. */
};

struct cluster_tree {
    struct hmap_node node;
    struct clustering *c;
    dpid_t dpid;                 /* The destination. */
    uint64_t generation;         /* Of the topology that the last plan was made for. */
    struct tree_source *sources; /* Ascending 'dpid', as are the hops. */
    dpid_t first_source;         /* Of the first of them, beside the rest of the tree. */
    uint32_t n_sources;
    uint16_t label;
    bool dirty; /* Something else than the topology asks for an update. */
    bool busy;  /* An update is running. Up to here a line of the cache: what a miss reads. */
    size_t cap_sources;
    struct tree_hop *hops;
    size_t n_hops, cap_hops;
    bool failed;         /* The last update failed: what is there is not known. */
    bool complete;       /* The last plan found a way for every source. */
    bool unprotected;    /* Some entries of the plan do not have their alternates yet. */
    struct list waiters; /* cluster_miss.c */
};

_Static_assert(offsetof(struct cluster_tree, cap_sources) == CACHE_LINE,
               "what a miss reads is a line of the cache");

/* The source 'dpid', or NULL. And: fetches it into the cache, if it is where it is looked for first. */
struct tree_source *cluster_plan_find_source(const struct cluster_tree *t, dpid_t dpid);
void cluster_plan_prefetch_source(const struct cluster_tree *t, dpid_t dpid);

/* The source or hop 'dpid', entered when it is new; valid until the next one is entered. */
struct tree_source *cluster_plan_source(struct cluster_tree *t, dpid_t dpid);
struct tree_hop *cluster_plan_hop(struct cluster_tree *t, dpid_t dpid);

/* True when a switch so far away can be a part of a tree. */
bool cluster_plan_reaches(int dist);

/* Plans the whole tree for the present topology. True when an update has something to do. */
bool cluster_plan(struct cluster_tree *t);

/* Makes 'src' ready when its way leads by hops that are in the tree and confirmed; so do most ways of a large
 * network, where thousands of sources come one after the other. False when the whole must be planned. */
bool cluster_plan_join(const struct cluster_tree *t, struct tree_source *src);

/* Brings 't' up to date, unless it is or an update is running: makes a plan, and has it carried out. */
void cluster_update(struct cluster_tree *t);

/* True when the last plan is for the present topology. */
bool cluster_plan_is_current(const struct cluster_tree *t);

#endif
