/* Updates of label entries: the tree towards one destination switch is carried out as it is planned.
 *
 * A tree has sources (access switches whose ingress entries push the label) and hops (switches in
 * between, which have a transit entry). It changes in updates, one at a time:
 *
 *      request, topology ──▶ stale ──▶ update: stage 0   own entry of the destination
 *                                              stage d   transit entries at distance d, and ingress
 *                                                        entries of sources at distance d whose
 *                                                        port changes
 *                               ◀── done ──    after it  hops that are no longer used are removed
 *
 *                                          then  what has an alternate is protected by it
 *
 * A request or a change of the topology during an update leads to another one after it. A switch that is
 * lost ends the update where it is: what it still has may lead to those whose turn would be next.
 *
 * In its stage, an entry that changes is written without its alternate, unless that is nearer to the
 * destination and the group is there. What it had before is gone then, so that no old alternate leads to
 * a switch that has turned round. Groups are made and entries led to them when all of the tree is there:
 * traffic does not wait for its protection. */
#include "controller/apps/cluster_tree.h"

#include "controller/core/ctl_api.h"

LOG_MODULE(clustering);

/* --- Stages ----------------------------------------------------------------------------------- */

/* True when the transit entry of 'hop' is what it shall be. */
static bool is_as_planned(const struct cluster_tree *t, const struct tree_hop *hop)
{
    const struct flow_entry *entry = cluster_find_transit(t->c, hop->dpid, t->label);

    return entry && flow_entry_state(entry) != FLOW_DELETING &&
           failover_eq(cluster_entry_way(entry), hop->way);
}

/* What an entry of 'dpid' that shall become 'way' can be in its stage. */
static struct failover_way at_once(struct cluster_tree *t, dpid_t dpid, struct failover_way way,
                                   bool is_level)
{
    if (way.alt != OF_PORT_ANY && (is_level || !failover_is_there(t->c->failover, dpid, way))) {
        t->unprotected = true;
        way.alt = OF_PORT_ANY;
    }
    return way;
}

static void update_hop(struct cluster_tree *t, const struct tree_hop *hop, struct txn *txn)
{
    struct failover_way way = hop->way;
    struct cluster_spec spec;

    if (way.alt == OF_PORT_ANY || !is_as_planned(t, hop)) {
        way = at_once(t, hop->dpid, way, hop->is_level);
        failover_look(t->c->failover, hop->dpid);
    }
    failover_add(t->c->failover, txn, 0, hop->dpid, way);
    cluster_spec_transit(t->c, t->label, way, &spec);
    cluster_add(t->c, txn, hop->dist, hop->dpid, &spec);
}

static bool is_turned(const struct tree_source *src, struct failover_way way)
{
    return src->used && (src->doubtful || !failover_eq(src->way, way));
}

/* True when the ingress entries of 'src' are what they shall be: so are often those of an earlier
 * controller. */
static bool is_turned_already(const struct cluster_tree *t, const struct tree_source *src)
{
    if (src->way.port == OF_PORT_ANY || src->doubtful) {
        return src->used && cluster_ingress_is(t->c, src->dpid, t->label, src->target);
    }
    return failover_eq(src->way, src->target);
}

static void update_source(struct cluster_tree *t, struct tree_source *src, struct txn *txn)
{
    if (src->new_way.port == OF_PORT_ANY) {
        return;
    }
    src->new_way = src->target;
    if (!is_turned_already(t, src)) {
        src->new_way = at_once(t, src->dpid, src->target, src->is_level);
    }
    if (is_turned(src, src->new_way)) {
        failover_look(t->c->failover, src->dpid);
        failover_add(t->c->failover, txn, 0, src->dpid, src->new_way);
        cluster_ingress_turn(t->c, txn, src->dist, src->dpid, t->label, src->new_way);
        cluster_pairs_remove_label(t->c, txn, src->dist, src->dpid, t->label);
    }
}

static struct txn *update_txn(struct cluster_tree *t)
{
    struct txn *txn = txn_begin(t->c->ctl);
    struct cluster_spec spec;

    t->unprotected = false;
    txn_keep_order(txn);
    cluster_spec_own(t->c, t->label, &spec);
    cluster_add(t->c, txn, 0, t->dpid, &spec);
    for (size_t i = 0; i < t->n_hops; i++) {
        if (t->hops[i].wanted) {
            update_hop(t, &t->hops[i], txn);
        }
    }
    for (size_t i = 0; i < t->n_sources; i++) {
        update_source(t, &t->sources[i], txn);
    }
    return txn;
}

/* Takes away the transit entries that no source needs. Not before every source has a way: what
 * looks useless may be all that a switch without a connection has. */
static void remove_unused(struct cluster_tree *t)
{
    struct cluster_spec spec;
    struct txn *txn;
    size_t kept = 0;

    if (!t->complete || cluster_is_adopting(t->c)) {
        return;
    }
    cluster_spec_transit(t->c, t->label, failover_plain(OF_PORT_ANY), &spec);
    txn = txn_begin(t->c->ctl);
    for (size_t i = 0; i < t->n_hops; i++) {
        if (t->hops[i].wanted) {
            t->hops[kept++] = t->hops[i];
        } else {
            failover_look(t->c->failover, t->hops[i].dpid);
            cluster_remove(t->c, txn, 0, t->hops[i].dpid, &spec);
        }
    }
    if (kept < t->n_hops) {
        t->n_hops = kept;
        txn_commit(txn, NULL, NULL);
    } else {
        txn_abort(txn);
    }
}

/* Every entry of the plan is confirmed. */
static void settle_sources(struct cluster_tree *t)
{
    for (size_t i = 0; i < t->n_sources; i++) {
        struct tree_source *src = &t->sources[i];

        if (src->new_way.port != OF_PORT_ANY) {
            src->ready = true;
            src->doubtful = false;
            src->way = src->new_way;
            src->new_way = failover_plain(OF_PORT_ANY);
        }
    }
}

static bool stands(const struct cluster_tree *t, const struct tree_source *src,
                   struct failover_way way)
{
    return cluster_way_stands(t->c, src->dpid, way.port, t->dpid, t->label);
}

/* Some are, and others are what they were. A source that has a way by these is ready; what ingress entries
 * lead elsewhere are taken away, so that their frames come to the controller, which carries them. */
static void settle_failed(struct cluster_tree *t)
{
    for (size_t i = 0; i < t->n_sources; i++) {
        struct tree_source *src = &t->sources[i];

        if (src->new_way.port == OF_PORT_ANY) {
            continue;
        }
        src->way = stands(t, src, src->new_way) ? src->new_way : src->way;
        src->new_way = failover_plain(OF_PORT_ANY);
        src->ready = stands(t, src, src->way);
        src->doubtful = src->doubtful || t->c->settings.fast_failover;
        if (src->used) {
            cluster_ingress_withdraw(t->c, src->dpid, t->label,
                                     src->ready ? src->way.port : OF_PORT_ANY);
        }
    }
}

static void update_failed(struct cluster_tree *t, enum err result)
{
    struct clustering *c = t->c;
    mono_t retry = mono_add(ctl_now(c->ctl), c->settings.retry_ns);

    c->n.tree_failures++;
    if (!timer_is_set(&c->repair)) {
        timer_set(ctl_timers(c->ctl), &c->repair, retry);
    }
    LOG_LIMITED(ctl_log(c->ctl), &c->limit, LOG_WARN, "ways to switch " DPID_FMT " not set up: %s",
                DPID_ARGS(t->dpid), err_text(result));
}

/* --- Protection ------------------------------------------------------------------------------- */

static void take_list(struct list *from, struct list *to)
{
    struct list *elem;

    list_init(to);
    while ((elem = list_pop_front(from)) != NULL) {
        list_push_back(to, elem);
    }
}

/* When it has failed, which entries are protected is not known. The ways are what they were. */
static void protected(void *aux, enum err result)
{
    struct cluster_tree *t = aux;
    struct list waiters;

    t->busy = false;
    for (size_t i = 0; i < t->n_sources; i++) {
        struct tree_source *src = &t->sources[i];

        if (src->ready && src->way.port == src->target.port) {
            src->doubtful = src->doubtful || result != ERR_OK;
            src->way = result == ERR_OK ? src->target : src->way;
        }
    }
    if (result != ERR_OK) {
        t->failed = true;
        update_failed(t, result);
    }
    take_list(&t->waiters, &waiters);
    cluster_miss_resume(t->c, &waiters, t, ERR_OK);
    cluster_update(t);
}

static struct txn *protect_txn(const struct cluster_tree *t)
{
    struct txn *txn = txn_begin(t->c->ctl);
    struct cluster_spec spec;

    for (size_t i = 0; i < t->n_hops; i++) {
        const struct tree_hop *hop = &t->hops[i];

        if (hop->wanted && hop->way.alt != OF_PORT_ANY) {
            failover_add(t->c->failover, txn, 0, hop->dpid, hop->way);
            cluster_spec_transit(t->c, t->label, hop->way, &spec);
            cluster_add(t->c, txn, 0, hop->dpid, &spec);
        }
    }
    for (size_t i = 0; i < t->n_sources; i++) {
        const struct tree_source *src = &t->sources[i];

        if (src->ready && src->way.port == src->target.port && is_turned(src, src->target)) {
            failover_add(t->c->failover, txn, 0, src->dpid, src->target);
            cluster_ingress_turn(t->c, txn, 0, src->dpid, t->label, src->target);
        }
    }
    return txn;
}

/* Leads entries of the present plan, all of which are there, to their groups. */
static void protect(struct cluster_tree *t)
{
    if (t->unprotected && !t->busy && !t->failed && cluster_plan_is_current(t)) {
        t->unprotected = false;
        t->busy = true;
        t->c->n.protections++;
        txn_commit(protect_txn(t), protected, t);
    }
}

/* --- The course of an update ------------------------------------------------------------------ */

static void update_done(void *aux, enum err result)
{
    struct cluster_tree *t = aux;
    struct list waiters;

    cluster_ready_forget_all(&t->c->ready);
    t->busy = false;
    t->failed = result != ERR_OK;
    if (t->failed) {
        settle_failed(t);
        update_failed(t, result);
    } else {
        settle_sources(t);
        if (cluster_plan_is_current(t)) {
            remove_unused(t);
        }
    }
    take_list(&t->waiters, &waiters);
    cluster_miss_resume(t->c, &waiters, t, cluster_plan_is_current(t) ? result : ERR_OK);
    cluster_update(t);
    protect(t);
}

void cluster_update(struct cluster_tree *t)
{
    if (t->busy || cluster_plan_is_current(t)) {
        return;
    }
    if (!cluster_plan(t)) {
        settle_sources(t);
        remove_unused(t);
        protect(t);
        return;
    }
    cluster_ready_forget_all(&t->c->ready);
    t->busy = true;
    t->c->n.tree_updates++;
    txn_commit(update_txn(t), update_done, t);
}
