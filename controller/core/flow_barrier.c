/* Barriers behind flow-mods: what confirms entries and moves transactions on.
 *
 * When the oldest barrier is not answered in time, all that is in flight is sent again, once and in order,
 * with the same xids; after some tries the connection is closed, because a switch that does not
 * answer cannot be known. Younger barriers cannot have been answered either: if each of them said again
 * what came before it, a switch that is slow for a moment would be told the more the slower it is. */
#include <stdlib.h>

#include "controller/core/ctl_int.h"
#include "controller/core/session.h"
#include "controller/core/txn_int.h"

struct flow_barrier {
    struct list node; /* In flow_table.barriers: those that are sent in the order of their xids. */
    struct flow_table *table;
    struct txn *txn; /* NULL: nobody waits. */
    uint32_t xid;
    bool is_sent;        /* And has an xid. */
    unsigned tries;      /* Times it was sent. */
    struct list waiting; /* In ctl.barriers_waiting... */
    mono_t due_at;       /* ...for the answer, until then. */
};

/* True when 'a' was given out before 'b', by one session. */
static bool xid_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static struct flow_barrier *first(const struct flow_table *table)
{
    return list_is_empty(&table->barriers)
               ? NULL
               : LIST_ENTRY(table->barriers.next, struct flow_barrier, node);
}

static struct flow_barrier *last(const struct flow_table *table)
{
    return list_is_empty(&table->barriers)
               ? NULL
               : LIST_ENTRY(table->barriers.prev, struct flow_barrier, node);
}

static struct flow_barrier *first_sent(const struct flow_table *table)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &table->barriers) {
        struct flow_barrier *b = LIST_ENTRY(it, struct flow_barrier, node);

        if (b->is_sent) {
            return b;
        }
    }
    return NULL;
}

/* --- Sending ---------------------------------------------------------------------------------- */

/* All wait for the same time, so that those who have waited longest are the first in the list, and one timer is
 * enough. It is not disarmed by answers: it looks whose time is over when it fires, and that is rarely. */
static void wait_again(struct flow_barrier *b)
{
    struct ctl *ctl = b->table->dp->ctl;

    b->due_at = mono_add(ctl->clock->now, ctl->settings.barrier_timeout_ns);
    list_remove(&b->waiting);
    list_push_back(&ctl->barriers_waiting, &b->waiting);
    if (!timer_is_set(&ctl->barrier_timer)) {
        timer_set(&ctl->timers, &ctl->barrier_timer, b->due_at);
    }
}

/* Sends the barrier, unless something that belongs before it could not be sent. */
static void try_send(struct flow_barrier *b)
{
    struct of_msg msg = {.type = OF_BARRIER_REQUEST};

    if (!b->table->stuck && session_send(b->table->dp->session, &msg, &b->xid) == ERR_OK) {
        b->is_sent = true;
        b->tries = 1;
    }
    wait_again(b);
}

/* What is in flight from '*at' on and belongs before 'b', and the barrier itself. */
static enum err repeat(struct flow_barrier *b, struct list **at)
{
    struct of_msg msg = {.type = OF_BARRIER_REQUEST, .xid = b->xid};
    enum err err = ERR_OK;

    for (; *at != &b->table->in_flight && err == ERR_OK; *at = (*at)->next) {
        struct flow_entry *entry = LIST_ENTRY(*at, struct flow_entry, in_flight);

        if (!xid_before(entry->xid, b->xid)) {
            break;
        }
        err = flow_entry_send_again(entry);
    }
    return err != ERR_OK ? err : session_send_as(b->table->dp->session, &msg);
}

/* Where there is no room for something, the switch has not read what was sent before: enough is said. */
static void send_again(struct flow_table *table)
{
    struct list *at = table->in_flight.next, *it, *next;
    enum err err = ERR_OK;
    uint32_t newest = first_sent(table)->xid;

    LIST_FOR_EACH (it, next, &table->barriers) {
        const struct flow_barrier *b = LIST_ENTRY(it, struct flow_barrier, node);

        newest = b->is_sent ? b->xid : newest;
    }
    table->has_repeats = true;
    table->repeats_until = newest;
    objects_send_again(table->dp, newest);
    LIST_FOR_EACH (it, next, &table->barriers) {
        struct flow_barrier *b = LIST_ENTRY(it, struct flow_barrier, node);

        if (!b->is_sent) {
            continue;
        }
        err = err == ERR_OK ? repeat(b, &at) : err;
        b->tries++;
        wait_again(b);
    }
}

/* It gets a later xid than those that are sent. */
static void move_back(struct flow_barrier *b)
{
    list_remove(&b->node);
    list_push_back(&b->table->barriers, &b->node);
}

static void timed_out(struct flow_barrier *b)
{
    struct ctl *ctl = b->table->dp->ctl;

    if (!b->is_sent) {
        if (objects_flush(b->table->dp)) {
            flow_table_flush(b->table);
        }
        move_back(b);
        try_send(b);
        return;
    }
    if (b != first_sent(b->table)) {
        wait_again(b);
        return;
    }
    ctl->counters.barrier_timeouts++;
    if (b->tries >= ctl->settings.barrier_tries) {
        session_close(b->table->dp->session, "it does not answer barriers");
    } else {
        send_again(b->table);
    }
}

/* The one that has waited longest; NULL: none waits. */
static struct flow_barrier *longest(const struct ctl *ctl)
{
    return list_is_empty(&ctl->barriers_waiting)
               ? NULL
               : LIST_ENTRY(ctl->barriers_waiting.next, struct flow_barrier, waiting);
}

static void look_for_late(void *aux, struct timer *timer)
{
    struct ctl *ctl = aux;
    struct flow_barrier *b;

    while ((b = longest(ctl)) && mono_due(b->due_at, ctl->clock->now)) {
        list_remove(&b->waiting);
        timed_out(b);
    }
    if (b) {
        timer_set(&ctl->timers, timer, b->due_at);
    }
}

void flow_barriers_init(struct ctl *ctl)
{
    list_init(&ctl->barriers_waiting);
    timer_init(&ctl->barrier_timer, look_for_late, ctl);
    pool_init(&ctl->barrier_pool, sizeof(struct flow_barrier));
}

void flow_barrier_send(struct flow_table *table, struct txn *txn)
{
    struct flow_barrier *b = pool_take(&table->dp->ctl->barrier_pool);

    b->table = table;
    b->txn = txn;
    list_init(&b->waiting);
    list_push_back(&table->barriers, &b->node);
    try_send(b);
}

/* Those behind it were sent for other things and stay. */
void flow_barrier_renew(struct flow_table *table, uint32_t xid)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &table->barriers) {
        struct flow_barrier *b = LIST_ENTRY(it, struct flow_barrier, node);

        if (b->is_sent && xid_before(xid, b->xid)) {
            move_back(b);
            b->is_sent = false;
            try_send(b);
            return;
        }
    }
}

void flow_barrier_ensure(struct flow_table *table)
{
    const struct flow_barrier *b = last(table);
    const struct flow_entry *newest;

    if (!table->dp->ready || (list_is_empty(&table->in_flight) && !table->stuck)) {
        return;
    }
    if (b && !b->is_sent) {
        return;
    }
    if (b && !table->stuck) {
        newest = LIST_ENTRY(table->in_flight.prev, struct flow_entry, in_flight);
        if (xid_before(newest->xid, b->xid)) {
            return;
        }
    }
    flow_barrier_send(table, NULL);
}

bool flow_barrier_last_is_for(const struct flow_table *table, const struct txn *txn)
{
    const struct flow_barrier *b = last(table);

    return b && b->txn == txn;
}

/* --- Answers ---------------------------------------------------------------------------------- */

/* Everything in flight before 'xid' has been done by the switch. */
static void confirm(struct flow_table *table, uint32_t xid)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &table->in_flight) {
        struct flow_entry *entry = LIST_ENTRY(it, struct flow_entry, in_flight);

        if (!xid_before(entry->xid, xid)) {
            break;
        }
        list_remove(it);
        if (entry->state == FLOW_DELETING) {
            if (entry->is_there) {
                table_watch_freed(table, entry->table_id);
            }
            flow_table_unlink(table, entry);
            flow_entry_free(entry);
        } else {
            table_watch_confirmed(entry);
            entry->is_there = true;
            flow_entry_set_state(entry, FLOW_CONFIRMED);
        }
    }
    table_watches_go_on(table);
}

static void finish(struct flow_barrier *b, enum err result)
{
    struct txn *txn = b->txn;

    list_remove(&b->node);
    list_remove(&b->waiting);
    pool_give(&b->table->dp->ctl->barrier_pool, b);
    if (txn) {
        txn_barrier_done(txn, result);
    }
}

static bool is_ours(const struct flow_table *table, uint32_t xid)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &table->barriers) {
        const struct flow_barrier *b = LIST_ENTRY(it, struct flow_barrier, node);

        if (b->is_sent && !xid_before(b->xid, xid)) {
            __builtin_prefetch(b->txn);
            return b->xid == xid;
        }
    }
    return false;
}

bool flow_barrier_may_repeat(const struct flow_table *table, const struct flow_entry *entry)
{
    return table->has_repeats && !xid_before(table->repeats_until, entry->xid);
}

/* A barrier that could not be sent does not hold up those behind it that were. */
bool flow_barrier_reply(struct flow_table *table, uint32_t xid)
{
    struct list *it, *next;

    if (!is_ours(table, xid)) {
        return false;
    }
    if (xid_before(table->repeats_until, xid)) {
        table->has_repeats = false;
    }
    bundles_unanswered(table->dp, xid);
    objects_confirm(table->dp, xid);
    confirm(table, xid);
    LIST_FOR_EACH (it, next, &table->barriers) {
        struct flow_barrier *b = LIST_ENTRY(it, struct flow_barrier, node);

        if (b->is_sent && xid_before(xid, b->xid)) {
            break;
        }
        if (b->is_sent) {
            finish(b, ERR_OK);
        }
    }
    return true;
}

void flow_barrier_drop_all(struct flow_table *table)
{
    struct flow_barrier *b;

    table->has_repeats = false;
    while ((b = first(table))) {
        finish(b, ERR_CLOSED);
    }
}

void flow_barrier_fini(struct flow_table *table)
{
    struct flow_barrier *b;

    while ((b = first(table))) {
        b->txn = NULL;
        finish(b, ERR_CLOSED);
    }
}

void flow_barrier_refused(struct flow_table *table, const struct flow_entry *entry,
                          enum of_err error)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &table->barriers) {
        struct flow_barrier *b = LIST_ENTRY(it, struct flow_barrier, node);

        if (b->txn) {
            txn_entry_refused(b->txn, entry, error);
        }
    }
}
