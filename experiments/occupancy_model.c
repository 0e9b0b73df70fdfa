#include "experiments/occupancy_model.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "models/holding.h"
#include "models/table.h"

static double occupancy_of(const struct campus_params *p, double lambda_per_s, uint32_t n_sources)
{
    struct holding_chain chain = {.n_sources = n_sources,
                                  .lambda_per_s = lambda_per_s,
                                  .mu_per_s = 1 / p->session_s,
                                  .hold_s = p->clustering.hold_s,
                                  .law = p->hold_law};
    struct holding_state state;

    return model_holding_exact(&chain, &state) == MODEL_OK ? state.occupancy_frac : 0;
}

/* Adds the distribution of switch 'sw' to 'pmf'; 'p' and 'work' have room for all hosts (+ 1). */
static bool add_switch(struct campus *campus, const struct campus_params *params, uint32_t sw,
                       double p[], double work[], double pmf[], size_t n)
{
    struct world *world = campus_world(campus);
    const double *rates = campus_rates(campus);
    uint32_t n_hosts = world_n_hosts(world);

    for (uint32_t d = 0; d < n_hosts; d++) {
        uint32_t is_local = world_host_switch(world, d) == sw;

        p[d] = occupancy_of(params, rates[d], params->hosts_per_access - is_local);
    }
    if (model_table_pmf(n_hosts, p, work) != MODEL_OK) {
        return false;
    }
    for (size_t k = 0; k < n && k <= n_hosts; k++) {
        pmf[k] += work[k] / params->n_access;
    }
    return true;
}

bool occupancy_model(const struct campus_params *params, double pmf[], size_t n)
{
    char why[256];
    struct campus *campus = campus_new(params, why, sizeof why);
    uint32_t n_hosts = params->n_access * params->hosts_per_access;
    double *p, *work;
    bool ok = true;

    if (!campus || !campus_rates(campus) || params->moves_per_s > 0) {
        campus_free(campus);
        return false;
    }
    p = xcalloc(n_hosts, sizeof *p);
    work = xcalloc((size_t)n_hosts + 1, sizeof *work);
    for (size_t k = 0; k < n; k++) {
        pmf[k] = 0;
    }
    for (uint32_t first = 0; ok && first < n_hosts; first += params->hosts_per_access) {
        ok = add_switch(campus, params, world_host_switch(campus_world(campus), first), p, work,
                        pmf, n);
    }
    free(p);
    free(work);
    campus_free(campus);
    return ok;
}
