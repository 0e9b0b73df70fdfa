#include "simnet/world/link_rules.h"

#include <stdio.h>
#include <string.h>

static void change(struct wire_params *wire, const struct link_rule *rule)
{
    const struct wire_params *to = &rule->wire;

    wire->rate_bps = rule->mentions & LINK_RATE ? to->rate_bps : wire->rate_bps;
    wire->delay_ns = rule->mentions & LINK_DELAY ? to->delay_ns : wire->delay_ns;
    wire->loss_frac = rule->mentions & LINK_LOSS ? to->loss_frac : wire->loss_frac;
    wire->queue_bytes = rule->mentions & LINK_QUEUE_BYTES ? to->queue_bytes : wire->queue_bytes;
    wire->queue_packets =
        rule->mentions & LINK_QUEUE_PACKETS ? to->queue_packets : wire->queue_packets;
    wire->burst = rule->mentions & LINK_BURST ? to->burst : wire->burst;
}

static bool joins(const struct topo *topo, const struct topo_edge *e, const struct link_rule *rule)
{
    const char *x = topo->nodes[e->a].name, *y = topo->nodes[e->b].name;

    return (strcmp(x, rule->a) == 0 && strcmp(y, rule->b) == 0) ||
           (strcmp(x, rule->b) == 0 && strcmp(y, rule->a) == 0);
}

static bool concerns(const struct topo *topo, const struct topo_edge *e,
                     const struct link_rule *rule)
{
    bool trunk = topo->nodes[e->a].kind == TOPO_SWITCH && topo->nodes[e->b].kind == TOPO_SWITCH;

    switch (rule->scope) {
    case LINKS_ALL:
        return true;
    case LINKS_EDGE:
        return !trunk;
    case LINKS_TRUNK:
        return trunk;
    case LINKS_ONE:
        return joins(topo, e, rule);
    }
    return false;
}

bool link_rules_apply(const struct link_rules *rules, struct topo *topo, char *why, size_t size)
{
    for (size_t r = 0; r < rules->n; r++) {
        const struct link_rule *rule = &rules->list[r];
        size_t n = 0;

        for (size_t i = 0; i < topo->n_edges; i++) {
            if (concerns(topo, &topo->edges[i], rule)) {
                change(&topo->edges[i].wire, rule);
                n++;
            }
        }
        if (n == 0 && rule->scope == LINKS_ONE) {
            snprintf(why, size, "links: there is no link between \"%s\" and \"%s\"", rule->a,
                     rule->b);
            return false;
        }
    }
    return true;
}
