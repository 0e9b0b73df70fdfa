/* Regula falsi in ln(load) against ln(N), where loads are nearly straight lines; the end that stays
 * is halved (M. Dowell, P. Jarratt, BIT 11, 1971: the Illinois method), and a step that does not
 * halve the bracket is followed by a cut in the middle, so that a load of any form takes no more
 * than twice the cuts of a bisection. */
#include "models/largest.h"

#include <math.h>
#include <stdbool.h>

struct bracket {
    int64_t good, too_many;
    double at_good, at_too_many; /* ln(load): at most 0, above 0. */
};

static double log_load(model_load_fn *load, void *ctx, int64_t n_hosts)
{
    double x = load(n_hosts, ctx);
    return x >= 0 ? log(x) : INFINITY; /* NAN does not fit. */
}

static bool fits(double log_load)
{
    return log_load <= 0;
}

/* Where the line through both ends crosses 0; the geometric mean where there is no such line, and
 * the middle where ends are so near that it is one of them. */
static int64_t next_cut(const struct bracket *b, bool straight)
{
    double lo = log((double)b->good), hi = log((double)b->too_many);
    double share = b->at_good / (b->at_good - b->at_too_many);
    int64_t cut;

    if (!straight || !(share >= 0 && share <= 1)) {
        share = 0.5;
    }
    cut = (int64_t)exp(lo + share * (hi - lo));
    if (cut <= b->good) {
        cut = b->good + 1;
    }
    return cut < b->too_many ? cut : b->too_many - 1;
}

static int64_t narrow(model_load_fn *load, void *ctx, struct bracket b)
{
    bool straight = true;
    int stays = 0; /* Which end stayed last: -1 the lower, +1 the upper. */

    while (b.too_many - b.good > 1) {
        int64_t width = b.too_many - b.good;
        int64_t cut = next_cut(&b, straight);
        double at = log_load(load, ctx, cut);

        if (fits(at)) {
            b.good = cut;
            b.at_good = at;
            b.at_too_many *= stays == 1 ? 0.5 : 1;
            stays = 1;
        } else {
            b.too_many = cut;
            b.at_too_many = at;
            b.at_good *= stays == -1 ? 0.5 : 1;
            stays = -1;
        }
        straight = !straight || b.too_many - b.good <= width / 2;
    }
    return b.good;
}

int64_t model_largest(model_load_fn *load, void *ctx, int64_t smallest)
{
    struct bracket b = {.too_many = MODEL_HOSTS_MAX};

    b.at_too_many = log_load(load, ctx, b.too_many);
    if (fits(b.at_too_many)) {
        return MODEL_HOSTS_UNBOUNDED;
    }
    while (b.too_many > smallest) {
        b.good = b.too_many / 4 > smallest ? b.too_many / 4 : smallest;
        b.at_good = log_load(load, ctx, b.good);
        if (fits(b.at_good)) {
            return narrow(load, ctx, b);
        }
        b.too_many = b.good;
        b.at_too_many = b.at_good;
    }
    return 0;
}
