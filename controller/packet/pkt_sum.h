/* Checksums: the internet checksum, computed whole (RFC 1071) and updated in place (RFC 1624), with
 * the pseudo headers of IPv4 and IPv6, and the CRC32c of SCTP (RFC 9260 §6.8). */
#ifndef TAMBO_PACKET_PKT_SUM_H
#define TAMBO_PACKET_PKT_SUM_H

#include <stddef.h>
#include <stdint.h>

#include "controller/base/types.h"

/* A running ones' complement sum. It is 64 bits wide and folded only at the end, so no frame can
 * overflow it. A piece of odd length may only come last. */
uint64_t pkt_sum_add(uint64_t sum, const void *p, size_t n);

/* 'sum' plus the pseudo header of 'n' bytes of protocol 'proto' (RFC 9293 §3.1; RFC 8200 §8.1). */
uint64_t pkt_sum_pseudo4(uint64_t sum, uint32_t src, uint32_t dst, uint8_t proto, size_t n);
uint64_t pkt_sum_pseudo6(uint64_t sum, const struct ipv6_addr *src, const struct ipv6_addr *dst,
                         uint8_t proto, size_t n);

/* The checksum field for 'sum'. Over data that contains a correct checksum the result is 0. */
uint16_t pkt_sum_fold(uint64_t sum);

/* Brings the checksum field at 'check' up to date after the 'n' bytes (an even number, at an even
 * offset of what is summed) 'before' became 'after': HC' = ~(~HC + ~m + m'), RFC 1624 eqn. 3. A wrong
 * checksum stays as wrong as it was. */
void pkt_sum_update(uint8_t *check, const void *before, const void *after, size_t n);

/* CRC32c (Castagnoli, reflected) of the SCTP packet 'p' with its checksum field taken as zero; 'n' is
 * at least 12. */
uint32_t pkt_crc32c_sctp(const uint8_t *p, size_t n);

/* Reads and writes SCTP's checksum field, which goes on the wire least significant byte first. */
uint32_t pkt_sctp_check_get(const uint8_t *sctp);
void pkt_sctp_check_put(uint8_t *sctp, uint32_t crc);

#endif
