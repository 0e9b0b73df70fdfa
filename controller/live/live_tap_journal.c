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

static void write_event(struct live_tap *tap, enum live_tap_event event, const char *fmt,
                        va_list args)
{
    int head = fprintf(tap->journal, "%" PRIu64 " %" PRId64 " %s", live_pcap_packets(tap->pcap),
                       tap->live->params.clock->now.ns, event_name(event));
    int rest = vfprintf(tap->journal, fmt, args);

    fputc('\n', tap->journal);
    tap->journal_bytes += (uint64_t)(head > 0 ? head : 0) + (uint64_t)(rest > 0 ? rest : 0) + 1;
}

void journal_event(struct live_tap *tap, enum live_tap_event event, const char *fmt, ...)
{
    va_list args;

    if (!tap->complete) {
        return;
    }
    journal_request(tap);
    va_start(args, fmt);
    write_event(tap, event, fmt, args);
    va_end(args);
}

static const char digits[] = "0123456789abcdef";

static void put_hex(struct buf *out, uint8_t byte)
{
    buf_put_u8(out, (uint8_t)digits[byte >> 4]);
    buf_put_u8(out, (uint8_t)digits[byte & 15]);
}

/* One word that is never empty. */
static void put_word(struct buf *out, const uint8_t *text, size_t len)
{
    if (len == 0) {
        buf_put_u8(out, '-');
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] > ' ' && text[i] < 0x7f && text[i] != '%' && (i > 0 || text[i] != '-')) {
            buf_put_u8(out, text[i]);
        } else {
            buf_put_u8(out, '%');
            put_hex(out, text[i]);
        }
    }
}

const char *journal_text(struct buf *scratch, const char *text)
{
    size_t at = scratch->len;

    put_word(scratch, (const uint8_t *)text, strlen(text));
    buf_put_u8(scratch, 0);
    return (const char *)scratch->data + at;
}

/* --- What else the core is given -------------------------------------------------------------- */

void tap_sflow(struct live *live, const uint8_t *data, size_t len)
{
    struct live_tap *tap = live->tap;

    if (!tap->complete) {
        return;
    }
    buf_clear(&tap->scratch);
    for (size_t i = 0; i < len; i++) {
        put_hex(&tap->scratch, data[i]);
    }
    buf_put_u8(&tap->scratch, 0);
    journal_event(tap, TAP_SFLOW, " %s", (const char *)tap->scratch.data);
    tap->written = true;
}

static void put_text(struct buf *out, const char *text)
{
    put_word(out, (const uint8_t *)text, text ? strlen(text) : 0);
    buf_put_u8(out, ' ');
}

static void print_request(struct buf *out, const struct live_tap_request *r)
{
    buf_clear(out);
    put_text(out, r->method);
    put_text(out, r->path);
    put_text(out, r->query);
    put_text(out, r->type);
    put_word(out, r->body, r->len);
    buf_put_u8(out, 0);
}

void journal_request(struct live_tap *tap)
{
    if (!tap->has_request) {
        return;
    }
    tap->has_request = false;
    if (tap->complete) {
        print_request(&tap->request_text, &tap->request);
        journal_event(tap, TAP_REST, " %u %s", tap->request.role,
                      (const char *)tap->request_text.data);
        tap->written = true;
    }
}

void live_tap_request(struct live *live, const struct live_tap_request *request)
{
    struct live_tap *tap = live->tap;

    if (!tap) {
        return;
    }
    tap->has_request = request != NULL;
    if (request) {
        tap->request = *request;
    }
    if (request && request->changes) {
        journal_request(tap);
    }
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

static enum err begin(void *aux)
{
    struct live *live = aux;

    return live->store->begin(live->store->aux);
}

static enum err end(void *aux)
{
    struct live *live = aux;

    return live->store->end(live->store->aux);
}

const struct store_ops *live_tap_store(struct live *live, const struct store_ops *store)
{
    live->store = store;
    live->store_ops = (struct store_ops){
        .aux = live, .put = put, .del = del, .each = each, .tables = store->tables ? tables : NULL};
    if (store->begin) {
        live->store_ops.begin = begin;
        live->store_ops.end = end;
    }
    return &live->store_ops;
}
