/* A captured run played again: the same core is made, is given the same at the same instants of
 * virtual time, and what it does is compared, message by message, with what it did. */
#ifndef TAMBO_EXPERIMENTS_REPLAY_H
#define TAMBO_EXPERIMENTS_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/log.h"
#include "controller/config/config.h"
#include "experiments/capture.h"

#define REPLAY_TEXT_SIZE 1024

struct replay_params {
    const struct capture *capture;
    const struct config *config;
    bool log;             /* Lines of the core go to standard error, */
    enum log_level level; /* down to this level. */
    const char *out;      /* A capture of the replay is written there; NULL: none. */
};

struct replay_result {
    uint64_t n_in, n_out, n_connections; /* Up to the difference, if there is one... */
    uint64_t n_sflow, n_rest;            /* ...as datagrams and requests from the north. */
    double recorded_s;                   /* From the core's start to the last event. */
    bool same;
    /* The first difference: */
    double at_s;                     /* After the core's start. */
    bool has_conn;                   /* It is about a switch: */
    char peer[128];                  /* its address, */
    dpid_t dpid;                     /* and its datapath id; 0: not known yet. */
    char recorded[REPLAY_TEXT_SIZE]; /* What was done, for people. */
    char replayed[REPLAY_TEXT_SIZE];
    size_t byte; /* The first that differs, when both are messages; else SIZE_MAX. */
};

/* False when it could not be done at all, with the reason in 'error'. */
bool replay_run(const struct replay_params *params, struct replay_result *result, char *error,
                size_t error_size);

#endif
