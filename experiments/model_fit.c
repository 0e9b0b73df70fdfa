/* tambo model fit: which law do measured values follow? */
#include <stdio.h>
#include <stdlib.h>

#include "experiments/model_commands.h"
#include "experiments/model_samples.h"
#include "models/fit.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const char *const laws[] = {"exponential",      "lognormal", "pareto",
                                   "truncated-pareto", "zipf",      NULL};

struct fit_question {
    int law;
    uint64_t replicas, seed;
    bool json;
};

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int print_fit(const struct fit_question *q, const struct model_samples *s)
{
    enum fit_law law = (enum fit_law)q->law;
    struct fit f;
    enum model_status status = model_fit(law, s->values, s->n, &f);
    struct model_result p = {0};

    if (status == MODEL_OK) {
        p = model_fit_p(law, &f, s->values, s->n, (uint32_t)q->replicas, q->seed);
        status = p.status;
    }
    if (status != MODEL_OK) {
        return model_no_result("tambo model fit", status);
    }
    const struct model_row rows[] = {
        {"samples", "values", (double)s->n},
        {"scale", "scale", f.scale},
        {"shape", "shape", f.shape},
        {"upper", "upper end", f.upper},
        {"log_likelihood", "log-likelihood", f.log_likelihood},
        {"ks_distance", "Kolmogorov-Smirnov distance", f.ks_distance},
        {"p_frac", "p of such a distance", p.value},
        {"p_ci_frac", "  95 %, plus or minus", p.abserr},
    };

    return model_print(rows, COUNT(rows), q->json);
}

static int answer_fit(const struct fit_question *q, const char *path)
{
    struct model_samples s;
    char error[256];
    int code;

    if (!model_samples_read(&s, path, error, sizeof error)) {
        fprintf(stderr, "tambo model fit: %s\n", error);
        return EXIT_BAD_INPUT;
    }
    qsort(s.values, s.n, sizeof *s.values, rising);
    code = print_fit(q, &s);
    model_samples_fini(&s);
    return code;
}

int model_cmd_fit(int argc, char *const argv[])
{
    struct fit_question q = {.law = FIT_TRUNCATED_PARETO, .replicas = 200};
    const struct opt opts[] = {
        {"law", OPT_CHOICE, &q.law, .choices = laws, .value = "LAW", .help = "law to fit"},
        {"replicas", OPT_COUNT, &q.replicas, 1, 1e6, .value = "R",
         .help = "samples of the bootstrap"},
        {"seed", OPT_COUNT, &q.seed, 0, 1e15, .value = "N", .help = "seed of these samples"},
        {"json", OPT_FLAG, &q.json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo model fit",
        .synopsis = "FILE",
        .summary = "Fits a law to the numbers of FILE, one a line, for example the mean sessions "
                   "of each\ndestination: maximum likelihood, and how likely such a distance from "
                   "the law is if it holds.",
        .opts = opts,
        .n_opts = COUNT(opts),
        .min_args = 1,
        .max_args = 1,
    };
    const char *path;
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, &path, &n_args);

    return parsed == ARGS_OK ? answer_fit(&q, path) : model_exit_of(parsed);
}
