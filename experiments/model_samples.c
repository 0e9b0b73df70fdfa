#include "experiments/model_samples.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

static const size_t SAMPLES_MAX = 10000000;

static void add(struct model_samples *s, size_t *room, double v)
{
    if (s->n == *room) {
        *room = *room ? 2 * *room : 1024;
        s->values = xreallocarray(s->values, *room, sizeof *s->values);
    }
    s->values[s->n++] = v;
}

/* Returns false when the line is not a number that is wanted. */
static bool add_line(struct model_samples *s, size_t *room, char *line)
{
    char *end;
    double v;

    line[strcspn(line, "\r\n")] = '\0';
    line += strspn(line, " \t");
    if (!*line || *line == '#') {
        return true;
    }
    v = strtod(line, &end);
    end += strspn(end, " \t");
    if (*end || !isfinite(v) || v < 0) {
        return false;
    }
    add(s, room, v);
    return true;
}

static bool read_lines(struct model_samples *s, FILE *f, const char *path, char *error, size_t size)
{
    char line[256];
    size_t room = 0;

    for (size_t n = 1; fgets(line, sizeof line, f); n++) {
        if (!add_line(s, &room, line)) {
            snprintf(error, size, "%s:%zu: expected one number a line, not negative", path, n);
            return false;
        }
        if (s->n > SAMPLES_MAX) {
            snprintf(error, size, "%s: more than %zu numbers", path, SAMPLES_MAX);
            return false;
        }
    }
    if (s->n == 0) {
        snprintf(error, size, "%s: expected at least one number", path);
    }
    return s->n > 0;
}

bool model_samples_read(struct model_samples *s, const char *path, char *error, size_t size)
{
    FILE *f = fopen(path, "r");
    bool ok;

    *s = (struct model_samples){0};
    if (!f) {
        snprintf(error, size, "%s: %s", path, strerror(errno));
        return false;
    }
    ok = read_lines(s, f, path, error, size);
    fclose(f);
    if (!ok) {
        model_samples_fini(s);
    }
    return ok;
}

void model_samples_fini(struct model_samples *s)
{
    free(s->values);
    *s = (struct model_samples){0};
}

struct sample_moments model_samples_moments(const struct model_samples *s)
{
    double mean = 0, spread = 0;

    for (size_t i = 0; i < s->n; i++) {
        mean += s->values[i] / (double)s->n;
    }
    for (size_t i = 0; i < s->n; i++) {
        spread += (s->values[i] - mean) * (s->values[i] - mean) / (double)s->n;
    }
    return (struct sample_moments){mean, mean > 0 ? spread / (mean * mean) : 0};
}
