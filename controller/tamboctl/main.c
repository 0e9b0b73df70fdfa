/* The command line of tamboctl: a thin client of the REST interface. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/tamboctl/command.h"

#define DEFAULT_URL "http://127.0.0.1:8080"

static void print_help(FILE *out)
{
    fputs("usage: tamboctl [OPTIONS] COMMAND [ARGUMENTS]\n"
          "\n"
          "Asks a running tambod.\n\n",
          out);
    for (size_t i = 0; i < n_commands; i++) {
        fprintf(out, "  %-13s %-17s %s\n", commands[i].name, commands[i].args, commands[i].what);
    }
    fputs("\n"
          "  -u, --url URL          where tambod is (" DEFAULT_URL "; or $TAMBO_URL)\n"
          "  -t, --token-file FILE  the token is the first line of it (or $TAMBO_TOKEN_FILE)\n"
          "  -j, --json             print JSON, not tables\n"
          "      --ca FILE          for https: who has signed tambod's certificate\n"
          "      --certificate FILE, --key FILE\n"
          "                         for https: our own certificate\n"
          "      --timeout-s S      how long to wait for an answer (10)\n"
          "  -h, --help             print this\n"
          "  -V, --version          print the version\n"
          "\n"
          "Exit codes: 0 done, 1 it failed, 2 the arguments are wrong.\n",
          out);
}

static void fail_usage(const char *what, const char *arg)
{
    fprintf(stderr, "tamboctl: %s%s; see tamboctl --help\n", what, arg);
    exit(EXIT_USAGE);
}

static void take_token(struct options *o, const char *path)
{
    char why[512];

    if (!http_read_token(path, o->target.token, why, sizeof why)) {
        fprintf(stderr, "tamboctl: %s\n", why);
        exit(EXIT_USAGE);
    }
}

static double parse_seconds(const char *text)
{
    char *end;
    double s = strtod(text, &end);

    if (*end || end == text || !(s >= 1 && s <= 3600)) {
        fail_usage("expected 1 to 3600 seconds, found ", text);
    }
    return s;
}

enum { OPT_CA = 256, OPT_CERTIFICATE, OPT_KEY, OPT_TIMEOUT };

static const struct option longs[] = {
    {"url", required_argument, NULL, 'u'},
    {"token-file", required_argument, NULL, 't'},
    {"json", no_argument, NULL, 'j'},
    {"ca", required_argument, NULL, OPT_CA},
    {"certificate", required_argument, NULL, OPT_CERTIFICATE},
    {"key", required_argument, NULL, OPT_KEY},
    {"timeout-s", required_argument, NULL, OPT_TIMEOUT},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static void take_option(struct options *o, int c)
{
    switch (c) {
    case 'u':
        o->target.url = optarg;
        break;
    case 't':
        take_token(o, optarg);
        break;
    case 'j':
        o->json = true;
        break;
    case OPT_CA:
        o->target.ca = optarg;
        break;
    case OPT_CERTIFICATE:
        o->target.certificate = optarg;
        break;
    case OPT_KEY:
        o->target.key = optarg;
        break;
    case OPT_TIMEOUT:
        o->target.timeout_s = parse_seconds(optarg);
        break;
    case 'h':
        print_help(stdout);
        exit(EXIT_SUCCESS);
    case 'V':
        puts("tamboctl " TAMBO_VERSION);
        exit(EXIT_SUCCESS);
    default:
        print_help(stderr);
        exit(EXIT_USAGE);
    }
}

static struct options parse_options(int argc, char **argv)
{
    const char *url = getenv("TAMBO_URL"), *token_file = getenv("TAMBO_TOKEN_FILE");
    struct options o = {.target = {.url = url && *url ? url : DEFAULT_URL, .timeout_s = 10}};
    int c;

    if (token_file && *token_file) {
        take_token(&o, token_file);
    }
    while ((c = getopt_long(argc, argv, "u:t:jhV", longs, NULL)) != -1) {
        take_option(&o, c);
    }
    if (strncmp(o.target.url, "http://", 7) != 0 && strncmp(o.target.url, "https://", 8) != 0) {
        fail_usage("expected an http:// or https:// URL, found ", o.target.url);
    }
    if (optind == argc) {
        fail_usage("a command is needed", "");
    }
    return o;
}

int main(int argc, char **argv)
{
    struct options o = parse_options(argc, argv);
    const char *name = argv[optind++];
    int n = argc - optind;

    signal(SIGPIPE, SIG_IGN); /* A connection that ends early is reported, not obeyed. */
    for (size_t i = 0; i < n_commands; i++) {
        const struct command *c = &commands[i];

        if (strcmp(c->name, name) == 0) {
            if (n < c->min_args || n > c->max_args) {
                fprintf(stderr, "usage: tamboctl [OPTIONS] %s %s\n", c->name, c->args);
                return EXIT_USAGE;
            }
            return c->run(&o, c, argv + optind, n);
        }
    }
    fail_usage("there is no command ", name);
}
