/* Hosts that move between access switches.
 *
 * Two hosts of different access switches change places, so that every host has a port at every instant and
 * every switch keeps its number of hosts. With N hosts such exchanges are a Poisson process of rate N m/2; one
 * host is drawn from all, the other from those of other switches. Each host is in the pair at rate m, and at
 * each exchange that it is in, it goes to each other switch with the same chance: it stays for an exponential
 * time of mean 1/m, exactly.
 *
 * No link goes down. Both hosts announce themselves at once, and the controller asks at the old places
 * (core/hosts_claim.c); until it believes them, frames to them go where they were. A host's sessions go with
 * it: at the old switch they end, as its table sees it, and at the new one they begin. Sessions to a host
 * keep their entries, which the controller changes. */
#include "simnet/ctlchan/campus_impl.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/rng.h"
#include "controller/core/hosts.h"

enum { MOVE_KIND = 0xca4, HEARD_KIND = 0xca5 };
#define LOOK_NS NS_PER_MS

struct mobility {
    struct campus *campus;
    struct rng *rng;
    struct sim_event move;
    struct sim_event look; /* At those who are not heard yet. */
    uint32_t *waiting;     /* They, by the time of their moves; each host once at most. */
    uint32_t n_waiting;
    mono_t *moved_at; /* By host; of the last move. */
    uint64_t n_moves;
    struct probe_sample heard_s;
    double heard_max_s;
};

/* --- Who believes it --------------------------------------------------------------------------- */

/* The reverse entry: with a label, for ever. */
static bool has_entry(const struct table *table, struct eth_addr mac)
{
    for (uint32_t e = table_first(table); e != TABLE_NONE; e = table_next(table, e)) {
        struct of_match match;

        if (table_entry(table, e).priority != CLUSTERING_PRIORITY_REVERSE) {
            continue;
        }
        table_entry_match(table, e, &match);
        if (of_match_has(&match, OF_FIELD_ETH_DST) && eth_addr_eq(match.v.eth_dst, mac)) {
            return true;
        }
    }
    return false;
}

static bool is_heard(const struct campus *c, uint32_t host)
{
    const struct swtch *sw = world_switch(c->world, world_host_switch(c->world, host));
    struct eth_addr mac = endhost_mac(world_host(c->world, host));
    const struct host *known = c->ctl ? hosts_find(c->ctl, mac) : NULL;

    return known && host_dpid(known) == swtch_dpid(sw) &&
           host_port(known) == world_host_port(c->world, host) &&
           has_entry(swtch_table(sw, 0), mac);
}

static void on_look(void *aux, struct sim_event *event)
{
    struct mobility *m = aux;
    struct sim *sim = world_sim(m->campus->world);
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n_waiting; i++) {
        uint32_t host = m->waiting[i];
        double s = ns_to_s(mono_diff_ns(sim_now(sim), m->moved_at[host]));

        if (!is_heard(m->campus, host)) {
            m->waiting[n++] = host;
            continue;
        }
        probe_sample_add(&m->heard_s, s);
        m->heard_max_s = s > m->heard_max_s ? s : m->heard_max_s;
    }
    m->n_waiting = n;
    if (n) {
        sim_at(sim, event, mono_add(sim_now(sim), LOOK_NS));
    }
}

static void await(struct mobility *m, uint32_t host)
{
    struct sim *sim = world_sim(m->campus->world);
    uint32_t i = 0;

    m->moved_at[host] = sim_now(sim);
    while (i < m->n_waiting && m->waiting[i] != host) {
        i++;
    }
    if (i == m->n_waiting) {
        m->waiting[m->n_waiting++] = host;
    }
    if (!sim_event_is_set(&m->look)) {
        sim_at(sim, &m->look, mono_add(sim_now(sim), LOOK_NS));
    }
}

/* --- Moving ------------------------------------------------------------------------------------ */

/* Another host of the same switch sends for those that stay, if there is one with a session. */
static void speak_for(struct campus *c, uint32_t leaver, uint32_t dst)
{
    uint32_t sw = world_host_switch(c->world, leaver);

    for (uint32_t h = 0; h < world_n_hosts(c->world); h++) {
        if (h != leaver && world_host_switch(c->world, h) == sw &&
            session_traffic_is_on(c->traffic, h, dst)) {
            session_load_speak(c->load, h, dst);
            return;
        }
    }
}

static void leave(struct campus *c, uint32_t host)
{
    for (uint32_t d = 0; d < world_n_hosts(c->world); d++) {
        if (session_traffic_is_on(c->traffic, host, d) && session_load_leave(c->load, host, d)) {
            speak_for(c, host, d);
        }
    }
}

static void arrive(struct campus *c, uint32_t host)
{
    endhost_announce(world_host(c->world, host));
    for (uint32_t d = 0; d < world_n_hosts(c->world); d++) {
        if (session_traffic_is_on(c->traffic, host, d)) {
            session_load_join(c->load, host, d);
        }
    }
    c->mobility->n_moves++;
    await(c->mobility, host);
}

static void exchange(struct campus *c, uint32_t a, uint32_t b)
{
    sim_trace_u64(world_sim(c->world), (uint64_t)a << 32 | b);
    leave(c, a);
    leave(c, b);
    world_swap_hosts(c->world, a, b);
    arrive(c, a);
    arrive(c, b);
}

static void arm(struct mobility *m)
{
    struct campus *c = m->campus;
    double per_s = world_n_hosts(c->world) * c->params.moves_per_s / 2;
    struct sim *sim = world_sim(c->world);

    sim_at(sim, &m->move, mono_add(sim_now(sim), ns_from_s(rng_exponential(m->rng, 1 / per_s))));
}

static void on_move(void *aux, struct sim_event *event)
{
    struct mobility *m = aux;
    struct world *world = m->campus->world;
    uint32_t n = world_n_hosts(world), a = rng_below(m->rng, n), b;

    (void)event;
    do {
        b = rng_below(m->rng, n);
    } while (world_host_switch(world, b) == world_host_switch(world, a));
    exchange(m->campus, a, b);
    arm(m);
}

void campus_mobility_begin(struct campus *c)
{
    struct mobility *m;
    uint32_t n = world_n_hosts(c->world);

    if (!(c->params.moves_per_s > 0)) {
        return;
    }
    m = c->mobility = xcalloc(1, sizeof *m);
    m->campus = c;
    m->rng = sim_rng(world_sim(c->world), "mobility");
    m->waiting = xcalloc(n, sizeof *m->waiting);
    m->moved_at = xcalloc(n, sizeof *m->moved_at);
    sim_event_init(&m->move, MOVE_KIND, SIM_PRIO_NORMAL, on_move, m);
    sim_event_init(&m->look, HEARD_KIND, SIM_PRIO_PROBE, on_look, m);
    arm(m);
}

/* --- Measured ---------------------------------------------------------------------------------- */

void campus_mobility_reset(struct campus *c)
{
    if (c->mobility) {
        c->mobility->n_moves = 0;
        c->mobility->heard_s = (struct probe_sample){0};
        c->mobility->heard_max_s = 0;
    }
}

void campus_mobility_measure(const struct campus *c, struct campus_metrics *out)
{
    const struct mobility *m = c->mobility;

    if (m) {
        out->n_moves = m->n_moves;
        out->n_moves_heard = m->heard_s.n;
        out->move_s = m->heard_s.mean;
        out->move_max_s = m->heard_max_s;
    }
}

void campus_mobility_fini(struct campus *c)
{
    if (c->mobility) {
        sim_cancel(world_sim(c->world), &c->mobility->move);
        sim_cancel(world_sim(c->world), &c->mobility->look);
        free(c->mobility->waiting);
        free(c->mobility->moved_at);
        free(c->mobility);
    }
}
