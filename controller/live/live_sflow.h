/* The sFlow collector's socket: UDP datagrams become calls of ctl_sflow(). */
#ifndef TAMBO_LIVE_LIVE_SFLOW_H
#define TAMBO_LIVE_LIVE_SFLOW_H

#include <stdint.h>

#include "controller/base/err.h"

struct live;

/* Takes datagrams that come to "ADDRESS:PORT" or "[IPV6]:PORT" (port 0: a free one, which the log
 * tells), instead of where they were taken before. ERR_SYNTAX or ERR_IO, already logged: then none
 * are taken. */
enum err live_sflow_start(struct live *live, const char *address);

void live_sflow_stop(struct live *live);

/* The port that was given; 0 when no datagrams are taken. */
uint16_t live_sflow_port(const struct live *live);

#endif
