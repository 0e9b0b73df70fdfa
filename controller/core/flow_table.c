/* Flow tables: the life of an entry from the wish to the switch and back. */
#include "controller/core/flowdb_int.h"

#include <stdlib.h>
#include <string.h>

#include "controller/core/ctl_int.h"
#include "controller/openflow/of_pack.h"
#include "controller/core/session.h"

LOG_MODULE(flowdb);

/* --- Tables ----------------------------------------------------------------------------------- */

void flow_table_init(struct flow_table *table, struct datapath *dp)
{
    table->dp = dp;
    list_init(&table->in_flight);
    list_init(&table->barriers);
    table_watches_init(table);
    flow_sync_init(table);
}

void flow_table_fini(struct flow_table *table)
{
    struct flow_entry *entry;
    size_t at;

    FLOW_INDEX_FOR_EACH (entry, at, &table->entries) {
        flow_entry_free(entry);
    }
    flow_index_fini(&table->entries);
    table_watches_fini(table);
    flow_barrier_fini(table);
}

static bool has_key(const struct flow_entry *entry, const struct flow_key *key)
{
    return entry->table_id == key->table_id && entry->priority == key->priority &&
           entry->match_len == key->match_len &&
           memcmp(entry->match, key->match, key->match_len) == 0;
}

struct flow_entry *flow_table_find(const struct flow_table *table, struct flow_key key)
{
    const uint64_t *slot = flow_index_first(&table->entries, key.hash);

    for (; slot; slot = flow_index_next(slot + 1, flow_index_tag(key.hash))) {
        struct flow_entry *entry = flow_index_entry(*slot);

        if (has_key(entry, &key)) {
            return entry;
        }
    }
    return NULL;
}

void flow_table_look_content(const struct flow_table *table, uint64_t hash)
{
    const uint64_t *slot = flow_index_first(&table->entries, hash);

    if (slot) {
        const struct flow_content *content = flow_index_entry(*slot)->content;

        __builtin_prefetch(content);
        __builtin_prefetch(&content->n_users);
    }
}

static void call_watcher(void *aux, enum err result)
{
    struct flow_table *table = aux;

    (void)result;
    table->has_changed = false;
    if (table->on_change) {
        table->on_change(table->on_change_aux);
    }
}

static void tell_watcher(struct flow_table *table, const struct flow_entry *entry)
{
    if (table->on_change && !table->has_changed &&
        !(flow_cookie_is_ours(entry->content->cookie) &&
          flow_cookie_module(entry->content->cookie) == table->on_change_except)) {
        table->has_changed = true;
        events_post_done(table->dp->ctl, call_watcher, table, ERR_OK);
    }
}

void flow_entry_set_state(struct flow_entry *entry, enum flow_state state)
{
    struct flow_table *table = &entry->dp->flows;

    if ((entry->state == FLOW_DELETING) != (state == FLOW_DELETING)) {
        tell_watcher(table, entry);
    }
    table->n_in_state[entry->state]--;
    table->n_in_state[state]++;
    entry->state = (uint8_t)state;
    entry->was_confirmed = entry->was_confirmed || state == FLOW_CONFIRMED;
}

static void insert(struct flow_table *table, struct flow_entry *entry, uint64_t hash)
{
    flow_index_insert(&table->entries, entry, hash);
    table->n_in_state[entry->state]++;
    tell_watcher(table, entry);
}

void flow_table_insert(struct flow_table *table, struct flow_entry *entry)
{
    insert(table, entry, flow_entry_hash(entry));
}

static void take_out(struct flow_table *table, struct flow_entry *entry, uint64_t hash)
{
    if (entry->is_deferred || entry->took_room) {
        table_watch_let_go(entry);
    }
    tell_watcher(table, entry);
    flow_index_remove(&table->entries, entry, hash);
    list_remove(&entry->in_flight);
    table->n_in_state[entry->state]--;
}

void flow_table_unlink(struct flow_table *table, struct flow_entry *entry)
{
    take_out(table, entry, flow_entry_hash(entry));
}

static void expire(struct flow_table *table, struct flow_entry *entry, uint64_t hash,
                   enum of_flow_removed_reason reason)
{
    take_out(table, entry, hash);
    events_post_flow(
        table->dp->ctl,
        (struct ctl_event){.type = CTL_FLOW_REMOVED, .dp = table->dp, .reason = reason}, entry);
}

void flow_table_expire(struct flow_table *table, struct flow_entry *entry,
                       enum of_flow_removed_reason reason)
{
    expire(table, entry, flow_entry_hash(entry), reason);
}

/* Takes the entry out and tells its owner that the switch will not have it. */
static void refuse(struct flow_table *table, struct flow_entry *entry, enum of_err error)
{
    struct ctl *ctl = table->dp->ctl;

    flow_table_unlink(table, entry);
    if (entry->state == FLOW_DELETING) {
        flow_entry_free(entry);
        return;
    }
    events_post_flow(
        ctl, (struct ctl_event){.type = CTL_FLOW_FAILED, .dp = table->dp, .error = error}, entry);
}

/* --- Sending ---------------------------------------------------------------------------------- */

static void fill_flow_mod(const struct flow_entry *entry, struct of_msg *msg)
{
    struct of_flow_mod *fm = &msg->flow_mod;

    msg->type = OF_FLOW_MOD;
    fm->cookie = fm->cookie_mask = 0;
    fm->table_id = entry->table_id;
    fm->priority = entry->priority;
    fm->buffer_id = OF_NO_BUFFER;
    fm->out_port = OF_PORT_ANY;
    fm->out_group = OF_GROUP_ANY;
    flow_entry_match(entry, &fm->match);
    fm->idle_timeout_s = fm->hard_timeout_s = 0;
    fm->flags = 0;
    fm->ins = (struct of_instructions){0};
    if (entry->state == FLOW_DELETING) {
        fm->command = OF_FLOW_DELETE_STRICT;
        return;
    }
    fm->command = OF_FLOW_ADD;
    fm->cookie = entry->content->cookie;
    fm->idle_timeout_s = entry->idle_timeout_s;
    fm->hard_timeout_s = entry->hard_timeout_s;
    fm->importance = entry->importance;
    fm->flags = flow_entry_has_timeout(entry) ? OF_FF_SEND_FLOW_REM : 0;
    fm->ins = entry->content->deed->ins;
}

/* There is no room in the send queue. What changes the switch for good waits, and is sent when there
 * is; so does the rest while it is not too much. */
static enum flow_progress leave_unsent(struct flow_table *table, struct flow_entry *entry)
{
    table->stuck = true;
    if (entry->state != FLOW_WANTED || entry->maybe_on_switch || !flow_entry_has_timeout(entry) ||
        table->n_in_state[FLOW_WANTED] <= FLOW_MAX_UNSENT) {
        return FLOW_IS_IN_FLIGHT;
    }
    table->dp->ctl->counters.flows_unsent++;
    refuse(table, entry, OF_ERR_FLOW_TABLE_FULL);
    return FLOW_IS_HELD_BACK;
}

enum flow_progress flow_entry_send(struct flow_entry *entry)
{
    struct flow_table *table = &entry->dp->flows;
    struct of_msg msg;
    enum err err;

    list_remove(&entry->in_flight);
    fill_flow_mod(entry, &msg);
    err = bundle_send(table->dp, &msg, &entry->xid);
    if (err == ERR_FULL) {
        return leave_unsent(table, entry);
    }
    if (err == ERR_CLOSED) {
        return FLOW_IS_OFFLINE;
    }
    if (err != ERR_OK) {
        LOG_WARN(table->dp->ctl->log, "switch " DPID_FMT " cannot be asked for an entry: %s",
                 DPID_ARGS(table->dp->dpid), err_text(err));
        table->dp->ctl->counters.flows_failed++;
        refuse(table, entry, OF_ERR_FLOW_UNSUPPORTED);
        return FLOW_IS_REFUSED;
    }
    entry->maybe_on_switch = true;
    list_push_back(&table->in_flight, &entry->in_flight);
    if (entry->state == FLOW_WANTED) {
        flow_entry_set_state(entry, FLOW_SENT);
    }
    return FLOW_IS_IN_FLIGHT;
}

/* The same where the switch is connected and has room. */
static enum flow_progress send(struct flow_table *table, struct flow_entry *entry)
{
    if (!table->dp->ready) {
        return FLOW_IS_OFFLINE;
    }
    if (entry->state != FLOW_WANTED || table_watch_admit(entry)) {
        return flow_entry_send(entry);
    }
    if (flow_entry_has_timeout(entry)) {
        table_watch_held_back(entry);
        refuse(table, entry, OF_ERR_FLOW_TABLE_FULL);
    } else {
        table_watch_defer(entry);
    }
    return FLOW_IS_HELD_BACK;
}

enum err flow_entry_send_again(struct flow_entry *entry)
{
    struct of_msg msg = {.xid = entry->xid};

    fill_flow_mod(entry, &msg);
    return session_send_as(entry->dp->session, &msg);
}

static bool is_unsent(const void *aux, const struct flow_entry *entry)
{
    (void)aux;
    return (entry->state == FLOW_WANTED && !entry->is_deferred) ||
           (entry->state == FLOW_DELETING && list_is_empty(&entry->in_flight));
}

void flow_table_flush(struct flow_table *table)
{
    size_t n;
    struct flow_entry **unsent = flow_table_sorted(table, is_unsent, NULL, &n);

    flow_entries_by_importance(unsent, n);
    table->stuck = false;
    for (size_t i = 0; i < n && !table->stuck; i++) {
        send(table, unsent[i]);
    }
    free(unsent);
    table_watches_go_on(table);
}

/* --- Wishes ----------------------------------------------------------------------------------- */

/* Puts 'entry' in the place of 'old', which is freed. What was adopted from a 1.0 switch says the
 * same in the words of 1.0. */
static void replace(struct flow_table *table, struct flow_entry *old, struct flow_entry *entry)
{
    bool is_equal =
        old->is_adopted && old->state == FLOW_CONFIRMED && flow_sync_is_equal(entry, old);

    entry->maybe_on_switch = old->maybe_on_switch;
    entry->seen = old->seen;
    entry->is_there = old->is_there;
    flow_table_unlink(table, old);
    flow_entry_free(old);
    flow_table_insert(table, entry);
    if (is_equal) {
        flow_entry_set_state(entry, FLOW_CONFIRMED);
    }
}

bool flow_table_will_change(const struct flow_table *table, const struct flow_entry *entry,
                            bool is_removal)
{
    const struct flow_entry *old = flow_table_find(table, flow_entry_key(entry));

    if (is_removal) {
        return old && old->maybe_on_switch &&
               (old->state != FLOW_DELETING || list_is_empty(&old->in_flight));
    }
    return !old || old->state == FLOW_WANTED || old->state == FLOW_DELETING ||
           !flow_entry_same_content(old, entry);
}

enum flow_progress flow_table_want(struct flow_table *table, struct flow_entry *entry,
                                   uint64_t hash)
{
    struct flow_key key = flow_entry_key_with(entry, hash);
    struct flow_entry *old = flow_table_find(table, key);

    if (old && flow_entry_same_content(old, entry)) {
        old->importance = entry->importance;
        flow_entry_free(entry);
        entry = old;
        entry->is_adopted = false;
        if (entry->state == FLOW_DELETING) {
            entry->was_confirmed = false;
            flow_entry_set_state(entry, FLOW_WANTED);
        }
    } else if (old) {
        replace(table, old, entry);
    } else {
        insert(table, entry, key.hash);
    }
    if (entry->state == FLOW_CONFIRMED) {
        return table->dp->ready ? FLOW_IS_DONE : FLOW_IS_OFFLINE;
    }
    return entry->state == FLOW_SENT ? FLOW_IS_IN_FLIGHT : send(table, entry);
}

enum flow_progress flow_table_unwant(struct flow_table *table, const struct flow_entry *key)
{
    struct flow_entry *entry = flow_table_find(table, flow_entry_key(key));

    if (!entry) {
        return FLOW_IS_DONE;
    }
    if (!entry->maybe_on_switch) {
        flow_table_unlink(table, entry);
        flow_entry_free(entry);
        return FLOW_IS_DONE;
    }
    if (entry->state == FLOW_DELETING && !list_is_empty(&entry->in_flight)) {
        return FLOW_IS_IN_FLIGHT;
    }
    if (entry->is_deferred || entry->took_room) {
        table_watch_let_go(entry);
    }
    flow_entry_set_state(entry, FLOW_DELETING);
    return send(table, entry);
}

void flow_table_evict(struct flow_table *table, struct flow_entry *entry)
{
    events_post_flow(table->dp->ctl,
                     (struct ctl_event){
                         .type = CTL_FLOW_REMOVED, .dp = table->dp, .reason = OF_REMOVED_EVICTION},
                     flow_entry_dup(entry));
    flow_entry_set_state(entry, FLOW_DELETING);
    send(table, entry);
}

/* --- What the switch says --------------------------------------------------------------------- */

static void log_removed(struct flow_table *table, const struct of_flow_removed *msg)
{
    LOG_DEBUG(table->dp->ctl->log, "switch " DPID_FMT " removed an entry, reason %d",
              DPID_ARGS(table->dp->dpid), (int)msg->reason);
}

static void write_once_more(struct flow_table *table, struct flow_entry *entry)
{
    flow_entry_set_state(entry, FLOW_WANTED);
    send(table, entry);
    flow_barrier_ensure(table);
}

/* An entry in flight may have been removed before or after our flow-mod arrived there; writing it
 * once more is right in both cases, also when it is confirmed and was sent twice. One that is being deleted makes room when that is confirmed. */
void flow_table_removed(struct flow_table *table, const struct of_flow_removed *msg)
{
    struct flow_key key = flow_key_make(&table->dp->ctl->flow_scratch, msg->table_id,
                                        msg->priority, &msg->match);
    struct flow_entry *entry = flow_table_find(table, key);

    log_removed(table, msg);
    if (entry && entry->content->cookie == msg->cookie && !flow_entry_has_timeout(entry)) {
        table->dp->ctl->counters.flow_removed_unasked++;
        return; /* We did not ask to be told (no OFPFF_SEND_FLOW_REM): no switch says so. */
    }
    if (!entry || entry->content->cookie != msg->cookie) {
        table_watch_freed(table, msg->table_id);
        table_watches_go_on(table);
        return;
    }
    switch (flow_entry_state(entry)) {
    case FLOW_WANTED:
        if (entry->was_confirmed) {
            expire(table, entry, key.hash, msg->reason);
        }
        break;
    case FLOW_SENT:
        write_once_more(table, entry);
        break;
    case FLOW_CONFIRMED:
        if (objects_took_entry(table->dp, entry, msg->reason)) {
            break;
        }
        if (flow_barrier_may_repeat(table, entry)) {
            write_once_more(table, entry);
            break;
        }
        table_watch_freed(table, msg->table_id);
        expire(table, entry, key.hash, msg->reason);
        table_watches_go_on(table);
        break;
    case FLOW_DELETING:
        break;
    }
}

/* A full table is no reason to give up what has no time-out. */
static void refused(struct flow_table *table, struct flow_entry *entry, enum of_err err)
{
    struct ctl *ctl = table->dp->ctl;
    bool is_full = err == OF_ERR_FLOW_TABLE_FULL && entry->state != FLOW_DELETING;

    ctl->counters.flows_failed++;
    ctl->counters.table_full += err == OF_ERR_FLOW_TABLE_FULL;
    if (is_full) {
        table_watch_refused(entry);
    }
    if (is_full && !flow_entry_has_timeout(entry)) {
        list_remove(&entry->in_flight);
        flow_entry_set_state(entry, FLOW_WANTED);
        table_watch_defer(entry);
    } else {
        refuse(table, entry, err);
    }
}

bool flow_table_error(struct flow_table *table, uint32_t xid, enum of_err err)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &table->in_flight) {
        struct flow_entry *entry = LIST_ENTRY(it, struct flow_entry, in_flight);

        if (entry->xid == xid) {
            flow_barrier_refused(table, entry, err);
            refused(table, entry, err);
            return true;
        }
    }
    return false;
}

void flow_table_disconnected(struct flow_table *table)
{
    struct flow_entry *entry;
    size_t at;

    table->stuck = false;
    timer_cancel(&table->dp->ctl->timers, &table->adopt_timer);
    FLOW_INDEX_FOR_EACH (entry, at, &table->entries) {
        list_remove(&entry->in_flight);
        entry->is_deferred = entry->took_room = false;
        if (entry->state != FLOW_DELETING) {
            flow_entry_set_state(entry, FLOW_WANTED);
        }
    }
    table_watches_reset(table);
    flow_barrier_drop_all(table);
}
