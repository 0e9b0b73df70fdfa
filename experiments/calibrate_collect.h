/* What the messages of a control channel tell of hosts, entries and answers, as they are read: the counts that
 * calibrate.c makes estimates of. */
#ifndef TAMBO_EXPERIMENTS_CALIBRATE_COLLECT_H
#define TAMBO_EXPERIMENTS_CALIBRATE_COLLECT_H

#include "controller/base/arena.h"
#include "controller/base/hmap.h"
#include "experiments/calibrate.h"

#define CALIBRATE_HOLDS 1024

struct collector_host {
    struct hmap_node node;
    uint64_t mac;
    uint32_t number, conn; /* conn: where its switch is. */
};

/* A destination as a switch sees it. */
struct collector_pair {
    struct hmap_node node;
    uint32_t conn;
    uint64_t dst;
    bool present; /* An entry is there, or has been asked for. */
    bool waits;   /* Asked for at: */
    double asked_s;
    double since_s;  /* No entry since; when it is not present. */
    double absent_s; /* In all. */
    uint64_t n_misses;
};

struct collector {
    struct calibration *out;
    struct arena arena;
    struct hmap hosts, pairs;
    struct collector_host **by_number;
    size_t n_hosts, cap_hosts;
    uint32_t *n_at; /* Hosts by connection. */
    size_t cap_at;
    uint32_t n_conns;
    bool begun;
    double first_s, last_s, answered_s;
    double *lives_s, *lives_at_s;
    uint64_t *lives_dst;
    uint32_t *lives_conn;
    size_t n_lives, cap_lives;
    size_t cap_service;
    uint64_t holds[CALIBRATE_HOLDS]; /* How often each idle time-out was asked for; the last: longer ones. */
};

void collector_init(struct collector *c, struct calibration *out);
void collector_fini(struct collector *c);

/* Reads the capture 'path': counts what its messages say, in 'c' and in what it was made for. False with a reason
 * in 'error'. */
bool collector_read(struct collector *c, const char *path, uint16_t port, char *error, size_t size);

/* NULL: none was seen. */
struct collector_host *collector_host(const struct collector *c, uint64_t mac);
struct collector_pair *collector_pair(const struct collector *c, uint32_t conn, uint64_t dst);

#endif
