#include "experiments/sim_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_WIDTH = 28, KEY_WIDTH = 40, SHORT = -1 /* %g instead of so many decimals. */ };

/* What campuses tell under a name; 'if_any': unless it is 0. */
static const struct line {
    const char *label, *key;
    double unit;
    int decimals;
    bool if_any;
} lines[] = {
    {"entries of a switch", "occupancy_entries", 1, 3, false},
    {"entries refused, table full", "table_full", 1, 0, true},
    {"sessions (/s)", "sessions_per_s", 1, 3, false},
    {"packet-ins by misses (/s)", "arrivals_per_s", 1, 3, false},
    {"  of hosts that moved (/s)", "first_packets_of_moves_per_s", 1, 3, false},
    {"first frames repeated (/s)", "retries_per_s", 1, 3, true},
    {"misses since the beginning", "arrivals_in_all", 1, 3, false},
    {"entries at the peak", "peak_entries", 1, 3, false},
    {"misses at their peak (/s)", "peak_arrivals_per_s", 1, 3, false},
    {"control messages, up (bit/s)", "control_up_bps", 1, SHORT, false},
    {"control messages, down", "control_down_bps", 1, SHORT, false},
    {"control on links (bit/s)", "control_links_bps", 1, SHORT, false},
    {"share of the link with most", "control_worst_frac", 1, SHORT, false},
    {"of that, in its worst second", "control_peak_frac", 1, SHORT, false},
    {"sources ON", "sources_on", 1, 3, false},
    {"Hurst parameter, variances", "hurst_variance_time", 1, 3, false},
    {"Hurst parameter, R/S", "hurst_rs", 1, 3, false},
    {"Hurst parameter, wavelet", "hurst_wavelet", 1, 3, false},
    {"elephants among sessions", "elephant_sessions_frac", 1, 3, false},
    {"elephants among bytes", "elephant_bytes_frac", 1, 3, false},
    {"records of the trace", "trace_records", 1, 0, false},
    {"  used", "trace_used", 1, 0, false},
    {"  while their pair was ON", "trace_merged", 1, 0, false},
    {"  without a host", "trace_skipped_no_host", 1, 0, false},
    {"  from a host to itself", "trace_skipped_same_host", 1, 0, false},
    {"  after the end", "trace_skipped_later", 1, 0, false},
    {"hosts that moved (/s)", "moves_per_s", 1, 3, false},
    {"time in the controller (µs)", "sojourn_s", 1e6, 3, false},
    {"controller busy (share)", "busy_frac", 1, 6, false},
    {"packet-ins, all (/s)", "packet_ins_per_s", 1, 3, false},
    {"packet-ins lost (share)", "p_block_frac", 1, 6, false},
};

/* What every campus has and the table leaves to JSON. */
static const char *const untold[] = {
    "measured_s",       "occupancy_sd_entries", "occupancy_var_entries2",
    "table_entries_max", "arrivals_sd_per_s",    "wait_s",
    "mean_number",      "first_frames",         "first_frames_delivered",
    "first_delivery_s", "frames",               "frames_delivered",
    "warmup_mser_s",    "warmup_short",
};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static double number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static bool is_told(const char *key)
{
    for (size_t i = 0; i < COUNT(lines); i++) {
        if (strcmp(lines[i].key, key) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < COUNT(untold); i++) {
        if (strcmp(untold[i], key) == 0) {
            return true;
        }
    }
    return false;
}

static void print_number(double value, int decimals)
{
    decimals == SHORT ? printf(" %14.6g", value) : printf(" %14.*f", decimals, value);
}

/* Beside it, if the model says something of it, that and how far it is off. */
static void print_line(const struct line *line, const json_t *metrics)
{
    const json_t *value = json_object_get(metrics, line->key);
    const json_t *expected = json_object_get(json_object_get(metrics, "model"), line->key);
    const json_t *off = json_object_get(json_object_get(metrics, "difference_frac"), line->key);

    if (!value || (line->if_any && !(json_number_value(value) > 0))) {
        return;
    }
    /* A letter of more than one byte takes one place. */
    printf("%-*s", LABEL_WIDTH + (strstr(line->label, "µ") ? 1 : 0), line->label);
    print_number(line->unit * json_number_value(value), line->decimals);
    if (expected) {
        print_number(line->unit * json_number_value(expected), line->decimals);
    }
    if (off) {
        printf(" %+11.2f %%", 100 * json_number_value(off));
    }
    printf("\n");
}

/* The numbers that have no line, by their keys; those have their units in them. */
static void print_rest(const json_t *metrics, int width, bool is_all)
{
    const json_t *model = json_object_get(metrics, "model"), *value;
    const char *key;

    json_object_foreach ((json_t *)(uintptr_t)metrics, key, value) {
        const json_t *expected = json_object_get(model, key);

        if (json_is_number(value) && (is_all || !is_told(key))) {
            printf("%-*s %14.6g", width, key, json_number_value(value));
            expected ? printf(" %14.6g\n", json_number_value(expected)) : printf("\n");
        }
    }
}

static void print_campus(const json_t *metrics)
{
    for (size_t i = 0; i < COUNT(lines); i++) {
        print_line(&lines[i], metrics);
    }
    printf("%-*s %14.0f of %.0f\n", LABEL_WIDTH, "first frames delivered",
           number(metrics, "first_frames_delivered"), number(metrics, "first_frames"));
    print_rest(metrics, LABEL_WIDTH, false);
}

void sim_text_print(const struct scenario *s, const struct trial_result *r)
{
    const json_t *model = json_object_get(r->metrics, "model");
    bool is_campus = s->kind == SCENARIO_CAMPUS;

    printf("scenario %s (%s), seed %" PRIu64 ", trace %016" PRIx64 "\n"
           "simulated %.1f s in %.2f s: %.0f times real time, %" PRIu64 " events, %.0f a second\n\n"
           "%-*s %14s %14s %13s\n",
           s->name, s->hash, s->params.seed, r->trace_hash, r->sim_s, r->wall_s,
           r->sim_s / r->wall_s, r->n_events, (double)r->n_events / r->wall_s,
           is_campus ? LABEL_WIDTH : KEY_WIDTH, "", "simulated", model ? "model" : "",
           model && is_campus ? "difference" : "");
    if (is_campus) {
        print_campus(r->metrics);
    } else {
        print_rest(r->metrics, KEY_WIDTH, true);
    }
}
