/* The subcommands of "tambo model", one analytic model each, and what they share. */
#ifndef TAMBO_EXPERIMENTS_MODEL_COMMANDS_H
#define TAMBO_EXPERIMENTS_MODEL_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "experiments/args.h"
#include "models/holding.h"
#include "models/popularity.h"

/* Each takes the arguments from its own name on and returns an exit code. */
int model_cmd_burst(int argc, char *const argv[]);
int model_cmd_cache(int argc, char *const argv[]);
int model_cmd_delay(int argc, char *const argv[]);
int model_cmd_feedback(int argc, char *const argv[]);
int model_cmd_fit(int argc, char *const argv[]);
int model_cmd_popularity(int argc, char *const argv[]);
int model_cmd_renewal(int argc, char *const argv[]);
int model_cmd_service(int argc, char *const argv[]);
int model_cmd_tail(int argc, char *const argv[]);
int model_cmd_transient(int argc, char *const argv[]);

/* One number of an answer: its JSON key, with the unit; its name for people; the number, NAN when it does
 * not apply. */
struct model_row {
    const char *key;
    const char *label;
    double value;
};

/* Prints the rows as one JSON object or as lines for people. Returns EXIT_DONE. */
int model_print(const struct model_row *rows, size_t n_rows, bool json);

/* Says on standard error why there is no result; returns the exit code. */
int model_no_result(const char *command, enum model_status status);

/* Exit code after args_parse said something other than ARGS_OK. */
int model_exit_of(enum args_status parsed);

/* A campus as options: who calls whom, from switches of how many hosts. */
struct model_campus {
    int traffic; /* enum popularity_kind up to POPULARITY_ZIPF. */
    double alpha, mean_sessions, session_s, hold_s;
    int hold_law; /* enum hold_law without HOLD_THRESHOLD. */
    uint64_t hosts, ports;
};

/* The thesis's campus: Pareto 1.2, 4 sessions of 5 s, 60 000 hosts, 48 ports, held for 180 s. */
struct model_campus model_campus_defaults(void);

extern const char *const model_traffics[];
extern const char *const model_hold_laws[];

/* Rows of options for a campus "c"; the second group is for models with holding times. */
/* clang-format off */
#define MODEL_CAMPUS_OPTS(c)                                                                       \
    {"traffic", OPT_CHOICE, &(c)->traffic, .choices = model_traffics, .value = "LAW",              \
     .help = "popularity of destinations"},                                                        \
    {"alpha", OPT_REAL, &(c)->alpha, 0, 1e6, .value = "A",                                         \
     .help = "Pareto shape (above 1) or Zipf exponent"},                                           \
    {"mean-sessions", OPT_REAL, &(c)->mean_sessions, 1e-9, 1e9, .value = "X",                      \
     .help = "mean simultaneous sessions of a destination"},                                       \
    {"session-s", OPT_REAL, &(c)->session_s, 1e-9, 1e9, .value = "S",                              \
     .help = "mean duration of a session"},                                                        \
    {"hosts", OPT_COUNT, &(c)->hosts, 2, 1e7, .value = "N", .help = "hosts of the campus"},        \
    {"ports", OPT_COUNT, &(c)->ports, 1, 1e6, .value = "S", .help = "hosts of an access switch"}
#define MODEL_HOLD_OPTS(c)                                                                         \
    {"hold-s", OPT_REAL, &(c)->hold_s, 0, INFINITY, .value = "H", .help = "mean holding time"},    \
    {"hold-law", OPT_CHOICE, &(c)->hold_law, .choices = model_hold_laws, .value = "LAW",           \
     .help = "law of the holding time"}
/* clang-format on */

/* Fills "popularity" for the campus. */
enum model_status model_campus_popularity(const struct model_campus *c,
                                          struct popularity *popularity);

/* The holding chain of a destination of the campus; lambda_per_s is left 0. */
struct holding_chain model_campus_chain(const struct model_campus *c);

#endif
