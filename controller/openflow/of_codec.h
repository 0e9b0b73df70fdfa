/* Bytes to messages and back, for OpenFlow 1.0, 1.3, 1.4 and 1.5, both directions: what a controller
 * sends and what a switch sends.
 *
 * A version's codec is a table with one row per message type (of10.c, of13.c, of14.c, of15.c): number,
 * least size, whether the size is fixed, decode, encode. What a version has in common with an earlier
 * one is in the earlier one's files, with the version as a parameter. Lengths are checked centrally
 * against the row before any decoder runs. A decoder fills the message or returns the error that the
 * specification asks for; it never acts. */
#ifndef TAMBO_OPENFLOW_OF_CODEC_H
#define TAMBO_OPENFLOW_OF_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/arena.h"
#include "controller/base/buf.h"
#include "controller/base/err.h"
#include "controller/openflow/of_msg.h"

/* --- Framing ---------------------------------------------------------------------------------- */

/* What of_frame_split() found at the start of a byte stream. */
enum of_frame {
    OF_FRAME_WHOLE,   /* '*len' bytes make one message. */
    OF_FRAME_PARTIAL, /* More bytes are needed. */
    OF_FRAME_BAD,     /* The length field is below 8: the stream cannot be followed any further. */
};

enum of_frame of_frame_split(const uint8_t *data, size_t n, size_t *len);

/* Where the frame of the packet-in seems to be that begins at 'data', of which 'n' bytes are there; NULL
 * when there is no such, or less of it than an Ethernet header. For guessing ahead: nothing is
 * checked but that. */
const uint8_t *of_frame_peek(const uint8_t *data, size_t n);

/* --- Decoding --------------------------------------------------------------------------------- */

/* Decodes the single message in 'frame' of 'len' bytes into 'out'. Lists and variable parts are in
 * 'arena' or point into 'frame'; both must outlive 'out'.
 *
 * Always fills version, xid and, when the number is known, type, so that an error can be answered.
 * A hello is decoded whatever its version; a message of any other version than those above gives
 * OF_ERR_BAD_VERSION. Messages inside messages (bundles, forwarded requests) are decoded too; there is
 * one level of them. */
enum of_err of_decode(const uint8_t *frame, size_t len, struct arena *arena, struct of_msg *out);

/* --- Encoding --------------------------------------------------------------------------------- */

/* Appends 'msg', encoded for msg->version, to 'out'. On error 'out' is as it was.
 *   ERR_UNSUPPORTED  the version cannot say this: a role request in 1.0, a bundle or an eviction in 1.3,
 *                    a queue-get-config since 1.4, fields, actions and instructions that a later
 *                    version brought, masks for asynchronous messages that it does not have, ...
 *   ERR_RANGE        a value does not fit its field, or the message exceeds 65 535 bytes; a group-mod,
 *                    meter-mod, port-mod or queue request that of_decode() would refuse
 * What only informs (capabilities, port bits, properties of ports, the importance of an entry, the ids
 * of buckets) and has no place in the version is left out; reasons that 1.4 tells apart are what 1.3
 * calls them. Flow-mods
 * that add or modify are written with any out_port and out_group; so is an out_port of 0, which is
 * no port, in deletions and statistics requests. */
enum err of_encode(const struct of_msg *msg, struct buf *out);

/* --- Printing --------------------------------------------------------------------------------- */

/* One line for people: "flow_mod xid=7 add table=0 prio=200 eth_dst=… actions=…". Writes at most
 * 'size' bytes, always terminated; returns the length that was needed. */
size_t of_msg_print(const struct of_msg *msg, char *out, size_t size);

#endif
