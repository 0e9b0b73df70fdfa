/* Logging by module.
 *
 * A file says LOG_MODULE(session) once; lines are written with LOG_INFO(log, ...). The 'struct log'
 * is given by the driver: it holds the sink, the level of each module and the clock that stamps the
 * lines, so a simulated run logs virtual time and two worlds in one process do not mix. Anything
 * that a peer can provoke goes through a rate limiter (struct log_limit). A NULL log is silent. */
#ifndef TAMBO_BASE_LOG_H
#define TAMBO_BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "controller/base/mono.h"

#define LOG_LEVELS(X)                                                                              \
    X(LOG_ERROR, "error") X(LOG_WARN, "warn") X(LOG_INFO, "info") X(LOG_DEBUG, "debug")

enum log_level {
#define X(name, text) name,
    LOG_LEVELS(X)
#undef X
};

/* Receives each finished line, without newline. */
typedef void log_sink_fn(void *aux, enum log_level level, const char *line);

#define LOG_MAX_MODULES 64

struct log {
    const struct clock *clock; /* Stamps the lines; borrowed. */
    log_sink_fn *sink;
    void *sink_aux;
    enum log_level level; /* For modules that have no level of their own. */
    struct {
        const char *module; /* Borrowed; NULL ends the list. */
        enum log_level level;
    } levels[LOG_MAX_MODULES];
    uint64_t n_lines[4]; /* Lines written at each level. */
};

/* A log that writes to 'sink'. A NULL sink drops the lines but counts them. */
void log_init(struct log *log, const struct clock *clock, log_sink_fn *sink, void *aux);

/* Sets the level of 'module' (borrowed). False when the list of modules is full. */
bool log_set_level(struct log *log, const char *module, enum log_level level);

/* Parses "error", "warn", "info" or "debug". */
bool log_level_parse(const char *text, enum log_level *out);
const char *log_level_name(enum log_level level);

/* A sink that writes to standard error. 'aux' is unused. */
void log_to_stderr(void *aux, enum log_level level, const char *line);

bool log_enabled(const struct log *log, const char *module, enum log_level level);
void log_write(struct log *log, const char *module, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Token bucket: 'burst' lines at once, then one every 'interval_ns'. Lines that were dropped are
 * counted and the number is told with the next line that passes. */
struct log_limit {
    int64_t interval_ns;
    uint32_t burst;
    uint32_t tokens;
    uint64_t dropped;
    mono_t filled_at;
    bool started;
};

#define LOG_LIMIT_INIT(per_s, burst_lines)                                                         \
    {                                                                                              \
        .interval_ns = NS_PER_S / (per_s), .burst = (burst_lines)                                  \
    }

/* Like log_write(), through 'limit'. */
void log_write_limited(struct log *log, struct log_limit *limit, const char *module,
                       enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

#define LOG_MODULE(name) static const char log_module[] = #name

#define LOG_AT(log, lvl, ...)                                                                      \
    do {                                                                                           \
        if (log_enabled(log, log_module, lvl)) {                                                   \
            log_write(log, log_module, lvl, __VA_ARGS__);                                          \
        }                                                                                          \
    } while (0)

#define LOG_ERROR(log, ...) LOG_AT(log, LOG_ERROR, __VA_ARGS__)
#define LOG_WARN(log, ...) LOG_AT(log, LOG_WARN, __VA_ARGS__)
#define LOG_INFO(log, ...) LOG_AT(log, LOG_INFO, __VA_ARGS__)
#define LOG_DEBUG(log, ...) LOG_AT(log, LOG_DEBUG, __VA_ARGS__)
#define LOG_LIMITED(log, limit, lvl, ...)                                                          \
    log_write_limited(log, limit, log_module, lvl, __VA_ARGS__)

#endif
