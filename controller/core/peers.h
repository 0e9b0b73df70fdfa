/* How many lines of the log a peer may cause. Private to this room.
 *
 * A limit that belongs to a connection begins anew with each of them, so the limits belong to the
 * peer's address: its text up to the last ':', which leaves out the port of a TCP connection. The
 * table is small and fixed; addresses that share a slot share its limits. */
#ifndef TAMBO_CORE_PEERS_H
#define TAMBO_CORE_PEERS_H

#include "controller/base/log.h"

#define PEERS_N_SLOTS 256

struct peer_limits {
    struct log_limit events;     /* Connections that come and go, in good order or not. */
    struct log_limit complaints; /* What is wrong with their messages. */
};

struct peers {
    struct peer_limits slots[PEERS_N_SLOTS];
};

void peers_init(struct peers *peers);

/* The limits of 'peer', valid as long as 'peers'. */
struct peer_limits *peers_find(struct peers *peers, const char *peer);

#endif
