/* tambo: plan, model, simulate and compare. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "experiments/args.h"
#include "experiments/commands.h"

static const struct {
    const char *name;
    int (*run)(int argc, char *const argv[]);
    const char *help;
} commands[] = {
    {"plan", cmd_plan, "how many hosts the switches and the controller can carry"},
    {"model", cmd_model, "one analytic model: chain, queue or table"},
    {"sim", cmd_sim, "simulate one scenario with the real controller core"},
    {"exp", cmd_exp, "run an experiment: many trials, records, a report"},
    {"compare", cmd_compare, "simulation versus model, from an experiment's folder"},
    {"ping", cmd_ping, "every host pings every other, at packet level with the real core"},
    {"reroute", cmd_reroute, "links fail under traffic, at packet level with the real core"},
    {"check", cmd_check, "all orders of events of a small network with the real core"},
    {"topo", cmd_topo, "picture of a topology"},
    {"net", cmd_net, "Petri nets: check all markings, simulate"},
    {"bench", cmd_bench, "load an OpenFlow controller and measure its answers"},
    {"switch", cmd_switch, "simulated switches on real connections, for any controller"},
    {"calibrate", cmd_calibrate, "a network's parameters from its control channel"},
    {"trace", cmd_trace, "what is in recorded traffic; addresses under a key"},
    {"replay", cmd_replay, "what tambod did, done again and compared"},
};

#define N_COMMANDS (sizeof commands / sizeof commands[0])

static void print_help(FILE *out)
{
    fputs(
        "usage: tambo COMMAND [options]\n\n"
        "An OpenFlow campus network: planned, simulated with the real controller core, measured.\n"
        "\ncommands:\n",
        out);
    for (size_t i = 0; i < N_COMMANDS; i++) {
        fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].help);
    }
    fputs("\n\"tambo COMMAND --help\" says more. Exit codes: 0 done, 1 the work failed, 2 wrong\n"
          "arguments or input, 3 a comparison did not hold.\n",
          out);
}

/* An answer that did not reach its reader is a failure, whatever the work came to. */
static int finish(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return code;
    }
    fprintf(stderr, "tambo: standard output: %s\n", strerror(errno));
    return EXIT_FAILED;
}

int main(int argc, char *argv[])
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_BAD_INPUT;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return finish(EXIT_DONE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("tambo " TAMBO_VERSION);
        return finish(EXIT_DONE);
    }
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return finish(commands[i].run(argc - 1, argv + 1));
        }
    }
    fprintf(stderr, "tambo: unknown command \"%s\"; see tambo --help\n", argv[1]);
    return EXIT_BAD_INPUT;
}
