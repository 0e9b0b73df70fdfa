#include "controller/live/live_door.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/live/live_conn.h"

/* A pause is at least so long, so that one turn accepts several. */
#define PAUSE_NS (20 * NS_PER_MS)

struct address {
    struct hmap_node node; /* In door.addresses. */
    unsigned n_newcomers;
    char text[]; /* The peer's, up to the last ':'. */
};

/* SplitMix64 (Steele, Lea, Flood 2014): a step and its finaliser. */
static uint64_t next_random(struct door *door)
{
    return hash_u64(door->random += UINT64_C(0x9e3779b97f4a7c15));
}

void door_init(struct live *live)
{
    live->door.random = live->params.seed;
    live->door.again = MONO_NEVER;
    hmap_init(&live->door.addresses);
    door_set_limits(live);
}

void door_fini(struct live *live)
{
    hmap_fini(&live->door.addresses);
}

void door_set_limits(struct live *live)
{
    live->door.rate = rate_make(live->params.accept_per_s, live->params.accept_burst);
}

/* --- Pauses ----------------------------------------------------------------------------------- */

void door_passed(struct live *live)
{
    struct door *door = &live->door;
    mono_t now = live->params.clock->now;

    share_charge(&door->share, &door->rate, 1, now);
    if (share_is_empty(&door->share, &door->rate, now)) {
        live->counters.accept_pauses++;
        door_pause(live, door->rate.interval_ns > PAUSE_NS ? door->rate.interval_ns : PAUSE_NS);
    }
}

/* Between one and two times 'wait_ns'. */
void door_pause(struct live *live, int64_t wait_ns)
{
    struct door *door = &live->door;
    int64_t jitter_ns = (int64_t)(next_random(door) % (uint64_t)wait_ns);

    door->again = mono_add(live->params.clock->now, wait_ns + jitter_ns);
    listeners_update(live);
}

void door_run(struct live *live)
{
    if (!live->stopping) {
        if (mono_due(live->door.again, live->params.clock->now)) {
            live->door.again = MONO_NEVER;
        }
        listeners_update(live);
    }
}

/* --- Newcomers -------------------------------------------------------------------------------- */

static size_t address_len(const char *peer)
{
    const char *colon = strrchr(peer, ':');

    return colon ? (size_t)(colon - peer) : strlen(peer);
}

static uint64_t address_hash(const struct live *live, const char *peer, size_t len)
{
    return hash_sip(live->params.seed, 2385, peer, len);
}

static struct address *find(const struct live *live, const char *peer)
{
    size_t len = address_len(peer);
    struct hmap_node *node = hmap_first_with(&live->door.addresses, address_hash(live, peer, len));

    for (; node; node = hmap_next_with(node)) {
        struct address *address = HMAP_ENTRY(node, struct address, node);

        if (strlen(address->text) == len && memcmp(address->text, peer, len) == 0) {
            return address;
        }
    }
    return NULL;
}

bool door_has_place(struct live *live, const char *peer)
{
    const struct address *address = find(live, peer);

    return !address || address->n_newcomers < live->params.max_newcomers;
}

void door_enter(struct live_conn *conn)
{
    struct live *live = conn->live;
    size_t len = address_len(conn->peer);
    struct address *address = find(live, conn->peer);

    if (!address) {
        address = xcalloc(1, sizeof *address + len + 1);
        memcpy(address->text, conn->peer, len);
        hmap_insert(&live->door.addresses, &address->node, address_hash(live, conn->peer, len));
    }
    address->n_newcomers++;
    conn->address = address;
}

void door_leave(struct live_conn *conn)
{
    struct address *address = conn->address;

    conn->address = NULL;
    if (address && --address->n_newcomers == 0) {
        hmap_remove(&conn->live->door.addresses, &address->node);
        free(address);
    }
}
