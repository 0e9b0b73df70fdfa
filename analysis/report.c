#include "analysis/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analysis/tool.h"

static const char style[] =
    "body{font:16px/1.55 system-ui,'DejaVu Sans',sans-serif;color:#1b1b1b;max-width:60rem;"
    "margin:2rem auto;padding:0 1.2rem}"
    "h1{font-size:1.9rem;line-height:1.2;margin-bottom:.3rem}h2{margin-top:2.6rem;"
    "border-bottom:1px solid #ccc;padding-bottom:.2rem}"
    "figure{margin:1.6rem 0}figure svg{width:100%;height:auto;border:1px solid #e4e4e4;"
    "border-radius:4px}"
    "figcaption{color:#444;font-size:.93rem;margin-top:.4rem}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;"
    "font-variant-numeric:tabular-nums}"
    "th,td{padding:.28rem .65rem;text-align:right;border-bottom:1px solid #e4e4e4}"
    "th{background:#f4f4f2;text-align:right}th:first-child,td:first-child,.words{text-align:left}"
    "td{vertical-align:top}"
    ".findings{background:#f4f7fa;border-left:4px solid #0072b2;padding:.6rem 1.2rem}"
    ".findings li.look::marker{content:'\\26a0\\00a0\\00a0';color:#b34700}"
    ".findings li.good::marker{content:'\\2713\\00a0\\00a0';color:#00734f}"
    "nav ol{columns:2}footer{margin-top:3rem;color:#555;font-size:.85rem;white-space:pre-wrap}"
    "code{background:#f4f4f2;padding:.05rem .3rem;border-radius:3px}"
    ".paper{display:none}summary{cursor:pointer;color:#444;font-size:.93rem}"
    /* Paper: pages with numbers, which the contents name; nothing is cut in two that need not be. */
    "@page{size:A4;margin:17mm 15mm 18mm;@bottom-center{content:counter(page) ' / ' "
    "counter(pages);font:9pt 'DejaVu Sans',sans-serif;color:#555}}"
    "@media print{body{font-size:10pt;max-width:none;margin:0;padding:0}"
    "h1{font-size:17pt}h2{font-size:13pt;margin-top:1.6rem;break-after:avoid}"
    "figure{margin:1rem 0}figure svg{max-height:95mm}figcaption{font-size:9pt}"
    "figure:not(.table){break-inside:avoid}.table>figcaption{break-after:avoid}tr{break-inside:"
    "avoid}"
    ".wide{overflow:visible}table{font-size:7.5pt;width:100%}th,td{padding:.15rem .35rem}"
    "details{display:none}.paper{display:block}"
    "nav ol{columns:1}nav a{color:inherit;text-decoration:none}"
    "nav a::after{content:leader('.') target-counter(attr(href),page)}}";

void report_init(struct report *r, const char *title)
{
    *r = (struct report){.title = title};
}

void report_fini(struct report *r)
{
    text_fini(&r->findings);
    text_fini(&r->contents);
    text_fini(&r->body);
}

__attribute__((format(printf, 2, 0))) static void add_formatted(struct text *t, const char *fmt,
                                                                va_list args)
{
    char line[2048];

    vsnprintf(line, sizeof line, fmt, args);
    text_add_html(t, line);
}

void report_finding(struct report *r, bool holds, const char *fmt, ...)
{
    va_list args;

    text_addf(&r->findings, "<li class=\"%s\">", holds ? "good" : "look");
    va_start(args, fmt);
    add_formatted(&r->findings, fmt, args);
    va_end(args);
    text_add(&r->findings, "</li>\n");
}

void report_section(struct report *r, const char *heading)
{
    unsigned n = ++r->n_sections;

    text_addf(&r->contents, "<li><a href=\"#s%u\">", n);
    text_add_html(&r->contents, heading);
    text_add(&r->contents, "</a></li>\n");
    text_addf(&r->body, "<h2 id=\"s%u\">%u. ", n, n);
    text_add_html(&r->body, heading);
    text_add(&r->body, "</h2>\n");
}

void report_paragraph(struct report *r, const char *fmt, ...)
{
    va_list args;

    text_add(&r->body, "<p>");
    va_start(args, fmt);
    add_formatted(&r->body, fmt, args);
    va_end(args);
    text_add(&r->body, "</p>\n");
}

void report_link(struct report *r, const char *href, const char *text, const char *fmt, ...)
{
    va_list args;

    text_add(&r->body, "<p><a href=\"");
    text_add_html(&r->body, href);
    text_add(&r->body, "\">");
    text_add_html(&r->body, text);
    text_add(&r->body, "</a> ");
    va_start(args, fmt);
    add_formatted(&r->body, fmt, args);
    va_end(args);
    text_add(&r->body, "</p>\n");
}

/* Ids inside an SVG must be unique in the page, or one picture's markers appear in another: each
 * id, and each reference to it, gets the figure's number as a prefix. */
static void add_svg(struct report *r, const char *svg)
{
    static const char *const keys[] = {"id=\"", "id='", "xlink:href=\"#", "xlink:href='#", "url(#"};

    while (*svg) {
        const char *next = NULL;
        size_t key_len = 0;

        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            const char *at = strstr(svg, keys[k]);

            if (at && (!next || at < next)) {
                next = at;
                key_len = strlen(keys[k]);
            }
        }
        if (!next) {
            break;
        }
        text_addf(&r->body, "%.*sf%u-", (int)(next + key_len - svg), svg, r->n_figures);
        svg = next + key_len;
    }
    text_add(&r->body, svg);
}

bool report_figure(struct report *r, const char *path, const char *sentence)
{
    struct text file = TEXT_INIT;
    const char *svg;

    if (!text_load(&file, path)) {
        text_fini(&file);
        return false;
    }
    svg = strstr(text_str(&file), "<svg");
    text_addf(&r->body, "<figure role=\"img\" id=\"f%u\">\n", ++r->n_figures);
    add_svg(r, svg ? svg : text_str(&file));
    text_addf(&r->body, "<figcaption><b>Figure %u.</b> ", r->n_figures);
    text_add_html(&r->body, sentence);
    text_add(&r->body, "</figcaption></figure>\n");
    text_fini(&file);
    return svg != NULL;
}

void report_table(struct report *r, const struct table *table, const char *sentence)
{
    text_addf(&r->body, "<figure class=\"table\"><figcaption><b>Table %u.</b> ", ++r->n_tables);
    text_add_html(&r->body, sentence);
    text_add(&r->body, "</figcaption>\n<div class=\"wide\">");
    table_to_html(table, &r->body);
    text_add(&r->body, "</div></figure>\n");
}

void report_long_table(struct report *r, const struct table *table, const char *sentence,
                       const char *file)
{
    unsigned n = ++r->n_tables;

    text_addf(&r->body, "<details><summary><b>Table %u.</b> ", n);
    text_add_html(&r->body, sentence);
    text_add(&r->body, "</summary>\n<div class=\"wide\">");
    table_to_html(table, &r->body);
    text_addf(&r->body, "</div></details>\n<p class=\"paper\"><b>Table %u</b> is in ", n);
    text_add_html(&r->body, file);
    text_addf(&r->body, ": %zu rows. ", table->n_cells / table->n_columns - 1);
    text_add_html(&r->body, sentence);
    text_add(&r->body, "</p>\n");
}

bool report_save(const struct report *r, const char *path, const char *footer)
{
    struct text page = TEXT_INIT;
    bool ok;

    text_add(&page, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    text_add_html(&page, r->title);
    text_addf(&page, "</title>\n<style>%s</style></head>\n<body>\n<h1>", style);
    text_add_html(&page, r->title);
    text_addf(&page, "</h1>\n<div class=\"findings\"><ul>\n%s</ul></div>\n",
              text_str(&r->findings));
    text_addf(&page, "<nav><ol>\n%s</ol></nav>\n%s<footer>", text_str(&r->contents),
              text_str(&r->body));
    text_add_html(&page, footer);
    text_add(&page, "</footer>\n</body></html>\n");
    ok = text_save(&page, path);
    text_fini(&page);
    return ok;
}

bool report_pdf(const char *page, const char *path, char *error, size_t size)
{
    size_t len;

    if (tool_run((const char *const[]){"weasyprint", "-q", page, path, NULL}, "", 0, error, size)) {
        return true;
    }
    len = strlen(error);
    snprintf(error + len, size - len,
             "; %s is not made (the package weasyprint makes it; %s is whole without)", path, page);
    return false;
}
