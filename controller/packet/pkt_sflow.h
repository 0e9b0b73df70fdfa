/* sFlow version 5 datagrams (sflow.org, "sFlow Version 5", July 2004): parse and build.
 *
 * Understood are flow samples with a sampled header and counter samples with generic interface
 * counters and OpenFlow port, both in the compact and the expanded form; all else is stepped over. The whole
 * datagram is checked before anything is given out. */
#ifndef TAMBO_PACKET_PKT_SFLOW_H
#define TAMBO_PACKET_PKT_SFLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/buf.h"
#include "controller/base/err.h"

#define PKT_SFLOW_PORT 6343
#define PKT_SFLOW_MAX_SAMPLES 64

#define PKT_SFLOW_PROTO_ETHERNET 1 /* header_protocol of a sampled header. */

/* Interface numbers in 'input' and 'output' (compact form: two bits of format, thirty of value). */
#define PKT_SFLOW_IF_UNKNOWN 0

enum pkt_sflow_kind { PKT_SFLOW_OTHER, PKT_SFLOW_FLOW, PKT_SFLOW_COUNTERS };

struct pkt_sflow_flow {
    uint32_t rate;                  /* One of so many packets is sampled. */
    uint32_t pool_pkts;             /* Packets that could have been sampled. */
    uint32_t drops;                 /* Samples lost for want of resources. */
    uint32_t input_format, input;   /* Format 0: 'input' is an ifIndex. */
    uint32_t output_format, output; /* Format 1: dropped; 2: several interfaces. */
    bool has_header;                /* The record with the next four is there. */
    uint32_t proto;                 /* PKT_SFLOW_PROTO_ETHERNET. */
    uint32_t frame_bytes;           /* Length of the frame on the wire. */
    uint32_t stripped_bytes;
    uint32_t header_len;
    const uint8_t *header; /* The first bytes of the frame; borrowed. */
};

/* Generic interface counters (format 1, struct if_counters). */
struct pkt_sflow_counters {
    bool has_generic; /* The record is there. */
    uint32_t if_index, if_type;
    uint64_t if_speed_bps;
    uint32_t if_direction, if_status;
    uint64_t in_bytes;
    uint32_t in_ucast_pkts, in_multicast_pkts, in_broadcast_pkts, in_discards, in_errors,
        in_unknown_protos;
    uint64_t out_bytes;
    uint32_t out_ucast_pkts, out_multicast_pkts, out_broadcast_pkts, out_discards, out_errors;
    uint32_t promiscuous;

    /* Which OpenFlow port the interface is (format 1004, "sFlow OpenFlow Structures"). */
    bool has_openflow;
    uint64_t dpid;
    uint32_t port_no;
};

struct pkt_sflow_sample {
    enum pkt_sflow_kind kind;
    uint32_t seq;
    uint32_t source_type, source_index; /* Type 0: an ifIndex. */
    union {
        struct pkt_sflow_flow flow;
        struct pkt_sflow_counters counters;
    };
};

struct pkt_sflow {
    bool agent_is_ipv6;
    uint32_t agent; /* IPv4 address of the agent, host order. */
    struct ipv6_addr agent6;
    uint32_t sub_agent, seq, uptime_ms;
    size_t n_samples;
    struct pkt_sflow_sample samples[PKT_SFLOW_MAX_SAMPLES];
};

/* Parses a datagram of 'len' bytes; '*out' then points into it. ERR_UNSUPPORTED for another version
 * or address type, ERR_TRUNCATED when something is cut, ERR_SYNTAX when a record contradicts its
 * length, ERR_FULL beyond PKT_SFLOW_MAX_SAMPLES samples. Bytes behind the samples are ignored. */
enum err pkt_parse_sflow(const uint8_t *datagram, size_t len, struct pkt_sflow *out);

/* Appends the datagram 'sf'. Samples are written in the compact form when their numbers fit it, else
 * in the expanded form; a sample of kind PKT_SFLOW_OTHER fails the buffer. */
void pkt_build_sflow(struct buf *b, const struct pkt_sflow *sf);

#endif
