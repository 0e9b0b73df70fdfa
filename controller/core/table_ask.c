/* Questions about a table that is under pressure, and what the answers say.
 *
 * OpenFlow 1.0 tells how many entries a table can hold together with how many it has; since 1.1 that
 * is in the table features, which are long and therefore asked for once in a pressure. A 1.0 switch
 * chooses the table itself: what we call table 0 is then the one that is full, or else the one with
 * the most entries. */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/session.h"
#include "controller/core/table_pressure_int.h"

/* Entries of flow statistics that are looked at. */
#define MAX_LOOKS (1U << 20)

/* --- Asking ----------------------------------------------------------------------------------- */

static bool ask(struct table_watch *w, struct of_msg *msg, uint32_t *xid)
{
    struct session *session = w->flows->dp->ready ? w->flows->dp->session : NULL;

    msg->type = OF_MULTIPART_REQUEST;
    if (!session || session_send(session, msg, xid) != ERR_OK) {
        *xid = 0;
        return false;
    }
    return true;
}

static void ask_features(struct table_watch *w)
{
    struct of_msg msg = {0};

    if (w->flows->dp->version == OF_VERSION_1_0 || w->features_asked) {
        return;
    }
    w->features_asked = true;
    msg.mp_request.type = OF_MP_TABLE_FEATURES;
    ask(w, &msg, &w->asked_features);
}

/* The features come first, so that they are known when the statistics are judged. */
void table_ask_begin(struct table_watch *w, bool at_period_end)
{
    struct of_msg msg = {0};
    bool silent = w->asked_table != 0;

    w->period_is_over = w->period_is_over || at_period_end;
    w->n_since_ask = w->n_under_way;
    w->has_best = false;
    ask_features(w);
    msg.mp_request.type = OF_MP_TABLE;
    if (!ask(w, &msg, &w->asked_table) || silent) {
        table_watch_judge(w, false, 0, 0);
    }
}

bool table_ask_flows(struct table_watch *w)
{
    uint8_t version = w->flows->dp->version;
    struct of_msg msg = {0};

    w->looks.n = 0;
    msg.mp_request.type = OF_MP_FLOW;
    msg.mp_request.flow.table_id = version == OF_VERSION_1_0 ? OF_TABLE_ALL : w->table_id;
    msg.mp_request.flow.out_port = OF_PORT_ANY;
    msg.mp_request.flow.out_group = OF_GROUP_ANY;
    if (version != OF_VERSION_1_0) {
        msg.mp_request.flow.cookie = flow_cookie(0, 0);
        msg.mp_request.flow.cookie_mask = UINT64_C(0xffff) << 48;
    }
    return ask(w, &msg, &w->asked_flows);
}

/* --- Answers ---------------------------------------------------------------------------------- */

static bool is_about(const struct table_watch *w, const struct of_table_stats *t)
{
    return w->flows->dp->version == OF_VERSION_1_0 || t->table_id == w->table_id;
}

static void take_tables(struct table_watch *w, const struct of_multipart_reply *part)
{
    for (size_t i = 0; i < part->n; i++) {
        const struct of_table_stats *t = &part->tables[i];
        bool is_full = t->max_entries && t->n_active >= t->max_entries;
        bool is_better = !w->has_best || is_full > w->best_is_full ||
                         (is_full == w->best_is_full && t->n_active > w->best_entries);

        if (is_about(w, t) && is_better) {
            w->has_best = true;
            w->best_is_full = is_full;
            w->best_entries = t->n_active;
            w->best_capacity = t->max_entries ? t->max_entries : w->told_capacity;
        }
    }
    if (!part->more) {
        w->asked_table = 0;
        table_watch_judge(w, w->has_best, w->best_entries, w->best_capacity);
    }
}

static void take_features(struct table_watch *w, const struct of_multipart_reply *part)
{
    for (size_t i = 0; i < part->n; i++) {
        if (part->table_features[i].table_id == w->table_id) {
            w->told_capacity = part->table_features[i].max_entries;
        }
    }
    if (!part->more) {
        w->asked_features = 0;
    }
}

static struct table_look *add_look(struct table_looks *looks)
{
    if (looks->n == looks->cap) {
        looks->cap = looks->cap ? 2 * looks->cap : 64;
        looks->list = xreallocarray(looks->list, looks->cap, sizeof *looks->list);
    }
    return &looks->list[looks->n++];
}

static void take_flows(struct table_watch *w, const struct of_multipart_reply *part)
{
    struct flow_scratch *scratch = &w->flows->dp->ctl->flow_scratch;
    bool is_1_0 = w->flows->dp->version == OF_VERSION_1_0;

    for (size_t i = 0; i < part->n && w->looks.n < MAX_LOOKS; i++) {
        const struct of_flow_stats *f = &part->flows[i];

        if (flow_cookie_is_ours(f->cookie)) {
            *add_look(&w->looks) = (struct table_look){
                .identity =
                    flow_key_make(scratch, is_1_0 ? 0 : f->table_id, f->priority, &f->match).hash,
                .n_packets = f->n_packets,
                .age_s = f->duration_s};
        }
    }
    if (!part->more) {
        w->asked_flows = 0;
        table_evict_end(w);
    }
}

void table_watch_multipart(struct flow_table *flows, const struct of_msg *msg)
{
    const struct of_multipart_reply *part = &msg->mp_reply;
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &flows->watches) {
        struct table_watch *w = LIST_ENTRY(it, struct table_watch, node);

        if (msg->xid == 0) {
            return; /* Nothing of ours, and no question that is out either. */
        }
        if (msg->xid == w->asked_table && part->type == OF_MP_TABLE) {
            take_tables(w, part);
        } else if (msg->xid == w->asked_features && part->type == OF_MP_TABLE_FEATURES) {
            take_features(w, part);
        } else if (msg->xid == w->asked_flows && part->type == OF_MP_FLOW) {
            take_flows(w, part);
        }
    }
}

bool table_watch_error(struct flow_table *flows, uint32_t xid)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &flows->watches) {
        struct table_watch *w = LIST_ENTRY(it, struct table_watch, node);

        if (xid == 0) {
            return false;
        }
        if (xid == w->asked_table) {
            w->asked_table = 0;
            table_watch_judge(w, false, 0, 0);
            return true;
        }
        if (xid == w->asked_features) {
            w->asked_features = 0;
            return true;
        }
        if (xid == w->asked_flows) {
            w->asked_flows = 0;
            w->looks.n = 0;
            table_evict_end(w);
            return true;
        }
    }
    return false;
}

/* --- Vacancy events --------------------------------------------------------------------------- */

void table_vacancy_begin(struct flow_table *flows)
{
    const struct core_settings *settings = &flows->dp->ctl->settings;
    struct of_msg msg = {.type = OF_TABLE_MOD};

    if (flows->dp->version < OF_VERSION_1_4 || !settings->vacancy_down_percent) {
        return;
    }
    msg.table_mod =
        (struct of_table_mod){.table_id = OF_TABLE_ALL,
                              .config = OF_TC_VACANCY_EVENTS,
                              .has_vacancy = true,
                              .vacancy_down_percent = (uint8_t)settings->vacancy_down_percent,
                              .vacancy_up_percent = (uint8_t)settings->vacancy_up_percent};
    session_send(flows->dp->session, &msg, NULL);
}

void table_vacancy_event(struct flow_table *flows, const struct of_table_status *status)
{
    bool is_low = status->reason == OF_TR_VACANCY_DOWN;

    if (flows->dp->ready && (is_low || table_watch_find(flows, status->table.table_id))) {
        table_watch_low(table_watch_get(flows, status->table.table_id), is_low);
    }
}
