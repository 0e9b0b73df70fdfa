/* What tambo switch prints at the end, on standard output. */
#ifndef TAMBO_EXPERIMENTS_SWITCH_REPORT_H
#define TAMBO_EXPERIMENTS_SWITCH_REPORT_H

#include "simnet/bridge/switch_host.h"

/* For people; what has not been there at all, pings, ports that lead outside, is left out. */
void switch_report_text(const struct switch_host_stats *stats);

/* One object; its keys are in tambo(1). */
void switch_report_json(const struct switch_host_stats *stats);

#endif
