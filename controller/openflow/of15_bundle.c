/* What bundles a switch of 1.5 can do, and how well it can schedule them (1.5 §7.3.5.20). Bundles
 * themselves are in of14_bundle.c. */
#include "controller/openflow/of_wire.h"

#define PROP_TIME 1
#define NS_PER_S 1000000000

/* --- Times ------------------------------------------------------------------------------------ */

static struct of_time get_time(struct rd *r)
{
    struct of_time t = {.s = rd_u64(r)};

    t.ns = rd_u32(r);
    rd_skip(r, 4);
    return t;
}

static void put_time(struct buf *b, struct of_time t)
{
    buf_put_u64(b, t.s);
    buf_put_u32(b, t.ns);
    buf_put_zeros(b, 4);
}

enum { ACCURACY, MAX_FUTURE, MAX_PAST, TIMESTAMP, N_TIMES };

struct times {
    enum of_origin origin;
    bool found;
    struct of_time t[N_TIMES];
};

static enum of_err get_times_prop(struct of_prop *p, void *aux)
{
    struct times *times = aux;

    if (p->type != PROP_TIME) {
        return of_unknown_prop(times->origin, p);
    }
    times->found = true;
    rd_skip(&p->body, 4);
    for (unsigned i = 0; i < N_TIMES; i++) {
        times->t[i] = get_time(&p->body);
        if (times->t[i].ns >= NS_PER_S && times->origin == OF_FROM_CONTROLLER) {
            return OF_ERR_PROP_BAD_VALUE;
        }
    }
    return OF_OK;
}

static void put_times_prop(struct buf *b, const struct of_time times[N_TIMES])
{
    size_t start = of_begin_prop(b, PROP_TIME);

    buf_put_zeros(b, 4);
    for (unsigned i = 0; i < N_TIMES; i++) {
        put_time(b, times[i]);
    }
    of_end_prop(b, start);
}

/* --- Features --------------------------------------------------------------------------------- */

#define REQUEST_TIMESTAMP 1u /* The request has the present time. */
#define REQUEST_SCHED 2u     /* It has the bounds that are wanted. */
#define REQUEST_FLAGS (REQUEST_TIMESTAMP | REQUEST_SCHED)
#define CAPABILITIES (OF_BF_ATOMIC | OF_BF_ORDERED | OF_BF_TIME)

/* What the flags do not speak of has no meaning. */
enum of_err of15_get_bundle_features_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_request *q = &msg->mp_request;
    struct times times = {.origin = OF_FROM_CONTROLLER};
    const struct of_time none = {0};
    uint32_t flags = rd_u32(r);
    enum of_err err;

    (void)arena;
    rd_skip(r, 4);
    err = of_get_props(r, get_times_prop, &times);
    q->bundle_features.flags = flags;
    q->bundle_features.max_future = flags & REQUEST_SCHED ? times.t[MAX_FUTURE] : none;
    q->bundle_features.max_past = flags & REQUEST_SCHED ? times.t[MAX_PAST] : none;
    q->bundle_features.timestamp = flags & REQUEST_TIMESTAMP ? times.t[TIMESTAMP] : none;
    if (!err && (flags & ~REQUEST_FLAGS || (flags && !times.found))) {
        return OF_ERR_MULTIPART_BAD_SCHED;
    }
    return err;
}

enum err of15_put_bundle_features_request(struct buf *b, const struct of_msg *msg)
{
    const struct of_multipart_request *q = &msg->mp_request;
    uint32_t flags = q->bundle_features.flags;
    struct of_time t[N_TIMES] = {{0}};

    if (flags & ~REQUEST_FLAGS) {
        return ERR_RANGE;
    }
    if (flags & REQUEST_SCHED) {
        t[MAX_FUTURE] = q->bundle_features.max_future;
        t[MAX_PAST] = q->bundle_features.max_past;
    }
    if (flags & REQUEST_TIMESTAMP) {
        t[TIMESTAMP] = q->bundle_features.timestamp;
    }
    buf_put_u32(b, flags);
    buf_put_zeros(b, 4);
    if (flags) {
        put_times_prop(b, t);
    }
    return ERR_OK;
}

enum of_err of15_get_bundle_features(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_bundle_features *f = &msg->mp_reply.bundle_features;
    struct times times = {.origin = OF_FROM_SWITCH};
    enum of_err err;

    (void)arena;
    f->capabilities = rd_u16(r) & CAPABILITIES;
    rd_skip(r, 6);
    err = of_get_props(r, get_times_prop, &times);
    f->has_time = times.found;
    f->accuracy = times.t[ACCURACY];
    f->max_future = times.t[MAX_FUTURE];
    f->max_past = times.t[MAX_PAST];
    f->timestamp = times.t[TIMESTAMP];
    return err;
}

enum err of15_put_bundle_features(struct buf *b, const struct of_msg *msg)
{
    const struct of_bundle_features *f = &msg->mp_reply.bundle_features;
    const struct of_time t[N_TIMES] = {f->accuracy, f->max_future, f->max_past, f->timestamp};

    buf_put_u16(b, f->capabilities & CAPABILITIES);
    buf_put_zeros(b, 6);
    if (f->has_time) {
        put_times_prop(b, t);
    }
    return ERR_OK;
}
