/* Roles, controllers, tables, asynchronous configuration, bundles and flow monitors as text for
 * people. */
#include "controller/openflow/of_print.h"

/* --- Roles ------------------------------------------------------------------------------------ */

static const char *role_name(unsigned role)
{
    static const char *const roles[] = {"nochange", "equal", "master", "slave"};

    return role < 4 ? roles[role] : "?";
}

void of_text_role(struct of_text *t, const struct of_role_msg *role)
{
    of_text_add(t, " %s", role_name(role->role));
    of_text_u64(t, "generation", role->generation_id);
    if (role->short_id) {
        of_text_u64(t, "short_id", role->short_id);
    }
}

void of_text_role_status(struct of_text *t, const struct of_role_status *s)
{
    static const char *const reasons[] = {"master_request", "config", "experimenter"};
    unsigned reason = s->reason;

    of_text_add(t, " %s %s", role_name(s->role), reason < 3 ? reasons[reason] : "?");
    of_text_u64(t, "generation", s->generation_id);
}

/* --- Controllers ------------------------------------------------------------------------------ */

/* What cannot be printed in an URI is written as '?'. */
static void add_uri(struct of_text *t, struct of_bytes uri)
{
    of_text_add(t, " uri=");
    for (size_t i = 0; i < uri.len; i++) {
        bool is_text = uri.data[i] > ' ' && uri.data[i] <= '~';

        of_text_add(t, "%c", is_text ? uri.data[i] : '?');
    }
}

void of_text_controller(struct of_text *t, const struct of_controller_status *s)
{
    static const char *const reasons[] = {"request", "channel_status", "role",        "added",
                                          "removed", "short_id",       "experimenter"};
    unsigned reason = s->reason;

    of_text_add(t, " %s %s short_id=%u channel=%s", reason < 7 ? reasons[reason] : "?",
                role_name(s->role), s->short_id, s->channel_is_up ? "up" : "down");
    if (s->uri.len) {
        add_uri(t, s->uri);
    }
}

void of_text_controllers(struct of_text *t, const struct of_controller_status *list, size_t n)
{
    of_text_u64(t, "controllers", n);
    for (size_t i = 0; i < n && i < OF_MAX_LISTED; i++) {
        of_text_add(t, " {");
        of_text_controller(t, &list[i]);
        of_text_add(t, "}");
    }
}

/* --- Tables ----------------------------------------------------------------------------------- */

void of_text_table_mod(struct of_text *t, const struct of_table_mod *table)
{
    of_text_u64(t, "table", table->table_id);
    of_text_hex(t, "config", table->config);
    if (table->has_eviction) {
        of_text_hex(t, "eviction", table->eviction);
    }
    if (table->has_vacancy) {
        of_text_add(t, " vacancy=%u%%(%u%%..%u%%)", table->vacancy_percent,
                    table->vacancy_down_percent, table->vacancy_up_percent);
    }
}

void of_text_table_status(struct of_text *t, const struct of_table_status *s)
{
    of_text_add(t, " %s",
                s->reason == OF_TR_VACANCY_DOWN ? "vacancy_down"
                : s->reason == OF_TR_VACANCY_UP ? "vacancy_up"
                                                : "?");
    of_text_table_mod(t, &s->table);
}

void of_text_table_descs(struct of_text *t, const struct of_table_mod *list, size_t n)
{
    of_text_u64(t, "tables", n);
    for (size_t i = 0; i < n && i < OF_MAX_LISTED; i++) {
        of_text_table_mod(t, &list[i]);
    }
}

/* --- Asynchronous configuration ----------------------------------------------------------------- */

static void add_masks(struct of_text *t, const struct of_async *a, unsigned kind, const char *name,
                      const uint32_t masks[2])
{
    if (a->said[0] >> kind & 1 || a->said[1] >> kind & 1) {
        of_text_add(t, " %s=0x%x,0x%x", name, masks[0], masks[1]);
    }
}

void of_text_async(struct of_text *t, const struct of_async *a)
{
    add_masks(t, a, 0, "packet_in", a->packet_in);
    add_masks(t, a, 1, "port_status", a->port_status);
    add_masks(t, a, 2, "flow_removed", a->flow_removed);
    add_masks(t, a, 3, "role_status", a->role_status);
    add_masks(t, a, 4, "table_status", a->table_status);
    add_masks(t, a, 5, "requestforward", a->requestforward);
    add_masks(t, a, 6, "flow_stats", a->flow_stats);
    add_masks(t, a, 7, "controller_status", a->controller_status);
}

/* --- Messages that hold messages ---------------------------------------------------------------- */

static void add_held(struct of_text *t, const struct of_msg *held)
{
    of_text_add(t, " {");
    of_text_msg(t, held);
    of_text_add(t, "}");
}

static void add_time(struct of_text *t, const char *name, struct of_time time)
{
    of_text_add(t, " %s=%llu.%09u", name, (unsigned long long)time.s, time.ns);
}

void of_text_bundle_control(struct of_text *t, const struct of_bundle_control *bundle)
{
    static const char *const types[OF_N_BUNDLE_TYPES] = {
        "open_request",   "open_reply",   "close_request",   "close_reply",
        "commit_request", "commit_reply", "discard_request", "discard_reply"};
    unsigned type = bundle->type;

    of_text_add(t, " %s", type < OF_N_BUNDLE_TYPES ? types[type] : "?");
    of_text_u64(t, "bundle", bundle->bundle_id);
    of_text_hex(t, "flags", bundle->flags);
    if (bundle->flags & OF_BF_TIME) {
        add_time(t, "at_s", bundle->at);
    }
}

void of_text_bundle_add(struct of_text *t, const struct of_bundle_add *add)
{
    of_text_u64(t, "bundle", add->bundle_id);
    of_text_hex(t, "flags", add->flags);
    add_held(t, add->message);
}

void of_text_bundle_features(struct of_text *t, const struct of_bundle_features *f)
{
    of_text_hex(t, "capabilities", f->capabilities);
    if (f->has_time) {
        add_time(t, "accuracy_s", f->accuracy);
        add_time(t, "max_future_s", f->max_future);
        add_time(t, "max_past_s", f->max_past);
        add_time(t, "timestamp_s", f->timestamp);
    }
}

void of_text_bundle_features_request(struct of_text *t, const struct of_multipart_request *q)
{
    of_text_hex(t, "flags", q->bundle_features.flags);
    if (q->bundle_features.flags & 1) {
        add_time(t, "timestamp_s", q->bundle_features.timestamp);
    }
    if (q->bundle_features.flags & 2) {
        add_time(t, "max_future_s", q->bundle_features.max_future);
        add_time(t, "max_past_s", q->bundle_features.max_past);
    }
}

void of_text_requestforward(struct of_text *t, const struct of_requestforward *f)
{
    add_held(t, f->request);
}

/* --- Flow monitors ------------------------------------------------------------------------------ */

void of_text_filter(struct of_text *t, port_no_t out_port, uint32_t out_group)
{
    if (out_port != OF_PORT_ANY) {
        of_text_named_port(t, "out_port", out_port);
    }
    if (out_group != OF_GROUP_ANY) {
        of_text_u64(t, "out_group", out_group);
    }
}

const char *of_removed_reason_name(unsigned reason)
{
    static const char *const reasons[] = {"idle_timeout", "hard_timeout", "delete",
                                          "group_delete", "meter_delete", "eviction"};

    return reason < 6 ? reasons[reason] : "?";
}

void of_text_monitor(struct of_text *t, const struct of_flow_monitor *m)
{
    static const char *const commands[] = {"add", "modify", "delete"};
    unsigned command = m->command;

    of_text_add(t, " %s monitor=%u table=%u flags=0x%x ", command < 3 ? commands[command] : "?",
                m->monitor_id, m->table_id, m->flags);
    of_text_match(t, &m->match);
    of_text_filter(t, m->out_port, m->out_group);
}

static void add_update(struct of_text *t, const struct of_flow_update *u)
{
    static const char *const events[] = {"initial", "added",  "removed", "modified",
                                         "abbrev",  "paused", "resumed"};
    unsigned event = u->event;

    of_text_add(t, " {%s", event < 7 ? events[event] : "?");
    if (event == OF_FME_ABBREV) {
        of_text_u64(t, "xid", u->xid);
    }
    if (event == OF_FME_REMOVED) {
        of_text_add(t, " %s", of_removed_reason_name(u->reason));
    }
    if (event <= OF_FME_MODIFIED) {
        of_text_add(t, " table=%u prio=%u ", u->table_id, u->priority);
        of_text_match(t, &u->match);
        of_text_add(t, " cookie=0x%llx actions=", (unsigned long long)u->cookie);
        of_text_instructions(t, &u->ins);
    }
    of_text_add(t, "}");
}

void of_text_updates(struct of_text *t, const struct of_flow_update *list, size_t n)
{
    of_text_u64(t, "updates", n);
    for (size_t i = 0; i < n && i < OF_MAX_LISTED; i++) {
        add_update(t, &list[i]);
    }
}
