#include "experiments/traffic_scenario.h"

#include <math.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/mono.h"
#include "experiments/json_out.h"
#include "experiments/mobility_scenario.h"
#include "experiments/rate_scenario.h"
#include "experiments/source_scenario.h"
#include "experiments/vain_key.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* In the order of their enums. */
static const char *const session_laws[] = {"exponential", "deterministic", "pareto",
                                           "lognormal",   "empirical",     "mixture"};
static const char *const popularities[] = {"uniform", "pareto", "zipf", "empirical"};

void traffic_lists_fini(struct traffic_lists *lists)
{
    free(lists->session_samples_s);
    free(lists->rates_per_s);
    free(lists->trace.sessions);
    *lists = (struct traffic_lists){0};
}

/* --- Reading ------------------------------------------------------------------------------------ */

void scenario_read_scaled(struct conf_node *o, const char *key, double max, double unit_ns,
                          int64_t *out_ns)
{
    double value;

    if (conf_real(o, key, 0, max, &value)) {
        *out_ns = (int64_t)llround(value * unit_ns);
    }
}

size_t scenario_read_list(struct conf_node *o, const char *key, double least, double **out)
{
    struct conf_node *list = conf_array(o, key);
    size_t n = 0;

    free(*out);
    *out = list ? xcalloc(conf_size(list), sizeof **out) : NULL;
    for (struct conf_node *v = list ? conf_first(list) : NULL; v; v = conf_next(v)) {
        n += conf_as_real(v, least, 1e6, &(*out)[n]);
    }
    return n;
}

static void read_session_law(struct conf_node *o, struct campus_params *p,
                             struct traffic_lists *lists)
{
    unsigned law = p->session_law;

    conf_real(o, "session_s", 1e-6, 1e9, &p->session_s);
    conf_choice(o, "session_law", session_laws, COUNT(session_laws), &law);
    p->session_law = (enum duration_kind)law;
    conf_real(o, "session_shape", law == DURATION_PARETO || law == DURATION_MIXTURE ? 1.000001 : 0,
              law == DURATION_LOGNORMAL ? 10 : 1e6, &p->session_shape);
    p->n_session_samples =
        (uint32_t)scenario_read_list(o, "session_samples_s", 1e-9, &lists->session_samples_s);
    p->session_samples_s = lists->session_samples_s;
    if (p->session_law == DURATION_EMPIRICAL && p->n_session_samples) {
        p->session_s = duration_mean(p->session_samples_s, p->n_session_samples);
    } else if (p->session_law == DURATION_EMPIRICAL && o) {
        conf_complain(o, "the law \"empirical\" needs \"session_samples_s\", a list of durations");
    }
}

static void read_popularity(struct conf_node *o, struct campus_params *p,
                            struct traffic_lists *lists)
{
    uint64_t n_hosts = (uint64_t)p->n_access * p->hosts_per_access;
    unsigned popularity = p->popularity;
    size_t n;

    conf_choice(o, "popularity", popularities, COUNT(popularities), &popularity);
    p->popularity = (enum popularity_kind)popularity;
    conf_real(o, "alpha", popularity == POPULARITY_ZIPF ? 0 : 1.000001, 1e6, &p->alpha);
    conf_real(o, "mean_sessions", 0, 1e9, &p->mean_sessions);
    n = scenario_read_list(o, "rates_per_s", 0, &lists->rates_per_s);
    p->rates_per_s = popularity == POPULARITY_EMPIRICAL ? lists->rates_per_s : NULL;
    if (o && popularity == POPULARITY_EMPIRICAL && n != n_hosts) {
        conf_complain(
            o,
            "the popularity \"empirical\" needs \"rates_per_s\", a number for each of the "
            "%llu hosts; there are %zu",
            (unsigned long long)n_hosts, n);
    }
}

void traffic_read(struct conf_node *root, struct campus_params *p, struct traffic_lists *lists)
{
    struct conf_node *o = conf_object(root, "traffic");

    read_popularity(o, p, lists);
    read_session_law(o, p, lists);
    rate_scenario_read(o, p);
    source_scenario_read(o, p, lists);
    mobility_scenario_read(o, p);
    conf_real(o, "announce_per_s", 1e-3, 1e9, &p->announce_per_s);
    scenario_read_scaled(o, "retry_ms", 1e9, 1e6, &p->retry_ns);
    scenario_read_scaled(o, "frame_gap_ms", 1e9, 1e6, &p->frame_gap_ns);
    if (o && p->frame_gap_ns >= p->clustering.hold_s * NS_PER_S) {
        conf_complain(o,
                      "\"frame_gap_ms\" must be less than controller.hold_s, %u s: entries would "
                      "time out between the frames of a session",
                      p->clustering.hold_s);
    }
    conf_done(o);
}

/* --- Notes ------------------------------------------------------------------------------------- */

/* Mixtures of durations, and nothing else, have elephants. */
static bool has_vain_elephants(const struct campus_params *p)
{
    struct campus_params none = campus_params_default();

    return p->session_law != DURATION_MIXTURE && (p->elephant_frac != none.elephant_frac ||
                                                  p->elephant_mean_s != none.elephant_mean_s);
}

/* It has begun whole before anything is measured. */
static bool is_too_early(const struct campus_params *p)
{
    return p->model == CAMPUS_TRACE && p->n_records &&
           ns_to_s(p->records[p->n_records - 1].begin_ns) < p->warmup_s;
}

void traffic_print_notes(const char *who, const struct campus_params *p,
                         const struct traffic_lists *lists, FILE *out)
{
    const struct station_params *st = &p->channel.station;
    const struct vain_key keys[] = {
        {lists->rates_per_s && p->popularity != POPULARITY_EMPIRICAL, "traffic.rates_per_s",
         "traffic.popularity \"empirical\""},
        {p->n_session_samples && p->session_law != DURATION_EMPIRICAL, "traffic.session_samples_s",
         "traffic.session_law \"empirical\""},
        {has_vain_elephants(p), "traffic.elephant_frac (elephant_mean_s)",
         "traffic.session_law \"mixture\""},
        {p->volume_bin_s > 0 && p->model != CAMPUS_ONOFF, "traffic.volume_bin_s",
         "traffic.model \"on-off\""},
        {lists->trace.file[0] && p->model != CAMPUS_TRACE, "traffic.trace",
         "traffic.model \"trace\""},
        {st->n_samples && st->law != SERVICE_EMPIRICAL, "controller.samples_s",
         "controller.law \"empirical\""},
    };

    vain_keys_note(who, "", keys, COUNT(keys), out);
    if (is_too_early(p)) {
        fprintf(out,
                "%s: note: all records of the trace begin before measure.warmup_s, %g s, is over\n",
                who, p->warmup_s);
    }
}

/* --- Writing ------------------------------------------------------------------------------------ */

json_t *traffic_to_json(const struct campus_params *p, const struct traffic_lists *lists)
{
    json_t *o =
        json_pack("{s:s, s:f, s:f, s:f, s:f, s:f}", "popularity", popularities[p->popularity],
                  "alpha", p->alpha, "mean_sessions", p->mean_sessions, "session_s", p->session_s,
                  "announce_per_s", p->announce_per_s, "retry_ms", (double)p->retry_ns / 1e6);

    if (p->rates_per_s) {
        json_put(o, "rates_per_s",
                 json_numbers(p->rates_per_s, (size_t)p->n_access * p->hosts_per_access));
    }
    rate_scenario_write(p, o);
    source_scenario_write(p, lists, o);
    mobility_scenario_write(p, o);
    if (p->frame_gap_ns) {
        json_put(o, "frame_gap_ms", json_number((double)p->frame_gap_ns / 1e6));
    }
    if (p->session_law != DURATION_EXPONENTIAL) {
        json_put(o, "session_law", json_string(session_laws[p->session_law]));
        json_put(o, "session_shape", json_number(p->session_shape));
        json_put(o, "session_samples_s", json_numbers(p->session_samples_s, p->n_session_samples));
    }
    return o;
}
