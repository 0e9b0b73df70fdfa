/* Questions to a switch. The parts of an answer are joined in an arena of the question's own: each
 * is written and read once more by the codec, which is how a message is copied with all its lists. */
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/arena.h"
#include "controller/core/ask_int.h"
#include "controller/core/ctl_int.h"
#include "controller/openflow/of_codec.h"

struct ask {
    struct list node; /* In ask_list.out; alone once it is over and waits to be told. */
    struct datapath *dp;
    uint32_t xid;
    enum of_type awaited;
    enum of_mp_type mp_type;
    bool by_parts;
    ask_fn *fn; /* NULL: nobody wants to know any more. */
    void *aux;
    struct timer timer;
    struct arena arena;
    size_t n_bytes; /* Collected so far. */
    struct of_msg whole;
    uint8_t *list; /* Of the parts, joined; NULL while there is one only. */
    size_t cap;    /* Bytes at 'list'. */
    struct ask_answer end;
};

/* Bytes of an element of the list in a multipart reply; 0 when there is no list. */
static size_t element_size(enum of_mp_type type)
{
    switch (type) {
    case OF_MP_FLOW:
    case OF_MP_FLOW_STATS:
        return sizeof(struct of_flow_stats);
    case OF_MP_TABLE:
        return sizeof(struct of_table_stats);
    case OF_MP_PORT_STATS:
        return sizeof(struct of_port_stats);
    case OF_MP_TABLE_FEATURES:
        return sizeof(struct of_table_features);
    case OF_MP_PORT_DESC:
        return sizeof(struct of_port);
    case OF_MP_QUEUE_STATS:
        return sizeof(struct of_queue_stats);
    case OF_MP_GROUP_STATS:
        return sizeof(struct of_group_stats);
    case OF_MP_GROUP_DESC:
        return sizeof(struct of_group_desc);
    case OF_MP_METER_STATS:
        return sizeof(struct of_meter_stats);
    case OF_MP_METER_CONFIG:
        return sizeof(struct of_meter);
    case OF_MP_TABLE_DESC:
        return sizeof(struct of_table_mod);
    case OF_MP_QUEUE_DESC:
        return sizeof(struct of_queue);
    case OF_MP_FLOW_MONITOR:
        return sizeof(struct of_flow_update);
    case OF_MP_CONTROLLER_STATUS:
        return sizeof(struct of_controller_status);
    case OF_MP_DESC:
    case OF_MP_AGGREGATE:
    case OF_MP_EXPERIMENTER:
    case OF_MP_GROUP_FEATURES:
    case OF_MP_METER_FEATURES:
    case OF_MP_BUNDLE_FEATURES:
    case OF_N_MP_TYPES:
        break;
    }
    return 0;
}

/* --- Life ------------------------------------------------------------------------------------- */

void asks_init(struct ask_list *asks)
{
    list_init(&asks->out);
    asks->n = 0;
}

void ask_free(struct ask *ask)
{
    timer_cancel(&ask->dp->ctl->timers, &ask->timer);
    list_remove(&ask->node);
    arena_fini(&ask->arena);
    free(ask->list);
    free(ask);
}

void asks_fini(struct datapath *dp)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->asks.out) {
        ask_free(LIST_ENTRY(it, struct ask, node));
    }
}

void ask_deliver(struct ask *ask)
{
    if (ask->fn) {
        ask->fn(ask->aux, ask->dp, &ask->end);
    }
    ask_free(ask);
}

/* The question is over; whoever asked is told from the event queue. */
static void end(struct ask *ask, enum err err, enum of_err error)
{
    ask->end = (struct ask_answer){.err = err, .error = error, .is_last = true};
    if (err == ERR_OK) {
        ask->end.msg = &ask->whole;
    }
    ask->dp->asks.n--;
    list_remove(&ask->node);
    timer_cancel(&ask->dp->ctl->timers, &ask->timer);
    events_post_ask(ask->dp->ctl, ask);
}

static void timed_out(void *aux, struct timer *timer)
{
    struct ask *ask = aux;

    (void)timer;
    ask->dp->ctl->counters.ask_timeouts++;
    end(ask, ERR_TIMEOUT, OF_OK);
}

static void arm(struct ask *ask)
{
    struct ctl *ctl = ask->dp->ctl;

    timer_set(&ctl->timers, &ask->timer, mono_add(ctl->clock->now, ctl->settings.ask_timeout_ns));
}

/* --- Asking ----------------------------------------------------------------------------------- */

static enum of_type answer_to(enum of_type request)
{
    if (request == OF_MULTIPART_REQUEST) {
        return OF_MULTIPART_REPLY;
    }
    if (request == OF_GET_CONFIG_REQUEST) {
        return OF_GET_CONFIG_REPLY;
    }
    if (request == OF_GET_ASYNC_REQUEST) {
        return OF_GET_ASYNC_REPLY;
    }
    if (request == OF_QUEUE_GET_CONFIG_REQUEST) {
        return OF_QUEUE_GET_CONFIG_REPLY;
    }
    return request == OF_BUNDLE_CONTROL ? OF_BUNDLE_CONTROL : OF_N_TYPES;
}

static struct ask *ask_new(struct datapath *dp, const struct of_msg *request, ask_fn *fn, void *aux)
{
    struct ask *ask = xcalloc(1, sizeof *ask);

    ask->dp = dp;
    ask->awaited = answer_to(request->type);
    ask->mp_type = request->type == OF_MULTIPART_REQUEST ? request->mp_request.type : OF_N_MP_TYPES;
    ask->fn = fn;
    ask->aux = aux;
    list_init(&ask->node);
    timer_init(&ask->timer, timed_out, ask);
    return ask;
}

static enum err send(struct datapath *dp, struct of_msg *request, ask_fn *fn, void *aux,
                     struct ask **out)
{
    struct ask *ask;
    enum err err;

    if (answer_to(request->type) == OF_N_TYPES) {
        return ERR_UNSUPPORTED;
    }
    if (dp->asks.n >= ASK_MAX_OUT) {
        return ERR_FULL;
    }
    ask = ask_new(dp, request, fn, aux);
    err = datapath_send(dp, request, &ask->xid);
    if (err != ERR_OK) {
        ask_free(ask);
        return err;
    }
    dp->asks.n++;
    list_push_back(&dp->asks.out, &ask->node);
    arm(ask);
    *out = ask;
    return ERR_OK;
}

enum err ask_early(struct datapath *dp, struct of_msg *request, ask_fn *fn, void *aux,
                   uint32_t *xid)
{
    struct ask *ask;
    enum err err = send(dp, request, fn, aux, &ask);

    if (err == ERR_OK && xid) {
        *xid = ask->xid;
    }
    return err;
}

enum err datapath_ask(struct datapath *dp, struct of_msg *request, ask_fn *fn, void *aux)
{
    return dp->ready ? ask_early(dp, request, fn, aux, NULL) : ERR_STATE;
}

enum err datapath_ask_parts(struct datapath *dp, struct of_msg *request, ask_fn *fn, void *aux)
{
    struct ask *ask;
    enum err err = dp->ready ? send(dp, request, fn, aux, &ask) : ERR_STATE;

    if (err == ERR_OK) {
        ask->by_parts = true;
    }
    return err;
}

/* --- Answers ---------------------------------------------------------------------------------- */

static struct ask *find(struct datapath *dp, uint32_t xid)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->asks.out) {
        struct ask *ask = LIST_ENTRY(it, struct ask, node);

        if (ask->xid == xid) {
            return ask;
        }
    }
    return NULL;
}

/* A copy of 'msg' in the question's arena. */
static enum err copy(struct ask *ask, const struct of_msg *msg, struct of_msg *out)
{
    struct buf bytes = BUF_INIT;
    enum err err = of_encode(msg, &bytes);
    const uint8_t *frame;

    if (err == ERR_OK) {
        ask->n_bytes += bytes.len;
        err = ask->n_bytes > ASK_MAX_BYTES ? ERR_RANGE : ERR_OK;
    }
    if (err == ERR_OK) {
        frame = arena_memdup(&ask->arena, bytes.data, bytes.len);
        err = of_decode(frame, bytes.len, &ask->arena, out) == OF_OK ? ERR_OK : ERR_RANGE;
    }
    buf_fini(&bytes);
    return err;
}

/* Makes room for 'size' bytes in the joined list, which begins with the 'used' bytes at 'first'. */
static void reserve(struct ask *ask, const void *first, size_t used, size_t size)
{
    bool is_new = ask->list == NULL;

    if (size > ask->cap) {
        ask->cap = 2 * size;
        ask->list = xreallocarray(ask->list, ask->cap, 1);
    }
    if (is_new && used) {
        memcpy(ask->list, first, used);
    }
}

/* Appends the list of 'part' to what is there. */
static void join(struct ask *ask, const struct of_msg *part)
{
    struct of_multipart_reply *whole = &ask->whole.mp_reply;
    const struct of_multipart_reply *more = &part->mp_reply;
    size_t size = element_size(more->type);

    if (size == 0 || more->n == 0) {
        return;
    }
    reserve(ask, whole->flows, whole->n * size, (whole->n + more->n) * size);
    memcpy(ask->list + whole->n * size, more->flows, more->n * size);
    whole->flows = (const void *)ask->list;
    whole->n += more->n;
}

static enum err collect(struct ask *ask, const struct of_msg *msg)
{
    bool is_first = ask->n_bytes == 0;
    struct of_msg part;
    enum err err = copy(ask, msg, &part);

    if (err != ERR_OK) {
        return err;
    }
    if (is_first) {
        ask->whole = part;
    } else {
        join(ask, &part);
    }
    if (msg->type == OF_MULTIPART_REPLY) {
        ask->whole.mp_reply.more = false;
    }
    return ERR_OK;
}

static bool is_more(const struct of_msg *msg)
{
    return msg->type == OF_MULTIPART_REPLY && msg->mp_reply.more;
}

static void take_part(struct ask *ask, const struct of_msg *msg)
{
    enum err err;

    if (ask->by_parts && is_more(msg)) {
        arm(ask);
        if (ask->fn) {
            ask->fn(ask->aux, ask->dp, &(struct ask_answer){.err = ERR_OK, .msg = msg});
        }
        return;
    }
    err = collect(ask, msg);
    if (err != ERR_OK || !is_more(msg)) {
        end(ask, err == ERR_OK ? ERR_OK : ERR_RANGE, OF_OK);
    } else {
        arm(ask);
    }
}

bool asks_reply(struct datapath *dp, const struct of_msg *msg)
{
    struct ask *ask = find(dp, msg->xid);

    if (!ask) {
        return false;
    }
    if (msg->type != ask->awaited ||
        (msg->type == OF_MULTIPART_REPLY && msg->mp_reply.type != ask->mp_type)) {
        end(ask, ERR_RANGE, OF_OK);
    } else {
        take_part(ask, msg);
    }
    return true;
}

bool asks_error(struct datapath *dp, const struct of_msg *msg)
{
    struct ask *ask = find(dp, msg->xid);

    if (ask) {
        end(ask, ERR_STATE, msg->error.err);
    }
    return ask != NULL;
}

/* --- Flow monitors ---------------------------------------------------------------------------- */

static void tell_updates(struct datapath *dp, const struct of_multipart_reply *part)
{
    if (dp->asks.monitor && part->n) {
        dp->asks.monitor(dp->asks.monitor_aux, dp, part->updates, part->n);
    }
}

static void on_monitor(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    (void)aux;
    if (answer->err == ERR_OK) {
        tell_updates(dp, &answer->msg->mp_reply);
    }
}

enum err datapath_monitor(struct datapath *dp, const struct of_flow_monitor *monitor,
                          monitor_fn *fn, void *aux)
{
    struct of_msg msg = {.type = OF_MULTIPART_REQUEST};
    enum err err;

    msg.mp_request.type = OF_MP_FLOW_MONITOR;
    msg.mp_request.monitor = *monitor;
    if (monitor->command == OF_FMC_DELETE) { /* Which has no answer. */
        err = dp->ready ? datapath_send(dp, &msg, NULL) : ERR_STATE;
    } else {
        err = datapath_ask_parts(dp, &msg, on_monitor, NULL);
    }
    if (err == ERR_OK) {
        dp->asks.monitor = fn;
        dp->asks.monitor_aux = aux;
    }
    return err;
}

bool asks_update(struct datapath *dp, const struct of_msg *msg)
{
    if (msg->mp_reply.type != OF_MP_FLOW_MONITOR) {
        return false;
    }
    tell_updates(dp, &msg->mp_reply);
    return true;
}

void asks_disconnected(struct datapath *dp)
{
    struct list *it, *next;

    dp->asks.monitor = NULL;
    LIST_FOR_EACH (it, next, &dp->asks.out) {
        end(LIST_ENTRY(it, struct ask, node), ERR_CLOSED, OF_OK);
    }
}
