/* The command line of tambod. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/config/config.h"
#include "controller/daemon.h"

#define EXIT_USAGE 2 /* The arguments or an input file are wrong. */

struct options {
    const char *config_path;
    bool check;
};

static void print_help(FILE *out)
{
    fputs(
        "usage: tambod [--config FILE] [--check]\n"
        "       tambod --defaults | --help | --version\n"
        "\n"
        "The OpenFlow controller of Tambo. It stays in the foreground and logs to standard error.\n"
        "\n"
        "  -c, --config FILE  read the configuration (JSON); without it the defaults hold:\n"
        "                     OpenFlow 1.0 and 1.3 on 0.0.0.0:6653, nothing stored\n"
        "  -n, --check        only read the configuration and say what is wrong with it\n"
        "      --defaults     print the defaults as a configuration file\n"
        "  -h, --help         print this\n"
        "  -V, --version      print the version\n"
        "\n"
        "SIGTERM and SIGINT stop it cleanly. SIGHUP reads the configuration again: log levels,\n"
        "addresses, certificates and limits change at once; the log says what needs a restart.\n"
        "Exit codes: 0 done, 1 could not start, 2 the arguments or the configuration are wrong.\n",
        out);
}

static void print_defaults(void)
{
    struct config *config = xcalloc(1, sizeof *config);

    config_default(config);
    config_print(config, stdout);
    free(config);
}

/* Ends the program where there is nothing to run. */
static struct options parse_options(int argc, char **argv)
{
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'}, {"check", no_argument, NULL, 'n'},
        {"defaults", no_argument, NULL, 'd'},     {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},      {NULL, 0, NULL, 0},
    };
    struct options o = {0};
    int c;

    while ((c = getopt_long(argc, argv, "c:nhV", longs, NULL)) != -1) {
        switch (c) {
        case 'c':
            o.config_path = optarg;
            break;
        case 'n':
            o.check = true;
            break;
        case 'd':
            print_defaults();
            exit(EXIT_SUCCESS);
        case 'h':
            print_help(stdout);
            exit(EXIT_SUCCESS);
        case 'V':
            puts("tambod " TAMBO_VERSION);
            exit(EXIT_SUCCESS);
        default:
            print_help(stderr);
            exit(EXIT_USAGE);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "tambod: unexpected argument \"%s\"\n", argv[optind]);
        exit(EXIT_USAGE);
    }
    if (o.check && !o.config_path) {
        fputs("tambod: --check needs --config FILE\n", stderr);
        exit(EXIT_USAGE);
    }
    return o;
}

int main(int argc, char **argv)
{
    struct options o = parse_options(argc, argv);
    struct config *config = xcalloc(1, sizeof *config);
    int code = EXIT_SUCCESS;

    if (!o.config_path) {
        config_default(config);
    } else if (!daemon_read_config(o.config_path, config, stderr)) {
        code = EXIT_USAGE;
    }
    if (code == EXIT_SUCCESS && !o.check) {
        code = daemon_run(o.config_path, config);
    }
    free(config);
    return code;
}
