/* Session-level traffic on the switches: from "host 7 talks to host 900" to table entries, packet-ins
 * and first frames.
 *
 * All sessions of one access switch to one destination are one flow here. When a session begins, the
 * switch looks up the frame that it would send:
 *
 *   an entry     the flow holds it as long as any of its sessions is ON (table_session_begin()), so
 *                the entry's idle time starts when the last session ends;
 *   no entry     a real first frame (Ethernet, IPv4, UDP) comes in at the host's port and takes its
 *                way through switch, controller and network. When the controller installs an entry,
 *                the flow holds it from that instant.
 *
 * Only first frames are frames; what follows them on an entry is not simulated, which is what makes
 * 100 000 hosts possible. It assumes that the entry of table 0 that a frame uses depends on its
 * destination and not on which host of the switch sent it, as with destination-based forwarding.
 *
 * With 'frame_gap_ns' it is packet level instead: every source sends a frame when its session begins,
 * one every gap while it is ON, and one when it ends, and entries live by the frames that meet them as
 * they do in a network. The same sessions then keep the same entries, because a fixed idle time
 * begins with the last frame, as long as the gap is shorter than the time-out; what it costs is an
 * event and a way through the network for every frame. No session knows of an entry.
 *
 * A flow whose sessions stay without an entry (the packet-in was lost at the station, the table is
 * full, the entry was deleted) sends another frame every 'retry_ns', as a host that gets no answer
 * does. */
#ifndef TAMBO_WORLD_SESSION_LOAD_H
#define TAMBO_WORLD_SESSION_LOAD_H

#include <stdint.h>

#include "simnet/des/probe.h"
#include "simnet/world/session.h"
#include "simnet/world/world.h"

struct session_load;

struct session_load_params {
    int64_t retry_ns;
    int64_t frame_gap_ns; /* Between the frames of a session; 0: session level. */
    uint32_t hist_size;   /* Values of the occupancy histogram of each switch; 0: none. */
};

struct session_load_stats {
    uint64_t n_begun, n_ended;
    uint64_t n_hits;      /* Sessions that found an entry when they began. */
    uint64_t n_misses;    /* Sessions that did not: a first frame went to the controller. */
    uint64_t n_moved;     /* Sessions that came with a host that moved, */
    uint64_t n_move_misses; /* and those of them, among the misses, that found no entry. */
    uint64_t n_retries;   /* Further frames of flows without an entry. */
    uint64_t n_delivered; /* First frames and retries that reached their destination. */
    struct probe_sample delivery_s;        /* How long they took. */
    uint64_t n_frames, n_frames_delivered; /* All frames, those with an entry included. */
};

/* What is measured at one switch. */
struct session_load_switch {
    struct probe_level n_timed; /* Entries of table 0 with an idle time-out. */
    struct probe_hist hist;     /* The same; n = 0 when there is none. */
    uint64_t n_misses;
};

/* Takes over the watch of every switch and the UDP hook of every host of 'world' (borrowed). */
struct session_load *session_load_new(struct world *world,
                                      const struct session_load_params *params);

/* Before world_free(). Sessions that are ON are forgotten. */
void session_load_free(struct session_load *load);

/* What session_traffic_new() is to call. */
struct session_hooks session_load_hooks(struct session_load *load);

/* Is told of each entry of table 0 that comes to a switch and names host 'dst' as its destination. NULL: nobody. */
typedef void session_added_fn(void *aux, uint32_t sw, uint32_t dst, uint32_t entry);
void session_load_set_added(struct session_load *load, session_added_fn *added, void *aux);

/* A host moves, which has a session to 'dst': the session leaves switch 'sw', before the move, and joins
 * the switch where its source is, after it, as if it began there; it is not counted as begun or ended. The
 * first returns true when other sessions of the switch to 'dst' need somebody who sends their next frame:
 * session_load_speak() says who of the switch's hosts that is, which has a session to 'dst'. */
bool session_load_leave(struct session_load *load, uint32_t src, uint32_t dst);
void session_load_speak(struct session_load *load, uint32_t src, uint32_t dst);
void session_load_join(struct session_load *load, uint32_t src, uint32_t dst);

/* Forgets what was measured: end of the warm-up. Of frames those count as delivered that are sent from 'since' on. */
void session_load_reset(struct session_load *load, mono_t since);

size_t session_load_bytes(const struct session_load *load); /* That it holds. */
const struct session_load_stats *session_load_get_stats(const struct session_load *load);
const struct session_load_switch *session_load_at(const struct session_load *load, uint32_t sw);

#endif
