/* A capture of tambod's message tap with its journal (controller/live/live_tap.h), read back into
 * the sequence of everything that the core was given and did. */
#ifndef TAMBO_EXPERIMENTS_CAPTURE_H
#define TAMBO_EXPERIMENTS_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/buf.h"
#include "controller/base/mono.h"

enum capture_kind {
    /* Given to the core: */
    CAPTURE_OPEN,   /* Text: the peer. */
    CAPTURE_EXPECT, /* Number: the datapath id. */
    CAPTURE_IN,     /* Bytes: a frame, or what could not be cut into frames. */
    CAPTURE_RUN,
    CAPTURE_GONE,
    CAPTURE_SFLOW, /* Bytes: a datagram. */
    CAPTURE_REST, /* Number: the role. Text: method, path, query, type, each with its end, and "" for
                    * none; bytes: the body. */
    /* Done by the core: */
    CAPTURE_OUT,   /* Bytes: a message. */
    CAPTURE_CLOSE, /* It closed the connection. */
    /* What the core was answered: */
    CAPTURE_REFUSED, /* Number: what send() returned. */
    CAPTURE_PAIR,    /* Text: table, key and value, each with its end. */
    CAPTURE_EACH,    /* Text: table. Number: what each() returned. */
    CAPTURE_WROTE,   /* Number: what put() or del() returned when it failed. */
};

struct capture_event {
    enum capture_kind kind;
    uint32_t conn; /* Connections are counted from 0. */
    mono_t at;
    uint64_t number;
    size_t offset, len; /* Of its text or bytes. */
};

struct capture {
    char version[32];           /* Of the tambod. */
    uint64_t hash_key, core_id; /* As in struct ctl_params. */
    uint8_t lldp_key[32];
    char *config;
    size_t config_len;
    mono_t start;           /* When the core was made. */
    int64_t wall_offset_ns; /* The capture's time less the core's. */
    struct capture_event *events;
    size_t n_events;
    struct buf bytes; /* Of all events. */
    uint32_t n_conns;
    uint64_t n_packets;
    bool ended; /* The tap was stopped; else the program was, or we at 'until'. */
};

/* Reads 'path' and its journal up to the instant 'until_ns' after the start (INT64_MAX: all). False
 * and what is wrong in 'error'. capture_fini() is due in both cases. */
bool capture_read(struct capture *capture, const char *path, int64_t until_ns, char *error,
                  size_t error_size);

void capture_fini(struct capture *capture);

static inline const uint8_t *capture_bytes(const struct capture *c, const struct capture_event *e)
{
    return c->bytes.data + e->offset;
}

#endif
