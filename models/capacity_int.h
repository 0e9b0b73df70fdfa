/* What the files of the capacity model share; nobody else includes this. */
#ifndef TAMBO_MODELS_CAPACITY_INT_H
#define TAMBO_MODELS_CAPACITY_INT_H

#include "models/capacity.h"

/* A question in progress. The first failure below stays in "status". */
struct plan {
    const struct plan_params *params;
    struct plan_limits limits;
    enum model_status status;
    double warm_setting; /* The last balanced setting, or with counted rates ln(count): a guess for
                            the next. */
    bool is_warm;
};

struct network {
    struct plan *plan;
    struct popularity popularity;
    double n_hosts;
};

struct demand {
    double entries;
    double arrivals_per_s;
};

/* capacity_network.c: one network, its demand, and the knob of a policy. */

enum model_status plan_init(struct plan *plan, const struct plan_params *params);

/* Returns false when the popularity does not exist for so few hosts. */
bool network_init(struct network *net, struct plan *plan, int64_t n_hosts);

bool network_is_threshold(const struct network *net);

/* A policy's setting is what the user knows: the mean holding time, or the share of permanent
 * entries. */
struct demand network_demand(const struct network *net, double setting);

/* Loads as shares of what is safe; the table's rises with the setting, the controller's falls. */
double network_tcam_load(const struct network *net, double setting);
double network_controller_load(const struct network *net, double setting);

/* The setting that loads both alike; 0 when the table is the more loaded one even so. */
double network_balanced_setting(const struct network *net);

/* The shortest setting that the controller bears, and the longest that the tables do. */
double network_least_setting(const struct network *net);
double network_most_setting(const struct network *net);

/* capacity.c: the figures of one point. */
void network_point(const struct network *net, double setting, struct plan_point *point);
bool plan_point_fits(const struct plan_point *point);

#endif
