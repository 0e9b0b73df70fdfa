/* The door: how fast connections come in. Private to this room.
 *
 * When a building's power returns, or this controller does, every switch connects in the same second.
 * So many connections are accepted a second; the rest waits in the kernel's backlog while accepting
 * pauses, for a time of varying length, so that several controllers that wait for the same switches
 * do not fall into step. Nobody is turned away for this.
 *
 * A connection whose switch has not come up yet is a *newcomer*. One address may have so many of
 * them, so that whoever opens connections and says nothing cannot take every place: further ones are
 * closed at once. TLS handshakes, which cost most, are so many at a time; listeners for TLS pause
 * until one is over. */
#ifndef TAMBO_LIVE_LIVE_DOOR_H
#define TAMBO_LIVE_LIVE_DOOR_H

#include "controller/base/hmap.h"
#include "controller/base/share.h"
#include "controller/live/live.h"

struct live_conn;

struct door {
    struct rate rate;
    struct share share;
    uint64_t random;       /* State of the generator of pauses. */
    struct hmap addresses; /* struct address, while they have newcomers. */
    mono_t again;          /* Accepting is paused until then; MONO_NEVER: it is not paused. */
};

void door_init(struct live *live);
void door_fini(struct live *live);

/* Takes over the limits of params. */
void door_set_limits(struct live *live);

/* One more has been accepted; pauses when that was enough for a while. */
void door_passed(struct live *live);

/* Accepts nothing for about 'wait_ns'. */
void door_pause(struct live *live, int64_t wait_ns);

/* Goes on when the pause is over. */
void door_run(struct live *live);

/* True when 'peer' may have one more newcomer. */
bool door_has_place(struct live *live, const char *peer);

/* 'conn' is a newcomer until its switch has come up or it leaves. */
void door_enter(struct live_conn *conn);
void door_leave(struct live_conn *conn);

#endif
