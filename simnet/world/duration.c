#include "simnet/world/duration.h"

#include <math.h>

#include "controller/base/elementary.h"

static bool samples_ok(const struct duration_law *law)
{
    for (uint32_t i = 0; i < law->n_samples; i++) {
        if (!(law->samples_s[i] > 0) || !(law->samples_s[i] <= DURATION_MAX_S)) {
            return false;
        }
    }
    return law->n_samples > 0;
}

static bool mixture_ok(const struct duration_law *law)
{
    return law->shape > 1 && isfinite(law->shape) && law->elephant_frac >= 0 &&
           law->elephant_frac < 1 && law->elephant_mean_s > 0 &&
           law->elephant_frac * law->elephant_mean_s < law->mean_s;
}

const char *duration_law_error(const struct duration_law *law)
{
    if (!(law->mean_s > 0) || !(law->mean_s <= DURATION_MAX_S)) {
        return "mean: expected more than 0 and at most 1e9 s";
    }
    if (law->kind == DURATION_PARETO && !(law->shape > 1 && isfinite(law->shape))) {
        return "shape: a Pareto law with a mean has one above 1";
    }
    if (law->kind == DURATION_LOGNORMAL && !(law->shape >= 0 && law->shape <= 10)) {
        return "shape: a lognormal law takes 0 to 10";
    }
    if (law->kind == DURATION_EMPIRICAL && !samples_ok(law)) {
        return "samples: expected some, each above 0 and at most 1e9 s";
    }
    if (law->kind == DURATION_MIXTURE && !mixture_ok(law)) {
        return "shape, elephant_frac, elephant_mean_s: a mixture has a shape above 1, a share from "
               "0 to below 1, and elephants that take less than all of the mean: elephant_frac "
               "times elephant_mean_s is below session_s";
    }
    return NULL;
}

void duration_init(struct duration *d, const struct duration_law *law)
{
    *d = (struct duration){.law = *law};
    if (law->kind == DURATION_EMPIRICAL) {
        alias_init(&d->by_length, law->samples_s, law->n_samples);
    }
}

void duration_fini(struct duration *d)
{
    if (d->law.kind == DURATION_EMPIRICAL) {
        alias_fini(&d->by_length);
    }
}

double duration_mean(const double *samples_s, uint32_t n)
{
    double sum = 0;

    for (uint32_t i = 0; i < n; i++) {
        sum += samples_s[i];
    }
    return sum / n;
}

/* Weighting by x^k moves the mean of ln X by k shape² (Aitchison, Brown 1957, theorem 2.6). */
static double lognormal(const struct duration_law *law, struct rng *rng, double k)
{
    double middle = exact_log(law->mean_s) + (k - 0.5) * law->shape * law->shape;

    return exact_exp(middle + law->shape * rng_normal(rng));
}

static double pareto_scale(const struct duration_law *law)
{
    return law->mean_s * (law->shape - 1) / law->shape;
}

static double cut(double s)
{
    return s < DURATION_MAX_S ? s : DURATION_MAX_S;
}

double duration_elephant_share(const struct duration_law *law)
{
    return law->kind == DURATION_MIXTURE ? law->elephant_frac * law->elephant_mean_s / law->mean_s
                                         : 0;
}

static double mouse_mean_s(const struct duration_law *law)
{
    return (law->mean_s - law->elephant_frac * law->elephant_mean_s) / (1 - law->elephant_frac);
}

static double elephant_scale(const struct duration_law *law)
{
    return law->elephant_mean_s * (law->shape - 1) / law->shape;
}

double duration_draw_which(const struct duration *d, struct rng *rng, bool *elephant)
{
    const struct duration_law *law = &d->law;

    *elephant = law->kind == DURATION_MIXTURE && rng_uniform(rng) < law->elephant_frac;
    if (law->kind != DURATION_MIXTURE) {
        return duration_draw(d, rng);
    }
    return cut(*elephant ? rng_pareto(rng, law->shape, elephant_scale(law))
                         : rng_exponential(rng, mouse_mean_s(law)));
}

double duration_draw(const struct duration *d, struct rng *rng)
{
    const struct duration_law *law = &d->law;
    bool elephant;

    switch (law->kind) {
    case DURATION_DETERMINISTIC:
        return law->mean_s;
    case DURATION_MIXTURE:
        return duration_draw_which(d, rng, &elephant);
    case DURATION_PARETO:
        return cut(rng_pareto(rng, law->shape, pareto_scale(law)));
    case DURATION_LOGNORMAL:
        return cut(lognormal(law, rng, 0));
    case DURATION_EMPIRICAL:
        return law->samples_s[rng_below(rng, law->n_samples)];
    case DURATION_EXPONENTIAL:
        break;
    }
    return cut(rng_exponential(rng, law->mean_s));
}

/* A mouse or an elephant, each as often as it is long. */
static double mixture_found(const struct duration_law *law, struct rng *rng)
{
    if (rng_uniform(rng) < duration_elephant_share(law)) {
        return rng_pareto(rng, law->shape - 1, elephant_scale(law));
    }
    return rng_exponential(rng, mouse_mean_s(law)) + rng_exponential(rng, mouse_mean_s(law));
}

/* One that a random instant finds: in proportion to its length. */
static double draw_found(const struct duration *d, struct rng *rng)
{
    const struct duration_law *law = &d->law;

    switch (law->kind) {
    case DURATION_DETERMINISTIC:
        return law->mean_s;
    case DURATION_MIXTURE:
        return mixture_found(law, rng);
    case DURATION_PARETO:
        return rng_pareto(rng, law->shape - 1, pareto_scale(law));
    case DURATION_LOGNORMAL:
        return lognormal(law, rng, 1);
    case DURATION_EMPIRICAL:
        return law->samples_s[alias_draw(&d->by_length, rng)];
    case DURATION_EXPONENTIAL:
        break;
    }
    return rng_exponential(rng, law->mean_s) + rng_exponential(rng, law->mean_s);
}

double duration_draw_rest(const struct duration *d, struct rng *rng)
{
    double where = rng_uniform(rng);

    return cut(where * draw_found(d, rng));
}
