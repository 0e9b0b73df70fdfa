/* One core, several worlds: each script is run with the core called directly, through the live driver
 * and through the simulated channel in both fidelities, and what the controller sends must be the
 * same, byte for byte and nanosecond for nanosecond, on every connection.
 *
 * Usage: same_core SCRIPT... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/script_run.h"

static const struct driver *const drivers[] = {
    &driver_direct,
    &driver_live,
    &driver_sim_wire,
    &driver_sim_direct,
};

#define N_DRIVERS (sizeof drivers / sizeof drivers[0])

/* Writes the first line that differs. */
static void show_difference(const struct script *script, size_t sw, const char *name,
                            const char *expected, const char *found)
{
    const char *a = expected, *b = found;
    size_t line = 1;

    for (const char *p = expected, *q = found; *p && *p == *q; p++, q++) {
        if (*p == '\n') {
            line++;
            a = p + 1;
            b = q + 1;
        }
    }
    fprintf(stderr, "%s: %s: message %zu to %s differs\n  direct: %.*s\n  %s: %.*s\n", script->path,
            name, line, script->switches[sw].name, (int)strcspn(a, "\n"), a, name,
            (int)strcspn(b, "\n"), b);
}

static bool compare(const struct script *script, const char *name, char *expected[], char *found[])
{
    bool same = true;

    for (size_t sw = 0; sw < script->n_switches; sw++) {
        if (strcmp(expected[sw], found[sw]) != 0) {
            show_difference(script, sw, name, expected[sw], found[sw]);
            same = false;
        }
    }
    return same;
}

static void free_texts(char *texts[])
{
    for (size_t i = 0; i < SCRIPT_MAX_SWITCHES; i++) {
        free(texts[i]);
    }
}

static size_t count_lines(char *texts[])
{
    size_t n = 0;

    for (size_t i = 0; i < SCRIPT_MAX_SWITCHES; i++) {
        for (const char *p = texts[i]; p && (p = strchr(p, '\n')); p++) {
            n++;
        }
    }
    return n;
}

static bool check_script(const char *path)
{
    static struct script script;
    char *expected[SCRIPT_MAX_SWITCHES] = {0};
    bool ok;

    script_read(path, &script);
    ok = run_script(&script, drivers[0], expected);
    for (size_t i = 1; i < N_DRIVERS; i++) {
        char *found[SCRIPT_MAX_SWITCHES] = {0};

        if (*script.except &&
            strncmp(drivers[i]->name, script.except, strlen(script.except)) == 0) {
            continue;
        }
        ok = run_script(&script, drivers[i], found) && ok;
        ok = compare(&script, drivers[i]->name, expected, found) && ok;
        free_texts(found);
    }
    printf("%s: %s, %zu messages\n", path, ok ? "the same" : "DIFFERENT", count_lines(expected));
    free_texts(expected);
    script_free(&script);
    return ok;
}

int main(int argc, char **argv)
{
    bool ok = argc > 1;

    for (int i = 1; i < argc; i++) {
        ok = check_script(argv[i]) && ok;
    }
    return ok ? 0 : 1;
}
