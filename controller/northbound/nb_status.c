/* The controller itself: how it is, and what it has counted, as JSON and for Prometheus. */
#include "controller/northbound/nb_status.h"

#include <stdio.h>

#include "controller/core/ctl.h"
#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/hosts.h"
#include "controller/core/topology.h"
#include "controller/northbound/nb_events.h"
#include "controller/northbound/nb_resources.h"

static double uptime_s(const struct nb *nb)
{
    return ns_to_s(mono_diff_ns(nb->params.clock->now, nb->started_at));
}

static size_t n_ready(const struct ctl *ctl)
{
    size_t n, sum = 0;
    struct datapath *const *all = datapath_all(ctl, &n);

    for (size_t i = 0; i < n; i++) {
        sum += datapath_is_ready(all[i]);
    }
    return sum;
}

/* --- Counters --------------------------------------------------------------------------------- */

void nb_each_counter(const struct nb *nb, nb_counter_fn *fn, void *aux)
{
    const struct ctl_counters *core = ctl_counters(nb->ctl);

#define X(name) fn(aux, "core", #name, core->name);
    CTL_COUNTERS(X)
#undef X
    fn(aux, "rest", "requests", nb->counters.requests);
    fn(aux, "rest", "refused_4xx", nb->counters.refused_4xx);
    fn(aux, "rest", "failed_5xx", nb->counters.failed_5xx);
    if (nb->params.counters) {
        nb->params.counters(nb->params.counters_aux, fn, aux);
    }
}

static void add_counter(void *aux, const char *group, const char *name, uint64_t value)
{
    json_t *root = aux;
    json_t *object = json_object_get(root, group);

    if (!object) {
        object = json_object();
        json_object_set_new(root, group, object);
    }
    json_object_set_new(object, name, nb_json_u64(value));
}

static void get_status(struct nb_call *call)
{
    json_t *counters = json_object();
    size_t n_switches, n_links;

    (void)datapath_all(call->ctl, &n_switches);
    (void)topology_links(call->ctl, &n_links);
    nb_each_counter(call->nb, add_counter, counters);
    nb_ok(call, json_pack("{s:s,s:f,s:o,s:o,s:o,s:o,s:o,s:o}", "version", call->nb->params.version,
                          "uptime_s", uptime_s(call->nb), "n_switches", nb_json_u64(n_switches),
                          "n_switches_ready", nb_json_u64(n_ready(call->ctl)), "n_links",
                          nb_json_u64(n_links), "n_hosts", nb_json_u64(hosts_count(call->ctl)),
                          "n_events", nb_json_u64(nb_events_last(call->nb)), "counters", counters));
}

static void get_health(struct nb_call *call)
{
    nb_ok(call, json_pack("{s:b}", "healthy", 1));
}

/* --- Metrics ---------------------------------------------------------------------------------- */

static void print_counter(void *aux, const char *group, const char *name, uint64_t value)
{
    FILE *out = aux;

    fprintf(out, "# TYPE tambo_%s_%s_total counter\ntambo_%s_%s_total %llu\n", group, name, group,
            name, (unsigned long long)value);
}

static void print_gauge(FILE *out, const char *name, double value)
{
    fprintf(out, "# TYPE tambo_%s gauge\ntambo_%s %.12g\n", name, name, value);
}

static void print_switches(FILE *out, const struct ctl *ctl)
{
    size_t n;
    struct datapath *const *all = datapath_all(ctl, &n);

    fputs("# TYPE tambo_switch_ready gauge\n", out);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "tambo_switch_ready{dpid=\"" DPID_FMT "\"} %d\n",
                DPID_ARGS(datapath_id(all[i])), datapath_is_ready(all[i]));
    }
    fputs("# TYPE tambo_switch_entries gauge\n", out);
    for (size_t i = 0; i < n; i++) {
        struct flowdb_size size = flowdb_size(ctl, datapath_id(all[i]));

        fprintf(out,
                "tambo_switch_entries{dpid=\"" DPID_FMT "\",state=\"intended\"} %zu\n"
                "tambo_switch_entries{dpid=\"" DPID_FMT "\",state=\"confirmed\"} %zu\n",
                DPID_ARGS(datapath_id(all[i])), size.n_entries, DPID_ARGS(datapath_id(all[i])),
                size.n_confirmed);
    }
}

/* The text format of Prometheus, version 0.0.4. */
static void get_metrics(struct nb_call *call)
{
    char *text = NULL;
    size_t len, n_switches, n_links;
    FILE *out = open_memstream(&text, &len);

    (void)datapath_all(call->ctl, &n_switches);
    (void)topology_links(call->ctl, &n_links);
    fprintf(out, "# TYPE tambo_build_info gauge\ntambo_build_info{version=\"%s\"} 1\n",
            call->nb->params.version);
    print_gauge(out, "uptime_seconds", uptime_s(call->nb));
    print_gauge(out, "switches", (double)n_switches);
    print_gauge(out, "switches_ready", (double)n_ready(call->ctl));
    print_gauge(out, "links", (double)n_links);
    print_gauge(out, "hosts", (double)hosts_count(call->ctl));
    print_switches(out, call->ctl);
    nb_each_counter(call->nb, print_counter, out);
    fclose(out);
    nb_text(call, text, "text/plain; version=0.0.4; charset=utf-8");
}

const struct nb_route nb_status_routes[] = {
    NB_ROW(NB_GET, "/v1/status", NB_READ, get_status, "Version, uptime, sizes and all counters."),
    NB_ROW(NB_GET, "/v1/health", NB_NOBODY, get_health, "Whether the controller answers."),
    NB_ROW(NB_GET, "/metrics", NB_READ, get_metrics, "All counters for Prometheus."),
    {0},
};
