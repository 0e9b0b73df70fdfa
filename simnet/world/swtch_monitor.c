/* Flow monitors: a controller is told of changes in the flow tables (1.4 §7.3.5.17).
 *
 * A monitor belongs to the connection that asked for it. Changes are reported as they happen, in multipart
 * replies with xid 0, before the barrier that follows them is answered. What a controller changes itself is
 * told to it as its flow-mod's xid only, once for each flow-mod, unless it wants it in full. The channel never
 * fills, so monitors never pause. */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "simnet/world/swtch_impl.h"

enum { MAX_MONITORS = 64, UPDATES_PER_MSG = 32 };

struct flow_monitor {
    struct flow_monitor *next;
    struct of_flow_monitor wish;
};

/* --- What is reported --------------------------------------------------------------------------- */

static bool is_about(const struct of_flow_monitor *m, uint8_t table_id, const struct table *table,
                     uint32_t entry)
{
    struct of_flow_filter filter = {
        .out_port = m->out_port, .out_group = m->out_group, .match = m->match};

    return (m->table_id == OF_TABLE_ALL || m->table_id == table_id) &&
           table_entry_passes(table, entry, &filter);
}

static struct of_flow_update describe(const struct of_flow_monitor *m, enum of_monitor_event event,
                                      uint8_t table_id, const struct table *table, uint32_t entry)
{
    struct table_entry e = table_entry(table, entry);
    struct of_flow_update u = {
        .event = event,
        .table_id = table_id,
        .idle_timeout_s = e.idle_timeout_s,
        .hard_timeout_s = e.hard_timeout_s,
        .priority = e.priority,
        .cookie = e.cookie,
    };

    table_entry_match(table, entry, &u.match);
    if (m->flags & OF_FMF_INSTRUCTIONS) {
        u.ins = e.program->ins;
    }
    return u;
}

static void send_update(struct swtch_conn *conn, const struct of_flow_update *u)
{
    struct of_msg msg = {.type = OF_MULTIPART_REPLY,
                         .mp_reply = {.type = OF_MP_FLOW_MONITOR, .n = 1}};

    msg.mp_reply.updates = u;
    swtch_send_to(conn, &msg);
}

/* --- Changes --------------------------------------------------------------------------------- */

static enum of_monitor_event event_of(enum table_change change)
{
    return change == TABLE_ADDED      ? OF_FME_ADDED
           : change == TABLE_MODIFIED ? OF_FME_MODIFIED
                                      : OF_FME_REMOVED;
}

static bool wants(const struct of_flow_monitor *m, enum of_monitor_event event, bool own)
{
    uint16_t flag = event == OF_FME_ADDED     ? OF_FMF_ADD
                    : event == OF_FME_REMOVED ? OF_FMF_REMOVED
                                              : OF_FMF_MODIFY;

    return (m->flags & flag) && (own || !(m->flags & OF_FMF_ONLY_OWN));
}

static void abbreviate(struct swtch_conn *conn, uint32_t xid)
{
    struct of_flow_update u = {.event = OF_FME_ABBREV, .xid = xid};

    if (!conn->has_abbreviated) {
        conn->has_abbreviated = true;
        send_update(conn, &u);
    }
}

/* Of the monitors that are about the entry the first reports it; instructions when any wants them. */
static void tell(struct swtch_conn *conn, enum of_monitor_event event,
                 enum of_flow_removed_reason reason, uint8_t table_id, const struct table *table,
                 uint32_t entry)
{
    const struct of_msg *work = conn->sw->at_work;
    bool own = work && work->type == OF_FLOW_MOD && conn->sw->cur == conn;
    struct of_flow_monitor sum = {0};
    struct of_flow_update u;
    bool any = false;

    for (const struct flow_monitor *m = conn->monitors; m; m = m->next) {
        if (wants(&m->wish, event, own) && is_about(&m->wish, table_id, table, entry)) {
            sum.flags |= m->wish.flags;
            any = true;
        }
    }
    if (any && own && !(sum.flags & OF_FMF_NO_ABBREV)) {
        abbreviate(conn, work->xid);
    } else if (any) {
        u = describe(&sum, event, table_id, table, entry);
        u.reason = reason;
        send_update(conn, &u);
    }
}

void swtch_monitors_tell(struct swtch *sw, uint8_t table_id, const struct table *table,
                         uint32_t entry, enum table_change change,
                         enum of_flow_removed_reason reason)
{
    for (struct swtch_conn *conn = sw->conns; conn; conn = conn->next) {
        if (conn->monitors && swtch_conn_is_ready(conn)) {
            tell(conn, event_of(change), reason, table_id, table, entry);
        }
    }
}

/* --- Requests -------------------------------------------------------------------------------- */

static struct flow_monitor **find(struct swtch_conn *conn, uint32_t id)
{
    struct flow_monitor **link = &conn->monitors;

    while (*link && (*link)->wish.monitor_id != id) {
        link = &(*link)->next;
    }
    return link;
}

static void forget(struct flow_monitor **link)
{
    struct flow_monitor *m = *link;

    *link = m->next;
    free(m);
}

void swtch_monitors_free(struct swtch_conn *conn)
{
    while (conn->monitors) {
        forget(&conn->monitors);
    }
}

static unsigned n_monitors(const struct swtch_conn *conn)
{
    unsigned n = 0;

    for (const struct flow_monitor *m = conn->monitors; m; m = m->next) {
        n++;
    }
    return n;
}

static enum of_err check(struct swtch_conn *conn, const struct of_flow_monitor *wish)
{
    bool exists = *find(conn, wish->monitor_id) != NULL;

    if (wish->command == OF_FMC_ADD && exists) {
        return OF_ERR_MONITOR_EXISTS;
    }
    if (wish->command != OF_FMC_ADD && !exists) {
        return OF_ERR_MONITOR_UNKNOWN_MONITOR;
    }
    if (wish->command == OF_FMC_DELETE) {
        return OF_OK;
    }
    if (wish->table_id != OF_TABLE_ALL && !swtch_table_in_use(conn->sw, wish->table_id)) {
        return OF_ERR_MONITOR_BAD_TABLE_ID;
    }
    return !exists && n_monitors(conn) == MAX_MONITORS ? OF_ERR_MONITOR_UNKNOWN : OF_OK;
}

/* The entries that there are, as far as the controller wants to know. */
static void reply_initial(struct answer *a, const struct of_flow_monitor *m)
{
    struct swtch *sw = a->sw;
    struct of_flow_update *list = arena_calloc(&sw->arena, UPDATES_PER_MSG, sizeof *list);
    size_t n = 0, size = 0, more;

    for (uint8_t t = 0; t < sw->params.n_tables && (m->flags & OF_FMF_INITIAL); t++) {
        const struct table *table = sw->tables[t];

        for (uint32_t i = table_first(table); i != TABLE_NONE; i = table_next(table, i)) {
            if (!is_about(m, t, table, i)) {
                continue;
            }
            more = swtch_stats_flow_size(table, i);
            if (n == UPDATES_PER_MSG || (n && size + more > STATS_BODY_BYTES)) {
                a->msg.mp_reply.updates = list;
                swtch_stats_part(a, n, true);
                n = size = 0;
            }
            list[n] = describe(m, OF_FME_INITIAL, t, table, i);
            a->msg.mp_reply.updates = &list[n];
            if (swtch_stats_can_tell(a, more)) {
                size += more;
                n++;
            }
        }
    }
    a->msg.mp_reply.updates = list;
    swtch_stats_part(a, n, false);
}

enum of_err swtch_flow_monitor(struct answer *a, const struct of_flow_monitor *wish)
{
    struct swtch_conn *conn = a->sw->cur;
    struct flow_monitor **link = find(conn, wish->monitor_id);
    enum of_err err = check(conn, wish);

    if (err != OF_OK) {
        return err;
    }
    if (wish->command == OF_FMC_DELETE) {
        forget(link); /* It has no answer. */
        return OF_OK;
    }
    if (!*link) {
        *link = xcalloc(1, sizeof **link);
    }
    (*link)->wish = *wish;
    reply_initial(a, wish);
    return OF_OK;
}
