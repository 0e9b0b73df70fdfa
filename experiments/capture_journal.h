/* The journal of a capture, line by line. Private to the reader of captures. */
#ifndef TAMBO_EXPERIMENTS_CAPTURE_JOURNAL_H
#define TAMBO_EXPERIMENTS_CAPTURE_JOURNAL_H

#include <stdio.h>

#include "experiments/capture.h"

struct journal {
    FILE *file;
    const char *path;
    unsigned line; /* The one that was read last. */
    char *text;
    size_t size;
    bool more;                  /* 'packets' and 'event' are the next one. */
    uint64_t packets;           /* Packets of the capture before it. */
    struct capture_event event; /* Its text is in the capture. */
};

/* Opens the journal of the capture 'path' ('name' is its own, borrowed) and reads the head into
 * 'out'. False and what is wrong in 'error'. */
bool journal_begin(struct journal *j, const char *name, struct capture *out, char *error,
                   size_t error_size);

/* Reads the next event; j->more says whether there was one. */
bool journal_next(struct journal *j, struct capture *out, char *error, size_t error_size);

void journal_fini(struct journal *j);

#endif
