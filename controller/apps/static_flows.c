/* See static_flows.h. */
#include "controller/apps/static_flows.h"

#include <stdlib.h>
#include <string.h>

#include "controller/apps/static_entry.h"
#include "controller/base/alloc.h"
#include "controller/core/ctl_api.h"
#include "controller/core/txn.h"

LOG_MODULE(static_flows);

struct static_flows_settings static_flows_settings_default(void)
{
    return (struct static_flows_settings){.max_flows = 8192};
}

const char *static_flow_state_name(enum static_flow_state state)
{
    static const char *const names[] = {"disabled",  "waiting", "sent",
                                        "installed", "refused", "expired"};

    return (size_t)state < sizeof names / sizeof names[0] ? names[state] : "?";
}

/* --- What the operator does ------------------------------------------------------------------- */

static bool keeps_place(const struct static_flows *s, const struct static_entry *e,
                        const struct flow_spec *spec)
{
    struct arena arena = {0};
    struct flow_spec old;

    static_entry_unpack(s, e, &arena, &old);
    arena_fini(&arena);
    return static_entry_same_place(&old, spec);
}

/* Puts 'bytes' into 'e' when that can be remembered; else all is as it was. */
static enum err replace(struct static_flows *s, struct static_entry *e, const struct static_flow *f,
                        struct buf *bytes)
{
    struct static_entry old = *e;
    enum err err;

    e->bytes = bytes->data;
    e->len = bytes->len;
    e->is_enabled = f->is_enabled;
    err = static_entry_remember(s, e);
    if (err) {
        e->bytes = old.bytes;
        e->len = old.len;
        e->is_enabled = old.is_enabled;
        return err;
    }
    *bytes = BUF_INIT;
    if (old.bytes && (!e->is_enabled || !keeps_place(s, &old, &f->spec))) {
        static_entry_unwant(s, &old);
    }
    free(old.bytes);
    static_entry_want(s, e);
    return ERR_OK;
}

enum err static_flows_put(void *state, const struct static_flow *f,
                          struct static_flow_fault *fault)
{
    struct static_flows *s = state;
    struct buf bytes = BUF_INIT;
    enum err err = static_entry_check(s, f, &bytes, fault);
    struct static_entry *e = err ? NULL : static_entry_find(s, f->dpid, f->name);

    if (!err && !e && s->by_name.n >= s->settings.max_flows) {
        err = ERR_FULL;
    }
    if (!err) {
        e = e ? e : static_entry_new(s, f->dpid, f->name);
        err = replace(s, e, f, &bytes);
        if (err && !e->bytes) {
            static_entry_free(s, e);
        }
    }
    buf_fini(&bytes);
    return err;
}

enum err static_flows_remove(void *state, dpid_t dpid, const char *name)
{
    struct static_flows *s = state;
    struct static_entry *e = static_entry_find(s, dpid, name);
    enum err err = e ? static_entry_forget(s, e) : ERR_NOTFOUND;

    if (!err) {
        static_entry_unwant(s, e);
        static_entry_free(s, e);
    }
    return err;
}

enum err static_flows_enable(void *state, dpid_t dpid, const char *name, bool is_enabled)
{
    struct static_flows *s = state;
    struct static_entry *e = static_entry_find(s, dpid, name);
    bool was = e && e->is_enabled;
    enum err err;

    if (!e) {
        return ERR_NOTFOUND;
    }
    e->is_enabled = is_enabled;
    err = static_entry_remember(s, e);
    if (err) {
        e->is_enabled = was;
        return err;
    }
    if (is_enabled) {
        static_entry_want(s, e);
    } else {
        static_entry_unwant(s, e);
    }
    return ERR_OK;
}

enum err static_flows_clear(void *state, const dpid_t *dpid, size_t *n)
{
    struct static_flows *s = state;
    struct hmap_node *it, *tmp;
    size_t n_removed = 0;
    enum err err = ERR_OK;

    HMAP_FOR_EACH (it, tmp, &s->by_name) {
        struct static_entry *e = HMAP_ENTRY(it, struct static_entry, node);

        if (!err && (!dpid || e->dpid == *dpid)) {
            err = static_flows_remove(s, e->dpid, e->name);
            n_removed += !err;
        }
    }
    if (n) {
        *n = n_removed;
    }
    return err;
}

/* --- Views ------------------------------------------------------------------------------------ */

static enum static_flow_state state_of(const struct static_flows *s, const struct static_entry *e,
                                       const struct flow_spec *spec)
{
    const struct flow_entry *flow;

    if (!e->is_enabled) {
        return STATIC_FLOW_DISABLED;
    }
    if (e->error != OF_OK || e->is_expired) {
        return e->is_expired ? STATIC_FLOW_EXPIRED : STATIC_FLOW_REFUSED;
    }
    flow = flowdb_find(s->ctl, e->dpid, spec->table_id, spec->priority, &spec->match);
    return !flow                                         ? STATIC_FLOW_WAITING
           : flow_entry_state(flow) == FLOW_CONFIRMED    ? STATIC_FLOW_INSTALLED
           : flow_entry_state(flow) == FLOW_SENT         ? STATIC_FLOW_SENT
                                                         : STATIC_FLOW_WAITING;
}

static void tell(const struct static_flows *s, const struct static_entry *e, static_flows_fn *fn,
                 void *aux)
{
    struct arena arena = {0};
    struct static_flow_info info = {.flow = {e->dpid, e->name, e->is_enabled, {0}},
                                    .error = e->error,
                                    .n_repaired = e->n_repaired};

    static_entry_unpack(s, e, &arena, &info.flow.spec);
    info.state = state_of(s, e, &info.flow.spec);
    fn(aux, &info);
    arena_fini(&arena);
}

enum err static_flows_find(const void *state, dpid_t dpid, const char *name, static_flows_fn *fn,
                           void *aux)
{
    const struct static_entry *e = static_entry_find(state, dpid, name);

    if (!e) {
        return ERR_NOTFOUND;
    }
    tell(state, e, fn, aux);
    return ERR_OK;
}

static int compare(const void *a, const void *b)
{
    const struct static_entry *x = *(const struct static_entry *const *)a, *y = *(const struct static_entry *const *)b;

    return x->dpid != y->dpid ? (x->dpid < y->dpid ? -1 : 1) : strcmp(x->name, y->name);
}

void static_flows_each(const void *state, const dpid_t *dpid, static_flows_fn *fn, void *aux)
{
    const struct static_flows *s = state;
    struct static_entry **list = xcalloc(s->by_name.n + 1, sizeof(struct static_entry *));
    struct hmap_node *it, *tmp;
    size_t n = 0;

    HMAP_FOR_EACH (it, tmp, &s->by_name) {
        if (!dpid || HMAP_ENTRY(it, struct static_entry, node)->dpid == *dpid) {
            list[n++] = HMAP_ENTRY(it, struct static_entry, node);
        }
    }
    qsort(list, n, sizeof(struct static_entry *), compare);
    for (size_t i = 0; i < n; i++) {
        tell(s, list[i], fn, aux);
    }
    free(list);
}

/* --- Events ----------------------------------------------------------------------------------- */

/* The entry that 'flow' is of, if it is wanted; else NULL. */
static struct static_entry *find_wanted(const struct static_flows *s, const struct flow_entry *flow)
{
    uint64_t number = flow_cookie_value(flow_entry_cookie(flow));
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &s->by_name) {
        struct static_entry *e = HMAP_ENTRY(it, struct static_entry, node);

        if (e->number == number) {
            return e->is_enabled ? e : NULL;
        }
    }
    return NULL;
}

static void on_removed(void *state, const struct ctl_event *event)
{
    struct static_flows *s = state;
    struct static_entry *e = find_wanted(s, event->flow);

    if (!e) {
        return;
    }
    if (event->reason == OF_REMOVED_IDLE_TIMEOUT || event->reason == OF_REMOVED_HARD_TIMEOUT) {
        e->is_expired = true;
    } else {
        e->n_repaired++;
        static_entry_want(s, e);
    }
}

/* An entry of ours that is on a switch and not wanted: it was removed while the switch was away. */
static void on_adopted(void *state, const struct ctl_event *event)
{
    struct static_flows *s = state;
    struct txn *txn = txn_begin(s->ctl);
    struct flow_spec spec;

    flow_entry_spec(event->flow, &spec);
    txn_remove(txn, 0, flow_entry_dpid(event->flow), spec.table_id, spec.priority, &spec.match);
    txn_commit(txn, NULL, NULL);
}

static void on_failed(void *state, const struct ctl_event *event)
{
    struct static_flows *s = state;
    struct static_entry *e = find_wanted(s, event->flow);

    if (e) {
        e->error = event->error;
        LOG_LIMITED(ctl_log(s->ctl), &s->limit, LOG_WARN,
                    "switch " DPID_FMT " refuses entry %s: %s", DPID_ARGS(e->dpid), e->name,
                    of_err_name(event->error));
    }
}

/* --- Module ----------------------------------------------------------------------------------- */

static void stop(void *state)
{
    struct static_flows *s = state;
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &s->by_name) {
        static_entry_free(s, HMAP_ENTRY(it, struct static_entry, node));
    }
    hmap_fini(&s->by_name);
    free(s);
}

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct static_flows *s = xcalloc(1, sizeof(*s));

    s->ctl = ctl;
    s->id = id;
    s->settings = settings ? *(const struct static_flows_settings *)settings
                           : static_flows_settings_default();
    s->limit = (struct log_limit)LOG_LIMIT_INIT(1, 10);
    hmap_init(&s->by_name);
    if (static_entries_restore(s)) {
        LOG_ERROR(ctl_log(ctl), "cannot read the stored entries");
        stop(s);
        return ERR_IO;
    }
    *state = s;
    return ERR_OK;
}

const struct ctl_module static_flows_module = {
    .name = "static_flows",
    .start = start,
    .stop = stop,
    .on = {[CTL_FLOW_ADOPTED] = on_adopted,
           [CTL_FLOW_REMOVED] = on_removed,
           [CTL_FLOW_FAILED] = on_failed},
};
