/* What links of a topology are like, by rules: of all of them, of those to hosts, of those between switches, of one
 * of them. A later rule wins, and says of a link only what it mentions. */
#ifndef TAMBO_WORLD_LINK_RULES_H
#define TAMBO_WORLD_LINK_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "simnet/world/topo.h"
#include "simnet/world/wire.h"

enum link_scope {
    LINKS_ALL,
    LINKS_EDGE,  /* Between a host and a switch. */
    LINKS_TRUNK, /* Between two switches. */
    LINKS_ONE,   /* Between the nodes 'a' and 'b'. */
};

/* What a rule mentions. */
enum {
    LINK_RATE = 1,
    LINK_DELAY = 2,
    LINK_LOSS = 4,
    LINK_QUEUE_BYTES = 8,
    LINK_QUEUE_PACKETS = 16,
    LINK_BURST = 32,
};

struct link_rule {
    enum link_scope scope;
    char a[TOPO_NAME_LEN + 1], b[TOPO_NAME_LEN + 1];
    unsigned mentions;
    struct wire_params wire;
};

#define LINK_MAX_RULES 24

/* Copied by value; all zero: there are none. */
struct link_rules {
    struct link_rule list[LINK_MAX_RULES];
    size_t n;
};

/* Changes the links of 'topo'. False when a rule of LINKS_ONE names a link that is not there, with an English reason
 * in 'why' of 'size' bytes; the rules before it have then been applied. */
bool link_rules_apply(const struct link_rules *rules, struct topo *topo, char *why, size_t size);

#endif
