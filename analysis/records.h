/* Records of an experiment: one row per finished trial, in SQLite.
 *
 * A row is written when its trial is done and is durable from then on, so an interrupted experiment
 * continues where it was. A trial is the same trial when experiment, scenario hash and seed agree;
 * the build id says which program made it, and a row of another build is replaced when the trial is
 * run again. */
#ifndef TAMBO_ANALYSIS_RECORDS_H
#define TAMBO_ANALYSIS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct records;

struct record {
    const char *experiment;
    const char *point;         /* Which cell of the design, for example "uniform/hold=60". */
    const char *scenario_hash; /* 16 hexadecimal digits. */
    const char *build_id;
    const char *trace_hash; /* 16 hexadecimal digits. */
    const char *params;     /* JSON object. */
    const char *metrics;    /* JSON object. */
    uint64_t seed;
    double wall_s;
};

/* Opens or makes the file. NULL on failure, with the reason in 'error' of 'size' bytes. */
struct records *records_open(const char *path, char *error, size_t size);
void records_close(struct records *r);

/* True when the trial has been recorded by the program 'build_id'. */
bool records_has(struct records *r, const char *experiment, const char *scenario_hash,
                 uint64_t seed, const char *build_id);

/* Adds a row; false on failure, see records_error(). Not thread-safe: the caller locks. */
bool records_add(struct records *r, const struct record *record);

/* Calls 'fn' for every row of 'experiment' whose scenario hash is 'scenario_hash' (NULL: any), by
 * point and seed. Texts are valid during the call. False on failure or when 'fn' returned false. */
typedef bool records_each_fn(void *aux, const struct record *record);
bool records_each(struct records *r, const char *experiment, const char *scenario_hash,
                  records_each_fn *fn, void *aux);

const char *records_error(struct records *r);

#endif
