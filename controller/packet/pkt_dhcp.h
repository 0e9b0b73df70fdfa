/* DHCP for IPv4 (RFC 2131, options of RFC 2132): parse and build the payload of UDP 67/68. */
#ifndef TAMBO_PACKET_PKT_DHCP_H
#define TAMBO_PACKET_PKT_DHCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/buf.h"
#include "controller/base/err.h"

#define PKT_DHCP_SERVER_PORT 67
#define PKT_DHCP_CLIENT_PORT 68

#define PKT_DHCP_FLAG_BROADCAST 0x8000

enum pkt_dhcp_op { PKT_DHCP_BOOTREQUEST = 1, PKT_DHCP_BOOTREPLY = 2 };

/* Option 53 (RFC 2132 §9.6); 0 is a BOOTP message without the option. */
enum pkt_dhcp_type {
    PKT_DHCP_DISCOVER = 1,
    PKT_DHCP_OFFER,
    PKT_DHCP_REQUEST,
    PKT_DHCP_DECLINE,
    PKT_DHCP_ACK,
    PKT_DHCP_NAK,
    PKT_DHCP_RELEASE,
    PKT_DHCP_INFORM,
};

/* Option codes. */
#define PKT_DHCP_OPT_PAD 0
#define PKT_DHCP_OPT_MASK 1
#define PKT_DHCP_OPT_ROUTER 3
#define PKT_DHCP_OPT_DNS 6
#define PKT_DHCP_OPT_HOST_NAME 12
#define PKT_DHCP_OPT_DOMAIN 15
#define PKT_DHCP_OPT_BROADCAST 28
#define PKT_DHCP_OPT_NTP 42
#define PKT_DHCP_OPT_REQUESTED_IP 50
#define PKT_DHCP_OPT_LEASE 51
#define PKT_DHCP_OPT_OVERLOAD 52
#define PKT_DHCP_OPT_TYPE 53
#define PKT_DHCP_OPT_SERVER_ID 54
#define PKT_DHCP_OPT_PARAMS 55
#define PKT_DHCP_OPT_MESSAGE 56
#define PKT_DHCP_OPT_MAX_SIZE 57
#define PKT_DHCP_OPT_T1 58
#define PKT_DHCP_OPT_T2 59
#define PKT_DHCP_OPT_CLIENT_ID 61
#define PKT_DHCP_OPT_RELAY_INFO 82
#define PKT_DHCP_OPT_END 255

struct pkt_dhcp_opt {
    uint8_t code, len;
    const uint8_t *data; /* Borrowed. */
};

#define PKT_DHCP_MAX_OPTS 64
#define PKT_DHCP_MAX_ADDRS 4

/* Which of the options below were there, or are to be written. */
enum pkt_dhcp_has {
    PKT_DHCP_HAS_REQUESTED_IP = 1 << 0,
    PKT_DHCP_HAS_SERVER_ID = 1 << 1,
    PKT_DHCP_HAS_LEASE = 1 << 2,
    PKT_DHCP_HAS_MASK = 1 << 3,
};

/* Addresses are in host order. */
struct pkt_dhcp {
    uint8_t op;          /* enum pkt_dhcp_op. */
    uint8_t htype, hlen; /* 1 and 6 for Ethernet. */
    uint8_t hops;
    uint32_t xid;
    uint16_t secs_s;
    uint16_t flags; /* PKT_DHCP_FLAG_BROADCAST. */
    uint32_t ciaddr, yiaddr, siaddr, giaddr;
    struct eth_addr chaddr;

    uint32_t present; /* enum pkt_dhcp_has. */
    uint8_t type;     /* enum pkt_dhcp_type. */
    uint32_t requested_ip, server_id, lease_s, mask;
    size_t n_routers, n_dns;
    uint32_t routers[PKT_DHCP_MAX_ADDRS], dns[PKT_DHCP_MAX_ADDRS]; /* The first ones. */

    /* Parsing: every option in the order met, the ones above too. Building: further options. */
    size_t n_opts;
    struct pkt_dhcp_opt opts[PKT_DHCP_MAX_OPTS];
};

/* Parses the 'len' bytes of a UDP payload; '*out' then points into them. Options that the 'file' and
 * 'sname' fields are overloaded with are read as well (RFC 2132 §9.3). ERR_TRUNCATED when the header
 * or an option is cut, ERR_SYNTAX without the magic cookie or with an option of the wrong length,
 * ERR_FULL beyond PKT_DHCP_MAX_OPTS options. A missing End option is tolerated. */
enum err pkt_parse_dhcp(const uint8_t *payload, size_t len, struct pkt_dhcp *out);

/* The first option 'code', or NULL. */
const struct pkt_dhcp_opt *pkt_dhcp_find(const struct pkt_dhcp *dhcp, uint8_t code);

/* Appends the payload, padded to 300 bytes (the least that BOOTP relays accept, RFC 1542 §2.1). An
 * option in 'opts' that has a member of its own fails the buffer. */
void pkt_build_dhcp(struct buf *b, const struct pkt_dhcp *dhcp);

/* Appends the 'len' bytes of 'payload' with the relay agent information 'info' of 'n' bytes as its last
 * option (RFC 3046 §2.1), or, with 'info' NULL, without that option. ERR_SYNTAX or ERR_TRUNCATED, and
 * nothing appended, when there is no whole message, ERR_RANGE when 'info' does not fit an option. */
enum err pkt_dhcp_set_relay_info(struct buf *b, const uint8_t *payload, size_t len,
                                 const uint8_t *info, size_t n);

#endif
