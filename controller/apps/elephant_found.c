/* Entries that an earlier controller has left: ways that nobody would mend. Each is taken away as a whole,
 * its beginning first, when switches have had time to come back; at once when one leads nowhere. */
#include <stdlib.h>
#include <string.h>

#include "controller/apps/elephant.h"
#include "controller/base/alloc.h"
#include "controller/core/topology.h"

/* As long as others hold on to what they find. */
#define HOLD_NS (10 * NS_PER_S)

#define MAX_FOUND 4096 /* More go at once, in no order. */

struct found {
    dpid_t dpid;
    port_no_t port; /* To which the entry sends. */
    struct of_match match;
};

void found_fini(struct elephants *e)
{
    free(e->found);
}

static void remove_at(struct elephants *e, size_t i)
{
    memmove(&e->found[i], &e->found[i + 1], (--e->n_found - i) * sizeof *e->found);
}

static void remove_entry(struct txn *txn, unsigned stage, const struct found *found)
{
    txn_remove(txn, stage, found->dpid, 0, PRIORITY_ELEPHANT, &found->match);
}

static void append(struct elephants *e, const struct found *found)
{
    if (e->n_found == e->cap_found) {
        e->cap_found = e->cap_found ? 2 * e->cap_found : 16;
        e->found = xreallocarray(e->found, e->cap_found, sizeof *e->found);
    }
    e->found[e->n_found++] = *found;
    e->found_at = ctl_now(e->ctl);
}

void found_add(struct elephants *e, dpid_t dpid, const struct flow_spec *spec)
{
    struct found found = {.dpid = dpid, .port = OF_PORT_ANY, .match = spec->match};
    struct flow *flow = way_flow_of(e, &spec->match);
    struct txn *txn;

    if (spec->ins.apply.n == 1 && spec->ins.apply.list[0].type == OF_ACT_OUTPUT) {
        found.port = spec->ins.apply.list[0].output.port;
    }
    if (flow && !flow->elephant->is_leaving && way_touch(flow->elephant, dpid)) {
        flow->elephant->is_unfinished = true;
        way_resume(flow);
    } else if (e->n_found < MAX_FOUND) {
        append(e, &found);
    } else {
        txn = txn_begin(e->ctl);
        remove_entry(txn, 0, &found);
        txn_commit(txn, NULL, NULL);
    }
}

void found_gone(struct elephants *e, dpid_t dpid, const struct of_match *match)
{
    for (size_t i = e->n_found; i-- > 0;) {
        if (e->found[i].dpid == dpid && of_match_eq(&e->found[i].match, match)) {
            remove_at(e, i);
        }
    }
}

void found_take(struct flow *flow, const struct of_match *match)
{
    struct elephants *e = flow->e;

    for (size_t i = e->n_found; i-- > 0;) {
        if (of_match_eq(&e->found[i].match, match) && way_touch(flow->elephant, e->found[i].dpid)) {
            remove_at(e, i);
        }
    }
}

/* --- Taking away ------------------------------------------------------------------------------ */

/* No other entry of the same flow sends to it. */
static bool is_beginning(const struct elephants *e, const struct found *found)
{
    for (size_t i = 0; i < e->n_found; i++) {
        const struct found *other = &e->found[i];
        const struct link *link = topology_link_at(e->ctl, other->dpid, other->port);

        if (link && link->dst_dpid == found->dpid && of_match_eq(&other->match, &found->match)) {
            return false;
        }
    }
    return true;
}

/* The way of the first entry of the list. */
static void release_first(struct elephants *e)
{
    struct txn *txn = txn_begin(e->ctl);
    struct of_match match = e->found[0].match;

    txn_keep_order(txn);
    for (size_t i = 0; i < e->n_found; i++) {
        if (of_match_eq(&e->found[i].match, &match)) {
            remove_entry(txn, is_beginning(e, &e->found[i]) ? 0 : 1, &e->found[i]);
        }
    }
    for (size_t i = e->n_found; i-- > 0;) {
        if (of_match_eq(&e->found[i].match, &match)) {
            remove_at(e, i);
        }
    }
    txn_commit(txn, NULL, NULL); /* What is left goes when it is idle. */
}

static void release_all(struct elephants *e)
{
    while (e->n_found > 0) {
        release_first(e);
    }
}

void found_lost(struct elephants *e, dpid_t dpid, port_no_t port)
{
    for (size_t i = 0; i < e->n_found; i++) {
        if (e->found[i].dpid == dpid && e->found[i].port == port) {
            release_all(e);
        }
    }
}

void found_look(struct elephants *e)
{
    if (e->n_found > 0 && mono_diff_ns(ctl_now(e->ctl), e->found_at) >= HOLD_NS) {
        release_all(e);
    }
}
