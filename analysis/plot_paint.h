/* Plots for every reader of SVG: gnuplot draws marks as references to definitions whose colour is
 * "currentColor", which some readers do not know (WeasyPrint 57 among them). Here each mark is drawn
 * where it stands, in its colour. */
#ifndef TAMBO_ANALYSIS_PLOT_PAINT_H
#define TAMBO_ANALYSIS_PLOT_PAINT_H

#include "analysis/text.h"

/* Adds the picture 'svg', as gnuplot 5.4 writes it, to 'out'. */
void plot_paint(const char *svg, struct text *out);

#endif
