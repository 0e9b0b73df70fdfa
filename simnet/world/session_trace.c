#include "simnet/world/session_trace.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/base/hmap.h"
#include "simnet/world/session_ends.h"
#include "simnet/world/stage.h"

enum { TRACE_KIND = 0x7ace };

/* A pair that is ON. */
struct talk {
    struct hmap_node node;
    struct session_pair pair;
    uint32_t n; /* Records that have not ended. */
};

struct session_trace {
    struct sim *sim;
    struct session_hooks hooks;
    struct session_record *records;
    size_t n, next; /* The one that begins next. */
    size_t n_merged;
    mono_t start;
    struct hmap talks;
    struct session_ends ends;
    struct sim_event begin, end;
};

static void on_begin(void *aux, struct sim_event *event);
static void on_end(void *aux, struct sim_event *event);

struct session_trace *session_trace_new(struct sim *sim, const struct session_record records[],
                                        size_t n, const struct session_hooks *hooks)
{
    struct session_trace *t = xcalloc(1, sizeof *t);

    t->sim = sim;
    t->hooks = *hooks;
    t->records = xreallocarray(NULL, n + 1, sizeof *t->records);
    if (n) {
        memcpy(t->records, records, n * sizeof *records);
    }
    t->n = n;
    hmap_init(&t->talks);
    session_ends_init(&t->ends);
    sim_event_init(&t->begin, TRACE_KIND, SIM_PRIO_NORMAL, on_begin, t);
    sim_event_init(&t->end, TRACE_KIND, SIM_PRIO_NORMAL, on_end, t);
    t->begin.stage = t->end.stage = STAGE_SESSIONS;
    return t;
}

static void talk_free(struct session_trace *t, struct talk *talk)
{
    hmap_remove(&t->talks, &talk->node);
    free(talk);
}

void session_trace_free(struct session_trace *t)
{
    struct hmap_node *node, *next;

    if (!t) {
        return;
    }
    sim_cancel(t->sim, &t->begin);
    sim_cancel(t->sim, &t->end);
    HMAP_FOR_EACH (node, next, &t->talks) {
        talk_free(t, HMAP_ENTRY(node, struct talk, node));
    }
    hmap_fini(&t->talks);
    session_ends_fini(&t->ends);
    free(t->records);
    free(t);
}

/* A bijection: equal hashes are equal pairs. */
static uint64_t pair_hash(struct session_pair pair)
{
    return hash_u64((uint64_t)pair.src << 32 | pair.dst);
}

static struct talk *talk_of(const struct session_trace *t, struct session_pair pair)
{
    struct hmap_node *node = hmap_first_with(&t->talks, pair_hash(pair));

    return node ? HMAP_ENTRY(node, struct talk, node) : NULL;
}

static void arm(struct session_trace *t)
{
    if (t->next < t->n) {
        sim_at(t->sim, &t->begin, mono_add(t->start, t->records[t->next].begin_ns));
    }
    if (t->ends.n) {
        sim_at(t->sim, &t->end, mono_add(t->start, session_ends_first(&t->ends)->at_ns));
    }
}

static void on_begin(void *aux, struct sim_event *event)
{
    struct session_trace *t = aux;
    const struct session_record *r = &t->records[t->next++];
    struct session_pair pair = {r->src, r->dst};
    struct talk *talk = talk_of(t, pair);

    (void)event;
    session_ends_add(&t->ends, r->end_ns, pair);
    arm(t);
    if (talk) {
        talk->n++;
        t->n_merged++;
        return;
    }
    talk = xcalloc(1, sizeof *talk);
    talk->pair = pair;
    talk->n = 1;
    hmap_insert(&t->talks, &talk->node, pair_hash(pair));
    sim_trace_u64(t->sim, (uint64_t)pair.src << 32 | pair.dst);
    t->hooks.begin(t->hooks.aux, pair.src, pair.dst);
}

static void on_end(void *aux, struct sim_event *event)
{
    struct session_trace *t = aux;
    struct session_pair pair = session_ends_take(&t->ends);
    struct talk *talk = talk_of(t, pair);

    (void)event;
    arm(t);
    if (--talk->n == 0) {
        talk_free(t, talk);
        sim_trace_u64(t->sim, (uint64_t)pair.src << 32 | pair.dst);
        t->hooks.end(t->hooks.aux, pair.src, pair.dst);
    }
}

void session_trace_start(struct session_trace *t)
{
    t->start = sim_now(t->sim);
    arm(t);
}

size_t session_trace_n_on(const struct session_trace *t)
{
    return t->talks.n;
}

size_t session_trace_n_begun(const struct session_trace *t)
{
    return t->next;
}

size_t session_trace_n_merged(const struct session_trace *t)
{
    return t->n_merged;
}
