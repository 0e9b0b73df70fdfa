/* Barriers behind flow-mods: what confirms entries and moves transactions on.
 *
 * A barrier that is not answered in time is sent again together with what is in flight before it,
 * with the same xids; after some tries the connection is closed, because a switch that does not
 * answer cannot be known. */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/session.h"
#include "controller/core/txn_int.h"

struct flow_barrier {
    struct list node; /* In flow_table.barriers. */
    struct flow_table *table;
    struct txn *txn; /* NULL: nobody waits. */
    uint32_t xid;
    bool is_sent;   /* And has an xid. */
    unsigned tries; /* Times it was sent. */
    struct timer timer;
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

/* --- Sending ---------------------------------------------------------------------------------- */

/* Sends the barrier, unless something that belongs before it could not be sent. */
static void try_send(struct flow_barrier *b)
{
    struct of_msg msg = {.type = OF_BARRIER_REQUEST};
    struct ctl *ctl = b->table->dp->ctl;

    if (!b->table->stuck && session_send(b->table->dp->session, &msg, &b->xid) == ERR_OK) {
        b->is_sent = true;
        b->tries = 1;
    }
    timer_set(&ctl->timers, &b->timer, mono_add(ctl->clock->now, ctl->settings.barrier_timeout_ns));
}

static void send_again(struct flow_barrier *b)
{
    struct of_msg msg = {.type = OF_BARRIER_REQUEST, .xid = b->xid};
    struct ctl *ctl = b->table->dp->ctl;
    struct list *it, *next;

    objects_send_again(b->table->dp, b->xid);
    LIST_FOR_EACH (it, next, &b->table->in_flight) {
        struct flow_entry *entry = LIST_ENTRY(it, struct flow_entry, in_flight);

        if (!xid_before(entry->xid, b->xid)) {
            break;
        }
        flow_entry_send_again(entry);
    }
    session_send_as(b->table->dp->session, &msg);
    b->tries++;
    timer_set(&ctl->timers, &b->timer, mono_add(ctl->clock->now, ctl->settings.barrier_timeout_ns));
}

static void timed_out(void *aux, struct timer *timer)
{
    struct flow_barrier *b = aux;
    struct ctl *ctl = b->table->dp->ctl;

    (void)timer;
    if (!b->is_sent) {
        if (objects_flush(b->table->dp)) {
            flow_table_flush(b->table);
        }
        try_send(b);
        return;
    }
    ctl->counters.barrier_timeouts++;
    if (b->tries >= ctl->settings.barrier_tries) {
        session_close(b->table->dp->session, "it does not answer barriers");
    } else {
        send_again(b);
    }
}

void flow_barrier_send(struct flow_table *table, struct txn *txn)
{
    struct flow_barrier *b = xcalloc(1, sizeof *b);

    b->table = table;
    b->txn = txn;
    timer_init(&b->timer, timed_out, b);
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
            list_remove(it);
            list_push_back(&table->barriers, it);
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
    timer_cancel(&b->table->dp->ctl->timers, &b->timer);
    free(b);
    if (txn) {
        txn_barrier_done(txn, result);
    }
}

static bool is_ours(const struct flow_table *table, uint32_t xid)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &table->barriers) {
        const struct flow_barrier *b = LIST_ENTRY(it, struct flow_barrier, node);

        if (b->is_sent && b->xid == xid) {
            return true;
        }
    }
    return false;
}

/* A barrier that could not be sent does not hold up those behind it that were. */
bool flow_barrier_reply(struct flow_table *table, uint32_t xid)
{
    struct list *it, *next;

    if (!is_ours(table, xid)) {
        return false;
    }
    bundles_unanswered(table->dp, xid);
    objects_confirm(table->dp, xid);
    confirm(table, xid);
    LIST_FOR_EACH (it, next, &table->barriers) {
        struct flow_barrier *b = LIST_ENTRY(it, struct flow_barrier, node);

        if (b->is_sent && !xid_before(xid, b->xid)) {
            finish(b, ERR_OK);
        }
    }
    return true;
}

void flow_barrier_drop_all(struct flow_table *table)
{
    struct flow_barrier *b;

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
