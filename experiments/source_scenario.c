#include "experiments/source_scenario.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/hurst.h"
#include "controller/base/hash.h"
#include "experiments/flow_trace.h"
#include "experiments/json_out.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const char *const models[] = {"pairs", "on-off", "trace"};
static const char *const off_laws[] = {"exponential", "deterministic", "pareto", "lognormal"};
static const char *const mappings[] = {"spread", "hash"};

/* --- Reading ------------------------------------------------------------------------------------ */

static void note_sessions(const struct flow_mapped *mapped, struct traffic_lists *lists,
                          struct campus_params *p)
{
    uint64_t h = mapped->n;

    for (size_t i = 0; i < mapped->n; i++) {
        const struct session_record *r = &mapped->sessions[i];

        h = hash_u64(h ^ (uint64_t)r->begin_ns);
        h = hash_u64(h ^ (uint64_t)r->end_ns);
        h = hash_u64(h ^ ((uint64_t)r->src << 32 | r->dst));
    }
    snprintf(lists->trace.fingerprint, sizeof lists->trace.fingerprint, "%016" PRIx64, h);
    lists->trace.n_no_host = mapped->n_no_host;
    lists->trace.n_same_host = mapped->n_same_host;
    free(lists->trace.sessions);
    p->records = lists->trace.sessions = mapped->sessions;
    p->n_records = mapped->n;
}

/* 'wanted' is the fingerprint that the sessions must have; NULL: any. */
static void load_trace(struct conf_node *o, const char *wanted, struct campus_params *p,
                       struct traffic_lists *lists)
{
    struct flow_trace trace;
    struct flow_mapped mapped;
    char error[512];

    flow_trace_init(&trace);
    if (flow_trace_read(&trace, lists->trace.file, lists->trace.gap_s, error, sizeof error)) {
        flow_trace_map(&trace, (enum flow_mapping)lists->trace.mapping, p->n_access,
                       p->hosts_per_access, lists->trace.speed, &mapped);
        lists->trace.n_records = trace.n;
        lists->trace.n_addresses = trace.n_addresses;
        note_sessions(&mapped, lists, p);
        if (wanted && strcmp(wanted, lists->trace.fingerprint) != 0) {
            conf_complain(o, "\"fingerprint\": \"%s\" expected, but the sessions of %s have \"%s\"",
                          wanted, lists->trace.file, lists->trace.fingerprint);
        }
    } else {
        conf_complain(o, "%s", error);
    }
    flow_trace_fini(&trace);
}

static void read_trace(struct conf_node *traffic, struct campus_params *p,
                       struct traffic_lists *lists)
{
    struct conf_node *o = conf_object(traffic, "trace");
    struct trace_source *t = &lists->trace;
    const char *file, *wanted = NULL;

    t->gap_s = 10;
    t->speed = 1;
    if (conf_text(o, "file", &file)) {
        snprintf(t->file, sizeof t->file, "%s", file);
    }
    conf_choice(o, "mapping", mappings, COUNT(mappings), &t->mapping);
    conf_real(o, "gap_s", 1e-6, 1e9, &t->gap_s);
    conf_real(o, "speed", 1e-6, 1e6, &t->speed);
    conf_text(o, "fingerprint", &wanted);
    conf_done(o);
    if (traffic && p->model == CAMPUS_TRACE) {
        if (t->file[0]) {
            load_trace(o, wanted, p, lists);
        } else {
            conf_complain(traffic, "the model \"trace\" needs a \"trace\" with a \"file\"");
        }
    }
}

void source_scenario_read(struct conf_node *traffic, struct campus_params *p,
                          struct traffic_lists *lists)
{
    unsigned model = p->model, law = p->off_law;

    conf_choice(traffic, "model", models, COUNT(models), &model);
    p->model = (enum campus_model)model;
    conf_real(traffic, "elephant_frac", 0, 0.999999, &p->elephant_frac);
    conf_real(traffic, "elephant_mean_s", 1e-6, 1e9, &p->elephant_mean_s);
    conf_real(traffic, "off_s", 1e-6, 1e9, &p->off_s);
    conf_choice(traffic, "off_law", off_laws, COUNT(off_laws), &law);
    p->off_law = (enum duration_kind)law;
    conf_real(traffic, "off_shape", law == DURATION_PARETO ? 1.000001 : 0, 1e6, &p->off_shape);
    conf_real(traffic, "volume_bin_s", 0, 1e6, &p->volume_bin_s);
    read_trace(traffic, p, lists);
}

/* --- Writing ------------------------------------------------------------------------------------ */

static void write_trace(const struct traffic_lists *lists, json_t *traffic)
{
    const struct trace_source *t = &lists->trace;

    json_put(traffic, "trace",
             json_pack("{s:s, s:s, s:f, s:f, s:s}", "file", t->file, "mapping",
                       mappings[t->mapping], "gap_s", t->gap_s, "speed", t->speed, "fingerprint",
                       t->fingerprint));
}

void source_scenario_write(const struct campus_params *p, const struct traffic_lists *lists,
                           json_t *traffic)
{
    if (p->session_law == DURATION_MIXTURE) {
        json_put(traffic, "elephant_frac", json_number(p->elephant_frac));
        json_put(traffic, "elephant_mean_s", json_number(p->elephant_mean_s));
    }
    if (p->model != CAMPUS_PAIRS) {
        json_put(traffic, "model", json_string(models[p->model]));
    }
    if (p->model == CAMPUS_ONOFF) {
        json_put(traffic, "off_s", json_number(p->off_s));
        json_put(traffic, "off_law", json_string(off_laws[p->off_law]));
        json_put(traffic, "off_shape", json_number(p->off_shape));
        json_put(traffic, "volume_bin_s", json_number(p->volume_bin_s));
    }
    if (p->model == CAMPUS_TRACE) {
        write_trace(lists, traffic);
    }
}

/* --- Results ------------------------------------------------------------------------------------ */

static void put_hurst(json_t *metrics, const char *key, const char *error_key, bool known,
                      const struct hurst *h)
{
    if (known) {
        json_put(metrics, key, json_number(h->h));
        json_put(metrics, error_key, json_number(h->std_error));
    }
}

/* The heavier tail of the two rules; without one between 1 and 2 there is no self-similarity. */
static double expected_hurst(const struct campus_params *p)
{
    bool has_tail = p->session_law == DURATION_PARETO ||
                    (p->session_law == DURATION_MIXTURE && p->elephant_frac > 0);
    double on = has_tail ? p->session_shape : INFINITY;
    double off = p->off_law == DURATION_PARETO ? p->off_shape : INFINITY;

    return (3 - fmin(2, fmin(on, off))) / 2;
}

/* A series is self-similar at scales of many periods only. */
static size_t least_scale(const struct campus_params *p)
{
    return (size_t)ceil(8 * (p->session_s + p->off_s) / p->volume_bin_s);
}

static void put_onoff(const struct campus *campus, const struct campus_params *p, json_t *metrics,
                      json_t *model)
{
    double n_hosts = (double)p->n_access * p->hosts_per_access, sum = 0;
    struct hurst h;
    size_t n, least;
    const double *x = campus_volume(campus, &n);

    if (!x || !n) {
        return;
    }
    least = least_scale(p);
    put_hurst(metrics, "hurst_variance_time", "hurst_variance_time_error",
              hurst_variance_time(x, n, least, &h), &h);
    put_hurst(metrics, "hurst_rs", "hurst_rs_error", hurst_rs(x, n, least, &h), &h);
    put_hurst(metrics, "hurst_wavelet", "hurst_wavelet_error", hurst_wavelet(x, n, least, &h), &h);
    json_put(model, "hurst_wavelet", json_number(expected_hurst(p)));
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    json_put(metrics, "sources_on", json_number(sum / (double)n / p->volume_bin_s));
    json_put(model, "sources_on", json_number(n_hosts * p->session_s / (p->session_s + p->off_s)));
}

static void put_elephants(const struct campus *campus, const struct campus_params *p,
                          json_t *metrics, json_t *model)
{
    const struct session_counters *c = campus_session_counters(campus);
    struct duration_law law = campus_session_law(p);

    if (!c || p->session_law != DURATION_MIXTURE || !(c->drawn_s > 0)) {
        return;
    }
    json_put(metrics, "elephant_sessions_frac",
             json_number((double)c->n_elephants / (double)c->n_begun));
    json_put(metrics, "elephant_bytes_frac", json_number(c->elephants_s / c->drawn_s));
    json_put(model, "elephant_sessions_frac", json_number(p->elephant_frac));
    json_put(model, "elephant_bytes_frac", json_number(duration_elephant_share(&law)));
}

static void put_trace(const struct campus *campus, const struct traffic_lists *lists,
                      json_t *metrics)
{
    const struct trace_source *t = &lists->trace;

    json_put(metrics, "trace_records", json_integer((json_int_t)t->n_records));
    json_put(metrics, "trace_addresses", json_integer((json_int_t)t->n_addresses));
    json_put(metrics, "trace_used", json_integer((json_int_t)campus_trace_begun(campus)));
    json_put(metrics, "trace_merged", json_integer((json_int_t)campus_trace_merged(campus)));
    json_put(metrics, "trace_skipped_no_host", json_integer((json_int_t)t->n_no_host));
    json_put(metrics, "trace_skipped_same_host", json_integer((json_int_t)t->n_same_host));
    json_put(metrics, "trace_skipped_later",
             json_integer((json_int_t)(t->n_records - t->n_no_host - t->n_same_host -
                                       campus_trace_begun(campus))));
}

void source_metrics_put(struct campus *campus, const struct campus_params *p,
                        const struct traffic_lists *lists, json_t *metrics, json_t *model)
{
    put_onoff(campus, p, metrics, model);
    put_elephants(campus, p, metrics, model);
    if (p->model == CAMPUS_TRACE) {
        put_trace(campus, lists, metrics);
    }
}
