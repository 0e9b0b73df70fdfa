/* See sflow_link.h. */
#include "simnet/ctlchan/sflow_link.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/list.h"
#include "controller/core/ctl.h"
#include "simnet/world/world.h"

#define EVENT_KIND 0x5f11
#define AGENT 0x0afffffe /* All switches have one address; they are told apart by the sub-agent. */

/* Datagrams arrive in the order in which they are sent, so one event serves all that are on the way. */
struct datagram {
    struct list node;
    mono_t at;
    size_t len;
    uint8_t bytes[];
};

struct sflow_link {
    struct sim *sim;
    struct ctl *ctl;
    int64_t delay_ns;
    struct list on_the_way;
    struct sim_event arrival;
    uint64_t n;
};

static void schedule(struct sflow_link *link)
{
    if (!list_is_empty(&link->on_the_way)) {
        sim_at(link->sim, &link->arrival,
               LIST_ENTRY(link->on_the_way.next, struct datagram, node)->at);
    }
}

static void on_arrival(void *aux, struct sim_event *event)
{
    struct sflow_link *link = aux;
    struct datagram *d = LIST_ENTRY(list_pop_front(&link->on_the_way), struct datagram, node);

    (void)event;
    link->n++;
    ctl_sflow(link->ctl, d->bytes, d->len);
    free(d);
    schedule(link);
}

static void on_send(void *aux, struct swtch *sw, const uint8_t *bytes, size_t len)
{
    struct sflow_link *link = aux;
    struct datagram *d = xcalloc(1, sizeof *d + len);
    bool is_first = list_is_empty(&link->on_the_way);

    (void)sw;
    d->at = mono_add(sim_now(link->sim), link->delay_ns);
    d->len = len;
    memcpy(d->bytes, bytes, len);
    list_push_back(&link->on_the_way, &d->node);
    if (is_first) {
        schedule(link);
    }
}

struct sflow_link *sflow_link_new(struct world *world, struct ctl *ctl,
                                  const struct sflow_link_params *params)
{
    struct sflow_link *link = xcalloc(1, sizeof *link);
    const struct swtch_sflow_params agent = {.one_in = params->one_in,
                                             .poll_ns = params->poll_ns,
                                             .agent = AGENT,
                                             .send = on_send,
                                             .aux = link};

    link->sim = world_sim(world);
    link->ctl = ctl;
    link->delay_ns = params->delay_ns;
    list_init(&link->on_the_way);
    sim_event_init(&link->arrival, EVENT_KIND, SIM_PRIO_CONTROLLER, on_arrival, link);
    for (uint32_t i = 0; i < world_n_switches(world); i++) {
        swtch_set_sflow(world_switch(world, i), &agent);
    }
    return link;
}

void sflow_link_free(struct sflow_link *link)
{
    struct list *e;

    if (!link) {
        return;
    }
    sim_cancel(link->sim, &link->arrival);
    while ((e = list_pop_front(&link->on_the_way))) {
        free(LIST_ENTRY(e, struct datagram, node));
    }
    free(link);
}

uint64_t sflow_link_n_datagrams(const struct sflow_link *link)
{
    return link->n;
}
