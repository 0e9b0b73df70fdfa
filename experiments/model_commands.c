#include "experiments/model_commands.h"

#include <math.h>
#include <stdio.h>

#include "experiments/json_out.h"

const char *const model_traffics[] = {"uniform", "pareto", "zipf", NULL};
const char *const model_hold_laws[] = {"exponential", "fixed", "per-entry", NULL};

int model_exit_of(enum args_status parsed)
{
    return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
}

int model_no_result(const char *command, enum model_status status)
{
    fprintf(stderr, "%s: no result: %s\n", command,
            status == MODEL_UNSTABLE ? "the load is 1 or more: more is asked for than there is room"
            : status == MODEL_DOMAIN ? "these values are outside the model's domain"
                                     : model_status_name(status));
    return status == MODEL_NOCONV ? EXIT_FAILED : EXIT_BAD_INPUT;
}

int model_print(const struct model_row *rows, size_t n_rows, bool json)
{
    json_t *o;

    if (!json) {
        for (size_t i = 0; i < n_rows; i++) {
            if (isnan(rows[i].value)) {
                printf("%-36s does not apply\n", rows[i].label);
            } else {
                printf("%-36s %.9g\n", rows[i].label, rows[i].value);
            }
        }
        return EXIT_DONE;
    }
    o = json_object();
    for (size_t i = 0; i < n_rows; i++) {
        json_put(o, rows[i].key, json_number(rows[i].value));
    }
    json_print(o);
    return EXIT_DONE;
}

struct model_campus model_campus_defaults(void)
{
    return (struct model_campus){
        .traffic = POPULARITY_PARETO,
        .alpha = 1.2,
        .mean_sessions = 4,
        .session_s = 5,
        .hold_s = 180,
        .hold_law = HOLD_FIXED,
        .hosts = 60000,
        .ports = 48,
    };
}

enum model_status model_campus_popularity(const struct model_campus *c,
                                          struct popularity *popularity)
{
    double n = (double)c->hosts, mu = 1 / c->session_s;

    switch ((enum popularity_kind)c->traffic) {
    case POPULARITY_UNIFORM:
        return model_popularity_uniform(popularity, n, c->mean_sessions, mu);
    case POPULARITY_PARETO:
        return model_popularity_pareto(popularity, n, c->mean_sessions, c->alpha, mu);
    case POPULARITY_ZIPF:
        return model_popularity_zipf(popularity, n, c->mean_sessions, c->alpha, mu);
    case POPULARITY_EMPIRICAL:
    case POPULARITY_SESSIONS:
        break;
    }
    return MODEL_DOMAIN;
}

struct holding_chain model_campus_chain(const struct model_campus *c)
{
    return (struct holding_chain){
        .n_sources = (uint32_t)c->ports,
        .mu_per_s = 1 / c->session_s,
        .hold_s = c->hold_s,
        .law = (enum hold_law)c->hold_law,
    };
}
