/* See firewall.h; what is where: firewall_int.h. */
#include "controller/apps/firewall.h"

#include <stdlib.h>

#include "controller/apps/firewall_int.h"
#include "controller/base/alloc.h"
#include "controller/core/datapath.h"
#include "controller/core/topology.h"

LOG_MODULE(firewall);

#define CLASSES (UINT32_C(1) << PACKET_UNICAST | UINT32_C(1) << PACKET_MULTICAST)

struct firewall_settings firewall_settings_default(void)
{
    return (struct firewall_settings){
        .max_rules = 1024, .poll_ns = 5 * NS_PER_S, .second_table = true};
}

struct firewall_counters firewall_counters(const void *state)
{
    return ((const struct firewall *)state)->n;
}

/* --- What the operator does ------------------------------------------------------------------- */

/* Rules have changed. */
static void changed(struct firewall *f)
{
    fw_index_free(f->index);
    f->index = NULL;
    f->is_active = f->is_enabled && f->n_rules > 0;
    ctl_watch_packets(f->ctl, f->id, f->is_active ? CLASSES : 0);
    fw_dirty_all(f);
    fw_count_go(f);
}

enum err firewall_add(void *state, const struct firewall_rule *rule, uint32_t *id,
                      struct firewall_fault *fault)
{
    struct firewall *f = state;
    struct firewall_rule is = *rule;
    struct fw_rule *r;
    enum err err;

    is.id = f->last_id + 1;
    err = fw_rule_check(f, &is, fault);
    if (err) {
        return err;
    }
    if (f->n_rules >= f->settings.max_rules) {
        return ERR_FULL;
    }
    r = fw_rule_insert(f, &is);
    err = fw_rule_remember(f, r);
    if (err) {
        fw_rule_drop(f, r);
        return err;
    }
    *id = f->last_id = is.id;
    changed(f);
    return ERR_OK;
}

/* Its counters belong to the match. */
static void take_over(struct fw_rule *rule, const struct fw_rule *old)
{
    if (of_match_eq(&rule->is.match, &old->is.match)) {
        rule->n_packet_ins = old->n_packet_ins;
        rule->n_packets = old->n_packets;
        rule->n_bytes = old->n_bytes;
    }
    if (rule->is.priority == old->is.priority) {
        rule->slot = old->slot;
    }
}

enum err firewall_put(void *state, const struct firewall_rule *rule, struct firewall_fault *fault)
{
    struct firewall *f = state;
    struct fw_rule *old = fw_rule_find(f, rule->id), *r;
    enum err err = old ? fw_rule_check(f, rule, fault) : ERR_NOTFOUND;

    if (err) {
        return err;
    }
    r = fw_rule_insert(f, rule);
    take_over(r, old);
    err = fw_rule_remember(f, r);
    fw_rule_drop(f, err ? r : old);
    if (!err) {
        changed(f);
    }
    return err;
}

static void forget(struct firewall *f, struct fw_rule *rule)
{
    struct hmap_node *it, *next;

    HMAP_FOR_EACH (it, next, &f->switches) {
        fw_count_forget(HMAP_ENTRY(it, struct fw_switch, node), rule->is.id);
    }
    fw_rule_drop(f, rule);
}

enum err firewall_remove(void *state, uint32_t id)
{
    struct firewall *f = state;
    struct fw_rule *rule = fw_rule_find(f, id);
    enum err err = rule ? fw_rule_forget(f, id) : ERR_NOTFOUND;

    if (!err) {
        forget(f, rule);
        changed(f);
    }
    return err;
}

enum err firewall_clear(void *state, firewall_pick_fn *pick, size_t *n)
{
    struct firewall *f = state;
    size_t n_removed = 0;
    enum err err = ERR_OK;

    for (size_t i = f->n_rules; i-- > 0 && !err;) {
        struct fw_rule *rule = f->rules[i];

        if (!pick || pick(&rule->is)) {
            err = fw_rule_forget(f, rule->is.id);
            if (!err) {
                forget(f, rule);
                n_removed++;
            }
        }
    }
    if (n) {
        *n = n_removed;
    }
    changed(f);
    return err;
}

enum err firewall_enable(void *state, bool is_enabled)
{
    struct firewall *f = state;
    bool was = f->is_enabled;

    f->is_enabled = is_enabled;
    if (fw_enabled_remember(f)) {
        f->is_enabled = was;
        return ERR_IO;
    }
    if (is_enabled != was) {
        changed(f);
    }
    return ERR_OK;
}

/* --- Views ------------------------------------------------------------------------------------ */

bool firewall_is_enabled(const void *state)
{
    return ((const struct firewall *)state)->is_enabled;
}

size_t firewall_n_rules(const void *state)
{
    return ((const struct firewall *)state)->n_rules;
}

struct tally {
    const struct firewall *f;
    struct firewall_info *infos; /* In the order of rules... */
    const struct fw_rule *only;  /* ...or of this one alone. */
};

static void count_entry(void *aux, const struct flow_entry *entry)
{
    struct tally *t = aux;
    uint64_t value = flow_cookie_value(flow_entry_cookie(entry));
    const struct fw_rule *rule =
        value & FW_COOKIE_COPY ? NULL : fw_rule_find(t->f, (uint32_t)value);
    struct firewall_info *info;

    if (!rule || (t->only && rule != t->only) || flow_entry_state(entry) == FLOW_DELETING) {
        return;
    }
    info = t->only ? t->infos : &t->infos[rule->at];
    info->n_entries++;
    info->n_confirmed += flow_entry_state(entry) == FLOW_CONFIRMED;
}

static void count_entries(struct tally *t)
{
    size_t n;
    struct datapath *const *all = datapath_all(t->f->ctl, &n);

    for (size_t i = 0; i < n; i++) {
        flowdb_each(t->f->ctl, datapath_id(all[i]), t->f->id, count_entry, t);
    }
}

static void tell_order(const struct firewall *f, size_t i, struct firewall_info *out)
{
    const struct fw_rule *rule = f->rules[i];

    for (size_t k = 0; k < i && !out->shadowed_by; k++) {
        const struct fw_rule *before = f->rules[k];

        if (fw_key_covers(&before->key, &rule->key)) {
            out->shadowed_by = before->is.id;
        } else if (!out->overlaps && before->is.action != rule->is.action &&
                   fw_key_overlaps(&before->key, &rule->key)) {
            out->overlaps = before->is.id;
        }
    }
}

static void tell_refused(const struct firewall *f, struct firewall_info *out)
{
    struct hmap_node *it, *next;

    HMAP_FOR_EACH (it, next, &f->switches) {
        out->n_refused +=
            fw_switch_refusal(HMAP_ENTRY(it, struct fw_switch, node), out->rule.id) != NULL;
    }
}

static void tell(const struct firewall *f, size_t i, struct firewall_info *out)
{
    const struct fw_rule *rule = f->rules[i];

    *out = (struct firewall_info){.rule = rule->is,
                                  .n_packets = rule->n_packets,
                                  .n_bytes = rule->n_bytes,
                                  .n_packet_ins = rule->n_packet_ins};
    tell_order(f, i, out);
    tell_refused(f, out);
}

static void number_rules(const struct firewall *f)
{
    for (size_t i = 0; i < f->n_rules; i++) {
        f->rules[i]->at = i;
    }
}

enum err firewall_find(const void *state, uint32_t id, struct firewall_info *out)
{
    const struct firewall *f = state;
    struct tally t = {.f = f, .infos = out, .only = fw_rule_find(f, id)};

    if (!t.only) {
        return ERR_NOTFOUND;
    }
    number_rules(f);
    tell(f, t.only->at, out);
    count_entries(&t);
    return ERR_OK;
}

void firewall_each(const void *state, firewall_each_fn *fn, void *aux)
{
    const struct firewall *f = state;
    struct tally t = {.f = f};

    t.infos = xcalloc(f->n_rules + 1, sizeof *t.infos);
    number_rules(f);
    for (size_t i = 0; i < f->n_rules; i++) {
        tell(f, i, &t.infos[i]);
    }
    count_entries(&t);
    for (size_t i = 0; i < f->n_rules; i++) {
        fn(aux, &t.infos[i]);
    }
    free(t.infos);
}

/* --- Packet-ins ------------------------------------------------------------------------------- */

static bool is_from_host(const struct ctl_packet *packet)
{
    return packet->port && packet->port->kind != PORT_LINK;
}

static enum ctl_verdict packet_in(void *state, const struct ctl_packet *packet)
{
    struct firewall *f = state;
    struct fw_packet p;
    struct fw_rule *rule;

    if (!is_from_host(packet)) {
        return CTL_CONTINUE;
    }
    f->n.packet_ins++;
    fw_packet_make(datapath_id(packet->dp), packet->in_port, packet->pkt, &p);
    rule = fw_rule_first(f, &p);
    if (!rule) {
        return CTL_CONTINUE;
    }
    rule->n_packet_ins++;
    f->n.denied += rule->is.action == FIREWALL_DENY;
    return rule->is.action == FIREWALL_DENY ? CTL_STOP : CTL_CONTINUE;
}

/* --- Events ----------------------------------------------------------------------------------- */

/* A switch is looked at when it has, or may have, entries of ours. */
static void look_at(struct firewall *f, dpid_t dpid)
{
    if (f->is_active) {
        fw_dirty(f, dpid);
    }
}

static void on_up(void *state, const struct ctl_event *event)
{
    struct firewall *f = state;

    if (f->is_active) {
        fw_switch_forget_refused(fw_switch_get(f, datapath_id(event->dp)));
    }
    look_at(f, datapath_id(event->dp));
}

static void on_port(void *state, const struct ctl_event *event)
{
    look_at(state, datapath_id(event->dp));
}

static void on_link(void *state, const struct ctl_event *event)
{
    look_at(state, event->link->src_dpid);
    look_at(state, event->link->dst_dpid);
}

/* An earlier controller's: it is wanted still, or leaves. */
static void on_adopted(void *state, const struct ctl_event *event)
{
    fw_dirty(state, datapath_id(event->dp));
}

static void on_removed(void *state, const struct ctl_event *event)
{
    struct firewall *f = state;

    f->n.restored++;
    look_at(f, datapath_id(event->dp));
}

static void on_failed(void *state, const struct ctl_event *event)
{
    struct firewall *f = state;
    struct fw_switch *sw = fw_switch_get(f, datapath_id(event->dp));
    uint64_t value = flow_cookie_value(flow_entry_cookie(event->flow));
    struct flow_spec spec;

    flow_entry_spec(event->flow, &spec);
    if (spec.table_id && event->error == OF_ERR_FLOW_EPERM) {
        return; /* Logical networks do not admit it any more: what it is a copy of leaves, too. */
    }
    f->n.refused++;
    if (spec.table_id || spec.ins.has_goto) {
        sw->no_second = true;
    } else {
        fw_switch_refuses(sw, (uint32_t)value, !(spec.match.present & ~FW_COARSE));
    }
    fw_dirty(f, sw->dpid);
    LOG_LIMITED(ctl_log(f->ctl), &f->limit, LOG_WARN,
                "switch " DPID_FMT " refuses an entry of rule %u: %s",
                DPID_ARGS(datapath_id(event->dp)), (unsigned)value, of_err_name(event->error));
}

/* --- Module ----------------------------------------------------------------------------------- */

static void stop(void *state)
{
    struct firewall *f = state;

    fw_count_fini(f);
    fw_sync_fini(f);
    fw_index_free(f->index);
    while (f->n_rules) {
        fw_rule_drop(f, f->rules[f->n_rules - 1]);
    }
    hmap_fini(&f->by_id);
    free(f->rules);
    free(f);
}

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct firewall *f = xcalloc(1, sizeof *f);

    f->ctl = ctl;
    f->id = id;
    f->settings =
        settings ? *(const struct firewall_settings *)settings : firewall_settings_default();
    if (f->settings.max_rules > FIREWALL_MAX_RULES || f->settings.poll_ns < 0) {
        free(f);
        return ERR_RANGE;
    }
    f->is_enabled = true;
    f->limit = (struct log_limit)LOG_LIMIT_INIT(1, 10);
    hmap_init(&f->by_id);
    fw_sync_init(f);
    fw_count_init(f);
    if (fw_restore(f)) {
        LOG_ERROR(ctl_log(ctl), "cannot read the stored rules");
    }
    changed(f);
    *state = f;
    return ERR_OK;
}

const struct ctl_module firewall_module = {
    .name = "firewall",
    .start = start,
    .stop = stop,
    .packet_in = packet_in,
    .packets = CLASSES,
    .on = {[CTL_DATAPATH_UP] = on_up,
           [CTL_PORT_UP] = on_port,
           [CTL_PORT_DOWN] = on_port,
           [CTL_LINK_UP] = on_link,
           [CTL_LINK_DOWN] = on_link,
           [CTL_FLOW_ADOPTED] = on_adopted,
           [CTL_FLOW_REMOVED] = on_removed,
           [CTL_FLOW_FAILED] = on_failed},
};
