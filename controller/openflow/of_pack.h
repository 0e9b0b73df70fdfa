/* Packed matches and instructions: the compact form in which flow tables keep them.
 *
 * A struct of_match takes about half a kilobyte; packed it takes 6 bytes and the bytes of the fields
 * that are present. The packed form is canonical: two matches (or instructions) that mean the same
 * have the same bytes, so they are compared with memcmp() and hashed as bytes. Numbers are big
 * endian, so memcmp() also orders them by value, the same on every machine.
 *
 *   match         u48: bit f for each present field f, bit 47 when masks follow
 *                 [u40: bit f for each masked field f]
 *                 the value of each present field, then the mask of each masked one, lowest field
 *                 first, each of of_field_info()->wire_size bytes
 *   instructions  u16: number of actions in both lists; u8: bitmap of what follows;
 *                 [u32 meter] [u16 n, apply actions] [u16 n, write actions]
 *                 [u64 metadata, u64 mask] [u8 table]
 *                 [u32 flags, u64 duration, idle, packets, bytes of the statistics trigger]
 *   action        u8: enum of_action_type, with bit 7 when a set-field has a mask; its arguments
 *
 * What OpenFlow gives no meaning to is dropped: an empty action list, the max_len of an output to any
 * port but the controller (unpacked as OF_CML_NO_BUFFER), bits of a set-field outside its mask, the mask
 * when it is full, and what of_match_normalize() clears. */
#ifndef TAMBO_OPENFLOW_OF_PACK_H
#define TAMBO_OPENFLOW_OF_PACK_H

#include <stddef.h>

#include "controller/base/buf.h"
#include "controller/openflow/of_action.h"
#include "controller/openflow/of_match.h"

/* Append the packed form to 'out'. */
void of_pack_match(struct buf *out, const struct of_match *match);
void of_pack_instructions(struct buf *out, const struct of_instructions *ins);

/* Read a packed match from 'in', which must come from of_pack_match(). */
void of_unpack_match(struct rd *in, struct of_match *out);

/* The number of actions in packed instructions, both lists together. */
size_t of_packed_n_actions(const struct rd *in);

/* Reads packed instructions from 'in' into 'out'. 'list' has room for of_packed_n_actions() actions,
 * 'trigger' for the statistics trigger if there is one; both must live as long as 'out'. The data of experimenter actions point into the packed bytes. */
void of_unpack_instructions(struct rd *in, struct of_action *list, struct of_stat_trigger *trigger,
                            struct of_instructions *out);

#endif
