#include "experiments/mobility_scenario.h"

#include "experiments/json_out.h"

void mobility_scenario_read(struct conf_node *traffic, struct campus_params *p)
{
    struct conf_node *o = conf_object(traffic, "mobility");
    double residence_s;
    bool by_rate = conf_real(o, "moves_per_s", 0, 1e6, &p->moves_per_s);
    bool by_time = conf_real(o, "residence_s", 1e-6, 1e12, &residence_s);

    if (by_time) {
        p->moves_per_s = 1 / residence_s;
    }
    if (o && by_rate == by_time) {
        conf_complain(o, "\"mobility\" needs one of \"moves_per_s\" (of each host) and "
                         "\"residence_s\" (mean time at a switch)");
    }
    if (o && p->moves_per_s > 0 && p->model != CAMPUS_PAIRS) {
        conf_complain(o, "hosts move with the traffic model \"pairs\" only");
    }
    conf_done(o);
}

void mobility_scenario_write(const struct campus_params *p, json_t *traffic)
{
    if (p->moves_per_s > 0) {
        json_put(traffic, "mobility", json_pack("{s:f}", "moves_per_s", p->moves_per_s));
    }
}

void mobility_metrics_put(const struct campus_params *p, const struct campus_metrics *m,
                          const struct campus_expected *expected, json_t *metrics, json_t *model)
{
    double n_hosts = (double)p->n_access * p->hosts_per_access;

    if (!(p->moves_per_s > 0)) {
        return;
    }
    json_put(metrics, "moves_per_s",
             json_number(m->measured_s > 0 ? (double)m->n_moves / m->measured_s : 0));
    json_put(model, "moves_per_s", json_number(n_hosts * p->moves_per_s));
    json_put(metrics, "first_packets_of_moves_per_s", json_number(m->move_misses_per_s));
    if (expected) {
        json_put(model, "first_packets_of_moves_per_s", json_number(expected->move_misses_per_s));
    }
    json_put(metrics, "moves_heard", json_integer((json_int_t)m->n_moves_heard));
    json_put(metrics, "move_s", json_number(m->move_s));
    json_put(metrics, "move_max_s", json_number(m->move_max_s));
    json_put(metrics, "first_frames_lost",
             json_integer((json_int_t)m->n_first_frames - (json_int_t)m->n_first_delivered));
    if (p->frame_gap_ns) {
        json_put(metrics, "frames_lost",
                 json_integer((json_int_t)m->n_frames - (json_int_t)m->n_frames_delivered));
    }
}
