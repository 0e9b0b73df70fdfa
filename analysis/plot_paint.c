#include "analysis/plot_paint.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COLOUR_LEN 32

/* The marks that plots use (plot.c), by gnuplot's number less one, in its size: about 2 across. */
static const struct {
    unsigned mark;
    bool filled;
    const char *shape;
} marks[] = {
    {1, false, "<path d='M-1,-1 L1,1 M1,-1 L-1,1'"},
    {3, false, "<rect x='-1' y='-1' width='2' height='2'"},
    {4, true, "<rect x='-1' y='-1' width='2' height='2'"},
    {5, false, "<circle r='1'"},
    {6, true, "<circle r='1'"},
    {8, true, "<path d='M0,-1.33 L-1.33,0.67 L1.33,0.67 z'"},
    {12, true, "<path d='M0,-1.41 L1.41,0 L0,1.41 L-1.41,0 z'"},
};

#define N_MARKS (sizeof marks / sizeof marks[0])

/* The value of attribute 'name' in the 'len' bytes at 'tag'; "" when it has none. */
static void attribute(const char *tag, size_t len, const char *name, char *out, size_t size)
{
    size_t name_len = strlen(name);

    out[0] = '\0';
    for (const char *p = tag; p + name_len + 3 < tag + len; p++) {
        if (p[0] == ' ' && strncmp(p + 1, name, name_len) == 0 && p[name_len + 1] == '=') {
            const char *value = p + name_len + 3;

            snprintf(out, size, "%.*s", (int)strcspn(value, "'\""), value);
            return;
        }
    }
}

/* Draws the mark of a <use> element; false when it is none of ours. */
static bool add_mark(const char *tag, size_t len, struct text *out)
{
    char href[32], transform[96], colour[COLOUR_LEN];
    unsigned n;

    attribute(tag, len, "xlink:href", href, sizeof href);
    attribute(tag, len, "transform", transform, sizeof transform);
    attribute(tag, len, "color", colour, sizeof colour);
    if (sscanf(href, "#gpPt%u", &n) != 1 || !colour[0]) {
        return false;
    }
    for (size_t i = 0; i < N_MARKS; i++) {
        if (marks[i].mark == n) {
            text_addf(out, "%s transform='%s' fill='%s' stroke='%s' stroke-width='0.3'/>",
                      marks[i].shape, transform, marks[i].filled ? colour : "none",
                      marks[i].filled ? "none" : colour);
            return true;
        }
    }
    return false;
}

/* A tag with the colour in which it stands for "currentColor". */
static void add_tag(const char *tag, size_t len, const char *colour, struct text *out)
{
    static const char name[] = "currentColor";
    const char *end = tag + len;

    for (const char *p; (p = memmem(tag, (size_t)(end - tag), name, sizeof name - 1));
         tag = p + sizeof name - 1) {
        text_addf(out, "%.*s%s", (int)(p - tag), tag, colour);
    }
    text_addf(out, "%.*s", (int)(end - tag), tag);
}

void plot_paint(const char *svg, struct text *out)
{
    char colour[COLOUR_LEN] = "black", own[COLOUR_LEN];

    while (*svg) {
        const char *tag = strchr(svg, '<');
        size_t len;

        if (!tag) {
            break;
        }
        text_addf(out, "%.*s", (int)(tag - svg), svg);
        if (strncmp(tag, "<defs>", 6) == 0 && strstr(tag, "</defs>")) {
            svg = strstr(tag, "</defs>") + 7;
            continue;
        }
        len = strcspn(tag, ">");
        len += tag[len] == '>';
        attribute(tag, len, "color", own, sizeof own);
        if (own[0]) {
            snprintf(colour, sizeof colour, "%s", own);
        }
        if (strncmp(tag, "<use", 4) != 0 || !add_mark(tag, len, out)) {
            add_tag(tag, len, colour, out);
        }
        svg = tag + len;
    }
    text_add(out, svg);
}
