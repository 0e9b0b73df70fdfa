/* Auxiliary connections (§6.3.5): further connections of a switch whose main connection is up.
 *
 *      auxiliary id  main connection                    then
 *      not 0         is up, from the same address,      taken; an older one with the same id, which
 *                    in the same version                the switch must have given up, is closed
 *      not 0         of another address or version,     refused
 *                    not up, or AUX_MAX others are
 *
 * What comes on one is taken as if it came on the main connection: packet-ins, flow-removed and port
 * status messages. Requests and barriers go on the main connection only, so that their order means
 * something; a packet-out of a frame in a buffer of the switch goes back on the connection of its
 * packet-in. An auxiliary connection ends with the main one, and may end any time before. */
#include <string.h>

#include "controller/core/ctl_int.h"
#include "controller/core/session_int.h"

/* Auxiliary connections of one switch. */
#define AUX_MAX 16

/* Bytes of the address in "address:port". */
static size_t address_len(const char *peer)
{
    const char *colon = strrchr(peer, ':');

    return colon ? (size_t)(colon - peer) : strlen(peer);
}

static bool same_address(const struct session *a, const struct session *b)
{
    size_t n = address_len(a->peer);

    return n == address_len(b->peer) && memcmp(a->peer, b->peer, n) == 0;
}

static const char *objection(const struct session *s, const struct datapath *dp)
{
    if (!dp || !dp->session || !dp->ready) {
        return "an auxiliary connection without a main one";
    }
    if (!same_address(s, dp->session)) {
        return "an auxiliary connection from another address than the main one";
    }
    if (s->version != dp->session->version) {
        return "an auxiliary connection of another version than the main one";
    }
    return NULL;
}

/* The auxiliary connection 'id' of 'dp', or NULL; '*n' is how many it has. */
static struct session *find(struct datapath *dp, uint8_t id, unsigned *n)
{
    struct session *found = NULL;
    struct list *it, *next;

    *n = 0;
    LIST_FOR_EACH (it, next, &dp->aux_sessions) {
        struct session *aux = LIST_ENTRY(it, struct session, aux_node);

        ++*n;
        found = aux->features.auxiliary_id == id ? aux : found;
    }
    return found;
}

void aux_attach(struct session *s, struct datapath *dp)
{
    const char *why = objection(s, dp);
    struct session *older = NULL;
    unsigned n = 0;

    if (!why) {
        older = find(dp, s->features.auxiliary_id, &n);
        why = !older && n >= AUX_MAX ? "too many auxiliary connections" : NULL;
    }
    if (why) {
        session_refuse(s, why);
        return;
    }
    if (older) {
        session_close(older, "a newer connection has its auxiliary id");
    }
    timer_cancel(&s->ctl->timers, &s->handshake_timer);
    s->dp = dp;
    s->state = SESSION_AUX;
    list_push_back(&dp->aux_sessions, &s->aux_node);
    s->ctl->counters.aux_connections++;
}

void aux_detach(struct session *s)
{
    list_remove(&s->aux_node);
    if (s->dp->reply_to == s) {
        s->dp->reply_to = NULL;
    }
    s->dp = NULL;
}

void aux_close_all(struct datapath *dp)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->aux_sessions) {
        session_close(LIST_ENTRY(it, struct session, aux_node), "the main connection is gone");
    }
}
