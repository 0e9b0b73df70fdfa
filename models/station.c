/* Stations in closed form: approximations of G/G/1, feedback, batches, bursts. The exact M/G/1/m is
 * in station_chain.c, percentiles are in station_delay.c. */
#include "models/station.h"

#include <math.h>
#include <stdbool.h>

static bool is_amount(double x)
{
    return x >= 0 && isfinite(x);
}

/* ---- G/G/1. ---- */

static enum model_status gg1_status(double lambda, double mu, double ca, double cs)
{
    if (!is_amount(lambda) || !(mu > 0) || !isfinite(mu) || !is_amount(ca) || !is_amount(cs)) {
        return MODEL_DOMAIN;
    }
    return lambda / mu >= 1 ? MODEL_UNSTABLE : MODEL_OK;
}

static double kingman(double rho, double mu, double ca, double cs)
{
    return rho / (1 - rho) * (ca + cs) / 2 / mu;
}

static double klb_factor(double rho, double ca, double cs)
{
    if (ca > 1) {
        return exp(-(1 - rho) * (ca - 1) / (ca + 4 * cs));
    }
    double load = 3 * rho * (ca + cs);
    return load > 0 ? exp(-2 * (1 - rho) * (1 - ca) * (1 - ca) / load) : 0;
}

struct model_result model_gg1_kingman(double lambda_per_s, double mu_per_s, double arrival_scv,
                                      double service_scv)
{
    enum model_status status = gg1_status(lambda_per_s, mu_per_s, arrival_scv, service_scv);
    double rho = lambda_per_s / mu_per_s;

    if (status != MODEL_OK) {
        return model_none(status);
    }
    double wait = kingman(rho, mu_per_s, arrival_scv, service_scv);
    return model_value(wait, wait * (1 - klb_factor(rho, arrival_scv, service_scv)));
}

struct model_result model_gg1_klb(double lambda_per_s, double mu_per_s, double arrival_scv,
                                  double service_scv)
{
    struct model_result wait = model_gg1_kingman(lambda_per_s, mu_per_s, arrival_scv, service_scv);

    if (wait.status == MODEL_OK) {
        wait.value *= klb_factor(lambda_per_s / mu_per_s, arrival_scv, service_scv);
    }
    return wait;
}

/* ---- Feedback. ---- */

static bool feedback_is_valid(const struct feedback_params *p)
{
    return is_amount(p->packets_per_s) && p->new_frac >= 0 && p->new_frac <= 1 &&
           p->switch_per_s > 0 && isfinite(p->switch_per_s) && p->controller_per_s > 0 &&
           isfinite(p->controller_per_s) && p->capacity > 0;
}

enum model_status model_feedback(const struct feedback_params *params, struct feedback_state *out)
{
    struct queue_state controller;
    double asked = params->packets_per_s * params->new_frac;

    *out = (struct feedback_state){0};
    if (!feedback_is_valid(params) ||
        model_mm1m(asked, params->controller_per_s, params->capacity, &controller) != MODEL_OK) {
        return MODEL_DOMAIN;
    }
    double returned = controller.throughput_per_s;
    double rho = (params->packets_per_s + returned) / params->switch_per_s;
    if (rho >= 1) {
        return MODEL_UNSTABLE;
    }
    out->switch_rho = rho;
    out->controller_rho = controller.rho;
    out->p_block_frac = controller.p_block_frac;
    out->switch_s = 1 / params->switch_per_s / (1 - rho);
    out->controller_s = controller.mean_sojourn_s;
    out->known_s = out->switch_s;
    out->new_s = 2 * out->switch_s + out->controller_s;
    double known = 1 - params->new_frac;
    double fresh = params->new_frac * (1 - controller.p_block_frac);
    out->mean_s = (known * out->known_s + fresh * out->new_s) / (known + fresh);
    return MODEL_OK;
}

/* ---- Batches and bursts. ---- */

struct model_result model_batch_response(double batches_per_s, double batch_mean, double batch_scv,
                                         double mu_per_s)
{
    if (!is_amount(batches_per_s) || !(batch_mean >= 1) || !isfinite(batch_mean) ||
        !is_amount(batch_scv) || !(mu_per_s > 0) || !isfinite(mu_per_s)) {
        return model_none(MODEL_DOMAIN);
    }
    double rho = batches_per_s * batch_mean / mu_per_s;
    if (rho >= 1) {
        return model_none(MODEL_UNSTABLE);
    }
    /* Little: the number over its rate; E[X^2]/E[X] = mean (1 + scv). */
    double t = (1 + batch_mean * (1 + batch_scv)) / (2 * mu_per_s * (1 - rho));
    return model_value(t, 1e-15 * t);
}

/* From n to n - 1 takes h_n = 1/mu + r h_(n+1) on average and loses l_n = r l_(n+1) packet-ins,
 * r = lambda/mu, h_m = 1/mu, l_m = r: a birth-death process conditioned on its first step (derived
 * here). */
enum model_status model_burst(double lambda_per_s, double mu_per_s, uint32_t capacity, double n,
                              struct burst_state *out)
{
    double r = lambda_per_s / mu_per_s;
    double h = 1 / mu_per_s, l = r;

    *out = (struct burst_state){0};
    if (!is_amount(lambda_per_s) || !(mu_per_s > 0) || !isfinite(mu_per_s) || capacity == 0 ||
        !is_amount(n) || !isfinite(r)) {
        return MODEL_DOMAIN;
    }
    double met = fmin(floor(n), capacity);
    for (double level = capacity; level >= 1; level--) {
        if (level <= met) {
            out->drain_s += h;
            out->lost_later += l;
        }
        h = 1 / mu_per_s + r * h;
        l *= r;
    }
    if (!(out->drain_s < 1e300 && out->lost_later < 1e300)) {
        *out = (struct burst_state){0};
        return MODEL_UNSTABLE;
    }
    out->lost = floor(n) - met;
    out->last_s = met / mu_per_s;
    return MODEL_OK;
}
