/* Makes the entries of switches what the rules of the firewall ask for.
 *
 * A switch is looked at as a whole, soon after something has changed, and what differs is written in four
 * stages: copies in the second table; entries, from the first rule to the last; what should leave, from the
 * last rule to the first; copies that should leave. So in between every frame meets either the old rules
 * or the new ones: the entries that are there are always the first of the new order, followed by the old one.
 * One change of a switch follows the other. */
#include <stdlib.h>

#include "controller/apps/firewall_int.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/datapath.h"
#include "controller/core/txn.h"

enum { STAGE_COPIES, STAGE_ENTRIES, STAGE_LEAVE, STAGE_COPIES_LEAVE };

#define IMPORTANCE (FLOW_IMPORTANCE_SERVICE + 5000)

/* --- Switches --------------------------------------------------------------------------------- */

static struct fw_switch *find_switch(const struct firewall *f, dpid_t dpid)
{
    struct hmap_node *it = hmap_first_with(&f->switches, hash_u64(dpid));

    while (it && HMAP_ENTRY(it, struct fw_switch, node)->dpid != dpid) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct fw_switch, node) : NULL;
}

struct fw_switch *fw_switch_get(struct firewall *f, dpid_t dpid)
{
    struct fw_switch *sw = find_switch(f, dpid);

    if (!sw) {
        sw = xcalloc(1, sizeof *sw);
        sw->f = f;
        sw->dpid = dpid;
        hmap_init(&sw->counts);
        hmap_insert(&f->switches, &sw->node, hash_u64(dpid));
    }
    return sw;
}

static struct fw_refusal *find_refusal(const struct fw_switch *sw, uint32_t rule)
{
    for (size_t i = 0; i < sw->n_refused; i++) {
        if (sw->refused[i].rule == rule) {
            return &sw->refused[i];
        }
    }
    return NULL;
}

const struct fw_refusal *fw_switch_refusal(const struct fw_switch *sw, uint32_t rule)
{
    return find_refusal(sw, rule);
}

void fw_switch_refuses(struct fw_switch *sw, uint32_t rule, bool is_final)
{
    struct fw_refusal *r = find_refusal(sw, rule);

    if (!r) {
        sw->refused = xreallocarray(sw->refused, sw->n_refused + 1, sizeof *sw->refused);
        r = &sw->refused[sw->n_refused++];
        *r = (struct fw_refusal){.rule = rule};
    }
    r->is_final = r->is_final || is_final;
}

void fw_switch_forget_refused(struct fw_switch *sw)
{
    free(sw->refused);
    sw->refused = NULL;
    sw->n_refused = 0;
    sw->no_second = false;
}

/* --- What should leave -------------------------------------------------------------------------- */

/* Entries by priority and match. */
struct wanted {
    struct hmap_node node;
    const struct fw_entry *entry;
};

struct leaving {
    const struct firewall *f;
    const struct hmap *wanted;
    bool copies_only;
    uint8_t second; /* 0: nothing stays in other tables. */
    struct txn *txn;
    dpid_t dpid;
    struct {
        uint8_t table_id;
        uint16_t priority;
        struct of_match match;
    } * list; /* From the first to the last. */
    size_t n, room;
};

static uint64_t place_hash(uint16_t priority, const struct of_match *match)
{
    return hash_combine(of_match_hash(match), priority);
}

static bool is_wanted(const struct leaving *l, uint16_t priority, const struct of_match *match)
{
    struct hmap_node *it = hmap_first_with(l->wanted, place_hash(priority, match));

    for (; it; it = hmap_next_with(it)) {
        const struct fw_entry *e = HMAP_ENTRY(it, struct wanted, node)->entry;

        if (e->priority == priority && of_match_eq(&e->match, match)) {
            return true;
        }
    }
    return false;
}

static void look_at(void *aux, const struct flow_entry *entry)
{
    struct leaving *l = aux;
    struct flow_spec spec;
    bool stays;

    flow_entry_spec(entry, &spec);
    stays = spec.table_id == 0 ? l->copies_only || is_wanted(l, spec.priority, &spec.match)
                               : l->second && fw_copy_is_right(l->f, entry, l->second);
    if (stays || flow_entry_state(entry) == FLOW_DELETING) {
        return;
    }
    if (l->n == l->room) {
        l->room = l->room ? 2 * l->room : 16;
        l->list = xreallocarray(l->list, l->room, sizeof *l->list);
    }
    l->list[l->n].table_id = spec.table_id;
    l->list[l->n].priority = spec.priority;
    l->list[l->n++].match = spec.match;
}

static void remove_all(struct leaving *l)
{
    flowdb_each(l->f->ctl, l->dpid, l->f->id, look_at, l);
    for (size_t i = l->n; i-- > 0;) {
        txn_remove(l->txn, l->list[i].table_id ? STAGE_COPIES_LEAVE : STAGE_LEAVE, l->dpid,
                   l->list[i].table_id, l->list[i].priority, &l->list[i].match);
    }
    free(l->list);
}

/* --- What should be there ----------------------------------------------------------------------- */

static void want(const struct firewall *f, dpid_t dpid, const struct fw_entry *e, uint8_t second,
                 struct txn *txn)
{
    const struct of_action ask = of_output(OF_PORT_CONTROLLER);
    struct flow_spec spec = {.priority = e->priority,
                             .match = e->match,
                             .cookie = flow_cookie(f->id, e->rule),
                             .importance = IMPORTANCE};

    if (e->form == FW_ASK) {
        spec.ins = of_apply(&ask, 1);
    } else if (e->form == FW_GO_ON) {
        spec.ins.has_goto = true;
        spec.ins.goto_table = second;
    }
    txn_add(txn, STAGE_ENTRIES, dpid, &spec);
}

/* --- One switch --------------------------------------------------------------------------------- */

static void on_done(void *aux, enum err result);
static void on_flow_change(void *aux);

struct pass {
    struct firewall *f;
    struct fw_switch *sw;
    struct fw_plan plan;
    uint8_t second;
    struct txn *txn;
};

/* With the second table, or without when it cannot be used. */
static void make_plan(struct pass *p, const struct datapath *dp)
{
    struct firewall *f = p->f;

    p->second = p->sw->no_second ? 0 : fw_second_table(f, dp);
    fw_plan_make(f, p->sw, dp, p->second != 0, &p->plan);
    if (p->plan.needs_second && !fw_copies_add(f, p->sw->dpid, p->second, p->txn, STAGE_COPIES)) {
        txn_abort(p->txn);
        fw_plan_fini(&p->plan);
        p->txn = txn_begin(f->ctl);
        fw_plan_make(f, p->sw, dp, false, &p->plan);
    }
    if (!p->plan.needs_second) {
        p->second = 0;
    }
    p->sw->second = p->second;
    flowdb_watch(f->ctl, p->sw->dpid, f->id, p->second ? on_flow_change : NULL, p->sw);
}

static void write_differences(struct pass *p, bool copies_only, bool only_leave)
{
    struct fw_plan *plan = &p->plan;
    struct wanted *wanted = xcalloc(plan->n + 1, sizeof *wanted);
    struct hmap set;
    struct leaving l = {.f = p->f,
                        .wanted = &set,
                        .copies_only = copies_only,
                        .second = p->second,
                        .txn = p->txn,
                        .dpid = p->sw->dpid};

    hmap_init(&set);
    for (size_t i = 0; i < plan->n && !copies_only; i++) {
        wanted[i].entry = &plan->entries[i];
        hmap_insert(&set, &wanted[i].node,
                    place_hash(plan->entries[i].priority, &plan->entries[i].match));
        if (!only_leave) {
            want(p->f, p->sw->dpid, &plan->entries[i], p->second, p->txn);
        }
    }
    remove_all(&l);
    hmap_fini(&set);
    free(wanted);
}

static void on_copied(void *aux, enum err result)
{
    struct fw_switch *sw = aux;

    (void)result; /* What was refused is told by events. */
    sw->n_copying--;
}

/* The second table alone, which does not wait for changes that are under way. */
static void sync_copies(struct fw_switch *sw)
{
    struct pass p = {.f = sw->f, .sw = sw, .second = sw->second};

    if (!sw->second) {
        return;
    }
    p.txn = txn_begin(p.f->ctl);
    if (!fw_copies_add(p.f, sw->dpid, p.second, p.txn, STAGE_COPIES)) {
        txn_abort(p.txn);
        fw_dirty(p.f, sw->dpid);
        return;
    }
    write_differences(&p, true, false);
    sw->n_copying++;
    txn_commit(p.txn, on_copied, sw);
}

static void on_flow_change(void *aux)
{
    sync_copies(aux);
}

static void sync_all(struct pass *p, const struct datapath *dp, bool only_leave)
{
    p->txn = txn_begin(p->f->ctl);
    make_plan(p, dp);
    if (only_leave) {
        txn_abort(p->txn); /* What is in it was refused just now. */
        p->txn = txn_begin(p->f->ctl);
    }
    write_differences(p, false, only_leave);
    fw_plan_fini(&p->plan);
    p->sw->is_busy = true;
    txn_commit(p->txn, on_done, p->sw);
}

static void sync_switch(struct firewall *f, struct fw_switch *sw)
{
    struct pass p = {.f = f, .sw = sw};
    struct datapath *dp = datapath_find(f->ctl, sw->dpid);
    bool only_leave = !sw->is_dirty;

    if (sw->is_busy || !(sw->is_dirty || sw->was_refused)) {
        return;
    }
    sw->is_dirty = sw->was_refused = false;
    if (dp && datapath_is_ready(dp)) { /* Else it is looked at when it comes. */
        f->n.passes++;
        sync_all(&p, dp, only_leave);
    }
}

static void on_done(void *aux, enum err result)
{
    struct fw_switch *sw = aux;

    sw->is_busy = false;
    sw->was_refused = result == ERR_FULL || result == ERR_STATE;
    sync_switch(sw->f, sw);
    if (!sw->is_busy) {
        sync_copies(sw); /* Some may have been wanted again since the change began. */
    }
}

/* In the order of datapath ids. */
static void on_timer(void *aux, struct timer *timer)
{
    struct firewall *f = aux;
    size_t n;
    struct datapath *const *all = datapath_all(f->ctl, &n);

    (void)timer;
    for (size_t i = 0; i < n; i++) {
        struct fw_switch *sw = find_switch(f, datapath_id(all[i]));

        if (sw) {
            sync_switch(f, sw);
        }
    }
}

/* --- For the other files ------------------------------------------------------------------------ */

void fw_dirty(struct firewall *f, dpid_t dpid)
{
    fw_switch_get(f, dpid)->is_dirty = true;
    timer_set(ctl_timers(f->ctl), &f->sync, ctl_now(f->ctl));
}

void fw_dirty_all(struct firewall *f)
{
    size_t n;
    struct datapath *const *all = datapath_all(f->ctl, &n);

    fw_meeting_free(f->meeting);
    f->meeting = NULL;
    for (size_t i = 0; i < n; i++) {
        fw_switch_forget_refused(fw_switch_get(f, datapath_id(all[i])));
        fw_dirty(f, datapath_id(all[i]));
    }
}

bool firewall_is_settled(const void *state)
{
    const struct firewall *f = state;
    struct hmap_node *it, *next;

    HMAP_FOR_EACH (it, next, &f->switches) {
        const struct fw_switch *sw = HMAP_ENTRY(it, struct fw_switch, node);

        if (sw->is_dirty || sw->was_refused || sw->is_busy || sw->n_copying) {
            return false;
        }
    }
    return true;
}

void fw_sync_init(struct firewall *f)
{
    hmap_init(&f->switches);
    timer_init(&f->sync, on_timer, f);
}

void fw_sync_fini(struct firewall *f)
{
    struct hmap_node *it, *next;

    timer_cancel(ctl_timers(f->ctl), &f->sync);
    HMAP_FOR_EACH (it, next, &f->switches) {
        struct fw_switch *sw = HMAP_ENTRY(it, struct fw_switch, node);

        flowdb_watch(f->ctl, sw->dpid, 0, NULL, NULL);
        fw_counts_free(sw);
        hmap_remove(&f->switches, &sw->node);
        free(sw->refused);
        free(sw);
    }
    hmap_fini(&f->switches);
    fw_meeting_free(f->meeting);
}
