/* DHCPv6 (RFC 8415): the message header and its options, and wrapping for a relay. What a client and a
 * server say to each other is passed on, not interpreted. */
#ifndef TAMBO_PACKET_PKT_DHCP6_H
#define TAMBO_PACKET_PKT_DHCP6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/buf.h"
#include "controller/base/err.h"

#define PKT_DHCP6_CLIENT_PORT 546
#define PKT_DHCP6_SERVER_PORT 547
#define PKT_DHCP6_HOP_LIMIT 8 /* RFC 8415 §7.6. */

/* Message types (RFC 8415 §7.3). */
#define PKT_DHCP6_SOLICIT 1
#define PKT_DHCP6_ADVERTISE 2
#define PKT_DHCP6_REQUEST 3
#define PKT_DHCP6_CONFIRM 4
#define PKT_DHCP6_RENEW 5
#define PKT_DHCP6_REBIND 6
#define PKT_DHCP6_REPLY 7
#define PKT_DHCP6_RELEASE 8
#define PKT_DHCP6_DECLINE 9
#define PKT_DHCP6_RECONFIGURE 10
#define PKT_DHCP6_INFORMATION_REQUEST 11
#define PKT_DHCP6_RELAY_FORW 12
#define PKT_DHCP6_RELAY_REPL 13

/* Option codes (RFC 8415 §21). */
#define PKT_DHCP6_OPT_CLIENT_ID 1
#define PKT_DHCP6_OPT_SERVER_ID 2
#define PKT_DHCP6_OPT_RELAY_MSG 9
#define PKT_DHCP6_OPT_INTERFACE_ID 18

#define PKT_DHCP6_MAX_OPTS 32

struct pkt_dhcp6_opt {
    uint16_t code, len;
    const uint8_t *data; /* Borrowed. */
};

struct pkt_dhcp6 {
    uint8_t type;
    uint32_t xid;          /* 24 bits; not of a relay message. */
    uint8_t hop_count;     /* Of a relay message, as the next two. */
    struct ipv6_addr link; /* Identifies the client's link; unspecified when interface-id does. */
    struct ipv6_addr peer; /* From where the wrapped message came. */
    size_t n_opts;
    struct pkt_dhcp6_opt opts[PKT_DHCP6_MAX_OPTS];
};

static inline bool pkt_dhcp6_is_relay(const struct pkt_dhcp6 *m)
{
    return m->type == PKT_DHCP6_RELAY_FORW || m->type == PKT_DHCP6_RELAY_REPL;
}

/* Parses the 'len' bytes of a UDP payload; '*out' then points into them. ERR_TRUNCATED when the
 * header or an option is cut, ERR_FULL beyond PKT_DHCP6_MAX_OPTS options. */
enum err pkt_parse_dhcp6(const uint8_t *payload, size_t len, struct pkt_dhcp6 *out);

/* The first option 'code', or NULL. */
const struct pkt_dhcp6_opt *pkt_dhcp6_find(const struct pkt_dhcp6 *m, uint16_t code);

/* Appends the payload of 'm', header and options. */
void pkt_build_dhcp6(struct buf *b, const struct pkt_dhcp6 *m);

/* Appends a Relay-forward that wraps the 'len' bytes of 'msg', which came from 'peer' on the link
 * 'link'; 'iface' of 'iface_len' bytes is the interface-id option, none when NULL (RFC 8415 §19.1).
 * ERR_TRUNCATED when 'msg' is empty, ERR_RANGE when it was relayed PKT_DHCP6_HOP_LIMIT times already
 * or does not fit an option; nothing is appended then. */
enum err pkt_build_dhcp6_relay(struct buf *b, const uint8_t *msg, size_t len,
                               const struct ipv6_addr *link, const struct ipv6_addr *peer,
                               const void *iface, size_t iface_len);

#endif
