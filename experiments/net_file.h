/* Petri nets from JSON files (docs/petri.md): pages are unfolded into one flat net, in which a port is the
 * place that it is bound to and names are paths, "switch.table". */
#ifndef TAMBO_EXPERIMENTS_NET_FILE_H
#define TAMBO_EXPERIMENTS_NET_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "models/petri/net.h"

struct conf_doc;

struct net_file {
    struct conf_doc *doc;
    struct petri_net *net;
    const char *name, *time_unit; /* Borrowed from the document; "" when absent. */
    const char *what;             /* What of the command line is being read. */
    char *extra;                  /* Complaints about that. */
    size_t extra_size;
    FILE *extra_out;
};

/* "NAME=EXPR" from the command line, in the place of what the file says. */
struct net_changes {
    const char *const *constants, *const *initial, *const *queries;
    size_t n_constants, n_initial, n_queries;
};

/* Reads a file, or the built-in net of that name. "changes" may be NULL. Never fails: see
 * net_file_ok(). */
void net_file_read(struct net_file *f, const char *spec, const struct net_changes *changes);
void net_file_parse(struct net_file *f, const char *name, const char *text, size_t len,
                    const struct net_changes *changes);
void net_file_fini(struct net_file *f);

bool net_file_ok(const struct net_file *f);

/* Writes all complaints, one on each line. */
void net_file_complaints(const struct net_file *f, FILE *out);

#endif
