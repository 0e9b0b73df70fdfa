/* Flow records in CSV. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/flow_trace.h"

enum column { START, SRC, DST, DURATION, BYTES, N_COLUMNS };

static const char *const names[] = {"start", "src", "dst", "duration", "bytes"};

#define MAX_FIELDS 64
#define NOWHERE MAX_FIELDS
#define MAX_TIME_S 1e12

struct field {
    const char *text;
    size_t len;
};

struct csv {
    struct flow_trace *trace;
    const char *name;
    unsigned long line;
    size_t at[N_COLUMNS]; /* Number of the field; NOWHERE: there is none. */
    bool begun;           /* The first line that counts has been seen. */
    char *error;
    size_t size;
};

static bool complain(const struct csv *c, const char *what, const struct field *f)
{
    if (f) {
        snprintf(c->error, c->size, "%s:%lu: %s, found \"%.*s\"", c->name, c->line, what,
                 f->len > 40 ? 40 : (int)f->len, f->text);
    } else {
        snprintf(c->error, c->size, "%s:%lu: %s", c->name, c->line, what);
    }
    return false;
}

static struct field trim(const char *from, const char *to)
{
    while (from < to && (*from == ' ' || *from == '\t' || *from == '"')) {
        from++;
    }
    while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '"' || to[-1] == '\r')) {
        to--;
    }
    return (struct field){from, (size_t)(to - from)};
}

/* How many there are; more than MAX_FIELDS are not kept. */
static size_t split(const char *line, const char *end, struct field fields[MAX_FIELDS])
{
    size_t n = 0;

    for (;;) {
        const char *comma = memchr(line, ',', (size_t)(end - line));

        if (n < MAX_FIELDS) {
            fields[n++] = trim(line, comma ? comma : end);
        }
        if (!comma) {
            return n;
        }
        line = comma + 1;
    }
}

/* A finite number that is the whole field. */
static bool number_of(const struct field *f, double *out)
{
    char text[64], *end;

    if (f->len == 0 || f->len >= sizeof text) {
        return false;
    }
    memcpy(text, f->text, f->len);
    text[f->len] = '\0';
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out);
}

static bool read_names(struct csv *c, const struct field fields[], size_t n)
{
    for (size_t k = 0; k < N_COLUMNS; k++) {
        c->at[k] = NOWHERE;
        for (size_t i = 0; i < n; i++) {
            if (fields[i].len == strlen(names[k]) &&
                strncmp(fields[i].text, names[k], fields[i].len) == 0) {
                c->at[k] = i;
            }
        }
    }
    if (c->at[START] == NOWHERE || c->at[SRC] == NOWHERE || c->at[DST] == NOWHERE) {
        return complain(c,
                        "expected the columns start, src, dst (and duration, bytes), or a record",
                        &fields[0]);
    }
    return true;
}

/* A number of 0 or more; 0 where there is no such column or nothing in it. */
static bool read_amount(struct csv *c, const struct field fields[], size_t n, enum column k,
                        double *out)
{
    const struct field *f = c->at[k] < n ? &fields[c->at[k]] : NULL;
    char what[64];

    *out = 0;
    if (!f || f->len == 0 || (number_of(f, out) && *out >= 0 && *out <= MAX_TIME_S * 1e6)) {
        return true;
    }
    snprintf(what, sizeof what, "%s: expected a number of 0 or more", names[k]);
    return complain(c, what, f);
}

static bool read_record(struct csv *c, const struct field fields[], size_t n)
{
    struct flow_record r = {0};
    const struct field *src, *dst;

    if (c->at[START] >= n || c->at[SRC] >= n || c->at[DST] >= n) {
        return complain(c, "expected start, src and dst, separated by commas", &fields[0]);
    }
    src = &fields[c->at[SRC]];
    dst = &fields[c->at[DST]];
    if (!number_of(&fields[c->at[START]], &r.start_s) || fabs(r.start_s) > MAX_TIME_S) {
        return complain(c, "start: expected seconds", &fields[c->at[START]]);
    }
    if (!src->len || !dst->len) {
        return complain(c, "src and dst: expected addresses, found nothing", NULL);
    }
    if (!read_amount(c, fields, n, DURATION, &r.duration_s) ||
        !read_amount(c, fields, n, BYTES, &r.bytes)) {
        return false;
    }
    if (r.duration_s > 1e9) {
        return complain(c, "duration: expected at most 1e9 s", &fields[c->at[DURATION]]);
    }
    r.src = flow_trace_address(c->trace, src->text, src->len);
    r.dst = flow_trace_address(c->trace, dst->text, dst->len);
    return flow_trace_add(c->trace, &r) || complain(c, "more than 20 million records", NULL);
}

static bool read_line(struct csv *c, const char *line, const char *end)
{
    struct field fields[MAX_FIELDS], all = trim(line, end);
    size_t n;
    double number;

    if (all.len == 0 || all.text[0] == '#') {
        return true;
    }
    n = split(line, end, fields);
    if (!c->begun) {
        c->begun = true;
        if (!number_of(&fields[0], &number)) {
            return read_names(c, fields, n);
        }
    }
    return read_record(c, fields, n);
}

bool flow_csv_read(struct flow_trace *trace, const char *name, const char *text, size_t len,
                   char *error, size_t size)
{
    struct csv c = {
        .trace = trace, .name = name, .at = {0, 1, 2, 3, 4}, .error = error, .size = size};
    const char *end = text + len;
    bool has_mark = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0; /* Of UTF-8. */

    for (const char *line = text + (has_mark ? 3 : 0); line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));

        c.line++;
        stop = stop ? stop : end;
        if (!read_line(&c, line, stop)) {
            return false;
        }
        line = stop + 1;
    }
    flow_trace_finish(trace);
    if (!trace->n) {
        snprintf(error, size, "%s: there are no records", name);
    } else if (trace->records[trace->n - 1].start_s > 1e9) {
        snprintf(error, size, "%s: the records are more than 1e9 s apart", name);
        return false;
    }
    return trace->n > 0;
}
