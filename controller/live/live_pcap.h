/* Messages of control channels as a capture that every packet analyser reads.
 *
 * What is written are whole messages; where they came from there may have been TLS, or no TCP at
 * all. Each connection becomes a TCP connection that might have been: a handshake, segments with
 * their sequence numbers, acknowledgements and checksums right, an end. The controller's port is
 * 6653 whatever it really was, so that analysers know the protocol. A message longer than a segment
 * takes several; PSH marks its last.
 *
 * Times are nanoseconds since 1970 and are kept to the nanosecond (a classic pcap file with magic
 * 0xa1b23c4d). */
#ifndef TAMBO_LIVE_LIVE_PCAP_H
#define TAMBO_LIVE_LIVE_PCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/list.h"

#define LIVE_PCAP_PORT 6653
#define LIVE_PCAP_SEGMENT 32768 /* Bytes of a message in one segment, at most. */

struct live_pcap;

enum pcap_side { PCAP_SWITCH, PCAP_CONTROLLER };

/* One connection in a capture; the caller's memory. */
struct pcap_flow {
    struct list in_list; /* The capture's open ones. */
    bool v6;
    uint8_t addr[2][16]; /* By side. */
    uint16_t port[2];
    uint32_t seq[2];     /* The next byte that the side sends. */
    uint32_t unacked[2]; /* Bytes of the side that the other has not acknowledged. */
};

/* Makes the file 'path' (mode 0600), which must not be there yet. NULL, and 'why' says so. */
struct live_pcap *live_pcap_open(const char *path, char *why, size_t why_size);

/* Closes the file; false when something could not be written. NULL is fine. */
bool live_pcap_close(struct live_pcap *pcap);

/* Hands what was written to the system. False when that failed, now or before (errno says why). */
bool live_pcap_flush(struct live_pcap *pcap);

uint64_t live_pcap_packets(const struct live_pcap *pcap);
uint64_t live_pcap_bytes(const struct live_pcap *pcap);

/* Begins 'flow': 'peer' is "ADDRESS:PORT" or "[IPV6]:PORT" of the switch, 'own' (may be NULL) the
 * same of the controller. A name that is no address gets one from 192.0.2.0/24. A port that another
 * open flow of the address has is replaced by the next free one. */
void pcap_flow_open(struct live_pcap *pcap, struct pcap_flow *flow, const char *peer,
                    const char *own, int64_t at_ns);

/* 'flow' goes on in 'pcap', another file than before. */
void pcap_flow_move(struct live_pcap *pcap, struct pcap_flow *flow);

/* One message from 'side'. */
void pcap_flow_write(struct live_pcap *pcap, struct pcap_flow *flow, enum pcap_side side,
                     const uint8_t *data, size_t len, int64_t at_ns);

/* The end, which 'side' begins. */
void pcap_flow_close(struct live_pcap *pcap, struct pcap_flow *flow, enum pcap_side side,
                     int64_t at_ns);

#endif
