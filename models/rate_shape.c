#include "models/rate_shape.h"

#include <math.h>

struct rate_shape rate_shape_flat(void)
{
    return (struct rate_shape){
        .step_s = 3600, .period_s = 86400, .surge = {.factor = 1, .decay_s = 60}};
}

static bool is_positive(double x)
{
    return x > 0 && isfinite(x);
}

static bool is_at_least(double x, double least)
{
    return x >= least && isfinite(x);
}

static const char *table_error(const struct rate_shape *s)
{
    double sum = 0;

    if (s->n_table > RATE_TABLE_MAX) {
        return "factors: at most 168";
    }
    for (size_t i = 0; i < s->n_table; i++) {
        if (!is_at_least(s->table[i], 0)) {
            return "factors: each is finite and not negative";
        }
        sum += s->table[i];
    }
    return s->n_table && !(sum > 0) ? "factors: one at least must be above 0" : NULL;
}

const char *rate_shape_error(const struct rate_shape *s)
{
    if (table_error(s)) {
        return table_error(s);
    }
    if (!is_positive(s->step_s) || !is_positive(s->period_s) || !isfinite(s->phase_s)) {
        return "step_s and period_s: expected more than 0";
    }
    if (!(s->amplitude >= 0 && s->amplitude <= 1)) {
        return "amplitude: expected 0 to 1";
    }
    if (!is_at_least(s->surge.at_s, 0) || !is_at_least(s->surge.factor, 1) ||
        !is_positive(s->surge.decay_s)) {
        return "surge: at_s is not negative, factor at least 1, decay_s above 0";
    }
    return NULL;
}

bool rate_shape_is_flat(const struct rate_shape *s)
{
    return !s->n_table && s->amplitude == 0;
}

bool rate_shape_has_surge(const struct rate_shape *s)
{
    return s->surge.factor > 1;
}

static double rounded(double x)
{
    return round(x * 0x1p24) * 0x1p-24;
}

static double table_at(const struct rate_shape *s, double t_s)
{
    return s->n_table ? s->table[(size_t)fmod(floor(t_s / s->step_s), (double)s->n_table)] : 1;
}

double rate_shape_common(const struct rate_shape *s, double t_s)
{
    double wave =
        s->amplitude > 0 ? s->amplitude * sin(2 * M_PI * (t_s - s->phase_s) / s->period_s) : 0;

    return rounded(table_at(s, t_s) * (1 + wave));
}

double rate_shape_surge(const struct rate_shape *s, double t_s)
{
    return t_s < s->surge.at_s
               ? 0
               : rounded((s->surge.factor - 1) * exp(-(t_s - s->surge.at_s) / s->surge.decay_s));
}

double rate_shape_peak(const struct rate_shape *s)
{
    double most = s->n_table ? 0 : 1;

    for (size_t i = 0; i < s->n_table; i++) {
        most = fmax(most, s->table[i]);
    }
    return rounded(most * (1 + s->amplitude)) + 0x1p-24;
}

double rate_shape_grain_s(const struct rate_shape *s)
{
    double grain_s = rate_shape_has_surge(s) ? s->surge.decay_s : INFINITY;

    if (s->n_table) {
        grain_s = fmin(grain_s, s->step_s);
    }
    return s->amplitude > 0 ? fmin(grain_s, s->period_s / 8) : grain_s;
}
