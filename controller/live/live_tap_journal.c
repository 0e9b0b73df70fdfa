/* The journal beside a capture. See live_tap.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "controller/live/live_tap_int.h"

FILE *journal_open(const char *path, char *why, size_t why_size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (!file) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
    }
    return file;
}

static const char *event_name(enum live_tap_event event)
{
    static const char *const names[] = {
#define X(name, text) [name] = text,
        LIVE_TAP_EVENTS(X)
#undef X
    };

    return names[event];
}

void journal_event(struct live_tap *tap, enum live_tap_event event, const char *fmt, ...)
{
    va_list args;

    if (!tap->complete) {
        return;
    }
    fprintf(tap->journal, "%" PRIu64 " %" PRId64 " %s", live_pcap_packets(tap->pcap),
            tap->live->params.clock->now.ns, event_name(event));
    va_start(args, fmt);
    vfprintf(tap->journal, fmt, args);
    va_end(args);
    fputc('\n', tap->journal);
}

const char *journal_text(struct buf *scratch, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = scratch->len;

    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c > ' ' && *c < 0x7f && *c != '%') {
            buf_put_u8(scratch, *c);
        } else {
            buf_put_u8(scratch, '%');
            buf_put_u8(scratch, (uint8_t)digits[*c >> 4]);
            buf_put_u8(scratch, (uint8_t)digits[*c & 15]);
        }
    }
    buf_put_u8(scratch, 0);
    return (const char *)scratch->data + at;
}

/* --- The store -------------------------------------------------------------------------------- */

struct pairs {
    struct live *live;
    const char *table;
    store_each_fn *fn;
    void *aux;
};

static void give_pair(void *aux, const char *key, const char *value)
{
    const struct pairs *p = aux;

    if (p->live->tap) {
        struct live_tap *tap = p->live->tap;
        size_t value_at;

        buf_clear(&tap->scratch);
        journal_text(&tap->scratch, key);
        value_at = tap->scratch.len;
        journal_text(&tap->scratch, value);
        journal_event(tap, TAP_PAIR, " %s %s %s", p->table, (const char *)tap->scratch.data,
                      (const char *)tap->scratch.data + value_at);
    }
    p->fn(p->aux, key, value);
}

static enum err each(void *aux, const char *table, store_each_fn *fn, void *fn_aux)
{
    struct live *live = aux;
    struct pairs p = {.live = live, .table = table, .fn = fn, .aux = fn_aux};
    enum err err = live->store->each(live->store->aux, table, give_pair, &p);

    if (live->tap) {
        journal_event(live->tap, TAP_EACH, " %s %d", table, (int)err);
    }
    return err;
}

static enum err wrote(struct live *live, enum err err)
{
    if (err != ERR_OK && live->tap) {
        journal_event(live->tap, TAP_WROTE, " %d", (int)err);
    }
    return err;
}

static enum err put(void *aux, const char *table, const char *key, const char *value)
{
    struct live *live = aux;

    return wrote(live, live->store->put(live->store->aux, table, key, value));
}

static enum err del(void *aux, const char *table, const char *key)
{
    struct live *live = aux;

    return wrote(live, live->store->del(live->store->aux, table, key));
}

/* Not of the core: nothing to journal. */
static enum err tables(void *aux, store_table_fn *fn, void *fn_aux)
{
    struct live *live = aux;

    return live->store->tables(live->store->aux, fn, fn_aux);
}

const struct store_ops *live_tap_store(struct live *live, const struct store_ops *store)
{
    live->store = store;
    live->store_ops = (struct store_ops){.aux = live,
                                         .put = put,
                                         .del = del,
                                         .each = each,
                                         .tables = store->tables ? tables : NULL};
    return &live->store_ops;
}
