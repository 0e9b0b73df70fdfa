/* What the analysis writes: tables, records, plots, graphs and the report page. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/graph.h"
#include "analysis/plot.h"
#include "analysis/plot_paint.h"
#include "analysis/records.h"
#include "analysis/report.h"
#include "analysis/table.h"
#include "analysis/tool.h"

static char dir[] = "/tmp/tambo-analysis-XXXXXX";
static char error[256];

static const char *in_dir(const char *name)
{
    static char path[4][256];
    static unsigned next;
    char *p = path[next++ % 4];

    snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    char command[300];

    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", dir);
    return system(command);
}

static void a_table_in_four_forms(void **state)
{
    struct table t = TABLE_INIT;
    struct text out = TEXT_INIT;

    (void)state;
    table_columns(&t, "law|hold s|μ");
    table_cell(&t, "fixed");
    table_cell(&t, "%d", 180);
    table_cell(&t, "a<b");
    table_cell(&t, "x,\"y\"");
    table_cell(&t, "%.3f", 2.385);
    table_cell(&t, "1");
    table_to_text(&t, &out);
    assert_string_equal(out.s, "law    hold s    μ\n"
                               "fixed     180  a<b\n"
                               "x,\"y\"   2.385    1\n");
    text_fini(&out);
    table_to_csv(&t, &out);
    assert_string_equal(out.s, "law,hold s,μ\r\nfixed,180,a<b\r\n\"x,\"\"y\"\"\",2.385,1\r\n");
    text_fini(&out);
    table_to_markdown(&t, &out);
    assert_non_null(strstr(out.s, "| law | hold s | μ |\n|---|---:|---:|\n| fixed | 180 | a<b |"));
    text_fini(&out);
    table_to_html(&t, &out);
    assert_non_null(strstr(out.s, "<td class=\"words\">a&lt;b</td></tr>"));
    text_fini(&out);
    table_fini(&t);
}

static bool count_record(void *aux, const struct record *r)
{
    unsigned *n = aux;

    assert_string_equal(r->experiment, "e");
    assert_int_equal(r->seed, *n == 0 ? 7 : UINT64_MAX);
    assert_string_equal(r->metrics, "{\"x\":2.385}");
    ++*n;
    return true;
}

static void records_are_kept_once(void **state)
{
    struct record rec = {"e", "p", "00ff", "build", "12ab", "{}", "{\"x\":2.385}", 7, 0.5};
    struct records *r = records_open(in_dir("r.sqlite"), error, sizeof error);
    unsigned n = 0;

    (void)state;
    assert_non_null(r);
    assert_false(records_has(r, "e", "00ff", 7, "build"));
    assert_true(records_add(r, &rec));
    assert_true(records_add(r, &rec)); /* The same trial again replaces it. */
    rec.point = "q";
    rec.seed = UINT64_MAX;
    assert_true(records_add(r, &rec));
    records_close(r);

    r = records_open(in_dir("r.sqlite"), error, sizeof error);
    assert_non_null(r);
    assert_true(records_has(r, "e", "00ff", 7, "build"));
    assert_false(records_has(r, "e", "00fe", 7, "build"));
    assert_false(records_has(r, "e", "00ff", 7, "another build"));
    assert_true(records_each(r, "e", "00ff", count_record, &n));
    assert_int_equal(n, 2);
    assert_true(records_each(r, "other", NULL, count_record, &n));
    assert_int_equal(n, 2);
    records_close(r);
}

static void records_say_why_they_cannot_open(void **state)
{
    (void)state;
    assert_null(records_open(in_dir("none/r.sqlite"), error, sizeof error));
    assert_non_null(strstr(error, "unable to open"));
}

static void a_plot_becomes_svg(void **state)
{
    static const double x[] = {1, 2, 3}, y[] = {2.385, 1.5, 4}, err[] = {0.1, 0.2, 0.3};
    const struct plot_series series[] = {
        {"a \"quoted\" line", PLOT_LINE, 3, x, y, NULL, 0},
        {"points", PLOT_POINTS, 3, x, y, err, 0},
        {"steps", PLOT_STEPS, 3, x, y, NULL, 0},
        {"limit", PLOT_DASHED, 3, x, y, NULL, 0},
        {NULL, PLOT_FILL, 3, x, y, NULL, 0},
    };
    struct plot plot = {.title = "A_title",
                        .x_label = "hold s",
                        .y_label = "hosts",
                        .series = series,
                        .n_series = 5};
    struct text svg = TEXT_INIT;

    (void)state;
    assert_true(plot_svg(&plot, in_dir("p.svg"), error, sizeof error));
    assert_true(text_load(&svg, in_dir("p.svg")));
    assert_non_null(strstr(svg.s, "A_title"));
    assert_non_null(strstr(svg.s, "a \"quoted\" line"));
    assert_non_null(strstr(svg.s, "</svg>"));
    text_fini(&svg);
    assert_false(plot_svg(&plot, in_dir("none/p.svg"), error, sizeof error));
    assert_non_null(strstr(error, "gnuplot failed"));
}

/* Two marks of gnuplot's, a line in the colour of its group, and a mark that no plot of ours has. */
static void marks_have_their_colours(void **state)
{
    static const char svg[] =
        "<svg><defs><path id='gpPt8' stroke='currentColor'/></defs>"
        "<g color=\"red\" stroke=\"currentColor\"><path stroke='currentColor' d='M1,2'/>a &lt; b"
        "<use xlink:href='#gpPt8' transform='translate(1,2) scale(3)' color='rgb(0, 158, 115)'/>"
        "<use xlink:href='#gpPt3' transform='scale(2)' color='blue'/>"
        "<use xlink:href='#gpPt99' color='blue'/></g></svg>\n";
    struct text out = TEXT_INIT;

    (void)state;
    plot_paint(svg, &out);
    assert_string_equal(
        out.s,
        "<svg><g color=\"red\" stroke=\"red\"><path stroke='red' d='M1,2'/>a &lt; b"
        "<path d='M0,-1.33 L-1.33,0.67 L1.33,0.67 z' transform='translate(1,2) scale(3)' "
        "fill='rgb(0, 158, 115)' stroke='none' stroke-width='0.3'/>"
        "<rect x='-1' y='-1' width='2' height='2' transform='scale(2)' fill='none' stroke='blue' "
        "stroke-width='0.3'/><use xlink:href='#gpPt99' color='blue'/></g></svg>\n");
    text_fini(&out);
    plot_paint("no picture <g color='red", &out); /* What is cut off stays as it is. */
    assert_string_equal(out.s, "no picture <g color='red");
    text_fini(&out);
}

static void a_graph_becomes_svg(void **state)
{
    struct stat st;

    (void)state;
    assert_true(
        graph_draw("graph g { a -- b }", "dot", "svg", in_dir("g.svg"), error, sizeof error));
    assert_int_equal(stat(in_dir("g.svg"), &st), 0);
    assert_true(st.st_size > 300);
    assert_false(graph_draw("graph g { a -- ", "dot", "svg", in_dir("g.svg"), error, sizeof error));
    assert_false(graph_draw("graph g {}", "no-such", "svg", in_dir("g.svg"), error, sizeof error));
    assert_non_null(strstr(error, "dot failed"));
    assert_false(graph_draw("graph g {}", "dot", "svg", in_dir("none/g.svg"), error, sizeof error));
    assert_non_null(strstr(error, "none/g.svg is not drawn"));
    /* Two pictures in one process: see analysis/tool.h. */
    assert_true(
        graph_draw("graph g { a -- c }", "dot", "png", in_dir("g.png"), error, sizeof error));
}

static void a_tool_that_is_not_there_is_named(void **state)
{
    (void)state;
    assert_false(
        tool_run((const char *const[]){"no-such-program", NULL}, "x", 1, error, sizeof error));
    assert_non_null(strstr(error, "no-such-program: No such file"));
}

static void a_report_is_one_page(void **state)
{
    struct report r;
    struct table t = TABLE_INIT;
    struct text page = TEXT_INIT;
    struct text svg = TEXT_INIT;

    (void)state;
    text_add(&svg, "<?xml?><svg><g id=\"a\"/><use xlink:href=\"#a\"/></svg>");
    assert_true(text_save(&svg, in_dir("f.svg")));
    report_init(&r, "Campus <capacity>");
    report_finding(&r, true, "%d hosts fit", 100);
    report_section(&r, "First");
    report_paragraph(&r, "a & b");
    assert_true(report_figure(&r, in_dir("f.svg"), "What it shows."));
    assert_true(report_figure(&r, in_dir("f.svg"), "Again."));
    assert_false(report_figure(&r, in_dir("missing.svg"), "No."));
    table_columns(&t, "a|b");
    report_table(&r, &t, "Numbers.");
    report_long_table(&r, &t, "Many numbers.", "many.csv");
    assert_true(report_save(&r, in_dir("report.html"), "made by a test"));
    assert_true(text_load(&page, in_dir("report.html")));
    assert_non_null(strstr(page.s, "<title>Campus &lt;capacity&gt;</title>"));
    assert_non_null(strstr(page.s, "<g id=\"f1-a\"/><use xlink:href=\"#f1-a\"/>"));
    assert_non_null(strstr(page.s, "<g id=\"f2-a\"/>"));
    assert_non_null(strstr(page.s, "<b>Table 2</b> is in many.csv: 0 rows. Many numbers."));
    assert_null(strstr(page.s, "<?xml"));
    assert_null(strstr(page.s, "src="));
    assert_false(report_save(&r, in_dir("none/report.html"), ""));
    text_fini(&page);
    text_fini(&svg);
    table_fini(&t);
    report_fini(&r);
}

/* A pipe or a link such as /dev/stdout must not become a file. */
static void what_is_no_file_is_not_replaced(void **state)
{
    struct text text = TEXT_INIT, back = TEXT_INIT;
    struct stat st;

    (void)state;
    text_add(&text, "2.385");
    assert_true(text_save(&text, in_dir("target")));
    assert_int_equal(symlink(in_dir("target"), in_dir("link")), 0);
    text_add(&text, "7");
    assert_true(text_save(&text, in_dir("link")));
    assert_int_equal(lstat(in_dir("link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_true(text_load(&back, in_dir("target")));
    assert_string_equal(back.s, "2.3857");
    assert_int_equal(symlink("/dev/full", in_dir("full")), 0);
    errno = 0;
    assert_false(text_save(&text, in_dir("full")));
    assert_int_equal(errno, ENOSPC);
    text_fini(&back);
    text_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_in_four_forms),
        cmocka_unit_test(what_is_no_file_is_not_replaced),
        cmocka_unit_test(records_are_kept_once),
        cmocka_unit_test(records_say_why_they_cannot_open),
        cmocka_unit_test(a_plot_becomes_svg),
        cmocka_unit_test(marks_have_their_colours),
        cmocka_unit_test(a_graph_becomes_svg),
        cmocka_unit_test(a_tool_that_is_not_there_is_named),
        cmocka_unit_test(a_report_is_one_page),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
