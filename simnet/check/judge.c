/* What is wrong with a state. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/apps/clustering.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/hosts.h"
#include "simnet/check/visit.h"

const char *check_fault_name(enum check_fault fault)
{
    static const char *const names[CHECK_N_FAULTS] = {
        [CHECK_SOUND] = "none",          [CHECK_CIRCLE] = "circle",
        [CHECK_HALF_WAY] = "half-way",   [CHECK_HOLE] = "black-hole",
        [CHECK_LOST] = "lost",           [CHECK_TWICE] = "twice",
        [CHECK_STRAY] = "stray",         [CHECK_TOO_MANY] = "table-bound",
        [CHECK_DEAD] = "dead",           [CHECK_DIFFERENT] = "different",
        [CHECK_CLOSED] = "closed",       [CHECK_ISOLATION] = "isolation",
    };

    return fault < CHECK_N_FAULTS ? names[fault] : "?";
}

/* The first fault is told. */
__attribute__((format(printf, 3, 4))) static void blame(struct check_view *v,
                                                        enum check_fault fault, const char *form,
                                                        ...)
{
    va_list args;

    if (v->fault == CHECK_SOUND) {
        v->fault = fault;
        va_start(args, form);
        vsnprintf(v->what, sizeof v->what, form, args);
        va_end(args);
    }
}

static const char *name_of(const struct check_net *net, uint32_t sw)
{
    return swtch_name(net->switches[sw].sw);
}

/* --- What has happened ------------------------------------------------------------------------ */

static void judge_frames(const struct check_net *net, struct check_view *v)
{
    bool must = v->is_quiet && !check_is_disturbed(net);

    if (net->n_strayed > 0 && net->n_moves == 0) {
        blame(v, CHECK_STRAY, "a frame came to a host that it was not for");
    }
    for (uint32_t i = 0; i < net->n_hosts; i++) {
        for (uint32_t k = 0; k < net->hosts[i].n_said; k++) {
            if (!check_may_talk(net, i, check_peer(net, i, k))) {
                if (net->got[i][k] > 0 && !net->params.block_in_run) {
                    blame(v, CHECK_ISOLATION, "frame %u of host %u has come to another network",
                          k + 1, i + 1);
                }
            } else if (net->got[i][k] > 1) {
                blame(v, CHECK_TWICE, "frame %u of host %u has arrived %u times", k + 1, i + 1,
                      net->got[i][k]);
            } else if (must && net->got[i][k] == 0) {
                blame(v, CHECK_LOST, "all is done, and frame %u of host %u has not arrived", k + 1,
                      i + 1);
            }
        }
    }
    if (net->n_closed > 0) {
        blame(v, CHECK_CLOSED, "the core has closed the channel of a switch");
    }
}

/* --- Tables and the core ---------------------------------------------------------------------- */

/* Beyond what is there from the beginning: a label of each switch, its own hosts, and an entry for each
 * destination; while a tree changes, labels and destinations may be there twice. */
static uint32_t bound_of(const struct check_net *net, const struct check_switch *s)
{
    return net->params.max_entries
               ? net->params.max_entries
               : s->base_entries + 2 * net->n_switches + 3 * net->n_hosts;
}

static void judge_size(const struct check_net *net, struct check_view *v)
{
    for (uint32_t i = 0; i < net->n_switches; i++) {
        const struct check_switch *s = &net->switches[i];
        uint32_t n = table_size(swtch_table(s->sw, 0));

        if (n > bound_of(net, s)) {
            blame(v, CHECK_TOO_MANY, "the table of %s has %u entries, more than %u",
                  name_of(net, i), n, bound_of(net, s));
        }
    }
}

struct comparison {
    const struct check_net *net;
    struct check_view *view;
    uint32_t sw, n_entries;
};

static uint32_t find_entry(const struct table *table, const struct flow_spec *spec)
{
    struct of_match match;

    for (uint32_t e = table_first(table); e != TABLE_NONE; e = table_next(table, e)) {
        table_entry_match(table, e, &match);
        if (table_entry(table, e).priority == spec->priority && of_match_eq(&match, &spec->match)) {
            return e;
        }
    }
    return TABLE_NONE;
}

static void compare(void *aux, const struct flow_entry *entry)
{
    struct comparison *c = aux;
    const struct table *table = swtch_table(c->net->switches[c->sw].sw, 0);
    struct flow_spec spec;
    uint32_t e;

    flow_entry_spec(entry, &spec);
    if (flow_entry_state(entry) != FLOW_CONFIRMED) {
        blame(c->view, CHECK_DEAD,
              "all is done, and the core waits for an entry of priority %u of %s to be confirmed",
              spec.priority, name_of(c->net, c->sw));
        return;
    }
    c->n_entries++;
    e = find_entry(table, &spec);
    if (e == TABLE_NONE) {
        blame(c->view, CHECK_DIFFERENT,
              "the core believes in an entry of priority %u that %s does not have", spec.priority,
              name_of(c->net, c->sw));
    } else if (!of_instructions_eq(&table_entry(table, e).program->ins, &spec.ins)) {
        blame(c->view, CHECK_DIFFERENT,
              "an entry of priority %u of %s does something else than the core believes",
              spec.priority, name_of(c->net, c->sw));
    }
}

static void judge_tables(const struct check_net *net, struct check_view *v)
{
    for (uint32_t i = 0; i < net->n_switches && v->is_quiet; i++) {
        const struct check_switch *s = &net->switches[i];
        const struct datapath *dp = datapath_find(net->ctl, swtch_dpid(s->sw));
        struct comparison c = {.net = net, .view = v, .sw = i};

        if (!dp || !datapath_is_ready(dp)) {
            blame(v, CHECK_DEAD, "all is done, and %s is not ready", name_of(net, i));
            continue;
        }
        flowdb_each(net->ctl, swtch_dpid(s->sw), 0, compare, &c);
        if (c.n_entries != table_size(swtch_table(s->sw, 0))) {
            blame(v, CHECK_DIFFERENT, "%s has %u entries, and the core knows %u", name_of(net, i),
                  table_size(swtch_table(s->sw, 0)), c.n_entries);
        }
    }
}

/* --- Where frames would go -------------------------------------------------------------------- */

/* Switches that are joined by links that work. */
static bool is_joined(const struct check_net *net, uint32_t from, uint32_t to)
{
    uint32_t reached = 1U << from;

    for (uint32_t round = 0; round < net->n_switches; round++) {
        for (uint32_t l = 0; l < net->n_links; l++) {
            uint32_t a = 1U << net->links[l].a->node, b = 1U << net->links[l].b->node;

            if (!net->links[l].down && (reached & (a | b))) {
                reached |= a | b;
            }
        }
    }
    return (reached >> to & 1) != 0;
}

static bool is_known(const struct check_net *net, uint32_t host)
{
    return hosts_find(net->ctl, net->hosts[host].mac) != NULL;
}

static bool is_asked(const struct check_ends *ends)
{
    return ends->n_core == 1 && ends->n_right == 0;
}

static void judge_way(const struct check_net *net, struct check_view *v, uint32_t from, uint32_t to,
                      const struct check_ends *ends)
{
    uint32_t first = net->hosts[from].end.peer->node;
    bool arrives = ends->n_right == 1 && ends->n_core == 0;
    bool asked = is_asked(ends);

    if (ends->is_circle) {
        blame(v, CHECK_CIRCLE, "a frame from host %u to host %u turns in circles", from + 1, to + 1);
    } else if (ends->n_wrong > 0 && net->n_moves == 0) {
        blame(v, CHECK_STRAY, "a frame from host %u to host %u comes to somebody else", from + 1,
              to + 1);
    } else if (!check_may_talk(net, from, to)) {
        if (ends->n_right > 0 && (v->is_quiet || !net->params.block_in_run)) {
            blame(v, CHECK_ISOLATION, "a frame from host %u would come to host %u of another network",
                  from + 1, to + 1);
        }
    } else if (!is_known(net, to) || arrives) {
        return;
    } else if (!check_is_disturbed(net) && !(asked && ends->core_at == first)) {
        blame(v, CHECK_HALF_WAY,
              "%s sends a frame from host %u to host %u on a way that is not there to its end (%s)",
              name_of(net, first), from + 1, to + 1, asked ? name_of(net, ends->core_at) : "lost");
    } else if (v->is_quiet && !asked && is_joined(net, first, net->hosts[to].end.peer->node)) {
        blame(v, CHECK_HOLE, "all is done, and a frame from host %u to host %u would be lost",
              from + 1, to + 1);
    }
}

struct labelled {
    struct check_net *net;
    struct check_view *view;
};

/* Wherever a frame with the label is, for whomever, it does not turn in circles. */
static void judge_label(void *aux, uint16_t label, dpid_t dpid)
{
    struct labelled *l = aux;
    struct check_net *net = l->net;

    (void)dpid;
    for (uint32_t k = 0; k < 2 * net->n_links; k++) {
        const struct check_end *at = k % 2 ? net->links[k / 2].a : net->links[k / 2].b;
        struct check_ends ends = check_probe(net, 0, 0, at->node, at->port, label);

        if (ends.is_circle) {
            blame(l->view, CHECK_CIRCLE, "a frame with label %u at port %u of %s turns in circles",
                  label, at->port, name_of(net, at->node));
        }
    }
}

static void judge_ways(struct check_net *net, struct check_view *v)
{
    struct labelled l = {net, v};

    for (uint32_t i = 0; i < net->n_hosts; i++) {
        const struct check_end *at = net->hosts[i].end.peer;

        for (uint32_t j = 0; j < net->n_hosts && net->hosts[i].announced; j++) {
            if (i != j) {
                struct check_ends ends = check_probe(net, i, j, at->node, at->port, 0);

                judge_way(net, v, i, j, &ends);
            }
        }
    }
    clustering_each_label(ctl_module_state(net->ctl, "clustering"), judge_label, &l);
}

void check_look(struct check_net *net, struct check_view *v)
{
    memset(v, 0, sizeof *v);
    v->n_acts = (uint32_t)check_acts(net, v->acts);
    v->hash = check_digest(net);
    v->is_quiet = check_is_quiet(net);
    judge_tables(net, v);
    judge_frames(net, v);
    judge_size(net, v);
    judge_ways(net, v);
}
