/* The command line of tamboctl: a thin client of the REST interface. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/tamboctl/http.h"
#include "controller/tamboctl/table.h"

#define EXIT_USAGE 2 /* The arguments are wrong. */
#define DEFAULT_URL "http://127.0.0.1:8080"

struct options {
    struct http_target target;
    bool json;
};

/* Arguments go into the path in their order, escaped, where "%" stands. */
struct command {
    const char *name, *args, *what;
    int min_args, max_args;
    const char *method, *path;
    const char *list; /* The member that is a list, page by page; NULL: an object. */
    int (*run)(const struct options *o, const struct command *c, char **args, int n);
};

static int run_get(const struct options *o, const struct command *c, char **args, int n);
static int run_text(const struct options *o, const struct command *c, char **args, int n);
static int run_log(const struct options *o, const struct command *c, char **args, int n);
static int run_events(const struct options *o, const struct command *c, char **args, int n);
static int run_raw(const struct options *o, const struct command *c, char **args, int n);
static int run_firewall(const struct options *o, const struct command *c, char **args, int n);
static int run_rule(const struct options *o, const struct command *c, char **args, int n);

static const struct command commands[] = {
    {"status", "", "version, uptime, sizes and counters", 0, 0, "GET", "/v1/status", NULL, run_get},
    {"switches", "", "the switches", 0, 0, "GET", "/v1/switches", "switches", run_get},
    {"switch", "DPID", "one switch with its ports", 1, 1, "GET", "/v1/switches/%", NULL, run_get},
    {"hosts", "", "the hosts", 0, 0, "GET", "/v1/hosts", "hosts", run_get},
    {"host", "MAC", "one host", 1, 1, "GET", "/v1/hosts/%", NULL, run_get},
    {"links", "", "the links between switches", 0, 0, "GET", "/v1/links", "links", run_get},
    {"flows", "DPID", "the entries that are wanted on a switch", 1, 1, "GET",
     "/v1/switches/%/flows", "flows", run_get},
    {"paths", "SRC DST", "the path between switches or hosts", 2, 2, "GET", "/v1/paths?src=%&dst=%",
     "hops", run_get},
    {"static-flows", "", "the entries that operators want", 0, 0, "GET", "/v1/static-flows",
     "flows", run_get},
    {"firewall", "[on|off]", "shows or changes whether the firewall is in force", 0, 1, "PUT",
     "/v1/firewall", NULL, run_firewall},
    {"rules", "", "the rules of the firewall, in their order", 0, 0, "GET", "/v1/firewall/rules",
     "rules", run_get},
    {"allow", "PRIORITY [JSON]", "adds a rule that allows what a match says", 1, 2, "POST",
     "/v1/firewall/rules", NULL, run_rule},
    {"deny", "PRIORITY [JSON]", "adds a rule that denies it", 1, 2, "POST", "/v1/firewall/rules",
     NULL, run_rule},
    {"networks", "", "the logical networks", 0, 0, "GET", "/v1/networks", "networks", run_get},
    {"members", "ID", "the hosts of a logical network", 1, 1, "GET", "/v1/networks/%/members",
     "members", run_get},
    {"network-rules", "ID", "who is in a logical network", 1, 1, "GET", "/v1/networks/%/rules", "rules",
     run_get},
    {"blocked", "ID", "the networks that it may not talk to", 1, 1, "GET", "/v1/networks/%/blocked",
     "blocked", run_get},
    {"domains", "", "the domains of interest", 0, 0, "GET", "/v1/interest-domains", "domains",
     run_get},
    {"multicast", "", "who listens to multicast groups", 0, 0, "GET", "/v1/multicast-groups",
     "groups", run_get},
    {"elephants", "", "the flows that carry most", 0, 0, "GET", "/v1/elephants", "elephants",
     run_get},
    {"told-elephants", "", "the flows that were said to be such", 0, 0, "GET", "/v1/told-elephants",
     "flows", run_get},
    {"tree-roots", "", "the switches whose trees are kept for them", 0, 0, "GET",
     "/v1/elephant-roots", "roots", run_get},
    {"loads", "", "what each port carries", 0, 0, "GET", "/v1/link-loads", "loads", run_get},
    {"roots", "", "the circuit roots", 0, 0, "GET", "/v1/circuit-roots", "circuit_roots", run_get},
    {"leases", "", "the addresses that DHCP gave", 0, 0, "GET", "/v1/dhcp/leases", "leases",
     run_get},
    {"pools", "", "the pools of DHCP", 0, 0, "GET", "/v1/dhcp/pools", "pools", run_get},
    {"reservations", "", "the addresses that are reserved", 0, 0, "GET", "/v1/dhcp/reservations",
     "reservations", run_get},
    {"rogues", "", "DHCP servers where none may be", 0, 0, "GET", "/v1/dhcp/rogues", "rogues",
     run_get},
    {"routers", "", "the routers of IPv6", 0, 0, "GET", "/v1/ipv6/routers", "routers", run_get},
    {"rogue-routers", "", "those where none may be", 0, 0, "GET", "/v1/ipv6/rogues", "rogues",
     run_get},
    {"allowed", "", "hosts that may begin any number of flows", 0, 0, "GET", "/v1/dos/allowed",
     "allowed", run_get},
    {"labels", "", "the labels of access switches", 0, 0, "GET", "/v1/labels", "labels", run_get},
    {"holding", "", "how long entries stay", 0, 0, "GET", "/v1/holding-times", NULL, run_get},
    {"dos", "", "hosts that began too many flows", 0, 0, "GET", "/v1/dos/hosts", "hosts", run_get},
    {"drift", "DPID", "static flows as wanted and as installed", 1, 1, "GET",
     "/v1/switches/%/drift", "flows", run_get},
    {"tables", "DPID", "the sizes of a switch's tables", 1, 1, "GET", "/v1/switches/%/tables",
     "tables", run_get},
    {"installed", "DPID", "the entries that a switch says it has", 1, 1, "GET",
     "/v1/switches/%/installed-flows", "flows", run_get},
    {"ports", "DPID", "the counters of a switch's ports", 1, 1, "GET", "/v1/switches/%/ports",
     "ports", run_get},
    {"groups", "DPID", "the groups of a switch", 1, 1, "GET", "/v1/switches/%/groups", "groups",
     run_get},
    {"meters", "DPID", "the meters of a switch", 1, 1, "GET", "/v1/switches/%/meters", "meters",
     run_get},
    {"events", "", "what happens, until interrupted", 0, 0, "GET", "/v1/events", NULL, run_events},
    {"metrics", "", "all counters, for Prometheus", 0, 0, "GET", "/metrics", NULL, run_text},
    {"topology", "", "the graph of switches, for Graphviz", 0, 0, "GET", "/v1/topology.dot", NULL,
     run_text},
    {"picture", "", "the same with hosts, drawn as SVG", 0, 0, "GET", "/v1/topology.svg?hosts=true",
     NULL, run_text},
    {"log", "[[MODULE=]LEVEL]", "shows or changes levels of the log", 0, 1, "GET", "/v1/log", NULL,
     run_log},
    {"get", "PATH", "anything else: what is at a path", 1, 1, "GET", "", NULL, run_raw},
    {"put", "PATH [JSON]", "changes it", 1, 2, "PUT", "", NULL, run_raw},
    {"post", "PATH [JSON]", "adds to it", 1, 2, "POST", "", NULL, run_raw},
    {"delete", "PATH [JSON]", "removes it", 1, 2, "DELETE", "", NULL, run_raw},
};

#define N_COMMANDS (sizeof commands / sizeof commands[0])

/* What of a list fits a terminal; those that are not here show all. */
static const struct view {
    const char *name;
    struct table_view view;
} views[] = {
    {"switches", {"dpid,ready,version,role,peer,n_ports,n_entries,n_confirmed,n_groups", NULL}},
    {"flows", {"priority,match,instructions,state,app,idle_timeout_s", NULL}},
    {"installed", {"priority,match,instructions,app,n_packets,n_bytes,duration_s", NULL}},
    {"static-flows", {"dpid,name,state,error,priority,match,instructions", NULL}},
    {"drift", {"name,drift,priority,match,wanted,installed,n_packets", NULL}},
    {"pools", {"name,subnet,first,last,network,lease_s,n_addresses,n_bound,n_free", NULL}},
    {"leases", {"ip,state,pool,mac,reserved,dpid,port,left_s", NULL}},
    {"tables", {NULL, "n_entries"}},
};

static const struct table_view *view_of(const char *name)
{
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        if (strcmp(views[i].name, name) == 0) {
            return &views[i].view;
        }
    }
    return NULL;
}

/* --- Answers ---------------------------------------------------------------------------------- */

/* True when there is a good one; else says what is wrong. */
static bool check(const struct http_reply *reply)
{
    const json_t *error = json_object_get(reply->json, "error");
    const char *message = json_string_value(json_object_get(error, "message"));
    const char *field = json_string_value(json_object_get(error, "field"));

    if (!reply->status) {
        fprintf(stderr, "tamboctl: %s\n", reply->why);
        return false;
    }
    if (reply->status >= 300) {
        fprintf(stderr, "tamboctl: %s%s%s (%d)%s\n", field ? field : "", field ? ": " : "",
                message ? message : "the answer is no JSON: is this tambod?", reply->status,
                reply->status == 401 ? "; use --token-file" : "");
        return false;
    }
    return true;
}

static void print_json(const json_t *json)
{
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    putchar('\n');
}

/* 'c' NULL: an object of any kind. */
static void print(const struct options *o, json_t *json, const struct command *c)
{
    if (o->json) {
        print_json(json);
    } else if (c && c->list) {
        table_print_list(stdout, json_object_get(json, c->list), view_of(c->name));
    } else {
        table_print_object(stdout, json);
    }
}

/* --- Commands --------------------------------------------------------------------------------- */

static void add_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~:", *text)) {
            fputc(*text, out);
        } else {
            fprintf(out, "%%%02X", (unsigned char)*text);
        }
    }
}

/* Fresh memory. 'next' NULL: the first page. */
static char *make_path(const struct command *c, char **args, const char *next)
{
    char *path = NULL;
    size_t len;
    FILE *out = open_memstream(&path, &len);

    for (const char *p = c->path; *p; p++) {
        if (*p == '%') {
            add_escaped(out, *args++);
        } else {
            fputc(*p, out);
        }
    }
    if (next) {
        fputs("?after=", out);
        add_escaped(out, next);
    }
    fclose(out);
    return path;
}

/* Asks for the next page as long as there is one and puts them together. NULL after an error. */
static json_t *get_all(const struct options *o, const struct command *c, char **args)
{
    json_t *all = NULL;
    const char *next = NULL;

    do {
        char *path = make_path(c, args, next);
        struct http_reply reply;

        http_ask(&o->target, c->method, path, NULL, NULL, NULL, &reply);
        free(path);
        if (!check(&reply) || !reply.json) {
            http_reply_fini(&reply);
            json_decref(all);
            return NULL;
        }
        if (all) {
            json_array_extend(json_object_get(all, c->list), json_object_get(reply.json, c->list));
            json_object_set(all, "next", json_object_get(reply.json, "next"));
        } else {
            all = json_incref(reply.json);
        }
        http_reply_fini(&reply);
        next = json_string_value(json_object_get(all, "next"));
    } while (next && c->list);
    return all;
}

static int run_get(const struct options *o, const struct command *c, char **args, int n)
{
    json_t *json = get_all(o, c, args);

    (void)n;
    if (!json) {
        return EXIT_FAILURE;
    }
    print(o, json, c);
    json_decref(json);
    return EXIT_SUCCESS;
}

/* --json makes {"text": ...} of it, so that its output is always an object. */
static int run_text(const struct options *o, const struct command *c, char **args, int n)
{
    struct http_reply reply;
    bool ok;

    (void)args;
    (void)n;
    http_ask(&o->target, c->method, c->path, NULL, NULL, NULL, &reply);
    ok = check(&reply);
    if (ok && o->json) {
        json_t *json = json_pack("{s:s}", "text", reply.text);

        print_json(json);
        json_decref(json);
    } else if (ok) {
        fputs(reply.text, stdout);
    }
    http_reply_fini(&reply);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int ask_and_print(const struct options *o, const char *method, const char *path,
                         const char *body)
{
    struct http_reply reply;
    bool ok;

    http_ask(&o->target, method, path, body, NULL, NULL, &reply);
    ok = check(&reply);
    if (ok && reply.json) {
        print(o, reply.json, NULL);
    } else if (ok && reply.text && !o->json) {
        fputs(reply.text, stdout);
    } else if (ok && o->json) {
        puts("{}");
    }
    http_reply_fini(&reply);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_log(const struct options *o, const struct command *c, char **args, int n)
{
    char *equals, *body;
    json_t *json;
    int code;

    if (n == 0) {
        return ask_and_print(o, "GET", c->path, NULL);
    }
    equals = strchr(args[0], '=');
    if (equals) {
        *equals = '\0';
        json = json_pack("{s:{s:s}}", "modules", args[0], equals + 1);
    } else {
        json = json_pack("{s:s}", "level", args[0]);
    }
    if (!json) {
        fputs("tamboctl: expected [MODULE=]LEVEL in UTF-8\n", stderr);
        return EXIT_USAGE;
    }
    body = json_dumps(json, 0);
    json_decref(json);
    code = ask_and_print(o, "PUT", c->path, body);
    free(body);
    return code;
}

static int run_raw(const struct options *o, const struct command *c, char **args, int n)
{
    if (args[0][0] != '/') {
        fputs("tamboctl: a path begins with '/'\n", stderr);
        return EXIT_USAGE;
    }
    return ask_and_print(o, c->method, args[0], n > 1 ? args[1] : NULL);
}

static int run_firewall(const struct options *o, const struct command *c, char **args, int n)
{
    bool on = n > 0 && strcmp(args[0], "on") == 0;

    if (n == 0) {
        return ask_and_print(o, "GET", c->path, NULL);
    }
    if (!on && strcmp(args[0], "off") != 0) {
        fputs("tamboctl: expected on or off\n", stderr);
        return EXIT_USAGE;
    }
    return ask_and_print(o, c->method, c->path, on ? "{\"enabled\": true}" : "{\"enabled\": false}");
}

/* The action is the name of the command. */
static int run_rule(const struct options *o, const struct command *c, char **args, int n)
{
    json_t *match = n > 1 ? json_loads(args[1], 0, NULL) : json_object(), *rule;
    char *end, *body;
    long priority = strtol(args[0], &end, 10);
    int code;

    if (!match || *end || end == args[0]) {
        json_decref(match);
        fprintf(stderr, "tamboctl: expected %s\n",
                match ? "a number as priority" : "the match as JSON");
        return EXIT_USAGE;
    }
    rule = json_pack("{s:s,s:I,s:o}", "action", c->name, "priority", (json_int_t)priority, "match",
                     match);
    body = json_dumps(rule, 0);
    json_decref(rule);
    code = ask_and_print(o, c->method, c->path, body);
    free(body);
    return code;
}

/* --- Events ----------------------------------------------------------------------------------- */

struct lines {
    const struct options *o;
    char line[1024], name[64];
    size_t len;
};

static void take_line(struct lines *l)
{
    if (strncmp(l->line, "event: ", 7) == 0) {
        snprintf(l->name, sizeof l->name, "%.*s", (int)sizeof l->name - 1, l->line + 7);
    } else if (strncmp(l->line, "data: ", 6) == 0) {
        json_t *data = json_loads(l->line + 6, 0, NULL);

        if (l->o->json) {
            printf("{\"event\": \"%s\", \"data\": %s}\n", l->name, l->line + 6);
        } else {
            const char *key;
            json_t *value;

            printf("%-12s", l->name);
            json_object_foreach (data, key, value) {
                char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));

                printf(" %s=%s", key, json_is_string(value) ? json_string_value(value) : text);
                free(text);
            }
            putchar('\n');
        }
        json_decref(data);
        fflush(stdout);
    }
}

static void on_chunk(void *aux, const char *text, size_t len)
{
    struct lines *l = aux;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n') {
            l->line[l->len] = '\0';
            take_line(l);
            l->len = 0;
        } else if (l->len + 1 < sizeof l->line) {
            l->line[l->len++] = text[i];
        }
    }
}

static int run_events(const struct options *o, const struct command *c, char **args, int n)
{
    struct lines l = {.o = o};
    struct http_reply reply;
    bool ok;

    (void)args;
    (void)n;
    http_ask(&o->target, c->method, c->path, NULL, on_chunk, &l, &reply);
    ok = check(&reply);
    http_reply_fini(&reply);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* --- The command line ------------------------------------------------------------------------- */

static void print_help(FILE *out)
{
    fputs("usage: tamboctl [OPTIONS] COMMAND [ARGUMENTS]\n"
          "\n"
          "Asks a running tambod.\n\n",
          out);
    for (size_t i = 0; i < N_COMMANDS; i++) {
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
    for (size_t i = 0; i < N_COMMANDS; i++) {
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
