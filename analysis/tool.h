/* Runs a program without a shell: a drawing program (gnuplot, dot) on a text, or one whose output is read.
 *
 * Graphviz is called as a program and not as a library: its text layout keeps a pointer into the
 * first graph and reads it after that graph is closed (libgvplugin_pango 2.42, found by
 * AddressSanitizer), so one process must not draw two pictures. */
#ifndef TAMBO_ANALYSIS_TOOL_H
#define TAMBO_ANALYSIS_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/text.h"

/* Runs argv[0] (looked up in PATH; argv ends with NULL) with 'input' as its standard input and waits
 * for it. What it prints on standard output is dropped; its complaints go to standard error. False
 * when it cannot be run or fails, with the reason in 'error'. */
bool tool_run(const char *const argv[], const char *input, size_t len, char *error, size_t size);

/* Runs argv[0] with an empty input and adds what it prints on standard output to 'out' (NULL: it goes to our own).
 * The exit status, or -1 when it cannot be run or is killed, with the reason in 'error'. */
int tool_output(const char *const argv[], struct text *out, char *error, size_t size);

#endif
