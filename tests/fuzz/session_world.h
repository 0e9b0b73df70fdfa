/* The world of the session fuzz target: one core with the real apps, a southbound that records and
 * sometimes refuses, and what must hold after each step. Every message of the core goes through the
 * codec, whose strict decoder must take it. */
#ifndef TAMBO_TESTS_FUZZ_SESSION_WORLD_H
#define TAMBO_TESTS_FUZZ_SESSION_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/apps/modules.h"
#include "controller/base/arena.h"
#include "controller/base/buf.h"
#include "controller/core/ctl.h"

#define WORLD_N_CONNS 6
#define WORLD_N_RECENT 64 /* Messages that a connection remembers. */
#define WORLD_N_FLOWS 64

struct conn {
    struct world *world;
    struct session *session;
    bool open;       /* From world_connect() to world_disconnect(). */
    bool closed;     /* The core has closed it, and is told of the end later. */
    uint8_t version; /* That its messages have. */
    enum err refuse; /* What the next 'n_refuse' sends get. */
    unsigned n_refuse;

    /* The latest messages of the core, decoded; those before 'n_answered' are done with. */
    struct of_msg recent[WORLD_N_RECENT];
    size_t n_recent, n_answered;

    /* Flow entries that the core has written. */
    struct of_flow_mod flows[WORLD_N_FLOWS];
    size_t n_flows;
};

struct world {
    struct clock clock;
    struct southbound southbound;
    struct log log;
    struct ctl *ctl;
    struct conn conns[WORLD_N_CONNS];
    struct ctl_counters counters; /* As they were after the last step. */
    struct arena sent;            /* Messages of the core. */
    struct arena in;              /* One message on its way to the core. */
    struct buf wire;
    size_t n_bytes_sent;
};

void world_init(struct world *w);
void world_fini(struct world *w);

void world_connect(struct conn *c);
void world_disconnect(struct conn *c);

/* Gives bytes to the core as a driver does: what decodes by ctl_input(), what does not by
 * ctl_input_bad(). Nothing when the connection is not there or closed. */
void world_input_bytes(struct conn *c, const uint8_t *frame, size_t len);

/* The same with a message, which is encoded with the version of the connection. */
void world_input(struct conn *c, const struct of_msg *msg);

/* Moves time on, stopping at the core's deadlines. */
void world_advance(struct world *w, int64_t ns);

/* What must hold between two steps; aborts when it does not. */
void world_check(struct world *w);

#endif
