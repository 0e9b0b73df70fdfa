/* tambo trace: what is in recorded traffic; addresses under a key. */
#include "experiments/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "experiments/anonymise.h"
#include "experiments/args.h"
#include "experiments/flow_trace.h"
#include "experiments/json_out.h"

struct trace_options {
    const char *path, *out, *key_path;
    double gap_s;
    bool json;
};

static enum args_status parse(struct trace_options *o, int argc, char *const argv[])
{
    const struct opt opts[] = {
        {"gap-s", OPT_REAL, &o->gap_s, 1e-6, 1e9, .value = "S",
         .help = "of a capture: frames further apart are two records"},
        {"out", OPT_TEXT, &o->out, .value = "CSV", .help = "write the records there"},
        {"key", OPT_TEXT, &o->key_path, .value = "FILE",
         .help = "with --out: addresses under the key in FILE, 64 hexadecimal digits; prefixes are "
                 "kept"},
        {"json", OPT_FLAG, &o->json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo trace",
        .synopsis = "FILE",
        .summary =
            "Reads recorded traffic, CSV (start,src,dst[,duration[,bytes]]) or a capture, and "
            "tells what is in it.\nA scenario plays it with traffic.model \"trace\".",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
        .min_args = 1,
        .max_args = 1,
    };
    size_t n_args;

    return args_parse(&command, argc, argv, &o->path, &n_args);
}

/* --- Key ----------------------------------------------------------------------------------------- */

static int digit(int c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool read_key(const char *path, uint8_t key[ANONYMISE_KEY_LEN])
{
    FILE *file = fopen(path, "r");
    char text[2 * ANONYMISE_KEY_LEN + 2];
    size_t n = 0;
    bool ok = true;

    if (!file) {
        fprintf(stderr, "tambo trace: %s: %s\n", path, strerror(errno));
        return false;
    }
    n = fread(text, 1, sizeof text, file);
    fclose(file);
    ok = n == 2 * ANONYMISE_KEY_LEN || (n == 2 * ANONYMISE_KEY_LEN + 1 && text[n - 1] == '\n');
    for (size_t i = 0; ok && i < ANONYMISE_KEY_LEN; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

        ok = high >= 0 && low >= 0;
        key[i] = (uint8_t)(ok ? high << 4 | low : 0);
    }
    if (!ok) {
        fprintf(stderr, "tambo trace: %s: expected 64 hexadecimal digits\n", path);
    }
    return ok;
}

/* --- Writing ------------------------------------------------------------------------------------- */

static bool write_records(const struct flow_trace *t, const char *path, struct anonymiser *a)
{
    FILE *file = fopen(path, "w");
    char src[64], dst[64];
    bool ok;

    if (!file) {
        return false;
    }
    fprintf(file, "start,src,dst,duration,bytes\n");
    for (size_t i = 0; i < t->n; i++) {
        const struct flow_record *r = &t->records[i];

        snprintf(src, sizeof src, "%s", t->addresses[r->src]->text);
        snprintf(dst, sizeof dst, "%s", t->addresses[r->dst]->text);
        if (a) {
            anonymise_text(a, t->addresses[r->src]->text, src);
            anonymise_text(a, t->addresses[r->dst]->text, dst);
        }
        fprintf(file, "%.9f,%s,%s,%.9g,%.0f\n", t->epoch_s + r->start_s, src, dst, r->duration_s,
                r->bytes);
    }
    ok = !ferror(file);
    return fclose(file) == 0 && ok;
}

static bool write_out(const struct trace_options *o, const struct flow_trace *t)
{
    uint8_t key[ANONYMISE_KEY_LEN];
    struct anonymiser *a = NULL;
    bool ok;

    if (o->key_path && !read_key(o->key_path, key)) {
        return false;
    }
    if (o->key_path && !(a = anonymiser_new(key))) {
        fprintf(stderr, "tambo trace: AES is not available\n");
        return false;
    }
    ok = write_records(t, o->out, a);
    if (!ok) {
        fprintf(stderr, "tambo trace: %s: %s\n", o->out, strerror(errno));
    }
    anonymiser_free(a);
    return ok;
}

/* --- Summary ------------------------------------------------------------------------------------- */

struct summary {
    double span_s, mean_duration_s, bytes, top_destination_frac;
    size_t n_destinations;
};

static struct summary summarise(const struct flow_trace *t)
{
    uint32_t *calls = xcalloc(t->n_addresses + 1, sizeof *calls);
    struct summary s = {.span_s = t->records[t->n - 1].start_s};
    uint32_t most = 0;

    for (size_t i = 0; i < t->n; i++) {
        uint32_t n = ++calls[t->records[i].dst];

        s.mean_duration_s += t->records[i].duration_s / (double)t->n;
        s.bytes += t->records[i].bytes;
        s.n_destinations += n == 1;
        most = n > most ? n : most;
    }
    s.top_destination_frac = most / (double)t->n;
    free(calls);
    return s;
}

static void print_summary(const struct trace_options *o, const struct flow_trace *t)
{
    struct summary s = summarise(t);

    if (o->json) {
        json_print(json_pack("{s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:I, s:I}", "records",
                             (json_int_t)t->n, "addresses", (json_int_t)t->n_addresses,
                             "destinations", (json_int_t)s.n_destinations, "begins_s", t->epoch_s,
                             "span_s", s.span_s, "duration_mean_s", s.mean_duration_s, "bytes",
                             s.bytes, "top_destination_frac", s.top_destination_frac, "frames",
                             (json_int_t)t->n_frames, "frames_not_ip", (json_int_t)t->n_not_ip));
        return;
    }
    printf("%-28s %zu\n%-28s %zu\n%-28s %zu\n%-28s %.9g\n%-28s %.9g\n%-28s %.6g\n%-28s %.0f\n"
           "%-28s %.4f\n",
           "records", t->n, "addresses", t->n_addresses, "destinations", s.n_destinations,
           "begins (s)", t->epoch_s, "last start after (s)", s.span_s, "mean duration (s)",
           s.mean_duration_s, "bytes", s.bytes, "share of the top destination",
           s.top_destination_frac);
    if (t->n_frames) {
        printf("%-28s %" PRIu64 ", %" PRIu64 " of them not IP\n", "frames", t->n_frames,
               t->n_not_ip);
    }
}

int cmd_trace(int argc, char *const argv[])
{
    struct trace_options o = {.gap_s = 10};
    struct flow_trace trace;
    char error[512];
    enum args_status parsed = parse(&o, argc, argv);
    int code = EXIT_DONE;

    if (parsed != ARGS_OK) {
        return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
    }
    if (o.key_path && !o.out) {
        fprintf(stderr, "tambo trace: --key needs --out\n");
        return EXIT_BAD_INPUT;
    }
    flow_trace_init(&trace);
    if (!flow_trace_read(&trace, o.path, o.gap_s, error, sizeof error)) {
        fprintf(stderr, "tambo trace: %s\n", error);
        code = EXIT_BAD_INPUT;
    } else if (o.out && !write_out(&o, &trace)) {
        code = EXIT_FAILED;
    } else {
        print_summary(&o, &trace);
    }
    flow_trace_fini(&trace);
    return code;
}
