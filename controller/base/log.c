#include "controller/base/log.h"

#include <stdio.h>
#include <string.h>

static const char *const level_names[] = {
#define X(name, text) [name] = text,
    LOG_LEVELS(X)
#undef X
};

void log_init(struct log *log, const struct clock *clock, log_sink_fn *sink, void *aux)
{
    *log = (struct log){.clock = clock, .sink = sink, .sink_aux = aux, .level = LOG_INFO};
}

bool log_set_level(struct log *log, const char *module, enum log_level level)
{
    for (int i = 0; i < LOG_MAX_MODULES; i++) {
        if (!log->levels[i].module || strcmp(log->levels[i].module, module) == 0) {
            log->levels[i].module = module;
            log->levels[i].level = level;
            return true;
        }
    }
    return false;
}

bool log_level_parse(const char *text, enum log_level *out)
{
    for (unsigned i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

void log_to_stderr(void *aux, enum log_level level, const char *line)
{
    (void)aux;
    (void)level;
    fprintf(stderr, "%s\n", line);
}

bool log_enabled(const struct log *log, const char *module, enum log_level level)
{
    if (!log) {
        return false;
    }
    for (int i = 0; i < LOG_MAX_MODULES && log->levels[i].module; i++) {
        if (strcmp(log->levels[i].module, module) == 0) {
            return level <= log->levels[i].level;
        }
    }
    return level <= log->level;
}

__attribute__((format(printf, 5, 0))) static void write_line(struct log *log, const char *module,
                                                             enum log_level level, uint64_t dropped,
                                                             const char *fmt, va_list args)
{
    char line[1024];
    int n = snprintf(line, sizeof line, "%.6f %s %s: ", mono_to_s(log->clock->now),
                     level_names[level], module);

    vsnprintf(line + n, sizeof line - (size_t)n, fmt, args);
    if (dropped) {
        size_t len = strlen(line);

        snprintf(line + len, sizeof line - len, " (%llu similar lines suppressed)",
                 (unsigned long long)dropped);
    }
    log->n_lines[level]++;
    if (log->sink) {
        log->sink(log->sink_aux, level, line);
    }
}

void log_write(struct log *log, const char *module, enum log_level level, const char *fmt, ...)
{
    va_list args;

    if (!log_enabled(log, module, level)) {
        return;
    }
    va_start(args, fmt);
    write_line(log, module, level, 0, fmt, args);
    va_end(args);
}

static void refill(struct log_limit *limit, mono_t now)
{
    int64_t n;

    if (!limit->started) {
        limit->started = true;
        limit->tokens = limit->burst;
        limit->filled_at = now;
        return;
    }
    n = mono_diff_ns(now, limit->filled_at) / limit->interval_ns;
    if (n > 0) {
        uint32_t room = limit->burst - limit->tokens;

        limit->tokens += n < room ? (uint32_t)n : room;
        limit->filled_at = mono_add(limit->filled_at, n * limit->interval_ns);
    }
}

/* True when a line may be written at 'now'; '*dropped' is set to the number of lines suppressed
 * since the last one that passed. */
static bool log_limit_take(struct log_limit *limit, mono_t now, uint64_t *dropped)
{
    refill(limit, now);
    if (!limit->tokens) {
        limit->dropped++;
        return false;
    }
    limit->tokens--;
    *dropped = limit->dropped;
    limit->dropped = 0;
    return true;
}

void log_write_limited(struct log *log, struct log_limit *limit, const char *module,
                       enum log_level level, const char *fmt, ...)
{
    uint64_t dropped;
    va_list args;

    if (!log_enabled(log, module, level) || !log_limit_take(limit, log->clock->now, &dropped)) {
        return;
    }
    va_start(args, fmt);
    write_line(log, module, level, dropped, fmt, args);
    va_end(args);
}
