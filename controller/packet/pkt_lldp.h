/* LLDP (IEEE 802.1AB-2016): build a frame, parse a data unit.
 *
 * The parser is strict: the three mandatory TLVs first, in order and once; every TLV within the data
 * unit; an End TLV. What the TLVs hold stays in the frame and is borrowed from it. */
#ifndef TAMBO_PACKET_PKT_LLDP_H
#define TAMBO_PACKET_PKT_LLDP_H

#include "controller/base/buf.h"
#include "controller/base/err.h"

/* 01:80:c2:00:00:0e, nearest bridge (clause 7.1). */
#define PKT_LLDP_MULTICAST ((struct eth_addr){{0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e}})

/* TLV types (clause 8.4.1). */
#define PKT_LLDP_END 0
#define PKT_LLDP_CHASSIS_ID 1
#define PKT_LLDP_PORT_ID 2
#define PKT_LLDP_TTL 3
#define PKT_LLDP_SYSTEM_NAME 5
#define PKT_LLDP_ORG 127

/* Subtypes of chassis id (clause 8.5.2.2) and port id (clause 8.5.3.2). */
#define PKT_LLDP_CHASSIS_MAC 4
#define PKT_LLDP_CHASSIS_LOCAL 7
#define PKT_LLDP_PORT_COMPONENT 2
#define PKT_LLDP_PORT_MAC 3
#define PKT_LLDP_PORT_NAME 5
#define PKT_LLDP_PORT_LOCAL 7

#define PKT_LLDP_ID_MAX 255
#define PKT_LLDP_NAME_MAX 255
#define PKT_LLDP_ORG_MAX 507
#define PKT_LLDP_MAX_ORGS 16

struct pkt_lldp_id {
    uint8_t subtype;
    uint16_t len;        /* 1..255. */
    const uint8_t *data; /* Borrowed. */
};

struct pkt_lldp_org {
    uint32_t oui; /* 24 bits. */
    uint8_t subtype;
    uint16_t len;        /* 0..507. */
    const uint8_t *data; /* Borrowed. */
};

struct pkt_lldp {
    struct pkt_lldp_id chassis, port;
    uint16_t ttl_s;
    const char *system_name; /* Borrowed, not terminated; NULL when absent. */
    uint16_t system_name_len;
    size_t n_orgs;
    struct pkt_lldp_org orgs[PKT_LLDP_MAX_ORGS]; /* Of any organisation, in the order met. */
};

/* Appends a frame with 'lldp' from 'src' to 'dst'; 'type' is PKT_TYPE_LLDP, or PKT_TYPE_BDDP. */
void pkt_build_lldp(struct buf *b, struct eth_addr dst, struct eth_addr src, uint16_t type,
                    const struct pkt_lldp *lldp);

/* Parses the 'len' bytes behind the Ethertype into '*out', which then points into them. TLVs of other
 * types are stepped over, bytes behind the End TLV are padding. ERR_TRUNCATED when a TLV or the End
 * TLV is cut off, ERR_SYNTAX for a wrong order, repetition or length, ERR_FULL for more than
 * PKT_LLDP_MAX_ORGS organisational TLVs. */
enum err pkt_parse_lldp(const uint8_t *pdu, size_t len, struct pkt_lldp *out);

/* The first organisational TLV with 'oui' and 'subtype', or NULL. */
const struct pkt_lldp_org *pkt_lldp_find_org(const struct pkt_lldp *lldp, uint32_t oui,
                                             uint8_t subtype);

#endif
