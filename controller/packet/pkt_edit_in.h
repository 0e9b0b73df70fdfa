/* What the two files of the frame editor share. Private to this room. */
#ifndef TAMBO_PACKET_PKT_EDIT_IN_H
#define TAMBO_PACKET_PKT_EDIT_IN_H

#include "controller/packet/pkt_edit.h"

/* Byte 'at' of the frame. */
static inline uint8_t *pkt_at(const struct pkt_frame *f, size_t at)
{
    return f->buf->data + at;
}

/* Parses the frame again after a change. */
enum err pkt_reparse(struct pkt_frame *f);

/* Adjusts the checksum above IP, if there is one, for the 'n' covered bytes that are about to become
 * 'after'. */
void pkt_adjust_l4(const struct pkt_frame *f, const void *before, const void *after, size_t n);

/* Sets the TTL of the IPv4 header at 'ip' and adjusts its checksum. */
void pkt_put_ipv4_ttl(uint8_t *ip, uint8_t ttl);

/* Offset of the time to live in either header, where it is one byte. */
#define PKT_IPV4_TTL_AT 8
#define PKT_IPV6_HLIM_AT 7

#endif
