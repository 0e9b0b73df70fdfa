/* See failover.h. */
#include "controller/apps/failover.h"

#include <stdlib.h>
#include <string.h>

#include "controller/apps/ecmp.h"
#include "controller/base/alloc.h"
#include "controller/base/log.h"
#include "controller/core/ask.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/timer.h"

LOG_MODULE(failover);

#define PORT_BITS 12

struct group {
    uint32_t id;
    mono_t asked_at; /* Entries that lead to it may not be in flowdb yet. */
};

struct failover_switch {
    dpid_t dpid;
    bool has_failover;
    bool look; /* Some groups may not be used any more. */
    struct group *groups; /* Ascending ids. */
    size_t n, cap;
};

struct failover {
    struct ctl *ctl;
    uint8_t module_id;
    bool enabled;
    failover_changed_fn *changed;
    void *aux;
    struct failover_switch *switches; /* Ascending 'dpid'. */
    size_t n, cap;
    struct timer sweep;
    struct log_limit limit;
};

/* --- Tables ----------------------------------------------------------------------------------- */

static size_t switch_index(const struct failover *f, dpid_t dpid)
{
    size_t lo = 0, hi = f->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (f->switches[mid].dpid < dpid) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static struct failover_switch *switch_find(const struct failover *f, dpid_t dpid)
{
    size_t i = switch_index(f, dpid);

    return i < f->n && f->switches[i].dpid == dpid ? &f->switches[i] : NULL;
}

static struct failover_switch *switch_get(struct failover *f, dpid_t dpid)
{
    size_t i = switch_index(f, dpid);

    if (i < f->n && f->switches[i].dpid == dpid) {
        return &f->switches[i];
    }
    if (f->n == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 8;
        f->switches = xreallocarray(f->switches, f->cap, sizeof(*f->switches));
    }
    memmove(&f->switches[i + 1], &f->switches[i], (f->n - i) * sizeof(*f->switches));
    f->n++;
    f->switches[i] = (struct failover_switch){.dpid = dpid};
    return &f->switches[i];
}

static size_t group_index(const struct failover_switch *sw, uint32_t id)
{
    size_t i = 0;

    while (i < sw->n && sw->groups[i].id < id) {
        i++;
    }
    return i;
}

/* True when it is new. */
static bool group_note(struct failover_switch *sw, uint32_t id, mono_t now)
{
    size_t i = group_index(sw, id);

    if (i < sw->n && sw->groups[i].id == id) {
        sw->groups[i].asked_at = now;
        return false;
    }
    if (sw->n == sw->cap) {
        sw->cap = sw->cap ? 2 * sw->cap : 4;
        sw->groups = xreallocarray(sw->groups, sw->cap, sizeof(*sw->groups));
    }
    memmove(&sw->groups[i + 1], &sw->groups[i], (sw->n - i) * sizeof(*sw->groups));
    sw->n++;
    sw->groups[i] = (struct group){id, now};
    return true;
}

/* --- Groups of a switch that are not used ----------------------------------------------------- */

struct search {
    const struct failover_switch *sw;
    bool *is_used; /* Of its groups. */
    size_t n_used;
};

static void note_used(void *aux, const struct flow_entry *entry)
{
    struct search *search = aux;
    struct flow_spec spec;

    if (search->n_used == search->sw->n || flow_entry_state(entry) == FLOW_DELETING) {
        return;
    }
    flow_entry_spec(entry, &spec);
    for (size_t i = 0; i < spec.ins.apply.n; i++) {
        const struct of_action *a = &spec.ins.apply.list[i];
        size_t at = a->type == OF_ACT_GROUP ? group_index(search->sw, a->group_id) : search->sw->n;

        if (at < search->sw->n && search->sw->groups[at].id == a->group_id) {
            search->n_used += !search->is_used[at];
            search->is_used[at] = true;
        }
    }
}

/* Takes the unused ones of 'sw' away. True when some are too young. */
static bool sweep_switch(struct failover *f, struct failover_switch *sw, struct txn *txn)
{
    mono_t now = ctl_now(f->ctl);
    struct search search = {sw, xcalloc(sw->n + 1, sizeof(bool)), 0};
    bool is_young = false;
    size_t kept = 0;

    flowdb_each(f->ctl, sw->dpid, f->module_id, note_used, &search);
    for (size_t i = 0; i < sw->n; i++) {
        bool young = mono_diff_ns(now, sw->groups[i].asked_at) < FAILOVER_KEEP_NS;

        if (search.is_used[i] || young) {
            is_young = is_young || !search.is_used[i];
            sw->groups[kept++] = sw->groups[i];
        } else {
            txn_group_remove(txn, 0, sw->dpid, sw->groups[i].id);
        }
    }
    sw->n = kept;
    free(search.is_used);
    return is_young;
}

static void sweep_later(struct failover *f)
{
    if (!timer_is_set(&f->sweep)) {
        timer_set(ctl_timers(f->ctl), &f->sweep, mono_add(ctl_now(f->ctl), FAILOVER_KEEP_NS));
    }
}

static void sweep(void *aux, struct timer *timer)
{
    struct failover *f = aux;
    struct txn *txn = txn_begin(f->ctl);

    (void)timer;
    for (size_t i = 0; i < f->n; i++) {
        struct failover_switch *sw = &f->switches[i];

        sw->look = sw->look && sweep_switch(f, sw, txn);
        if (sw->look) {
            sweep_later(f);
        }
    }
    txn_commit(txn, NULL, NULL);
}

void failover_look(struct failover *f, dpid_t dpid)
{
    struct failover_switch *sw = switch_find(f, dpid);

    if (sw && sw->n > 0) {
        sw->look = true;
        sweep_later(f);
    }
}

bool failover_is_used(const struct failover *f)
{
    return f->n > 0;
}

/* --- Which switches have such groups ---------------------------------------------------------- */

static void set_has(struct failover *f, dpid_t dpid, bool has)
{
    struct failover_switch *sw = switch_get(f, dpid);

    if (sw->has_failover != has) {
        sw->has_failover = has;
        f->changed(f->aux);
    }
}

/* Some tell no limit, as 0. */
static void on_features(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    struct failover *f = aux;

    if (answer->err != ERR_CLOSED) {
        set_has(f, datapath_id(dp),
                answer->err == ERR_OK &&
                    (answer->msg->mp_reply.group_features.types & 1U << OF_GT_FF) != 0);
    }
}

void failover_datapath_up(struct failover *f, struct datapath *dp)
{
    struct of_msg msg = {.type = OF_MULTIPART_REQUEST};

    msg.mp_request.type = OF_MP_GROUP_FEATURES;
    if (f->enabled && (datapath_version(dp) < OF_VERSION_1_3 ||
                       datapath_ask(dp, &msg, on_features, f) != ERR_OK)) {
        set_has(f, datapath_id(dp), false);
    }
}

void failover_group_failed(struct failover *f, const struct datapath *dp)
{
    const struct failover_switch *sw = switch_find(f, datapath_id(dp));

    if (sw && sw->has_failover) {
        LOG_LIMITED(ctl_log(f->ctl), &f->limit, LOG_WARN,
                    "switch " DPID_FMT " is served without fast failover",
                    DPID_ARGS(datapath_id(dp)));
    }
    set_has(f, datapath_id(dp), false);
}

/* --- Ways ------------------------------------------------------------------------------------- */

struct failover_way failover_plan(const struct failover *f, dpid_t at, dpid_t to, port_no_t port,
                                  uint64_t key, bool *is_level)
{
    const struct failover_switch *sw = switch_find(f, at);
    struct failover_way way = failover_plain(port);

    *is_level = false;
    if (sw && sw->has_failover && port > 0 && port <= FAILOVER_MAX_PORT) {
        way.alt = ecmp_alternate(f->ctl, at, to, port, key, is_level);
    }
    if (way.alt > FAILOVER_MAX_PORT) {
        *is_level = false;
        way.alt = OF_PORT_ANY;
    }
    return way;
}

static uint32_t group_id(uint8_t module_id, struct failover_way way)
{
    return object_id(module_id, way.port << PORT_BITS | way.alt);
}

struct of_action failover_output(uint8_t module_id, struct failover_way way)
{
    return way.alt == OF_PORT_ANY
               ? of_output(way.port)
               : (struct of_action){.type = OF_ACT_GROUP, .group_id = group_id(module_id, way)};
}

struct failover_way failover_way_of(const struct of_action *action)
{
    if (action->type == OF_ACT_OUTPUT) {
        return failover_plain(action->output.port);
    }
    if (action->type == OF_ACT_GROUP) {
        return (struct failover_way){action->group_id >> PORT_BITS & FAILOVER_MAX_PORT,
                                     action->group_id & FAILOVER_MAX_PORT};
    }
    return failover_plain(OF_PORT_ANY);
}

void failover_add(struct failover *f, struct txn *txn, unsigned stage, dpid_t dpid,
                  struct failover_way way)
{
    struct of_action out[2] = {of_output(way.port), of_output(way.alt)};
    struct of_bucket buckets[2];
    struct of_group_desc group = {OF_GT_FF, group_id(f->module_id, way), buckets, 2};

    if (way.alt == OF_PORT_ANY) {
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        buckets[i] = (struct of_bucket){.watch_port = out[i].output.port,
                                        .watch_group = OF_GROUP_ANY,
                                        .actions = {&out[i], 1}};
    }
    txn_group(txn, stage, dpid, &group);
    if (group_note(switch_get(f, dpid), group.group_id, ctl_now(f->ctl))) {
        failover_look(f, dpid);
    }
}

bool failover_is_there(const struct failover *f, dpid_t dpid, struct failover_way way)
{
    return way.alt == OF_PORT_ANY || object_state(f->ctl, dpid, OBJECT_GROUP,
                                                  group_id(f->module_id, way)) == OBJECT_CONFIRMED;
}

/* --- Beginning and end ------------------------------------------------------------------------ */

struct failover *failover_new(struct ctl *ctl, uint8_t module_id, bool enabled,
                              failover_changed_fn *changed, void *aux)
{
    struct failover *f = xcalloc(1, sizeof(*f));

    f->ctl = ctl;
    f->module_id = module_id;
    f->enabled = enabled;
    f->changed = changed;
    f->aux = aux;
    f->limit = (struct log_limit)LOG_LIMIT_INIT(1, 10);
    timer_init(&f->sweep, sweep, f);
    return f;
}

void failover_free(struct failover *f)
{
    if (!f) {
        return;
    }
    timer_cancel(ctl_timers(f->ctl), &f->sweep);
    for (size_t i = 0; i < f->n; i++) {
        free(f->switches[i].groups);
    }
    free(f->switches);
    free(f);
}
