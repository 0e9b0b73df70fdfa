/* The frames of sessions, one after the other: while a session is ON, its source sends one every
 * so often. This is what makes packet level of session level (session_load.h). */
#ifndef TAMBO_WORLD_SESSION_FRAMES_H
#define TAMBO_WORLD_SESSION_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "simnet/des/sim.h"

struct session_frames;

/* The source of an ON session sends its next frame. */
typedef void session_frame_fn(void *aux, uint32_t src, uint32_t dst);

/* 'gap_ns' > 0 between the frames of a session. */
struct session_frames *session_frames_new(struct sim *sim, int64_t gap_ns, session_frame_fn *fn,
                                          void *aux);

/* NULL is fine. Sessions are forgotten. */
void session_frames_free(struct session_frames *sf);

/* The session's first frame goes now, which is the caller's business; the next one a gap later. It
 * is not ON yet. */
void session_frames_begin(struct session_frames *sf, uint32_t src, uint32_t dst);

/* No more frames of this session, which is ON. */
void session_frames_end(struct session_frames *sf, uint32_t src, uint32_t dst);

size_t session_frames_bytes(const struct session_frames *sf); /* That it holds; NULL: 0. */

#endif
