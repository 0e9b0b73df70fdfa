/* Frames that the controller sends out at a port itself. */
#ifndef TAMBO_APPS_EMIT_H
#define TAMBO_APPS_EMIT_H

#include <stddef.h>
#include <stdint.h>

#include "controller/base/err.h"
#include "controller/base/types.h"

struct ctl;

/* Sends the 'len' bytes at 'frame' out at 'port' of 'dpid'. ERR_STATE when there is no such switch, or
 * what datapath_packet_out() says. */
enum err emit(const struct ctl *ctl, dpid_t dpid, port_no_t port, const uint8_t *frame, size_t len);

#endif
