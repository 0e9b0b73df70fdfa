/* Big-endian access in place, for code that looks at or changes a byte in the middle of a frame,
 * where a cursor does not go. The caller has checked the bounds. Private to this room. */
#ifndef TAMBO_PACKET_PKT_WIRE_H
#define TAMBO_PACKET_PKT_WIRE_H

#include <stdint.h>

static inline uint16_t pkt_get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t pkt_get32(const uint8_t *p)
{
    return (uint32_t)pkt_get16(p) << 16 | pkt_get16(p + 2);
}

static inline void pkt_put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void pkt_put32(uint8_t *p, uint32_t v)
{
    pkt_put16(p, (uint16_t)(v >> 16));
    pkt_put16(p + 2, (uint16_t)v);
}

#endif
