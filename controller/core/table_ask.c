/* Questions about a table that is under pressure, and what the answers say.
 *
 * OpenFlow 1.0 tells how many entries a table can hold together with how many it has; since 1.1 that
 * is in the table features, which are long and therefore asked for once in a pressure. A 1.0 switch
 * chooses the table itself: what we call table 0 is then the one that is full, or else the one with
 * the most entries. Of each kind one question is out at a time. */
#include "controller/base/alloc.h"
#include "controller/core/ask.h"
#include "controller/core/ctl_int.h"
#include "controller/core/session.h"
#include "controller/core/table_pressure_int.h"

/* Entries of flow statistics that are looked at. */
#define MAX_LOOKS (1U << 20)

static bool ask(struct table_watch *w, struct of_msg *msg, ask_fn *fn)
{
    msg->type = OF_MULTIPART_REQUEST;
    return datapath_ask_parts(w->flows->dp, msg, fn, w) == ERR_OK;
}

/* --- Table features --------------------------------------------------------------------------- */

static void on_features(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    struct table_watch *w = aux;

    (void)dp;
    for (size_t i = 0; answer->err == ERR_OK && i < answer->msg->mp_reply.n; i++) {
        const struct of_table_features *table = &answer->msg->mp_reply.table_features[i];

        if (table->table_id == w->table_id) {
            w->told_capacity = table->max_entries;
        }
    }
    w->asks_features = !answer->is_last;
}

static void ask_features(struct table_watch *w)
{
    struct of_msg msg = {0};

    if (w->flows->dp->version != OF_VERSION_1_0 && !w->features_asked && !w->asks_features) {
        w->features_asked = true;
        msg.mp_request.type = OF_MP_TABLE_FEATURES;
        w->asks_features = ask(w, &msg, on_features);
    }
}

/* --- Table statistics ------------------------------------------------------------------------- */

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
}

static void on_tables(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    struct table_watch *w = aux;

    (void)dp;
    if (answer->err == ERR_OK) {
        take_tables(w, &answer->msg->mp_reply);
    }
    if (!answer->is_last) {
        return;
    }
    w->asks_tables = false;
    if (w->is.state != TABLE_OPEN) {
        table_watch_judge(w, answer->err == ERR_OK && w->has_best, w->best_entries,
                          w->best_capacity);
    }
}

/* The features come first, so that they are known when the statistics are judged. */
void table_ask_begin(struct table_watch *w, bool at_period_end)
{
    struct of_msg msg = {0};
    bool silent = w->asks_tables;

    w->period_is_over = w->period_is_over || at_period_end;
    if (!silent) {
        ask_features(w);
        w->n_since_ask = w->n_under_way;
        w->has_best = false;
        msg.mp_request.type = OF_MP_TABLE;
        w->asks_tables = ask(w, &msg, on_tables);
    }
    if (!w->asks_tables || (silent && at_period_end)) {
        table_watch_judge(w, false, 0, 0);
    }
}

/* --- Flow statistics -------------------------------------------------------------------------- */

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
        uint8_t table_id = is_1_0 ? 0 : f->table_id;

        if (flow_cookie_is_ours(f->cookie)) {
            *add_look(&w->looks) = (struct table_look){
                .identity = flow_key_make(scratch, table_id, f->priority, &f->match).hash,
                .n_packets = f->n_packets,
                .age_s = f->duration_s};
        }
    }
}

static void on_flows(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    struct table_watch *w = aux;

    (void)dp;
    if (answer->err == ERR_OK) {
        take_flows(w, &answer->msg->mp_reply);
    } else {
        w->looks.n = 0;
    }
    if (!answer->is_last) {
        return;
    }
    w->asks_flows = false;
    if (w->is.state != TABLE_OPEN) {
        table_evict_end(w);
    }
}

void table_ask_flows(struct table_watch *w)
{
    uint8_t version = w->flows->dp->version;
    struct of_msg msg = {0};

    if (w->asks_flows) {
        return;
    }
    w->looks.n = 0;
    msg.mp_request.type = OF_MP_FLOW;
    msg.mp_request.flow.table_id = version == OF_VERSION_1_0 ? OF_TABLE_ALL : w->table_id;
    msg.mp_request.flow.out_port = OF_PORT_ANY;
    msg.mp_request.flow.out_group = OF_GROUP_ANY;
    if (version != OF_VERSION_1_0) {
        msg.mp_request.flow.cookie = flow_cookie(0, 0);
        msg.mp_request.flow.cookie_mask = UINT64_C(0xffff) << 48;
    }
    w->asks_flows = ask(w, &msg, on_flows);
    if (!w->asks_flows) {
        table_evict_end(w); /* Importance alone has to do. */
    }
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
