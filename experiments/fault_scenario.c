#include "experiments/fault_scenario.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "experiments/channel_scenario.h"
#include "experiments/hardware_scenario.h"
#include "experiments/json_out.h"
#include "experiments/links_scenario.h"
#include "experiments/topology.h"

#define N_STEPS 200 /* Pieces of a run, between which progress is told. */

static const char *const fail_modes[] = {"secure", "standalone", "emergency"};
static const char *const service_laws[] = {"exponential", "deterministic"};

struct fault_scenario fault_scenario_default(void)
{
    return (struct fault_scenario){.topology = "layered:core=2,dist=2,access=2,hosts=2,chained=1",
                                   .params = outage_params_default()};
}

/* --- Reading ------------------------------------------------------------------------------------ */

static void read_switch(struct conf_node *root, struct world_params *w,
                        struct scenario_queues *queues)
{
    struct conf_node *o = conf_object(root, "switch");
    unsigned mode = w->fail_mode;

    hardware_read(o, &w->hw, &w->max_entries);
    scenario_read_versions(o, &w->versions);
    conf_choice(o, "fail_mode", fail_modes, 3, &mode);
    w->fail_mode = (enum swtch_fail_mode)mode;
    queues_read(o, queues);
    conf_done(o);
}

static void read_controller(struct conf_node *root, struct outage_params *p)
{
    struct station_params *st = &p->channel.station;
    struct conf_node *o = conf_object(root, "controller");
    unsigned law = st->law;

    conf_choice(o, "law", service_laws, 2, &law);
    st->law = (enum service_law)law;
    conf_real(o, "rate_per_s", 0, 1e12, &st->rate_per_s);
    conf_u32(o, "capacity", 0, UINT32_MAX, &st->capacity);
    standby_read(o, &p->standby);
    conf_done(o);
}

static void read_apps(struct conf_node *root, struct outage_params *p)
{
    struct conf_node *o = conf_object(root, "apps");
    uint32_t hold_s = p->clustering.hold_s;

    conf_u32(o, "hold_s", 1, 65535, &hold_s);
    p->clustering.hold_s = (uint16_t)hold_s;
    conf_bool(o, "fast_failover", &p->clustering.fast_failover);
    conf_seconds(o, "link_timeout_s", 1, 1e6, &p->core.link_timeout_ns);
    conf_done(o);
}

static void read_traffic(struct conf_node *root, struct outage_params *p)
{
    struct conf_node *o = conf_object(root, "traffic"), *m = conf_object(root, "measure");
    double interval_ms;

    conf_u32(o, "streams", 1, OUTAGE_MAX_STREAMS, &p->n_streams);
    if (conf_real(o, "interval_ms", 1e-3, 1e6, &interval_ms)) {
        p->interval_s = interval_ms / 1e3;
    }
    conf_real(o, "probes_per_s", 1e-3, 1e6, &p->probes_per_s);
    conf_done(o);
    conf_real(m, "duration_s", 1e-3, 1e7, &p->duration_s);
    conf_real(m, "rest_s", 0, 1e6, &p->rest_s);
    conf_real(m, "bin_s", 1e-3, 1e7, &p->bin_s);
    conf_done(m);
}

void fault_scenario_read(struct conf_node *root, struct fault_scenario *f)
{
    const char *topology;

    if (conf_text(root, "topology", &topology)) {
        snprintf(f->topology, sizeof f->topology, "%s", topology);
    }
    links_read(root, &f->links);
    channel_read(root, &f->params.channel);
    read_switch(root, &f->params.world, &f->queues);
    read_controller(root, &f->params);
    read_apps(root, &f->params);
    faults_read(root, &f->params.faults);
    read_traffic(root, &f->params);
}

/* --- Writing ------------------------------------------------------------------------------------ */

void fault_scenario_write(const struct fault_scenario *f, json_t *out)
{
    const struct outage_params *p = &f->params;
    const struct station_params *st = &p->channel.station;
    json_t *sw = json_pack("{s:I, s:o, s:s}", "tcam_entries", (json_int_t)p->world.max_entries,
                           "versions", scenario_versions_to_json(p->world.versions), "fail_mode",
                           fail_modes[p->world.fail_mode]);

    hardware_write(&p->world.hw, sw);
    queues_write(&f->queues, sw);
    json_put(out, "topology", json_string(f->topology));
    links_write(&f->links, out);
    json_put(out, "channel", channel_to_json(&p->channel));
    json_put(out, "switch", sw);
    json_put(out, "controller",
             json_pack("{s:s, s:f, s:I}", "law", service_laws[st->law], "rate_per_s",
                       st->rate_per_s, "capacity", (json_int_t)st->capacity));
    standby_write(&p->standby, json_object_get(out, "controller"));
    json_put(out, "apps",
             json_pack("{s:i, s:b, s:f}", "hold_s", (int)p->clustering.hold_s, "fast_failover",
                       p->clustering.fast_failover, "link_timeout_s",
                       ns_to_s(p->core.link_timeout_ns)));
    json_put(out, "faults", faults_to_json(&p->faults));
    json_put(out, "traffic",
             json_pack("{s:I, s:f, s:f}", "streams", (json_int_t)p->n_streams, "interval_ms",
                       p->interval_s * 1e3, "probes_per_s", p->probes_per_s));
    json_put(out, "measure",
             json_pack("{s:f, s:f, s:f}", "duration_s", p->duration_s, "rest_s", p->rest_s, "bin_s",
                       p->bin_s));
}

/* --- Metrics ------------------------------------------------------------------------------------ */

static void put(json_t *o, const char *key, double value)
{
    json_put(o, key, json_number(value));
}

static json_t *metrics_of(const struct outage_result *r, const struct standby_params *standby,
                          json_t *model)
{
    json_t *o = json_object();
    double n = (double)r->n_interruptions;

    put(o, "datagrams", (double)r->n_sent);
    put(o, "datagrams_lost", (double)(r->n_sent - r->n_received));
    put(o, "interruptions", n);
    put(o, "unrepaired", (double)r->n_unrepaired);
    put(o, "repair_mean_s", n > 0 ? r->interrupted_s / n : 0);
    put(o, "repair_max_s", r->longest_s);
    put(o, "availability_frac", r->availability_frac);
    put(o, "sessions", (double)r->n_probes);
    put(o, "sessions_lost", (double)r->n_probes - (double)r->n_answered);
    put(o, "sessions_lost_frac", r->n_probes ? 1 - (double)r->n_answered / (double)r->n_probes : 0);
    put(o, "rtt_median_s", (double)hist_quantile(r->rtt_ns, 0.5) / 1e9);
    put(o, "rtt_p99_s", (double)hist_quantile(r->rtt_ns, 0.99) / 1e9);
    put(o, "flow_mods", (double)r->n_flow_mods);
    put(o, "entries_before", r->n_entries_before);
    put(o, "entries_least", r->n_entries_least);
    put(o, "entries_after", r->n_entries_after);
    put(o, "connections", (double)r->n_connections);
    put(o, "packet_ins_blocked", (double)r->n_blocked);
    faults_totals_put(o, model, r->faults, r->n_faults);
    standby_totals_put(o, standby, &r->standby);
    json_put(o, "time_s", json_numbers(r->time_s, r->n_bins));
    json_put(o, "delivered_series_frac", json_numbers(r->delivered_frac, r->n_bins));
    json_put(o, "answered_series_frac", json_numbers(r->answered_frac, r->n_bins));
    return o;
}

/* Where switches keep their entries, what has entries does not notice that the controller or their agents are
 * not there. */
static bool spares_streams(const struct fault_scenario *f)
{
    bool spares = f->params.world.fail_mode == SWTCH_FAIL_SECURE && f->links.n == 0;

    for (size_t i = 0; i < f->params.faults.n; i++) {
        enum fault_kind kind = f->params.faults.list[i].kind;

        spares = spares && kind >= FAULT_CPU;
    }
    return spares;
}

static void put_results(const struct fault_scenario *f, struct outage *o,
                        struct trial_result *result)
{
    struct outage_result *r = xcalloc(1, sizeof *r);
    struct campus_control control;
    json_t *model = json_object();

    outage_measure(o, r);
    result->metrics = metrics_of(r, &f->params.standby, model);
    if (spares_streams(f)) {
        put(model, "datagrams_lost", 0);
        put(model, "unrepaired", 0);
    }
    result->trace_hash = r->trace_hash;
    result->n_events = r->n_events;
    links_totals_put(result->metrics, &f->links, outage_world(o));
    queues_totals_put(result->metrics, &f->queues, outage_world(o));
    if (control_measure(outage_channel(o), outage_now_s(o) - outage_begin_s(o), &control)) {
        channel_totals_put(result->metrics, &control);
        result->is_over_budget = !control.is_within_budget;
    }
    if (json_object_size(model)) {
        json_put(result->metrics, "model", json_incref(model));
    }
    json_decref(model);
    free(r);
}

/* --- Running ------------------------------------------------------------------------------------ */

/* Complaints about the topology go to 'why'. */
static bool load_topology(const struct fault_scenario *f, struct topo *topo, char *why, size_t size)
{
    FILE *out = fmemopen(why, size, "w");
    bool ok = out && topology_load(f->topology, topo, out);

    if (out) {
        fclose(out);
    }
    why[strcspn(why, "\n")] = '\0';
    return ok && topo_check(topo, why, size) == ERR_OK &&
           link_rules_apply(&f->links, topo, why, size);
}

bool fault_scenario_run(const struct fault_scenario *f, uint64_t seed, double until_s,
                        trial_progress_fn *progress, void *aux, struct trial_result *result,
                        char *why, size_t size)
{
    struct outage_params params = f->params;
    double started_s = trial_wall_s(), end_s;
    struct topo topo = TOPO_INIT;
    struct outage *o = NULL;

    params.world.seed = seed;
    queues_use(&f->queues, &params.world);
    if (load_topology(f, &topo, why, size)) {
        o = outage_new(&topo, &params, why, size);
    }
    topo_fini(&topo);
    if (!o) {
        return false;
    }
    end_s = fmin(outage_end_s(o), until_s);
    while (outage_now_s(o) < end_s && outage_step(o, end_s / N_STEPS)) {
        if (progress) {
            progress(aux, outage_now_s(o), end_s, trial_wall_s() - started_s);
        }
    }
    *result = (struct trial_result){.sim_s = outage_now_s(o),
                                    .warm_s = outage_begin_s(o),
                                    .wall_s = trial_wall_s() - started_s};
    put_results(f, o, result);
    outage_free(o);
    return true;
}
