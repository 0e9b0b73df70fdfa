/* From members and links to the next plan of a domain, and on to the switches. Why frames do not
 * circle meanwhile: see interest_domains.h. */
#include <stdlib.h>
#include <string.h>

#include "controller/apps/domain.h"
#include "controller/apps/steiner.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/topology.h"

LOG_MODULE(interest_domains);

/* A new tree replaces one that costs more than 5/4 of it. */
#define BETTER_NUM 4
#define BETTER_DEN 5

/* How soon ports are looked at again that may become edge ports; nobody tells when they do. */
#define SETTLE_NS (500 * NS_PER_MS)

/* Times that the wait after a refusal is doubled. */
#define MAX_DOUBLED 5

/* --- The graph -------------------------------------------------------------------------------- */

/* Ready switches, and links that work in both directions: edge i is link i. */
struct graph {
    struct datapath *const *dps;
    size_t n_dps;
    struct tree_link *links;
    struct steiner_edge *edges;
    struct steiner_graph g;
};

static uint32_t node_of(const struct graph *graph, dpid_t dpid)
{
    size_t lo = 0, hi = graph->n_dps;

    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;

        if (datapath_id(graph->dps[mid]) <= dpid) {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    return (uint32_t)lo;
}

static bool is_ready(const struct domains *d, dpid_t dpid)
{
    const struct datapath *dp = datapath_find(d->ctl, dpid);

    return dp && datapath_is_ready(dp);
}

static bool is_link(const struct domains *d, const struct link *link)
{
    const struct link *back = topology_link_at(d->ctl, link->dst_dpid, link->dst_port);

    return link->src_dpid < link->dst_dpid && back && back->dst_dpid == link->src_dpid &&
           back->dst_port == link->src_port && is_ready(d, link->src_dpid) &&
           is_ready(d, link->dst_dpid);
}

static void graph_init(struct graph *graph, const struct domains *d)
{
    size_t n_links;
    const struct link *const *links = topology_links(d->ctl, &n_links);

    *graph = (struct graph){.links = xcalloc(n_links + 1, sizeof(*graph->links)),
                            .edges = xcalloc(n_links + 1, sizeof(*graph->edges))};
    graph->dps = datapath_all(d->ctl, &graph->n_dps);
    graph->g = (struct steiner_graph){.n_nodes = graph->n_dps, .edges = graph->edges};
    for (size_t i = 0; i < n_links; i++) {
        const struct link *l = links[i];
        size_t n = graph->g.n_edges;

        if (is_link(d, l)) {
            graph->links[n] =
                (struct tree_link){l->src_dpid, l->dst_dpid, l->src_port, l->dst_port};
            graph->edges[n] = (struct steiner_edge){node_of(graph, l->src_dpid),
                                                    node_of(graph, l->dst_dpid), 1};
            graph->g.n_edges++;
        }
    }
}

static void graph_fini(struct graph *graph)
{
    free(graph->links);
    free(graph->edges);
}

/* --- The next plan ---------------------------------------------------------------------------- */

/* The links of 'tree' with the places of 'domain' as a plan. */
static void plan_of(struct domain *domain, const struct graph *graph, uint16_t tag,
                    const struct steiner_tree *tree, struct plan *out)
{
    struct tree_link *links = xcalloc(tree->n_edges + 1, sizeof(*links));
    struct place *places = xcalloc(domain_max_places(domain), sizeof(*places));
    size_t n = domain_places(domain, places);

    for (size_t i = 0; i < tree->n_edges; i++) {
        links[i] = graph->links[tree->edges[i]];
    }
    plan_make(out, n ? tag : 0, places, n, links, tree->n_edges);
    out->is_group = domain->is_group;
    out->group = domain->group;
    free(places);
    free(links);
}

static size_t member_nodes(struct domain *domain, const struct graph *graph, uint32_t *out)
{
    struct place *places = xcalloc(domain_max_places(domain), sizeof(*places));
    size_t n_places = domain_places(domain, places), n = 0;

    for (size_t i = 0; i < n_places; i++) {
        uint32_t node = node_of(graph, places[i].dpid);

        if (n == 0 || out[n - 1] != node) {
            out[n++] = node;
        }
    }
    free(places);
    return n;
}

static size_t kept_edges(const struct domain *domain, const struct graph *graph, uint32_t *out)
{
    size_t n = 0;

    for (uint32_t e = 0; e < graph->g.n_edges; e++) {
        if (plan_has_link(&domain->plan, &graph->links[e])) {
            out[n++] = e;
        }
    }
    return n;
}

static bool close_cycle(struct steiner_sets *sets, const struct graph *graph,
                        const struct tree_link *links, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!steiner_sets_join(sets, node_of(graph, links[i].a), node_of(graph, links[i].b))) {
            return true;
        }
    }
    return false;
}

/* True when the links of 'next' together with those that may be in use close a cycle. */
static bool is_risky(const struct domain *domain, const struct graph *graph,
                     const struct plan *next)
{
    struct steiner_sets sets;
    bool risky;

    steiner_sets_init(&sets, graph->n_dps);
    risky = close_cycle(&sets, graph, domain->plan.links, domain->plan.n_links) ||
            close_cycle(&sets, graph, domain->risk, domain->n_risk);
    for (size_t i = 0; i < next->n_links && !risky; i++) {
        risky = !plan_has_link(&domain->plan, &next->links[i]) &&
                close_cycle(&sets, graph, &next->links[i], 1);
    }
    steiner_sets_fini(&sets);
    return risky;
}

/* The plan without what 'next' has no more of: a step towards it. */
static void plan_shrunk(const struct domain *domain, const struct plan *next, struct plan *out)
{
    const struct plan *p = &domain->plan;
    struct tree_link *links = xcalloc(p->n_links + 1, sizeof(*links));
    struct place *places = xcalloc(p->n_places + 1, sizeof(*places));
    size_t n_links = 0, n = 0;

    for (size_t i = 0; i < p->n_links; i++) {
        if (plan_has_link(next, &p->links[i])) {
            links[n_links++] = p->links[i];
        }
    }
    for (size_t i = 0; i < p->n_places; i++) {
        if (p->places[i].kind != PLACE_TREE && plan_has(next, &p->places[i])) {
            places[n++] = p->places[i];
        }
    }
    plan_make(out, p->tag, places, n, links, n_links);
    out->is_group = p->is_group;
    out->group = p->group;
    free(places);
    free(links);
}

/* --- Going there ------------------------------------------------------------------------------ */

static void bury(struct domain *domain, struct plan *plan)
{
    struct grave *grave = xcalloc(1, sizeof(*grave));

    grave->plan = *plan;
    *plan = (struct plan){0};
    list_push_back(&domain->graves, &grave->list);
}

static void close_graves(struct domain *domain, enum tag_state state)
{
    struct list *elem;

    while ((elem = list_pop_front(&domain->graves)) != NULL) {
        struct grave *grave = LIST_ENTRY(elem, struct grave, list);

        if (grave->plan.tag != domain->plan.tag) {
            domain->d->tags[grave->plan.tag] = (uint8_t)state;
        }
        plan_fini(&grave->plan);
        free(grave);
    }
}

/* Links that 'before' had stay in use at a switch that has not confirmed. */
static void add_risk(struct domain *domain)
{
    const struct plan *before = &domain->before;

    domain->risk =
        xreallocarray(domain->risk, domain->n_risk + before->n_links + 1, sizeof(*domain->risk));
    for (size_t i = 0; i < before->n_links; i++) {
        if (!plan_has_link(&domain->plan, &before->links[i])) {
            domain->risk[domain->n_risk++] = before->links[i];
        }
    }
}

static void commit(struct domain *domain, struct plan *next);

/* What was not refused leads nowhere: all of it is taken away, so that frames go by the controller, and
 * tried again after waits that double. */
static void on_refusal(struct domain *domain, enum err result)
{
    struct domains *d = domain->d;
    struct plan nothing = {.tag = 0};

    d->n.failures++;
    LOG_LIMITED(ctl_log(d->ctl), &d->limit, LOG_WARN, "a switch refuses the tree of %s %s: %s",
                domain->is_group ? "a group" : "domain", domain->name, err_text(result));
    domain_fail(domain, mono_add(ctl_now(d->ctl), d->settings.retry_ns << domain->n_refused));
    domain->n_refused += domain->n_refused < MAX_DOUBLED;
    if (!domain->was_retag) {
        bury(domain, &domain->before);
    }
    commit(domain, &nothing);
}

static void update_done(void *aux, enum err result)
{
    struct domain *domain = aux;
    struct domains *d = domain->d;

    domain->busy = false;
    if (result == ERR_FULL || result == ERR_STATE) {
        on_refusal(domain, result);
        return;
    }
    if (result == ERR_OK) {
        close_graves(domain, TAG_FREE);
        domain->n_refused = domain->failed ? domain->n_refused : 0;
    } else {
        close_graves(domain, TAG_DOUBTFUL);
        if (!domain->was_retag) {
            add_risk(domain);
        }
    }
    plan_fini(&domain->before);
    domains_update_soon(d);
}

/* Makes 'next' (taken) the plan of 'domain'. */
static void commit(struct domain *domain, struct plan *next)
{
    struct domains *d = domain->d;
    struct txn *txn = txn_begin(d->ctl);
    struct list *it, *tmp;

    domain->was_retag = next->tag != domain->plan.tag;
    domain->busy = true;
    d->n.updates++;
    for (size_t begin = 0, end; begin < next->n_places; begin = end) {
        end = plan_switch_end(next, begin);
        domain_add_switch(d, txn, next, begin, end, &domain->plan);
    }
    domain_remove_rest(d, txn, &domain->plan, next);
    LIST_FOR_EACH (it, tmp, &domain->graves) {
        domain_remove_rest(d, txn, &LIST_ENTRY(it, struct grave, list)->plan, next);
    }
    if (domain->was_retag && domain->plan.tag) {
        bury(domain, &domain->plan);
    } else {
        domain->before = domain->plan;
    }
    domain->plan = *next;
    *next = (struct plan){0};
    txn_commit(txn, update_done, domain);
}

/* With a new tag, or with nothing on the switches when there is none. */
static void retag(struct domain *domain, const struct graph *graph, const struct steiner_tree *tree)
{
    struct domains *d = domain->d;
    struct plan next;

    plan_of(domain, graph, 1, tree, &next);
    if (next.tag) {
        next.tag = domain_tag_take(d);
    }
    if (!next.tag) {
        plan_fini(&next);
    }
    domain->n_risk = 0;
    domain->failed = false;
    if (next.tag || domain->plan.tag || !list_is_empty(&domain->graves)) {
        d->n.retags++;
        commit(domain, &next);
    }
}

/* With the same tag, in one step or two. */
static void change(struct domain *domain, const struct graph *graph, struct plan *next)
{
    struct plan step;

    if (plan_eq(&domain->plan, next)) {
        plan_fini(next);
        return;
    }
    if (is_risky(domain, graph, next)) {
        domain->d->n.repairs++;
        plan_shrunk(domain, next, &step);
        plan_fini(next);
        commit(domain, &step);
        return;
    }
    commit(domain, next);
}

static void update(struct domain *domain, const struct graph *graph)
{
    uint32_t *members = xcalloc(domain_max_places(domain), sizeof(*members));
    uint32_t *kept = xcalloc(graph->g.n_edges + 1, sizeof(*kept));
    size_t n = member_nodes(domain, graph, members), n_kept = kept_edges(domain, graph, kept);
    struct steiner_tree keep, find;
    struct plan next;

    steiner_keep(&graph->g, members, n, kept, n_kept, &keep);
    steiner_find(&graph->g, members, n, &find);
    plan_of(domain, graph, domain->plan.tag, &keep, &next);
    if (!domain->plan.tag || !next.tag || domain->failed ||
        (domain->n_risk > 0 && is_risky(domain, graph, &next)) ||
        keep.cost * BETTER_NUM > find.cost * BETTER_DEN) {
        plan_fini(&next);
        retag(domain, graph, &find);
    } else {
        change(domain, graph, &next);
    }
    steiner_free(&keep);
    steiner_free(&find);
    free(members);
    free(kept);
}

/* Not before its time is over, what is on the switches has been taken away. */
static bool may_try(const struct domain *domain)
{
    return !domain->failed || domain->removed ||
           mono_due(domain->retry_at, ctl_now(domain->d->ctl));
}

static void update_list(struct domains *d, struct list *list, size_t *n, const struct graph *graph)
{
    struct list *it, *tmp;

    LIST_FOR_EACH (it, tmp, list) {
        struct domain *domain = LIST_ENTRY(it, struct domain, list);

        if (!domain->busy && may_try(domain)) {
            update(domain, graph);
        }
        if (!domain->busy && domain->removed) {
            list_remove(&domain->list);
            *n -= 1;
            domain_free(domain);
            domains_update_soon(d); /* Claims are resolved anew. */
        }
    }
}

static void update_all(void *aux, struct timer *timer)
{
    struct domains *d = aux;
    struct graph graph;

    (void)timer;
    domains_resolve(d);
    graph_init(&graph, d);
    update_list(d, &d->list, &d->n_domains, &graph);
    update_list(d, &d->groups, &d->n_groups, &graph);
    graph_fini(&graph);
    domain_sweep_traps(d);
    domains_arm_retry(d);
    if (d->unsettled) {
        timer_set(ctl_timers(d->ctl), &d->settle, mono_add(ctl_now(d->ctl), SETTLE_NS));
    }
}

void domains_update_soon(struct domains *d)
{
    timer_set(ctl_timers(d->ctl), &d->update, ctl_now(d->ctl));
}

/* --- Beginning and end ------------------------------------------------------------------------ */

void domain_free(struct domain *domain)
{
    struct domains *d = domain->d;

    close_graves(domain, TAG_FREE);
    if (domain->plan.tag) {
        d->tags[domain->plan.tag] = TAG_FREE;
    }
    plan_fini(&domain->plan);
    plan_fini(&domain->before);
    free(domain->risk);
    free(domain->members);
    free(domain->own);
    free(domain);
}

void domains_trees_init(struct domains *d)
{
    timer_init(&d->update, update_all, d);
    timer_init(&d->retry, update_all, d);
    timer_init(&d->settle, update_all, d);
    timer_init(&d->clean, domains_clean, d);
}

void domains_trees_fini(struct domains *d)
{
    struct list *elem;

    timer_cancel(ctl_timers(d->ctl), &d->update);
    timer_cancel(ctl_timers(d->ctl), &d->retry);
    timer_cancel(ctl_timers(d->ctl), &d->settle);
    timer_cancel(ctl_timers(d->ctl), &d->clean);
    while ((elem = list_pop_front(&d->list)) != NULL ||
           (elem = list_pop_front(&d->groups)) != NULL) {
        domain_free(LIST_ENTRY(elem, struct domain, list));
    }
    free(d->claims);
    free(d->claimants);
}
