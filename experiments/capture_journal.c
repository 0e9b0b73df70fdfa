#include "experiments/capture_journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/err.h"
#include "controller/live/live_tap.h"

#define MAX_CONFIG_BYTES (1u << 20)

/* --- Head ------------------------------------------------------------------------------------- */

/* The next line without its end; false at the end of the file. */
static bool read_line(struct journal *j)
{
    ssize_t n = getline(&j->text, &j->size, j->file);

    if (n < 0) {
        return false;
    }
    j->line++;
    if (n > 0 && j->text[n - 1] == '\n') {
        j->text[n - 1] = '\0';
    }
    return true;
}

static bool complain(const struct journal *j, const char *what, char *error, size_t error_size)
{
    snprintf(error, error_size, "%s:%u: %s", j->path, j->line, what);
    return false;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* "lldp-key" and 64 digits. */
static bool read_lldp_key(const char *line, uint8_t key[32])
{
    char digits[65];

    if (sscanf(line, "lldp-key %64[0-9a-f]", digits) != 1 || strlen(digits) != 64) {
        return false;
    }
    for (size_t i = 0; i < 32; i++) {
        key[i] = (uint8_t)(hex_digit(digits[2 * i]) << 4 | hex_digit(digits[2 * i + 1]));
    }
    return true;
}

static bool read_config(struct journal *j, struct capture *out)
{
    size_t len;

    if (sscanf(j->text, "config %zu", &len) != 1 || len > MAX_CONFIG_BYTES) {
        return false;
    }
    out->config = xcalloc(1, len + 1);
    out->config_len = fread(out->config, 1, len, j->file);
    for (size_t i = 0; i < out->config_len; i++) {
        j->line += out->config[i] == '\n';
    }
    return out->config_len == len;
}

static bool read_head(struct journal *j, struct capture *out)
{
    return read_line(j) &&
           sscanf(j->text, "clock %" SCNd64 " %" SCNd64, &out->wall_offset_ns, &out->start.ns) ==
               2 &&
           read_line(j) && sscanf(j->text, "version %31s", out->version) == 1 && read_line(j) &&
           sscanf(j->text, "hash-key %" SCNx64, &out->hash_key) == 1 && read_line(j) &&
           read_lldp_key(j->text, out->lldp_key) && read_line(j) &&
           sscanf(j->text, "core-id %" SCNx64, &out->core_id) == 1 && read_line(j) &&
           read_config(j, out) && read_line(j) && strcmp(j->text, "events") == 0;
}

bool journal_begin(struct journal *j, const char *name, struct capture *out, char *error,
                   size_t error_size)
{
    *j = (struct journal){.path = name, .file = fopen(name, "r")};
    if (!j->file) {
        snprintf(error, error_size,
                 "%s: %s: the journal that tambod's message tap writes beside a capture is needed",
                 name, strerror(errno));
        return false;
    }
    if (!read_line(j) || strcmp(j->text, LIVE_TAP_MAGIC) != 0) {
        return complain(j, "expected \"" LIVE_TAP_MAGIC "\": this is no journal of a capture",
                        error, error_size);
    }
    if (read_line(j) && strncmp(j->text, "incomplete ", 11) == 0) {
        snprintf(error, error_size,
                 "%s: the capture cannot be replayed: %s (a replay needs every message of every "
                 "switch since tambod was started)",
                 name, j->text + 11);
        return false;
    }
    if (strcmp(j->text, "complete") != 0 || !read_head(j, out)) {
        return complain(j, "expected how the core was made (clock, version, keys, configuration)",
                        error, error_size);
    }
    return true;
}

/* --- Events ----------------------------------------------------------------------------------- */

/* Appends the word 'text', its "%XX" undone, to 'out'. */
static bool put_bytes(struct buf *out, const char *text)
{
    if (strcmp(text, "-") == 0) {
        return true;
    }
    for (; *text; text++) {
        int byte = (unsigned char)*text;

        if (*text == '%') {
            int high = hex_digit(text[1]), low = high < 0 ? -1 : hex_digit(text[2]);

            if (low < 0) {
                return false;
            }
            byte = high << 4 | low;
            text += 2;
        }
        buf_put_u8(out, (uint8_t)byte);
    }
    return true;
}

/* The same, with its end. */
static bool put_word(struct buf *out, const char *text)
{
    bool ok = put_bytes(out, text);

    buf_put_u8(out, 0);
    return ok;
}

/* Appends the bytes that 'text' says in hexadecimal. */
static bool put_hex(struct buf *out, const char *text)
{
    for (; *text; text += 2) {
        int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

        if (low < 0) {
            return false;
        }
        buf_put_u8(out, (uint8_t)(high << 4 | low));
    }
    return true;
}

static bool put_request(struct buf *out, char *const words[4], const char *body)
{
    for (int i = 0; i < 4; i++) {
        if (!put_word(out, words[i])) {
            return false;
        }
    }
    return put_bytes(out, body);
}

static bool to_number(const char *word, int base, uint64_t *out)
{
    char *end;

    if (!word) {
        return false;
    }
    *out = strtoull(word, &end, base);
    return end != word && !*end;
}

static bool to_conn(const char *word, const struct capture *c, uint32_t *out)
{
    uint64_t n;

    if (!to_number(word, 10, &n) || n >= c->n_conns) {
        return false;
    }
    *out = (uint32_t)n;
    return true;
}

/* An enum err. */
static bool to_err(const char *word, uint64_t *out)
{
    return to_number(word, 10, out) && *out <= ERR_TIMEOUT;
}

static bool event_of(const char *word, enum live_tap_event *out)
{
    static const char *const names[] = {
#define X(name, text) [name] = text,
        LIVE_TAP_EVENTS(X)
#undef X
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (word && strcmp(word, names[i]) == 0) {
            *out = (enum live_tap_event)i;
            return true;
        }
    }
    return false;
}

#define MAX_ARGS 6

/* Takes the words of one line, NULL where it ends. */
static bool take_event(struct journal *j, struct capture *out, enum live_tap_event event,
                       char *const args[MAX_ARGS])
{
    struct capture_event *e = &j->event;
    const char *a = args[0], *b = args[1], *c = args[2];

    switch (event) {
    case TAP_OPEN:
        e->kind = CAPTURE_OPEN;
        e->conn = out->n_conns;
        return a && put_word(&out->bytes, a);
    case TAP_EXPECT:
        e->kind = CAPTURE_EXPECT;
        return to_conn(a, out, &e->conn) && to_number(b, 16, &e->number);
    case TAP_RUN:
        e->kind = CAPTURE_RUN;
        return true;
    case TAP_FULL:
    case TAP_CLOSED:
        e->kind = CAPTURE_REFUSED;
        e->number = event == TAP_FULL ? ERR_FULL : ERR_CLOSED;
        return to_conn(a, out, &e->conn);
    case TAP_CLOSE:
        e->kind = CAPTURE_CLOSE;
        return to_conn(a, out, &e->conn);
    case TAP_PAIR:
        e->kind = CAPTURE_PAIR;
        return c && put_word(&out->bytes, a) && put_word(&out->bytes, b) &&
               put_word(&out->bytes, c);
    case TAP_EACH:
        e->kind = CAPTURE_EACH;
        return a && put_word(&out->bytes, a) && to_err(b, &e->number);
    case TAP_WROTE:
        e->kind = CAPTURE_WROTE;
        return to_err(a, &e->number);
    case TAP_SFLOW:
        e->kind = CAPTURE_SFLOW;
        return a && put_hex(&out->bytes, a);
    case TAP_REST:
        e->kind = CAPTURE_REST;
        return args[5] && to_number(a, 10, &e->number) &&
               put_request(&out->bytes, &args[1], args[5]);
    case TAP_END:
        out->ended = true;
        return true;
    }
    return false;
}

bool journal_next(struct journal *j, struct capture *out, char *error, size_t error_size)
{
    enum live_tap_event event;
    char *save, *word;
    char *args[MAX_ARGS];

    j->more = !out->ended && read_line(j);
    if (!j->more) {
        return true;
    }
    memset(&j->event, 0, sizeof j->event);
    j->event.offset = out->bytes.len;
    word = strtok_r(j->text, " ", &save);
    if (!to_number(word, 10, &j->packets)) {
        return complain(j, "expected a number of packets", error, error_size);
    }
    word = strtok_r(NULL, " ", &save);
    if (!to_number(word, 10, &(uint64_t){0})) {
        return complain(j, "expected an instant in nanoseconds", error, error_size);
    }
    j->event.at.ns = strtoll(word, NULL, 10);
    word = strtok_r(NULL, " ", &save);
    for (int i = 0; i < MAX_ARGS; i++) {
        args[i] = strtok_r(NULL, " ", &save);
    }
    if (!event_of(word, &event) || !take_event(j, out, event, args)) {
        return complain(j, "expected an event and what belongs to it", error, error_size);
    }
    j->event.len = out->bytes.len - j->event.offset;
    j->more = event != TAP_END;
    return true;
}

void journal_fini(struct journal *j)
{
    if (j->file) {
        fclose(j->file);
    }
    free(j->text);
}
