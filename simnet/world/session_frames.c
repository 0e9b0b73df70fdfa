#include "simnet/world/session_frames.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/base/hmap.h"
#include "simnet/world/stage.h"

enum { FRAME_KIND = 0x4e8 };

struct sender {
    struct hmap_node node;
    struct session_frames *sf;
    struct sender *next_free;
    uint32_t src, dst;
    struct sim_event next;
};

struct session_frames {
    struct sim *sim;
    int64_t gap_ns;
    session_frame_fn *fn;
    void *aux;
    struct hmap senders; /* By pair. */
    struct sender *free;
    size_t n_free;
};

struct session_frames *session_frames_new(struct sim *sim, int64_t gap_ns, session_frame_fn *fn,
                                          void *aux)
{
    struct session_frames *sf = xcalloc(1, sizeof *sf);

    assert(gap_ns > 0 && "session_frames: no time between frames");
    *sf = (struct session_frames){.sim = sim, .gap_ns = gap_ns, .fn = fn, .aux = aux};
    hmap_init(&sf->senders);
    return sf;
}

/* A bijection: equal hashes are equal pairs. */
static uint64_t pair_hash(uint32_t src, uint32_t dst)
{
    return hash_u64((uint64_t)src << 32 | dst);
}

static void arm(struct sender *s)
{
    sim_at(s->sf->sim, &s->next, mono_add(sim_now(s->sf->sim), s->sf->gap_ns));
}

static void on_next(void *aux, struct sim_event *event)
{
    struct sender *s = aux;

    (void)event;
    arm(s);
    s->sf->fn(s->sf->aux, s->src, s->dst);
}

void session_frames_begin(struct session_frames *sf, uint32_t src, uint32_t dst)
{
    struct sender *s = sf->free;

    if (s) {
        sf->free = s->next_free;
        sf->n_free--;
    } else {
        s = xcalloc(1, sizeof *s);
    }
    *s = (struct sender){.sf = sf, .src = src, .dst = dst};
    sim_event_init(&s->next, FRAME_KIND, SIM_PRIO_NORMAL, on_next, s);
    s->next.stage = STAGE_SESSIONS;
    hmap_insert(&sf->senders, &s->node, pair_hash(src, dst));
    arm(s);
}

static void put(struct sender *s)
{
    struct session_frames *sf = s->sf;

    sim_cancel(sf->sim, &s->next);
    hmap_remove(&sf->senders, &s->node);
    s->next_free = sf->free;
    sf->free = s;
    sf->n_free++;
}

void session_frames_end(struct session_frames *sf, uint32_t src, uint32_t dst)
{
    struct hmap_node *node = hmap_first_with(&sf->senders, pair_hash(src, dst));

    assert(node && "session_frames_end: this session is not ON");
    put(HMAP_ENTRY(node, struct sender, node));
}

void session_frames_free(struct session_frames *sf)
{
    struct hmap_node *node, *next_node;
    struct sender *next;

    if (!sf) {
        return;
    }
    HMAP_FOR_EACH (node, next_node, &sf->senders) {
        put(HMAP_ENTRY(node, struct sender, node));
    }
    hmap_fini(&sf->senders);
    for (struct sender *s = sf->free; s; s = next) {
        next = s->next_free;
        free(s);
    }
    free(sf);
}

size_t session_frames_bytes(const struct session_frames *sf)
{
    return sf ? alloc_bytes(sizeof *sf) + alloc_bytes(hmap_slot_bytes(&sf->senders)) +
                    (sf->senders.n + sf->n_free) * alloc_bytes(sizeof(struct sender))
              : 0;
}
