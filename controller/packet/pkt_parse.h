/* The steps of pkt_parse(), one file per protocol family. Private to this room.
 *
 * Every step gets a reader over the rest of the frame and sets its layer only after its whole header
 * was read; it gives up silently, because a frame that ends early is not an error. */
#ifndef TAMBO_PACKET_PKT_PARSE_H
#define TAMBO_PACKET_PKT_PARSE_H

#include "controller/base/buf.h"
#include "controller/packet/pkt.h"

/* The offset of what 'r' reads next. 'r' was derived from 'frame'. */
static inline uint32_t pkt_offset(const uint8_t *frame, const struct rd *r)
{
    return (uint32_t)(r->p - frame);
}

/* pkt_ip.c: from the first byte of the IP header. */
void pkt_parse_ipv4(const uint8_t *frame, struct rd r, struct pkt *out);
void pkt_parse_ipv6(const uint8_t *frame, struct rd r, struct pkt *out);

/* pkt_l4.c: from the first byte of protocol 'proto', bounded to the IP packet. */
void pkt_parse_l4(const uint8_t *frame, struct rd r, uint8_t proto, struct pkt *out);

#endif
