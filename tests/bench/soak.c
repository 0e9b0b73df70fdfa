/* Soak: the live controller with the default apps under many packet-ins and many reconnects, and what
 * it has allocated after each round. The load comes from tambo bench in processes of its own. As many
 * packet-ins as asked for come first, for half a minute at least, so that what takes the size of the
 * largest burst has had one and every job that comes now and then has run; as many again are measured.
 *
 * Usage: soak TAMBO [PACKET-INS] [RECONNECTS]     defaults: 10 million, 10 000
 *
 * Exit code 1 when what is allocated, or the resident set, is larger at the end than after the first
 * half of the packet-ins, or the first tenth of the reconnects, by more than a hundredth. Takes about
 * five minutes; run by hand. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/config/config_params.h"
#include "controller/live/live.h"

#define SWITCHES_PER_ROUND 100
#define LOAD_ROUNDS 10 /* Before it is measured: each takes some three seconds. */

struct soak {
    const char *tambo;
    struct clock clock;
    struct log log;
    struct live *live;
    struct ctl *ctl;
    char address[64];
};

struct sample {
    size_t allocated_bytes, resident_bytes;
};

static struct sample take_sample(void)
{
    struct mallinfo2 info = mallinfo2();
    struct sample s = {.allocated_bytes = info.uordblks + info.hblkhd};
    unsigned long long total, resident;
    FILE *in = fopen("/proc/self/statm", "r");

    if (in && fscanf(in, "%llu %llu", &total, &resident) == 2) {
        s.resident_bytes = resident * (size_t)sysconf(_SC_PAGESIZE);
    }
    if (in) {
        fclose(in);
    }
    return s;
}

static void start(struct soak *s)
{
    static struct config config;
    struct ctl_module_use uses[APP_N_MODULES];
    struct ctl_params params;

    config_default(&config);
    log_init(&s->log, &s->clock, log_to_stderr, NULL);
    s->log.level = LOG_ERROR;
    s->live = live_new(&(struct live_params){.clock = &s->clock, .log = &s->log});
    params = config_params(&config, uses);
    params.clock = &s->clock;
    params.southbound = live_southbound(s->live);
    params.log = &s->log;
    params.hash_key = 0x2385;
    s->ctl = ctl_new(&params, NULL);
    live_drive(s->live, s->ctl);
    if (live_listen(s->live, "127.0.0.1:0") != ERR_OK) {
        exit(1);
    }
    snprintf(s->address, sizeof s->address, "tcp:127.0.0.1:%u", live_port(s->live, "127.0.0.1:0"));
}

/* One run of tambo bench; returns when it and its connections are gone. */
static void load(struct soak *s, const char *version, unsigned switches, unsigned hosts,
                 const char *seconds)
{
    char n[16], m[16];
    pid_t child;
    int status = 0;

    snprintf(n, sizeof n, "%u", switches);
    snprintf(m, sizeof m, "%u", hosts);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) {
            _exit(127);
        }
        execl(s->tambo, "tambo", "bench", "--controller", s->address, "--version", version,
              "--mode", "throughput", "--switches", n, "--hosts-per-switch", m, "--seconds",
              seconds, "--warmup-s", "0.1", "--json", (char *)NULL);
        _exit(127);
    }
    while (waitpid(child, &status, WNOHANG) == 0) {
        live_turn(s->live, false);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "soak: tambo bench ended with %d\n",
                WIFEXITED(status) ? WEXITSTATUS(status) : -1);
        exit(1);
    }
    while (live_n_connections(s->live)) {
        live_turn(s->live, true);
    }
}

static void report(const struct soak *s, const char *what, const struct sample *now)
{
    const struct ctl_counters *c = ctl_counters(s->ctl);

    printf("%-10s %12llu packet-ins %8llu sessions  allocated %9zu bytes  resident %9zu\n", what,
           (unsigned long long)c->packet_ins, (unsigned long long)c->sessions_opened,
           now->allocated_bytes, now->resident_bytes);
    fflush(stdout);
}

/* True when there is not more than a hundredth more than before. */
static bool is_steady(const char *what, const struct sample *before, const struct sample *after)
{
    bool ok = after->allocated_bytes <= before->allocated_bytes + before->allocated_bytes / 100 &&
              after->resident_bytes <= before->resident_bytes + before->resident_bytes / 100;

    printf("%-10s %s: allocated %+lld bytes, resident %+lld bytes\n\n", what,
           ok ? "steady" : "GROWS",
           (long long)after->allocated_bytes - (long long)before->allocated_bytes,
           (long long)after->resident_bytes - (long long)before->resident_bytes);
    return ok;
}

static bool soak_packets(struct soak *s, uint64_t n)
{
    struct sample first = {0}, now = {0};
    uint64_t until = UINT64_MAX; /* Known when the first half is over. */

    for (unsigned round = 0; ctl_counters(s->ctl)->packet_ins < until; round++) {
        load(s, round % 2 ? "1.3" : "1.0", 16, 1000, "1");
        now = take_sample();
        report(s, "packet-ins", &now);
        if (until == UINT64_MAX && round + 1 >= LOAD_ROUNDS &&
            ctl_counters(s->ctl)->packet_ins >= n) {
            first = now;
            until = ctl_counters(s->ctl)->packet_ins + n;
        }
    }
    return is_steady("packet-ins", &first, &now);
}

static bool soak_reconnects(struct soak *s, uint64_t n)
{
    uint64_t rounds = (n + SWITCHES_PER_ROUND - 1) / SWITCHES_PER_ROUND;
    struct sample first = {0}, now = {0};

    for (uint64_t round = 0; round < rounds; round++) {
        load(s, round % 2 ? "1.3" : "1.0", SWITCHES_PER_ROUND, 10, "0.1");
        now = take_sample();
        if (round == rounds / 10) {
            first = now;
        }
        if (round % 10 == 9) {
            report(s, "reconnects", &now);
        }
    }
    return is_steady("reconnects", &first, &now);
}

int main(int argc, char **argv)
{
    struct soak s = {.tambo = argc > 1 ? argv[1] : NULL};
    bool ok;

    if (!s.tambo) {
        fprintf(stderr, "usage: soak TAMBO [PACKET-INS] [RECONNECTS]\n");
        return 2;
    }
    start(&s);
    ok = soak_packets(&s, argc > 2 ? strtoull(argv[2], NULL, 10) : 10000000);
    ok = soak_reconnects(&s, argc > 3 ? strtoull(argv[3], NULL, 10) : 10000) && ok;
    ctl_free(s.ctl);
    live_free(s.live);
    return ok ? 0 : 1;
}
