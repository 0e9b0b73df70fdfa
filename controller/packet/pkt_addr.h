/* Addresses as text. Parsers take the whole string or refuse it and leave the result alone; formats
 * are canonical: "10.0.0.1", "2001:db8::1" (RFC 5952), "02:00:00:00:00:0a". */
#ifndef TAMBO_PACKET_PKT_ADDR_H
#define TAMBO_PACKET_PKT_ADDR_H

#include <stddef.h>
#include <stdint.h>

#include "controller/base/err.h"
#include "controller/base/types.h"

/* Sizes that hold any result, with the terminating zero. */
#define PKT_ETH_TEXT 18
#define PKT_IPV4_TEXT 16
#define PKT_IPV4_PREFIX_TEXT 19
#define PKT_IPV6_TEXT 46
#define PKT_IPV6_PREFIX_TEXT 50

/* "aa:bb:cc:dd:ee:ff" (or with '-'), two digits each. ERR_SYNTAX otherwise. */
enum err pkt_eth_parse(const char *text, struct eth_addr *out);

/* Dotted quad into host order. ERR_SYNTAX otherwise. */
enum err pkt_ipv4_parse(const char *text, uint32_t *out);

/* "10.0.0.0/8"; without "/n" the prefix is 32 bits long. ERR_SYNTAX; ERR_RANGE when an address bit
 * behind the prefix is set. */
enum err pkt_ipv4_parse_prefix(const char *text, uint32_t *addr, unsigned *bits);

/* RFC 4291 §2.2 text, and with a prefix as above (128 bits). */
enum err pkt_ipv6_parse(const char *text, struct ipv6_addr *out);
enum err pkt_ipv6_parse_prefix(const char *text, struct ipv6_addr *addr, unsigned *bits);

/* The text in 'out' (of at least PKT_..._TEXT bytes), which is returned. */
const char *pkt_eth_format(struct eth_addr addr, char *out);
const char *pkt_ipv4_format(uint32_t addr, char *out);
const char *pkt_ipv6_format(const struct ipv6_addr *addr, char *out);

/* Masks with 'bits' leading ones: 0..32 and 0..128. */
uint32_t pkt_ipv4_mask(unsigned bits);
struct ipv6_addr pkt_ipv6_mask(unsigned bits);

#endif
