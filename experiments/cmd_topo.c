/* tambo topo: picture of a topology. */
#include "experiments/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analysis/graph.h"
#include "experiments/args.h"
#include "experiments/topology.h"

struct outputs {
    const char *svg, *png, *dot;
};

/* Writes what topo_read_dot() reads back. */
static bool save_dot(const struct topo *topo, const char *path)
{
    struct buf out = BUF_INIT;
    struct text text = TEXT_INIT;
    bool ok;

    topo_write_dot(topo, &out);
    text_addf(&text, "%.*s", (int)out.len, (const char *)out.data);
    ok = text_save(&text, path);
    if (!ok) {
        fprintf(stderr, "tambo topo: %s: %s\n", path, strerror(errno));
    }
    text_fini(&text);
    buf_fini(&out);
    return ok;
}

static bool save_picture(const struct topo *topo, const char *format, const char *path)
{
    struct text dot = TEXT_INIT;
    char error[256];
    bool ok;

    topology_picture(topo, &dot);
    ok = graph_draw(text_str(&dot), "dot", format, path, error, sizeof error);
    if (!ok) {
        fprintf(stderr, "tambo topo: %s\n", error);
    }
    text_fini(&dot);
    return ok;
}

static int write_all(const struct topo *topo, const struct outputs *o)
{
    bool ok = (!o->svg || save_picture(topo, "svg", o->svg)) &&
              (!o->png || save_picture(topo, "png", o->png)) && (!o->dot || save_dot(topo, o->dot));

    if (!o->svg && !o->png && !o->dot) {
        printf("%u switches, %u hosts, %zu links\n", topo->n_switches, topo->n_hosts,
               topo->n_edges);
    }
    return ok ? EXIT_DONE : EXIT_FAILED;
}

int cmd_topo(int argc, char *const argv[])
{
    struct outputs o = {0};
    const struct opt opts[] = {
        {"svg", OPT_TEXT, &o.svg, .value = "OUT", .help = "draw into an SVG file"},
        {"png", OPT_TEXT, &o.png, .value = "OUT", .help = "draw into a PNG file"},
        {"dot", OPT_TEXT, &o.dot, .value = "OUT", .help = "write as a DOT file"},
    };
    const struct command command = {
        .name = "tambo topo",
        .synopsis = "FILE|GENERATOR",
        .summary = "Draws a topology, or writes it as DOT; without an output it only counts.\n"
                   "A topology is a DOT file, or campus:access=A,core=C,hosts=H,\n"
                   "tree:depth=D,fanout=F,hosts=H, linear:switches=N,hosts=H,\n"
                   "ring:switches=N,hosts=H or\n"
                   "layered:core=C,dist=D,access=A,hosts=H,chained=0|1.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
        .min_args = 1,
        .max_args = 1,
    };
    const char *spec;
    size_t n_args;
    struct topo topo = TOPO_INIT;
    enum args_status parsed = args_parse(&command, argc, argv, &spec, &n_args);
    int code;

    if (parsed != ARGS_OK) {
        return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
    }
    if (!topology_load(spec, &topo, stderr)) {
        return EXIT_BAD_INPUT;
    }
    code = write_all(&topo, &o);
    topo_fini(&topo);
    return code;
}
