/* Several experiments in one go: each as a process of its own, so that one that breaks does not stop the others, and
 * a page with the verdict on every claim. Where processes share the trials (ranks.h) the caller runs each. */
#ifndef TAMBO_EXPERIMENTS_EXP_ALL_H
#define TAMBO_EXPERIMENTS_EXP_ALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXP_ALL_MAX 64

struct exp_all {
    const char *const *names; /* Built-in experiments or files. */
    size_t n_names;
    const char *out;       /* The folder. */
    uint64_t replications; /* 0: as the experiments say. */
    uint64_t threads;
    bool quick, pdf;

    /* NULL: as a process. Otherwise runs experiment 'name' into the folder 'dir'; an exit code. */
    int (*run)(void *aux, const char *name, const char *dir);
    void *aux;
};

/* Runs them, each below 'out' in a folder with its name, and writes index.html, summary.json, claims.json and
 * claims.md. An exit code: EXIT_FAILED when one of them did not finish, EXIT_NOT_HELD when a claim that should be
 * reproduced is not. */
int exp_all_run(const struct exp_all *all);

/* Prints the claims of all built-in experiments as Markdown; 'path' is a claims.json with what was simulated (NULL:
 * nothing was). An exit code. */
int exp_print_claims(const char *path);

/* Writes 'value' into the file 'name' of 'dir'; false after a complaint. */
bool exp_save_json(const json_t *value, const char *dir, const char *name);

#endif
