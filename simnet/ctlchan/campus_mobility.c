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
 * keep their entries, which the controller changes.
 *
 * What a move takes depends on the sessions of the two hosts and on the hosts of their switches, not on how many
 * hosts or entries there are. */
#include "simnet/ctlchan/campus_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/rng.h"
#include "controller/core/hosts.h"

enum { MOVE_KIND = 0xca4, HEARD_KIND = 0xca5 };
#define LOOK_NS (100 * NS_PER_MS)

/* To whom a host has sessions. */
struct talks {
    uint32_t *dst;
    uint32_t n, room;
};

struct mobility {
    struct campus *campus;
    struct session_hooks load; /* Of the sessions' load, which is told after this. */
    struct talks *talks;       /* By host. */
    uint32_t *residents;       /* Hosts by their switch, */
    uint32_t *first;           /* those of switch i from first[i] to first[i + 1], in no order. */
    struct rng *rng;
    struct sim_event move;
    struct sim_event look; /* At those who are not heard yet. */
    uint32_t *waiting;     /* They, in no order. */
    uint32_t n_waiting;
    uint32_t *waits;  /* By host: 1 and where it is among them; 0: it is not. */
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

/* The core has it where it is. */
static bool is_known(const struct campus *c, uint32_t host)
{
    const struct swtch *sw = world_switch(c->world, world_host_switch(c->world, host));
    const struct ctl *ctl = ctlchan_ctl(campus_master(c));
    const struct host *known =
        ctl ? hosts_find(ctl, endhost_mac(world_host(c->world, host))) : NULL;

    return known && host_dpid(known) == swtch_dpid(sw) &&
           host_port(known) == world_host_port(c->world, host);
}

static void heard(struct mobility *m, uint32_t host)
{
    mono_t now = sim_now(world_sim(m->campus->world));
    double s = ns_to_s(mono_diff_ns(now, m->moved_at[host]));
    uint32_t i = m->waits[host] - 1, last = m->waiting[--m->n_waiting];

    m->waiting[i] = last;
    m->waits[last] = i + 1;
    m->waits[host] = 0;
    probe_sample_add(&m->heard_s, s);
    m->heard_max_s = s > m->heard_max_s ? s : m->heard_max_s;
}

/* An entry for 'host' has come at a switch. */
static void on_added(void *aux, uint32_t sw, uint32_t host, uint32_t entry)
{
    struct mobility *m = aux;
    struct world *world = m->campus->world;
    const struct table *table = swtch_table(world_switch(world, sw), 0);

    if (m->waits[host] && world_host_switch(world, host) == sw &&
        table_entry(table, entry).priority == CLUSTERING_PRIORITY_REVERSE &&
        is_known(m->campus, host)) {
        heard(m, host);
    }
}

/* Those whose entries were there before, because they went back. */
static void on_look(void *aux, struct sim_event *event)
{
    struct mobility *m = aux;
    struct world *world = m->campus->world;
    struct sim *sim = world_sim(world);

    for (uint32_t i = m->n_waiting; i > 0; i--) {
        uint32_t host = m->waiting[i - 1];
        const struct swtch *sw = world_switch(world, world_host_switch(world, host));

        if (is_known(m->campus, host) &&
            has_entry(swtch_table(sw, 0), endhost_mac(world_host(world, host)))) {
            heard(m, host);
        }
    }
    if (m->n_waiting) {
        sim_at(sim, event, mono_add(sim_now(sim), LOOK_NS));
    }
}

static void await(struct mobility *m, uint32_t host)
{
    struct sim *sim = world_sim(m->campus->world);

    m->moved_at[host] = sim_now(sim);
    if (!m->waits[host]) {
        m->waiting[m->n_waiting++] = host;
        m->waits[host] = m->n_waiting;
    }
    if (!sim_event_is_set(&m->look)) {
        sim_at(sim, &m->look, mono_add(sim_now(sim), LOOK_NS));
    }
}

/* --- Who is where, and talks to whom ------------------------------------------------------------- */

static void on_begin(void *aux, uint32_t src, uint32_t dst)
{
    struct mobility *m = aux;
    struct talks *t = &m->talks[src];

    if (t->n == t->room) {
        t->room = 2 * t->room + 4;
        t->dst = xreallocarray(t->dst, t->room, sizeof *t->dst);
    }
    t->dst[t->n++] = dst;
    m->load.begin(m->load.aux, src, dst);
}

static void on_end(void *aux, uint32_t src, uint32_t dst)
{
    struct mobility *m = aux;
    struct talks *t = &m->talks[src];
    uint32_t i = 0;

    while (t->dst[i] != dst) {
        i++;
        assert(i < t->n && "a session ends that has not begun");
    }
    t->dst[i] = t->dst[--t->n];
    m->load.end(m->load.aux, src, dst);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* By rising destination. */
static const struct talks *sorted_talks(struct mobility *m, uint32_t src)
{
    struct talks *t = &m->talks[src];

    if (t->n > 1) {
        qsort(t->dst, t->n, sizeof *t->dst, by_number);
    }
    return t;
}

static void settle(struct mobility *m)
{
    const struct world *world = m->campus->world;
    uint32_t n = world_n_hosts(world), n_switches = world_n_switches(world), *next;

    m->residents = xcalloc(n, sizeof *m->residents);
    m->first = xcalloc(n_switches + 1, sizeof *m->first);
    for (uint32_t h = 0; h < n; h++) {
        m->first[world_host_switch(world, h) + 1]++;
    }
    for (uint32_t i = 0; i < n_switches; i++) {
        m->first[i + 1] += m->first[i];
    }
    next = xcalloc(n_switches + 1, sizeof *next);
    memcpy(next, m->first, n_switches * sizeof *next);
    for (uint32_t h = 0; h < n; h++) {
        m->residents[next[world_host_switch(world, h)]++] = h;
    }
    free(next);
}

static uint32_t *place_of(struct mobility *m, uint32_t host)
{
    uint32_t i = m->first[world_host_switch(m->campus->world, host)];

    while (m->residents[i] != host) {
        i++;
    }
    return &m->residents[i];
}

static void swap_places(struct mobility *m, uint32_t a, uint32_t b)
{
    uint32_t *x = place_of(m, a), *y = place_of(m, b);

    *x = b;
    *y = a;
    world_swap_hosts(m->campus->world, a, b);
}

/* --- Moving ------------------------------------------------------------------------------------ */

/* Another host of the same switch sends for those that stay, if there is one with a session: the first. */
static void speak_for(struct campus *c, uint32_t leaver, uint32_t dst)
{
    const struct mobility *m = c->mobility;
    uint32_t sw = world_host_switch(c->world, leaver), speaker = UINT32_MAX;

    for (uint32_t i = m->first[sw]; i < m->first[sw + 1]; i++) {
        uint32_t h = m->residents[i];

        if (h != leaver && h < speaker && session_traffic_is_on(c->traffic, h, dst)) {
            speaker = h;
        }
    }
    if (speaker != UINT32_MAX) {
        session_load_speak(c->load, speaker, dst);
    }
}

static void leave(struct campus *c, uint32_t host)
{
    const struct talks *t = sorted_talks(c->mobility, host);

    for (uint32_t i = 0; i < t->n; i++) {
        if (session_load_leave(c->load, host, t->dst[i])) {
            speak_for(c, host, t->dst[i]);
        }
    }
}

static void arrive(struct campus *c, uint32_t host)
{
    const struct talks *t = &c->mobility->talks[host];

    endhost_announce(world_host(c->world, host));
    for (uint32_t i = 0; i < t->n; i++) {
        session_load_join(c->load, host, t->dst[i]);
    }
    c->mobility->n_moves++;
    await(c->mobility, host);
}

static void exchange(struct campus *c, uint32_t a, uint32_t b)
{
    sim_trace_u64(world_sim(c->world), (uint64_t)a << 32 | b);
    leave(c, a);
    leave(c, b);
    swap_places(c->mobility, a, b);
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

void campus_mobility_make(struct campus *c, struct session_hooks *hooks)
{
    struct mobility *m;
    uint32_t n = world_n_hosts(c->world);

    if (!(c->params.moves_per_s > 0)) {
        return;
    }
    m = c->mobility = xcalloc(1, sizeof *m);
    m->campus = c;
    m->load = *hooks;
    *hooks = (struct session_hooks){.begin = on_begin, .end = on_end, .aux = m};
    m->talks = xcalloc(n, sizeof *m->talks);
    m->rng = sim_rng(world_sim(c->world), "mobility");
    m->waiting = xcalloc(n, sizeof *m->waiting);
    m->waits = xcalloc(n, sizeof *m->waits);
    m->moved_at = xcalloc(n, sizeof *m->moved_at);
    sim_event_init(&m->move, MOVE_KIND, SIM_PRIO_NORMAL, on_move, m);
    sim_event_init(&m->look, HEARD_KIND, SIM_PRIO_PROBE, on_look, m);
    settle(m);
    session_load_set_added(c->load, on_added, m);
}

void campus_mobility_begin(struct campus *c)
{
    if (c->mobility) {
        arm(c->mobility);
    }
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
    struct mobility *m = c->mobility;

    if (!m) {
        return;
    }
    sim_cancel(world_sim(c->world), &m->move);
    sim_cancel(world_sim(c->world), &m->look);
    for (uint32_t h = 0; h < world_n_hosts(c->world); h++) {
        free(m->talks[h].dst);
    }
    free(m->talks);
    free(m->residents);
    free(m->first);
    free(m->waiting);
    free(m->waits);
    free(m->moved_at);
    session_load_set_added(c->load, NULL, NULL);
    free(m);
}
