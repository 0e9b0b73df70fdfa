/* tambo check: all orders of events of a small network with the real controller core. */
#include "experiments/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "experiments/args.h"
#include "experiments/check_scenario.h"
#include "experiments/json_out.h"
#include "experiments/topology.h"
#include "simnet/check/search.h"

struct options {
    const char *what, *events, *trace, *replay;
    uint64_t depth, max_states, frames, quiet_hosts, networks, jobs;
    double seconds;
    bool frames_given, quiet_given, networks_given, block_in_run, warm, exact, no_reduction, rebuild, failover, json;
};

static enum args_status parse(struct options *o, int argc, char *const argv[])
{
    const struct opt opts[] = {
        {"events", OPT_TEXT, &o->events, .value = "LIST",
         .help = "link-failure,host-move,channel-loss,expiry=2: what may happen, and how often"},
        {"frames", OPT_COUNT, &o->frames, 0, CHECK_MAX_FRAMES, .value = "N",
         .help = "that each host sends (1)", .given = &o->frames_given},
        {"quiet-hosts", OPT_COUNT, &o->quiet_hosts, 0, CHECK_MAX_HOSTS, .value = "N",
         .help = "that the controller has not heard of before (1)", .given = &o->quiet_given},
        {"warm", OPT_FLAG, &o->warm,
         .help = "hosts have talked to each other before: their entries are there"},
        {"networks", OPT_COUNT, &o->networks, 0, CHECK_MAX_HOSTS, .value = "N",
         .help = "that hosts are in by turns, blocked for each other", .given = &o->networks_given},
        {"block-in-run", OPT_FLAG, &o->block_in_run,
         .help = "they are blocked at a time in the run, not before"},
        {"depth", OPT_COUNT, &o->depth, 0, 60000, .value = "N", .help = "acts in a run, at most; 0: any"},
        {"max-states", OPT_COUNT, &o->max_states, 0, 4e9, .value = "N", .help = "at most; 0: any"},
        {"seconds", OPT_REAL, &o->seconds, 0, 1e7, .value = "T", .help = "at most; 0: any"},
        {"fast-failover", OPT_FLAG, &o->failover, .help = "protect entries by fast-failover groups"},
        {"exact", OPT_FLAG, &o->exact,
         .help = "tell states of the core apart by all that it has heard, in order"},
        {"no-reduction", OPT_FLAG, &o->no_reduction, .help = "try all orders of acts that commute"},
        {"rebuild", OPT_FLAG, &o->rebuild,
         .help = "build the network anew for each state, instead of copying it"},
        {"jobs", OPT_COUNT, &o->jobs, 1, CHECK_MAX_JOBS, .value = "N",
         .help = "states that are looked at at a time (1)"},
        {"trace", OPT_TEXT, &o->trace, .value = "FILE", .help = "write a fault's trace there"},
        {"replay", OPT_TEXT, &o->replay, .value = "FILE", .help = "show such a trace in words"},
        {"json", OPT_FLAG, &o->json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo check",
        .synopsis = "[FILE.json|TOPOLOGY]",
        .summary = "Puts the real controller core and simulated switches through all orders of messages,\n"
                   "frames and failures of a small network, and tells whether a frame can turn in\n"
                   "circles, get lost or stray, a table grow, or the core wait for ever, with a shortest\n"
                   "sequence of events that leads there. The network is a DOT file or a generator as in\n"
                   "tambo topo (linear:switches=2), or a file with \"kind\": \"check\".\n"
                   "Exit code 3 when something is found.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
        .min_args = 0,
        .max_args = 1,
    };
    size_t n_args;
    enum args_status status = args_parse(&command, argc, argv, &o->what, &n_args);

    if (status == ARGS_OK && o->replay && n_args) {
        fprintf(stderr, "tambo check: --replay takes the network from the trace: unexpected argument %s\n",
                o->what);
        return ARGS_BAD;
    }
    return status;
}

static double now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* --- Telling ---------------------------------------------------------------------------------- */

static double peak_mib(void)
{
    struct rusage self = {0}, children = {0};

    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    return (double)(self.ru_maxrss > children.ru_maxrss ? self.ru_maxrss : children.ru_maxrss) / 1024;
}

static const char *end_text(const struct check_result *r)
{
    static const char *const texts[] = {
        [CHECK_COMPLETE] = "no fault: every state was seen",
        [CHECK_FOUND] = "fault",
        [CHECK_MAX_DEPTH] = "no fault up to the depth that was asked for",
        [CHECK_MAX_STATES] = "no fault up to the number of states that was asked for",
        [CHECK_MAX_TIME] = "no fault in the time that was given",
        [CHECK_BROKEN] = "a run could not be repeated",
    };

    return texts[r->end];
}

static void print_text(const struct check_result *r)
{
    if (r->end == CHECK_FOUND) {
        printf("fault after %zu acts (%s): %s\n", r->n_trace, check_fault_name(r->fault), r->what);
    } else if (r->end == CHECK_COMPLETE || r->end == CHECK_BROKEN) {
        printf("%s\n", end_text(r));
    } else {
        printf("%s; complete for runs of up to %u acts\n", end_text(r), r->whole_depth);
    }
    printf("%" PRIu64 " states, %" PRIu64 " of them quiet, %" PRIu64
           " acts, depth %u; %.1f s (%.0f acts/s), states take %.1f MiB, the process %.1f MiB\n",
           r->n_states, r->n_quiet, r->n_acts, r->depth, r->seconds,
           r->seconds > 0 ? (double)r->n_acts / r->seconds : 0, (double)r->bytes / 1048576, peak_mib());
}

static void print_json(const struct check_scenario *s, const struct check_result *r)
{
    json_t *o = json_object();

    json_put(o, "result", json_string(r->end == CHECK_FOUND ? "fault" : end_text(r)));
    json_put(o, "complete", json_boolean(r->end == CHECK_COMPLETE));
    json_put(o, "complete_depth", json_integer(r->end == CHECK_COMPLETE ? r->depth : r->whole_depth));
    json_put(o, "states", json_integer((json_int_t)r->n_states));
    json_put(o, "quiet_states", json_integer((json_int_t)r->n_quiet));
    json_put(o, "acts", json_integer((json_int_t)r->n_acts));
    json_put(o, "depth", json_integer(r->depth));
    json_put(o, "seconds", json_number(r->seconds));
    json_put(o, "state_bytes", json_integer((json_int_t)r->bytes));
    json_put(o, "peak_mib", json_number(peak_mib()));
    json_put(o, "scenario", check_scenario_to_json(s, r));
    json_print(o);
}

/* --- Work ------------------------------------------------------------------------------------- */

static bool write_trace(const char *path, const struct check_scenario *s,
                        const struct check_result *r)
{
    json_t *o = check_scenario_to_json(s, r);
    int failed = json_dump_file(o, path, JSON_INDENT(1));

    json_decref(o);
    if (failed) {
        fprintf(stderr, "tambo check: %s cannot be written\n", path);
    }
    return !failed;
}

static int search(const struct options *o, const struct check_scenario *s, const struct topo *topo)
{
    const struct check_limits limits = {.max_depth = (uint32_t)o->depth,
                                        .max_states = (uint32_t)o->max_states,
                                        .seconds = o->seconds,
                                        .no_reduction = o->no_reduction,
                                        .n_jobs = (uint32_t)o->jobs};
    char why[256];
    struct check_visitor *visitor = check_visitor_new(
        topo, &s->params, o->rebuild ? CHECK_BY_REPLAY : CHECK_BY_FORK, why, sizeof why);
    struct check_result r;
    int code;

    if (!visitor) {
        fprintf(stderr, "tambo check: %s: %s\n", s->topology, why);
        return EXIT_BAD_INPUT;
    }
    check_search(visitor, &limits, now_s, &r);
    if (o->json) {
        print_json(s, &r);
    } else {
        print_text(&r);
    }
    code = r.end == CHECK_FOUND ? EXIT_NOT_HELD : r.end == CHECK_BROKEN ? EXIT_FAILED : EXIT_DONE;
    if (r.end == CHECK_FOUND && o->trace && !write_trace(o->trace, s, &r)) {
        code = EXIT_FAILED;
    }
    check_result_fini(&r);
    check_visitor_free(visitor);
    return code;
}

static int replay(const struct check_scenario *s, const struct topo *topo)
{
    char text[700];
    struct check_net *net = check_net_new(topo, &s->params, text, sizeof text);
    struct check_view view;

    if (!net) {
        fprintf(stderr, "tambo check: %s: %s\n", s->topology, text);
        return EXIT_BAD_INPUT;
    }
    for (size_t i = 0; i < s->n_acts; i++) {
        if (!check_can(net, s->acts[i])) {
            fprintf(stderr, "tambo check: act %zu cannot be done: the trace is of another network or core\n",
                    i + 1);
            check_net_free(net);
            return EXIT_FAILED;
        }
        check_say(net, s->acts[i], text, sizeof text);
        printf("%3zu  %s\n", i + 1, text);
        check_do(net, s->acts[i]);
    }
    check_look(net, &view);
    check_net_free(net);
    printf("%s%s%s\n", view.fault == CHECK_SOUND ? "no fault" : check_fault_name(view.fault),
           view.fault == CHECK_SOUND ? "" : ": ", view.what);
    return view.fault == CHECK_SOUND ? EXIT_DONE : EXIT_NOT_HELD;
}

static bool is_file(const char *what)
{
    size_t len = strlen(what);

    return len > 5 && strcmp(what + len - 5, ".json") == 0;
}

/* What is asked, from the file and the options. */
static bool prepare(const struct options *o, struct check_scenario *s)
{
    const char *file = o->replay ? o->replay : o->what && is_file(o->what) ? o->what : NULL;

    if (file && !check_scenario_read(file, s, stderr)) {
        return false;
    }
    if (!file && o->what) {
        snprintf(s->topology, sizeof s->topology, "%s", o->what);
    }
    s->params.n_frames = o->frames_given ? (uint32_t)o->frames : s->params.n_frames;
    s->params.n_quiet = o->quiet_given ? (uint32_t)o->quiet_hosts : s->params.n_quiet;
    s->params.n_networks = o->networks_given ? (uint32_t)o->networks : s->params.n_networks;
    if (o->block_in_run && s->params.n_networks < 2) {
        fprintf(stderr, "tambo check: --block-in-run needs --networks, 2 or more\n");
        return false;
    }
    s->params.block_in_run |= o->block_in_run;
    s->params.warm |= o->warm;
    s->params.exact = o->exact;
    s->params.fast_failover |= o->failover;
    return !o->events || check_scenario_events(o->events, &s->params, stderr);
}

int cmd_check(int argc, char *const argv[])
{
    struct options o = {.jobs = 1};
    enum args_status parsed = parse(&o, argc, argv);
    struct check_scenario s = check_scenario_default();
    struct topo topo = TOPO_INIT;
    char why[256];
    int code = EXIT_BAD_INPUT;

    if (parsed != ARGS_OK) {
        return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
    }
    if (prepare(&o, &s) && topology_load(s.topology, &topo, stderr)) {
        if (topo_check(&topo, why, sizeof why) != ERR_OK) {
            fprintf(stderr, "tambo check: %s: %s\n", s.topology, why);
        } else {
            code = o.replay ? replay(&s, &topo) : search(&o, &s, &topo);
        }
        topo_fini(&topo);
    }
    check_scenario_fini(&s);
    return code;
}
