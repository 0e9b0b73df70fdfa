/* The simulated hosts of a switch_host: each announces itself some time after its switch has
 * found a controller, and some ping others. They answer ARP and pings by themselves. */
#include "simnet/bridge/switch_impl.h"

#include <stdlib.h>

#include "controller/base/alloc.h"

enum { ANNOUNCE_KIND = 0xa44, PING_KIND = 0x9146 };
enum { AT_A_TIME = 500 }; /* Announcements, */

#define APART_NS (100 * NS_PER_MS) /* with so much between them. */
#define SETTLE_NS (2 * NS_PER_S)   /* For the controller to know the switch and its links. */

void switch_hosts_expect(struct switch_host *host, const struct swtch *sw)
{
    host->n_found[swtch_id(sw)]++;
    if (world_n_hosts(host->world) && !sim_event_is_set(&host->announce)) {
        sim_at(host->sim, &host->announce, mono_add(sim_now(host->sim), SETTLE_NS));
    }
}

/* Once for each time that its switch has found a controller. Looks at every host once, from
 * where the last call ended. */
static void on_announce(void *aux, struct sim_event *event)
{
    struct switch_host *host = aux;
    uint32_t n_hosts = world_n_hosts(host->world), n = 0;

    for (uint32_t looked = 0; looked < n_hosts && n < AT_A_TIME; looked++) {
        uint32_t h = host->next_host++ % n_hosts;
        unsigned found = host->n_found[world_host_switch(host->world, h)];

        if (host->n_announced[h] != found) {
            host->n_announced[h] = found;
            endhost_announce(world_host(host->world, h));
            n++;
        }
    }
    if (n) {
        sim_at(host->sim, event, mono_add(sim_now(host->sim), APART_NS));
    }
}

static void on_ping(void *aux, struct sim_event *event)
{
    struct switch_host *host = aux;
    uint32_t n = world_n_hosts(host->world);
    uint32_t from = rng_below(host->rng, n), to = (from + 1 + rng_below(host->rng, n - 1)) % n;

    if (host->n_announced[from] && host->n_announced[to]) {
        endhost_ping(world_host(host->world, from), endhost_ip(world_host(host->world, to)));
    }
    sim_at(host->sim, event, mono_add(sim_now(host->sim), ns_from_s(1 / host->params->ping_per_s)));
}

void switch_hosts_init(struct switch_host *host)
{
    uint32_t n = world_n_hosts(host->world);

    host->n_announced = xcalloc(n + 1, sizeof *host->n_announced);
    host->n_found = xcalloc(world_n_switches(host->world) + 1, sizeof *host->n_found);
    sim_event_init(&host->announce, ANNOUNCE_KIND, SIM_PRIO_NORMAL, on_announce, host);
    sim_event_init(&host->ping, PING_KIND, SIM_PRIO_NORMAL, on_ping, host);
    if (host->params->ping_per_s > 0 && n > 1) {
        sim_at(host->sim, &host->ping, sim_now(host->sim));
    }
}

void switch_hosts_fini(struct switch_host *host)
{
    free(host->n_announced);
    free(host->n_found);
}

void switch_hosts_count(struct switch_host *host)
{
    struct switch_host_stats *s = &host->stats;

    s->n_pings = s->n_pings_answered = 0;
    for (uint32_t h = 0; h < world_n_hosts(host->world); h++) {
        const struct endhost_stats *e = endhost_get_stats(world_host(host->world, h));

        s->n_pings += e->n_echo_requests_tx;
        s->n_pings_answered += e->n_echo_replies_rx;
    }
}
