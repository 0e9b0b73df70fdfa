/* See emit.h. */
#include "controller/apps/emit.h"

#include "controller/core/datapath.h"

enum err emit(const struct ctl *ctl, dpid_t dpid, port_no_t port, const uint8_t *frame, size_t len)
{
    struct datapath *dp = datapath_find(ctl, dpid);
    struct of_action out = of_output(port);

    return dp ? datapath_packet_out(dp, OF_PORT_CONTROLLER, OF_NO_BUFFER, &out, 1, frame, len)
              : ERR_STATE;
}
