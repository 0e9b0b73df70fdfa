/* Ingress entries, and the frames that wait for them.
 *
 * A miss belongs to a switch and a destination. It lives until the ingress entry is confirmed:
 *
 *      step ──▶ waiting on the tree towards the destination, then on the one back
 *           ──▶ installing: stage 0 the host's entries at its switch, stage 1 the ingress entry
 *           ──▶ finish: the frames leave by the way of the entry
 *           ──▶ give up: no way, or a switch refused: the frames go to the host's port directly
 *
 * Every step looks the host up anew, so a host that moves meanwhile only costs another step. A miss
 * without frames is a refresh: it corrects an entry that is there. */
#include "controller/apps/cluster.h"

#include <string.h>

#include "controller/apps/logical_networks.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"

LOG_MODULE(clustering);

struct cluster_miss {
    struct pending queue;
    struct list waiting; /* On a tree. */
    struct clustering *c;
    bool is_pair; /* For one sender only: */
    struct cluster_sender sender;
    bool installing;  /* A transaction is running. */
    bool again;       /* The host has changed its place since it was begun. */
    bool back_begun;  /* The way back has been asked for... */
    bool back_waited; /* ...and waited for. */
    struct failover_way asked; /* The way and the label of the entry that was asked for last. */
    uint16_t asked_label;
    bool retried;              /* Another one, because that was refused. */
};

static struct cluster_miss *miss_find(struct clustering *c, const struct pending_key *key)
{
    struct pending *queue = pending_find(&c->pending, key);

    return queue ? CONTAINER_OF(queue, struct cluster_miss, queue) : NULL;
}

/* The miss of one sender. Should two have the same hash, one waits for the entry of the other, and
 * asks for its own at the next frame. */
static struct pending_key pair_key(dpid_t dpid, const struct cluster_sender *sender,
                                   struct eth_addr host)
{
    uint64_t hash = hash_combine(hash_u64(eth_addr_u64(sender->src)),
                                 (uint64_t)sender->vlan_vid << 32 | sender->in_port);

    return (struct pending_key){.dpid = dpid, .dst = host, .flow = hash ? hash : 1};
}

static struct cluster_miss *miss_new(struct clustering *c, const struct pending_key *key)
{
    struct cluster_miss *m = pool_take(&c->misses);

    m->c = c;
    list_init(&m->waiting);
    pending_insert(&c->pending, &m->queue, key);
    return m;
}

static void miss_free(struct cluster_miss *m)
{
    list_remove(&m->waiting);
    pending_remove(&m->c->pending, &m->queue);
    pool_give(&m->c->misses, m);
}

/* --- Delivery --------------------------------------------------------------------------------- */

/* Sends 'frame' out where it came in, by 'spec'. */
static void send_ingress(struct clustering *c, const struct pending_frame *frame,
                         const struct cluster_spec *spec)
{
    const struct of_actions *apply = &spec->flow.ins.apply;
    struct datapath *dp = datapath_find(c->ctl, frame->dpid);

    if (dp && datapath_packet_out(dp, frame->in_port, frame->buffer_id, apply->list, apply->n,
                                  frame->data, frame->len) == ERR_OK) {
        c->n.delivered++;
    } else {
        c->n.dropped++;
    }
}

/* Sends 'frame' out at the port of 'host' (NULL: unknown by now). */
static void send_direct(struct clustering *c, const struct pending_frame *frame,
                        const struct host *host)
{
    struct datapath *dp = host ? datapath_find(c->ctl, host_dpid(host)) : NULL;
    struct of_action out = of_output(host ? host_port(host) : OF_PORT_ANY);

    if (dp && frame->whole &&
        datapath_packet_out(dp, OF_PORT_CONTROLLER, OF_NO_BUFFER, &out, 1, frame->data,
                            frame->len) == ERR_OK) {
        c->n.delivered_direct++;
    } else {
        c->n.dropped++;
    }
}

/* May the frame, which has waited, still go to 'dst'? */
static bool cluster_may_go(const struct clustering *c, const struct pending_frame *frame,
                    struct eth_addr dst)
{
    struct eth_addr src;

    if (frame->len < PKT_ETH_HLEN) {
        return false;
    }
    memcpy(src.b, frame->data + ETH_ADDR_LEN, ETH_ADDR_LEN);
    return networks_may_talk(c->networks, frame->dpid, frame->in_port, src, dst);
}

/* The entry that 'm' is about. */
static void spec_of(const struct cluster_miss *m, struct cluster_lead lead,
                    struct cluster_spec *out)
{
    if (m->is_pair) {
        cluster_spec_pair(m->c, lead, &m->sender, m->queue.key.dst, out);
    } else {
        cluster_spec_ingress(m->c, lead, m->queue.key.dst, out);
    }
    cluster_fit_actions(m->c, m->queue.key.dpid, out->actions, out->flow.ins.apply.n);
}

/* Remembers the way of 'spec' for frames that are still to come. */
static void note_ready(struct clustering *c, dpid_t dpid, struct eth_addr host,
                       const struct cluster_spec *spec)
{
    cluster_ready_note(&c->ready, dpid, host, cluster_cookie_label(spec->flow.cookie),
                       cluster_spec_way(&spec->flow).port);
}

/* Sends everything on its way, which is 'spec' (NULL: there is none), and ends the miss. */
static void finish(struct cluster_miss *m, const struct host *host, const struct cluster_spec *spec)
{
    struct clustering *c = m->c;
    struct pending_frame *frame;

    if (spec && !m->is_pair) {
        note_ready(c, m->queue.key.dpid, m->queue.key.dst, spec);
    }

    while ((frame = pending_pop(&c->pending, &m->queue)) != NULL) {
        if (!cluster_may_go(c, frame, m->queue.key.dst)) {
            c->n.dropped++;
        } else if (spec) {
            send_ingress(c, frame, spec);
        } else {
            send_direct(c, frame, host);
        }
        pending_frame_free(&c->pending, frame);
    }
    miss_free(m);
}

/* True when 'entry', the ingress entry of 'dpid' towards 'host' (NULL: unknown), leads to another
 * switch than the host's, or nowhere although there is a way. One whose way is only interrupted does not;
 * and after a restart a host that is not known yet may be just where its entries say. */
static bool misleads(struct clustering *c, dpid_t dpid, const struct flow_entry *entry,
                     const struct host *host)
{
    uint16_t label = cluster_cookie_label(flow_entry_cookie(entry));

    if (!host) {
        return !cluster_is_adopting(c);
    }
    if (host_dpid(host) == dpid) {
        return label != LABEL_NONE;
    }
    return label != labels_find(&c->labels, host_dpid(host)) ||
           (cluster_route_exists(c, dpid, host_dpid(host)) &&
            !cluster_way_stands(c, dpid, cluster_entry_way(entry).port, host_dpid(host), label));
}

static void remove_misleading(struct cluster_miss *m, const struct host *host)
{
    struct clustering *c = m->c;
    dpid_t dpid = m->queue.key.dpid;
    const struct flow_entry *entry = cluster_find_ingress(c, dpid, m->queue.key.dst);
    struct cluster_spec spec;
    struct txn *txn;

    if (entry && misleads(c, dpid, entry, host)) {
        cluster_ready_forget(&c->ready, dpid, m->queue.key.dst);
        cluster_spec_any_ingress(c, m->queue.key.dst, &spec);
        txn = txn_begin(c->ctl);
        cluster_remove(c, txn, 0, dpid, &spec);
        txn_commit(txn, NULL, NULL);
    }
}

/* No entry can be had: an old one must not mislead, and the frames go the short way. */
static void give_up(struct cluster_miss *m)
{
    struct clustering *c = m->c;
    const struct host *host = hosts_find(c->ctl, m->queue.key.dst);
    struct pending_frame *frame;

    if (!m->is_pair) {
        remove_misleading(m, host);
    }
    while ((frame = pending_pop(&c->pending, &m->queue)) != NULL) {
        if (cluster_may_go(c, frame, m->queue.key.dst)) {
            send_direct(c, frame, host);
        } else {
            c->n.dropped++;
        }
        pending_frame_free(&c->pending, frame);
    }
    miss_free(m);
}

/* --- Steps ------------------------------------------------------------------------------------ */

static void step(struct cluster_miss *m);

/* The entry would not be admitted. */
static bool is_refused(const struct cluster_miss *m)
{
    const struct pending_key *key = &m->queue.key;

    return m->is_pair ? !networks_may_talk(m->c->networks, key->dpid, m->sender.in_port,
                                           m->sender.src, key->dst)
                      : networks_is_guarded(m->c->networks, key->dst);
}

/* Of full tables the core gives notice. */
static void log_failure(const struct cluster_miss *m, enum err result)
{
    if (result != ERR_FULL && !is_refused(m)) {
        LOG_LIMITED(ctl_log(m->c->ctl), &m->c->limit, LOG_WARN,
                    "no entry for " ETH_FMT " in switch " DPID_FMT ": %s",
                    ETH_ARGS(m->queue.key.dst), DPID_ARGS(m->queue.key.dpid), err_text(result));
    }
}

/* The entry is there. When the way has changed since it was asked for, it was not there to be turned with the
 * others, and there is another step. */
static void written(struct cluster_miss *m)
{
    const struct host *host = hosts_find(m->c->ctl, m->queue.key.dst);
    bool is_local = host && host_dpid(host) == m->queue.key.dpid;
    struct cluster_lead lead;
    struct cluster_spec spec;
    struct cluster_tree *tree;
    enum cluster_route route = CLUSTER_ROUTE_NONE;

    if (is_local) {
        lead = (struct cluster_lead){LABEL_NONE, failover_plain(host_port(host))};
        route = CLUSTER_ROUTE_READY;
    } else if (host) {
        route = cluster_route(m->c, m->queue.key.dpid, host_dpid(host), &lead, &tree);
    }
    if (host && !is_local && !m->is_pair &&
        (route == CLUSTER_ROUTE_WAIT ||
         (route == CLUSTER_ROUTE_READY &&
          (lead.label != m->asked_label || !failover_eq(lead.way, m->asked))))) {
        step(m);
    } else if (route == CLUSTER_ROUTE_READY) {
        spec_of(m, lead, &spec);
        finish(m, host, &spec);
    } else {
        finish(m, host, NULL);
    }
}

/* True when what was refused would not be asked for any more: the switch has no room for groups, say, and
 * is served without by now. */
static bool is_worth_another(const struct cluster_miss *m)
{
    const struct host *host = hosts_find(m->c->ctl, m->queue.key.dst);
    struct cluster_lead lead;
    struct cluster_tree *tree;

    return !m->retried && host && host_dpid(host) != m->queue.key.dpid &&
           cluster_route(m->c, m->queue.key.dpid, host_dpid(host), &lead, &tree) ==
               CLUSTER_ROUTE_READY &&
           !failover_eq(lead.way, m->asked);
}

static void installed(void *aux, enum err result)
{
    struct cluster_miss *m = aux;

    m->installing = false;
    if (m->again) {
        m->again = false;
        step(m);
    } else if (result == ERR_OK) {
        written(m);
    } else if (is_worth_another(m)) {
        m->retried = true;
        step(m);
    } else {
        m->c->n.ingress_failures++;
        log_failure(m, result);
        give_up(m);
    }
}

/* True when the destination's switch has the entry of the host. Its own entry, which goes with that, is a
 * part of the tree that is ready. Whatever can take the entry away begins a new epoch of the ways that are
 * ready: in the same epoch it need not be looked for again. */
static bool host_is_there(const struct clustering *c, struct host *host)
{
    const struct flow_entry *entry;
    struct cluster_spec spec;

    if (host_note(host) == c->ready.epoch) {
        return true;
    }
    cluster_spec_reverse(c, labels_find(&c->labels, host_dpid(host)), host_mac(host),
                         host_port(host), &spec);
    if (!flowdb_has(c->ctl, host_dpid(host), &spec.flow)) {
        return false;
    }
    entry = flowdb_find(c->ctl, host_dpid(host), spec.flow.table_id, spec.flow.priority,
                        &spec.flow.match);
    if (!flow_entry_is_adopted(entry)) { /* Else it goes without a word when nobody asks for it. */
        host_set_note(host, c->ready.epoch);
    }
    return true;
}

static void install(struct cluster_miss *m, struct host *host, struct cluster_spec *spec)
{
    struct clustering *c = m->c;
    struct txn *txn;

    if (flowdb_has(c->ctl, m->queue.key.dpid, &spec->flow)) {
        finish(m, host, spec);
        return;
    }
    cluster_ready_forget(&c->ready, m->queue.key.dpid, host_mac(host));
    txn = txn_begin(c->ctl);
    if (host_dpid(host) != m->queue.key.dpid && !host_is_there(c, host)) {
        cluster_host_add(c, txn, 0, host);
    }
    failover_add(c->failover, txn, 0, m->queue.key.dpid, cluster_spec_way(&spec->flow));
    cluster_add(c, txn, 1, m->queue.key.dpid, spec);
    m->asked = cluster_spec_way(&spec->flow);
    m->asked_label = cluster_cookie_label(spec->flow.cookie);
    m->installing = true;
    txn_commit(txn, installed, m);
}

/* Sets up the way back too, so that the answer finds it: begins at the first call, and waits for it
 * at a later one. True when the miss waits now. */
static bool wait_for_way_back(struct cluster_miss *m, dpid_t to, bool wait)
{
    struct cluster_lead lead;
    struct cluster_tree *tree;
    bool *done = wait ? &m->back_waited : &m->back_begun;
    bool waits;

    if (*done || !cluster_has_label(m->c, m->queue.key.dpid)) {
        return false;
    }
    *done = true;
    waits = cluster_route(m->c, to, m->queue.key.dpid, &lead, &tree) == CLUSTER_ROUTE_WAIT;
    m->back_waited = m->back_waited || !waits; /* There is nothing to wait for. */
    if (!waits || !wait) {
        return false;
    }
    cluster_tree_wait(tree, &m->waiting);
    return true;
}

static void step_remote(struct cluster_miss *m, struct host *host)
{
    struct clustering *c = m->c;
    struct cluster_lead lead;
    struct cluster_tree *tree;
    struct cluster_spec spec;

    wait_for_way_back(m, host_dpid(host), false);
    switch (cluster_route(c, m->queue.key.dpid, host_dpid(host), &lead, &tree)) {
    case CLUSTER_ROUTE_READY:
        if (!wait_for_way_back(m, host_dpid(host), true)) {
            spec_of(m, lead, &spec);
            install(m, host, &spec);
        }
        return;
    case CLUSTER_ROUTE_WAIT:
        cluster_tree_wait(tree, &m->waiting);
        return;
    case CLUSTER_ROUTE_NONE:
        give_up(m);
        return;
    }
}

/* With what is known of the host (NULL: nothing). */
static void step_to(struct cluster_miss *m, struct host *host)
{
    struct cluster_spec spec;

    if (!host || is_refused(m)) {
        give_up(m);
    } else if (host_dpid(host) == m->queue.key.dpid) {
        spec_of(m, (struct cluster_lead){LABEL_NONE, failover_plain(host_port(host))}, &spec);
        install(m, host, &spec);
    } else {
        step_remote(m, host);
    }
}

static void step(struct cluster_miss *m)
{
    step_to(m, hosts_find(m->c->ctl, m->queue.key.dst));
}

/* --- For the other files ---------------------------------------------------------------------- */

bool cluster_miss_ready(struct clustering *c, const struct ctl_packet *packet)
{
    struct of_action actions[CLUSTER_MAX_ACTIONS];
    struct cluster_way way;
    size_t n;

    if (!cluster_ready_find(&c->ready, datapath_id(packet->dp), packet->pkt->eth_dst, &way)) {
        return false;
    }
    n = cluster_lead_actions(c, (struct cluster_lead){way.label, failover_plain(way.port)},
                             actions);
    c->n.misses++;
    cluster_fit_actions(c, datapath_id(packet->dp), actions, n);
    if (datapath_packet_out(packet->dp, packet->in_port, packet->buffer_id, actions, n,
                            packet->frame, packet->len) == ERR_OK) {
        c->n.delivered++;
    } else {
        c->n.dropped++;
    }
    return true;
}

/* The trees, which say what the entry will do, are there after the third step. */
void cluster_miss_look(const struct clustering *c, const struct ctl_look *look)
{
    if (look->step == 0) {
        pending_look(&c->pending, &(struct pending_key){.dpid = look->dpid, .dst = look->dst});
    } else if (look->step == 1) {
        cluster_entry_look(look->dp, look->dst);
    }
    if (look->step < 3) {
        cluster_trees_look(c, look);
    } else {
        cluster_deed_look(c, look);
    }
}

static struct cluster_sender sender_of(const struct ctl_packet *packet)
{
    const struct pkt *pkt = packet->pkt;

    return (struct cluster_sender){
        .in_port = packet->in_port,
        .vlan_vid =
            pkt->n_vlans ? (uint16_t)(pkt->vlan[0].vid | OF_VID_PRESENT) : (uint16_t)OF_VID_NONE,
        .src = pkt->eth_src,
    };
}

void cluster_miss_packet(struct clustering *c, const struct ctl_packet *packet, struct host *host,
                         bool is_pair)
{
    dpid_t dpid = datapath_id(packet->dp);
    struct cluster_sender sender = sender_of(packet);
    struct pending_key key = is_pair ? pair_key(dpid, &sender, host_mac(host))
                                     : (struct pending_key){.dpid = dpid, .dst = host_mac(host)};
    struct cluster_miss *m = miss_find(c, &key);
    bool is_new = !m;

    if (is_new) {
        m = miss_new(c, &key);
        m->is_pair = is_pair;
        m->sender = sender;
        c->has_pairs = c->has_pairs || is_pair;
    }
    if (!pending_push(&c->pending, &m->queue, packet)) {
        c->n.dropped++;
    } else if (!is_new) {
        c->n.queued++;
    }
    if (is_new) {
        c->n.misses++;
        step_to(m, host);
    }
}

void cluster_miss_refresh(struct clustering *c, dpid_t dpid, struct eth_addr host)
{
    struct pending_key key = {.dpid = dpid, .dst = host};
    struct cluster_miss *m = miss_find(c, &key);

    if (!m) {
        m = miss_new(c, &key);
    }
    if (m->installing) {
        m->again = true;
        return;
    }
    list_remove(&m->waiting);
    step(m);
}

void cluster_miss_hold_again(struct clustering *c, dpid_t dpid, struct eth_addr host)
{
    const struct flow_entry *entry = cluster_find_ingress(c, dpid, host);
    struct cluster_spec spec;
    struct txn *txn;

    if (entry && flow_entry_state(entry) != FLOW_DELETING) {
        flow_entry_spec(entry, &spec.flow);
        txn = txn_begin(c->ctl);
        cluster_add(c, txn, 0, dpid, &spec);
        txn_commit(txn, NULL, NULL);
    }
}

void cluster_miss_resume(struct clustering *c, struct list *waiters,
                         const struct cluster_tree *tree, enum err result)
{
    struct list *elem;

    while ((elem = list_pop_front(waiters)) != NULL) {
        struct cluster_miss *m = LIST_ENTRY(elem, struct cluster_miss, waiting);
        const struct host *host = hosts_find(c->ctl, m->queue.key.dst);

        /* The way back may fail, the way there may not. */
        if (result != ERR_OK && host && host_dpid(host) == cluster_tree_dpid(tree)) {
            give_up(m);
        } else {
            step(m);
        }
    }
}

void cluster_misses_init(struct clustering *c)
{
    pending_table_init(&c->pending, (struct pending_limits){c->settings.max_frames_per_miss,
                                                            c->settings.max_frames});
    pool_init(&c->misses, sizeof(struct cluster_miss));
}

void cluster_misses_fini(struct clustering *c)
{
    struct pending *queue;

    while ((queue = pending_any(&c->pending)) != NULL) {
        miss_free(CONTAINER_OF(queue, struct cluster_miss, queue));
    }
    pending_table_fini(&c->pending);
    pool_fini(&c->misses);
}
