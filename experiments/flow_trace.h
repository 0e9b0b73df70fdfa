/* Recorded traffic as flow records: who talked to whom, from when on, for how long. Read from CSV or
 * from a capture of frames; addresses are texts, whatever they look like, and are numbered in the order
 * in which they appear.
 *
 *   CSV      start,src,dst[,duration[,bytes]]: seconds, two addresses, seconds, a number. A first line of
 *            names gives the columns in another order; columns of other names are passed by. Lines
 *            that begin with # and empty ones do not count.
 *   pcap     frames of IPv4 and IPv6 (Ethernet, with VLAN tags, or raw IP) from one address to another
 *            are one record until there is none for 'gap_s'.
 *
 * Errors name the file and the line or the frame. */
#ifndef TAMBO_EXPERIMENTS_FLOW_TRACE_H
#define TAMBO_EXPERIMENTS_FLOW_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/hmap.h"
#include "simnet/world/session_trace.h"

#define FLOW_TRACE_MAX 20000000u /* Records. */

struct flow_record {
    double start_s; /* After the first record's start; first in the file's own time. */
    double duration_s;
    double bytes;
    uint32_t src, dst; /* Numbers of addresses. */
};

struct flow_address {
    struct hmap_node node;
    uint32_t number;
    char text[64];
};

struct flow_trace {
    struct flow_record *records; /* By rising start; those of equal start as in the file. */
    size_t n, cap;
    struct flow_address **addresses; /* By number. */
    size_t n_addresses, cap_addresses;
    struct hmap by_text;
    double epoch_s;    /* The file's time of the first start. */
    uint64_t n_frames; /* Of a capture, */
    uint64_t n_not_ip; /* and those among them that are neither IPv4 nor IPv6. */
};

void flow_trace_init(struct flow_trace *trace);
void flow_trace_fini(struct flow_trace *trace);

/* Reads 'path' into an empty trace: a capture when it begins like one, else CSV. False with a reason in
 * 'error'; flow_trace_fini() is due in both cases. */
bool flow_trace_read(struct flow_trace *trace, const char *path, double gap_s, char *error,
                     size_t size);

/* The two readers, from memory (a name for errors), and the end of both: sorts, moves the start to 0. */
bool flow_csv_read(struct flow_trace *trace, const char *name, const char *text, size_t len,
                   char *error, size_t size);
bool flow_pcap_read(struct flow_trace *trace, const char *path, double gap_s, char *error,
                    size_t size);
void flow_trace_finish(struct flow_trace *trace);

/* The number of the address 'text' (cut to 63 characters), a new one if need be. */
uint32_t flow_trace_address(struct flow_trace *trace, const char *text, size_t len);

/* False when there are too many. */
bool flow_trace_add(struct flow_trace *trace, const struct flow_record *record);

/* --- Hosts of a campus -------------------------------------------------------------------------- */

enum flow_mapping {
    FLOW_SPREAD, /* The n-th address is a host of access switch n mod their number, while there are. */
    FLOW_HASH, /* By a hash of its text: any number of addresses, of which some share a host. */
};

struct flow_mapped {
    struct session_record *sessions; /* By rising begin; owned. */
    size_t n;
    uint64_t n_no_host;   /* Records left out: an address beyond the last host, */
    uint64_t n_same_host; /* or both addresses are the same host. */
};

/* The sessions of 'trace' between the hosts of 'n_access' switches with 'hosts' each, its time divided
 * by 'speed' > 0. free(out->sessions) afterwards. */
void flow_trace_map(const struct flow_trace *trace, enum flow_mapping mapping, uint32_t n_access,
                    uint32_t hosts, double speed, struct flow_mapped *out);

#endif
