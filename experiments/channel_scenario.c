#include "experiments/channel_scenario.h"

#include "experiments/json_out.h"
#include "experiments/links_scenario.h"
#include "experiments/traffic_scenario.h"

#define MAX_MS 1e9

static const char *const fidelities[] = {"wire", "direct"};

static void read_in_band(struct conf_node *channel, struct ctlchan_params *c)
{
    struct conf_node *o = conf_object(channel, "in_band");
    struct inband_params *p = &c->inband;
    const char *at;

    if (!o) {
        return;
    }
    c->is_inband = true;
    if (conf_text(o, "at", &at)) {
        snprintf(p->at, sizeof p->at, "%s", at);
    }
    links_read_wire(conf_object(o, "link"), &p->link);
    conf_bool(o, "reroute", &p->reroutes);
    scenario_read_scaled(o, "reroute_ms", MAX_MS, 1e6, &p->reroute_ns);
    scenario_read_scaled(o, "dead_ms", MAX_MS, 1e6, &p->dead_ns);
    scenario_read_scaled(o, "rto_ms", MAX_MS, 1e6, &p->rto_ns);
    if (p->rto_ns <= 0) {
        conf_complain(o, "\"rto_ms\" must be above 0");
    }
    conf_bool(o, "acks", &p->acks);
    conf_u32(o, "window_bytes", 1, UINT32_MAX, &p->window_bytes);
    conf_real(o, "budget_frac", 0, 1, &p->budget_frac);
    conf_done(o);
}

void standby_read(struct conf_node *controller, struct standby_params *p)
{
    struct conf_node *o = conf_object(controller, "standby");

    if (o) {
        p->on = true;
        scenario_read_scaled(o, "beat_ms", MAX_MS, 1e6, &p->beat_ns);
        scenario_read_scaled(o, "dead_ms", MAX_MS, 1e6, &p->dead_ns);
        conf_done(o);
    }
}

void standby_write(const struct standby_params *p, json_t *controller)
{
    if (p->on) {
        json_put(controller, "standby",
                 json_pack("{s:f, s:f}", "beat_ms", (double)p->beat_ns / 1e6, "dead_ms",
                           (double)p->dead_ns / 1e6));
    }
}

void standby_totals_put(json_t *metrics, const struct standby_params *p,
                        const struct standby_stats *stats)
{
    if (p->on) {
        json_put(metrics, "takeovers", json_number(stats->n_takeovers));
        json_put(metrics, "without_master_s", json_number(stats->without_s));
        json_put(metrics, "without_master_mean_s", json_number(stats->without_mean_s));
    }
}

void channel_read(struct conf_node *root, struct ctlchan_params *c)
{
    struct conf_node *o = conf_object(root, "channel");
    unsigned fidelity = c->fidelity;

    conf_choice(o, "fidelity", fidelities, 2, &fidelity);
    c->fidelity = (enum chan_fidelity)fidelity;
    scenario_read_scaled(o, "delay_us", 1e9, 1e3, &c->delay_ns);
    links_read_bps(o, "rate_bps", &c->rate_bps);
    links_read_bps(o, "shared_bps", &c->shared_bps);
    read_in_band(o, c);
    conf_done(o);
}

static json_t *in_band_to_json(const struct inband_params *p)
{
    return json_pack("{s:s, s:o, s:b, s:f, s:f, s:f, s:b, s:I, s:f}", "at", p->at, "link",
                     links_wire_to_json(&p->link), "reroute", p->reroutes, "reroute_ms",
                     (double)p->reroute_ns / 1e6, "dead_ms", (double)p->dead_ns / 1e6, "rto_ms",
                     (double)p->rto_ns / 1e6, "acks", p->acks, "window_bytes",
                     (json_int_t)p->window_bytes, "budget_frac", p->budget_frac);
}

/* What came later is there when it is used, so that fingerprints stay what they were. */
json_t *channel_to_json(const struct ctlchan_params *c)
{
    json_t *o = json_pack("{s:s, s:f, s:I}", "fidelity", fidelities[c->fidelity], "delay_us",
                          (double)c->delay_ns / 1e3, "rate_bps", (json_int_t)c->rate_bps);

    if (c->shared_bps) {
        json_put(o, "shared_bps", json_integer((json_int_t)c->shared_bps));
    }
    if (c->is_inband) {
        json_put(o, "in_band", in_band_to_json(&c->inband));
    }
    return o;
}

void channel_totals_put(json_t *metrics, const struct campus_control *m)
{
    json_put(metrics, "control_up_bps", json_number(m->up_bps));
    json_put(metrics, "control_down_bps", json_number(m->down_bps));
    json_put(metrics, "control_worst_frac", json_number(m->worst_frac));
    if (!m->is_inband) {
        json_put(metrics, "control_wait_s", json_number(m->wait_s));
        return;
    }
    json_put(metrics, "control_links_bps", json_number(m->links_bps));
    json_put(metrics, "control_own_bps", json_number(m->own_bps));
    json_put(metrics, "control_peak_frac", json_number(m->worst_peak_frac));
    json_put(metrics, "control_mean_frac", json_number(m->mean_frac));
    json_put(metrics, "control_resent", json_number((double)m->n_lost));
    json_put(metrics, "control_within_budget", json_number(m->is_within_budget));
}

void channel_model_put(json_t *model, const struct campus_control *e)
{
    json_put(model, "control_up_bps", json_number(e->up_bps));
    json_put(model, "control_down_bps", json_number(e->down_bps));
    json_put(model, "control_worst_frac", json_number(e->worst_frac));
    if (e->is_inband) {
        json_put(model, "control_links_bps", json_number(e->links_bps));
        json_put(model, "control_within_budget", json_number(1));
    }
}
