/* Counters of the firewall's entries, read from the switches now and then. */
#include <stdlib.h>

#include "controller/apps/firewall_int.h"
#include "controller/base/alloc.h"
#include "controller/core/ask.h"
#include "controller/core/datapath.h"

static struct fw_count *find(const struct fw_switch *sw, uint32_t rule)
{
    struct hmap_node *it = hmap_first_with(&sw->counts, rule);

    return it ? HMAP_ENTRY(it, struct fw_count, node) : NULL;
}

static void note(struct fw_switch *sw, const struct of_flow_stats *stats)
{
    uint32_t rule = (uint32_t)flow_cookie_value(stats->cookie);
    struct fw_count *c = find(sw, rule);

    if (!c) {
        c = xcalloc(1, sizeof *c);
        c->rule = rule;
        hmap_insert(&sw->counts, &c->node, rule);
    }
    c->new_packets += stats->n_packets == UINT64_MAX ? 0 : stats->n_packets;
    c->new_bytes += stats->n_bytes == UINT64_MAX ? 0 : stats->n_bytes;
}

/* Entries that were written anew begin at 0. */
static uint64_t growth(uint64_t before, uint64_t now)
{
    return now >= before ? now - before : now;
}

static void add_up(struct firewall *f, struct fw_switch *sw)
{
    struct hmap_node *it, *next;

    HMAP_FOR_EACH (it, next, &sw->counts) {
        struct fw_count *c = HMAP_ENTRY(it, struct fw_count, node);
        struct fw_rule *rule = fw_rule_find(f, c->rule);

        if (rule) {
            rule->n_packets += growth(c->n_packets, c->new_packets);
            rule->n_bytes += growth(c->n_bytes, c->new_bytes);
        }
        c->n_packets = c->new_packets;
        c->n_bytes = c->new_bytes;
        c->new_packets = c->new_bytes = 0;
    }
}

static void on_answer(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    struct firewall *f = aux;
    struct fw_switch *sw = fw_switch_get(f, datapath_id(dp));

    if (answer->err != ERR_OK) {
        return; /* It is asked again. */
    }
    for (size_t i = 0; i < answer->msg->mp_reply.n; i++) {
        const struct of_flow_stats *stats = &answer->msg->mp_reply.flows[i];

        if (flow_cookie_is_ours(stats->cookie) && flow_cookie_module(stats->cookie) == f->id &&
            !(stats->cookie & FW_COOKIE_COPY) &&
            fw_rule_find(f, (uint32_t)flow_cookie_value(stats->cookie))) {
            note(sw, stats);
        }
    }
    add_up(f, sw);
}

static void ask(struct firewall *f, struct datapath *dp)
{
    struct of_msg request = {.type = OF_MULTIPART_REQUEST};
    struct of_flow_filter *filter = &request.mp_request.flow;

    request.mp_request.type = OF_MP_FLOW;
    filter->table_id = 0;
    filter->out_port = OF_PORT_ANY;
    filter->out_group = OF_GROUP_ANY;
    if (datapath_version(dp) != OF_VERSION_1_0) {
        filter->cookie = flow_cookie(f->id, 0);
        filter->cookie_mask = UINT64_MAX << 40;
    }
    f->n.polls += datapath_ask(dp, &request, on_answer, f) == ERR_OK;
}

static void on_timer(void *aux, struct timer *timer)
{
    struct firewall *f = aux;
    size_t n;
    struct datapath *const *all = datapath_all(f->ctl, &n);

    (void)timer;
    for (size_t i = 0; i < n && f->is_active; i++) {
        if (datapath_is_ready(all[i])) {
            ask(f, all[i]);
        }
    }
    fw_count_go(f);
}

void fw_count_go(struct firewall *f)
{
    if (f->is_active && f->settings.poll_ns > 0 && !timer_is_set(&f->poll)) {
        timer_set(ctl_timers(f->ctl), &f->poll, mono_add(ctl_now(f->ctl), f->settings.poll_ns));
    }
}

void fw_count_init(struct firewall *f)
{
    timer_init(&f->poll, on_timer, f);
}

void fw_count_fini(struct firewall *f)
{
    timer_cancel(ctl_timers(f->ctl), &f->poll);
}

void fw_count_forget(struct fw_switch *sw, uint32_t rule)
{
    struct fw_count *c = find(sw, rule);

    if (c) {
        hmap_remove(&sw->counts, &c->node);
        free(c);
    }
}

void fw_counts_free(struct fw_switch *sw)
{
    struct hmap_node *it, *next;

    HMAP_FOR_EACH (it, next, &sw->counts) {
        hmap_remove(&sw->counts, it);
        free(HMAP_ENTRY(it, struct fw_count, node));
    }
    hmap_fini(&sw->counts);
}
