/* Speed of a simulated campus with the real core in the loop, and how close it comes to the model.
 * Run by hand:
 *   bench_campus [N_ACCESS [HOSTS_PER_ACCESS [HOLD_S [wire|direct [LAW [DURATION_S [REPS]]]]]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "simnet/ctlchan/campus.h"

static double wall_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct campus_params parse(int argc, char **argv)
{
    struct campus_params p = campus_params_default();

    p.warmup_s = 300;
    p.n_access = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : p.n_access;
    p.hosts_per_access = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : p.hosts_per_access;
    p.clustering.hold_s = argc > 3 ? (uint16_t)strtoul(argv[3], NULL, 10) : 60;
    p.channel.fidelity = argc > 4 && strcmp(argv[4], "direct") == 0 ? CHAN_DIRECT : CHAN_WIRE;
    if (argc > 5) {
        hold_law_parse(argv[5], &p.hold_law);
    }
    p.duration_s = argc > 6 ? strtod(argv[6], NULL) : p.duration_s;
    return p;
}

static void run_one(const struct campus_params *p, struct probe_sample *occupancy,
                    struct probe_sample *misses)
{
    char why[128];
    struct campus *c = campus_new(p, why, sizeof why);
    struct campus_metrics m;
    struct campus_expected x = {0};
    struct rusage usage;
    double t0, wall;
    uint64_t n0;

    if (!c) {
        fprintf(stderr, "%s\n", why);
        exit(2);
    }
    campus_run_until(c, campus_setup_s(c) + p->warmup_s);
    n0 = sim_n_events(world_sim(campus_world(c)));
    t0 = wall_s();
    campus_run_until(c, campus_end_s(c));
    wall = wall_s() - t0;
    campus_measure(c, &m);
    campus_expect(c, &x);
    getrusage(RUSAGE_SELF, &usage);
    printf("%.3g M events/s, %.4g simulated s/s, %.4g events per simulated s, peak %ld MB\n"
           "  occupancy %.2f (model %.2f)  misses %.3f/s (model %.3f)  packet-ins %.3f/s  "
           "blocked %.2g  delivered %llu of %llu  hash %016llx\n",
           (double)(m.n_events - n0) / wall * 1e-6, p->duration_s / wall,
           (double)(m.n_events - n0) / p->duration_s, usage.ru_maxrss / 1024, m.occupancy_entries,
           x.occupancy_entries, m.misses_per_s, x.misses_per_s, m.packet_ins_per_s, m.blocked_frac,
           (unsigned long long)m.n_first_delivered, (unsigned long long)m.n_first_frames,
           (unsigned long long)m.trace_hash);
    probe_sample_add(occupancy, m.occupancy_entries / x.occupancy_entries - 1);
    probe_sample_add(misses, m.misses_per_s / x.misses_per_s - 1);
    campus_metrics_fini(&m);
    campus_free(c);
}

int main(int argc, char **argv)
{
    struct campus_params p = parse(argc, argv);
    unsigned reps = argc > 7 ? (unsigned)strtoul(argv[7], NULL, 10) : 1;
    struct probe_sample occupancy = {0}, misses = {0};

    for (unsigned r = 1; r <= reps; r++) {
        p.seed = r;
        run_one(&p, &occupancy, &misses);
    }
    printf("relative to the model: occupancy %+.4f %% ± %.4f, misses %+.4f %% ± %.4f\n",
           100 * occupancy.mean, 196 * probe_sample_std_error(&occupancy), 100 * misses.mean,
           196 * probe_sample_std_error(&misses));
    return 0;
}
