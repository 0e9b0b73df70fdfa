/* Command lines by table: one row per option gives the parsing, the checks, the error message and
 * the line of --help. */
#ifndef TAMBO_EXPERIMENTS_ARGS_H
#define TAMBO_EXPERIMENTS_ARGS_H

#include <stdbool.h>
#include <stddef.h>

enum opt_kind {
    OPT_FLAG,   /* --json                 out: bool */
    OPT_REAL,   /* --hold-s 2.385         out: double, in [min, max] */
    OPT_COUNT,  /* --ports 48             out: uint64_t, in [min, max] */
    OPT_TEXT,   /* --out DIR              out: const char *, points into argv */
    OPT_CHOICE, /* --traffic uniform      out: int, index into 'choices' */
    OPT_LIST,   /* --set a=1 --set b=2    out: struct opt_list */
};

#define OPT_LIST_MAX 64

struct opt_list {
    const char *items[OPT_LIST_MAX];
    size_t n;
};

struct opt {
    const char *name; /* Without the dashes. */
    enum opt_kind kind;
    void *out;                  /* Holds the default before the parsing. */
    double min, max;            /* OPT_REAL and OPT_COUNT. */
    const char *const *choices; /* OPT_CHOICE: NULL-terminated. */
    const char *value;          /* What --help calls the value. */
    const char *help;
    bool *given; /* Set to true when the option was there; may be NULL. */
};

struct command {
    const char *name;     /* "tambo plan". */
    const char *synopsis; /* Positional arguments, "" when there are none. */
    const char *summary;  /* What it does: full sentences, for --help. */
    const struct opt *opts;
    size_t n_opts;
    size_t min_args, max_args; /* Positional arguments. */
};

enum args_status {
    ARGS_OK,
    ARGS_HELP, /* --help was asked for and has been printed: exit 0. */
    ARGS_BAD,  /* A complaint has been printed to standard error: exit 2. */
};

/* Parses argv[1..]; positional arguments are put into 'args' (room for max_args), '*n_args' tells
 * how many. */
enum args_status args_parse(const struct command *command, int argc, char *const argv[],
                            const char *args[], size_t *n_args);

/* Exit codes of every program. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,    /* The work failed. */
    EXIT_BAD_INPUT = 2, /* The arguments or an input file are wrong. */
    EXIT_NOT_HELD = 3,  /* A check or comparison that was asked for did not hold. */
};

#endif
