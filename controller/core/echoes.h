/* Echoes: copies of frames for everybody that come back.
 *
 * A copy goes out at every edge port. A port looks like an edge port too when a switch of ours is behind
 * it that no probe has found yet, because the link was silent until a moment ago: there the copy comes in
 * again, as if the sender were behind that link. He would seem to have moved; entries towards him
 * would lead over the link and back, in a circle; and the copy would be copied again, at both ends.
 *
 * So the copies of the last ECHO_LIFE_NS are remembered, by a hash of the frame. The same frame at
 * another port than the first, from a sender who is not at home there, is dropped and not learnt from,
 * and the port is probed at once. A host that has moved and repeats, within that time, its last frame for
 * everybody is heard when it says something else, or again.
 *
 * What is remembered is bounded: of many copies at once the oldest are forgotten. */
#ifndef TAMBO_CORE_ECHOES_H
#define TAMBO_CORE_ECHOES_H

#include <stddef.h>
#include <stdint.h>

#include "controller/base/types.h"

struct ctl;

/* Copies of the 'len' bytes at 'frame', which came in at 'port' of 'dpid', are emitted. */
void echoes_note(struct ctl *ctl, dpid_t dpid, port_no_t port, const uint8_t *frame, size_t len);

#endif
