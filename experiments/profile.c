#include "experiments/profile.h"

#include <stdio.h>
#include <time.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

#include "experiments/json_out.h"
#include "simnet/world/stage.h"

_Static_assert((int)N_STAGES <= (int)SIM_MAX_STAGES, "every stage is counted");

/* As cheap as can be, because it is asked several times in an event. */
static uint64_t ticks(void)
{
#ifdef __x86_64__
    return __rdtsc();
#else
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
#endif
}

static double cpu_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void begin_part(struct profile *profile)
{
    sim_profile_reset(&profile->counts);
    profile->begun_s = cpu_s();
}

void profile_begin(struct profile *profile, struct sim *sim)
{
    *profile = (struct profile){.counts = {.ticks = ticks}, .parts = json_object()};
    sim_set_profile(sim, &profile->counts);
    begin_part(profile);
}

/* One line of the table, of 'n_each' events and calls. */
static json_t *line(double own_s, double all_s, double n_each, double n_misses)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "cpu_s", json_number(own_s), "share_frac",
                     json_number(own_s / all_s), "ns_each", json_number(1e9 * own_s / n_each),
                     "ns_per_miss", json_number(1e9 * own_s / n_misses));
}

static json_t *counted_line(const struct sim_stage_time *t, double s_per_tick, double all_s,
                            double n_misses)
{
    json_t *o =
        line((double)t->ticks * s_per_tick, all_s, (double)(t->n_events + t->n_calls), n_misses);

    json_put(o, "events", json_integer((json_int_t)t->n_events));
    json_put(o, "calls", json_integer((json_int_t)t->n_calls));
    return o;
}

static struct sim_stage_time sum_of(const struct sim_profile *counts)
{
    struct sim_stage_time sum = {.ticks = counts->set_ticks};

    for (size_t i = 0; i < N_STAGES; i++) {
        sum.ticks += counts->stages[i].ticks;
        sum.n_events += counts->stages[i].n_events;
    }
    return sum;
}

void profile_close(struct profile *profile, const char *name, double n_misses)
{
    const struct sim_profile *counts = &profile->counts;
    struct sim_stage_time sum = sum_of(counts);
    struct sim_stage_time set = {.ticks = counts->set_ticks, .n_events = sum.n_events};
    double all_s = cpu_s() - profile->begun_s, s_per_tick = all_s / (double)sum.ticks;
    json_t *part = counted_line(&sum, s_per_tick, all_s, n_misses), *stages = json_object();

    for (size_t i = 0; i < N_STAGES; i++) {
        json_put(stages, stage_names[(i + 1) % N_STAGES], /* The others come last. */
                 counted_line(&counts->stages[(i + 1) % N_STAGES], s_per_tick, all_s, n_misses));
    }
    json_put(stages, "event_set", counted_line(&set, s_per_tick, all_s, n_misses));
    json_object_del(part, "share_frac");
    json_object_del(part, "calls");
    json_put(part, "misses", json_number(n_misses));
    json_put(part, "stages", stages);
    json_put(profile->parts, name, part);
    begin_part(profile);
}

static void print_line(const char *name, const json_t *o)
{
    const json_t *share = json_object_get(o, "share_frac");
    const json_t *per_miss = json_object_get(o, "ns_per_miss");

    printf("%-14s %12.0f %12.0f %9.1f %% %10.0f", name,
           json_number_value(json_object_get(o, "events")),
           json_number_value(json_object_get(o, "calls")),
           share ? 100 * json_number_value(share) : 100,
           json_number_value(json_object_get(o, "ns_each")));
    if (json_is_number(per_miss)) {
        printf(" %10.0f", json_number_value(per_miss));
    }
    printf("\n");
}

void profile_print(const json_t *part)
{
    const json_t *line_of;
    const char *name;

    printf("%-14s %12s %12s %11s %10s %10s\n", "stage", "events", "calls", "time", "ns each",
           "ns a miss");
    json_object_foreach (json_object_get(part, "stages"), name, line_of) {
        print_line(name, line_of);
    }
    print_line("all", part);
}
