/* What the files of the tap share. Private to them. */
#ifndef TAMBO_LIVE_LIVE_TAP_INT_H
#define TAMBO_LIVE_LIVE_TAP_INT_H

#include <stdio.h>

#include "controller/base/buf.h"
#include "controller/base/list.h"
#include "controller/live/live_loop.h"
#include "controller/live/live_pcap.h"
#include "controller/live/live_tap.h"

struct live_tap {
    struct live *live;
    struct live_tap_params params; /* Without its texts, which are copied here: */
    char *path;
    char *head; /* NULL: there is no replay. */
    char **switches;
    struct southbound southbound; /* What is tapped. */
    struct live_pcap *pcap;
    FILE *journal;
    bool complete;          /* The journal says all that is needed for a replay. */
    bool written;           /* In this turn. */
    uint64_t journal_bytes; /* Of events. */

    /* Being handled, and not written yet: it may turn out to say nothing to anybody. */
    bool has_request;
    struct live_tap_request request;
    struct buf request_text;
    int64_t wall_offset_ns; /* The capture's time less the core's. */
    struct list conns;      /* struct tap_conn */
    uint64_t n_flows;
    struct buf message; /* As it was sent. */
    struct buf scratch; /* Texts of the journal. */
};

/* Makes the files that are there older and opens both. 'why_not': there is no replay, because of
 * this; NULL: there is. False when they could not be opened (logged). */
bool tap_open_files(struct live_tap *tap, const char *why_not);

/* False when something could not be written. */
bool tap_close_files(struct live_tap *tap);

/* A new file of mode 0600; NULL, and 'why' says why not. */
FILE *journal_open(const char *path, char *why, size_t why_size);

/* Writes one line when the tap's journal is complete; 'fmt' makes the arguments, each with a space
 * before it. */
void journal_event(struct live_tap *tap, enum live_tap_event event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes the request that is being handled, if it still has to be. */
void journal_request(struct live_tap *tap);

/* Appends 'text' as a journal has it, with its end, to 'scratch' and returns where it begins (until
 * the next one is appended). */
const char *journal_text(struct buf *scratch, const char *text);

#endif
