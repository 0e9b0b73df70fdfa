#include "controller/core/peers.h"

#include <string.h>

#include "controller/base/hash.h"

/* Many switches may share an address, so there is room for all of them to come up at once. */
#define EVENTS_BURST 100
#define COMPLAINTS_BURST 10

void peers_init(struct peers *peers)
{
    for (size_t i = 0; i < PEERS_N_SLOTS; i++) {
        peers->slots[i].events = (struct log_limit)LOG_LIMIT_INIT(1, EVENTS_BURST);
        peers->slots[i].complaints = (struct log_limit)LOG_LIMIT_INIT(1, COMPLAINTS_BURST);
    }
}

struct peer_limits *peers_find(struct peers *peers, const char *peer)
{
    const char *colon = strrchr(peer, ':');
    size_t len = colon ? (size_t)(colon - peer) : strlen(peer);

    return &peers->slots[hash_sip(0, 4, peer, len) % PEERS_N_SLOTS];
}
