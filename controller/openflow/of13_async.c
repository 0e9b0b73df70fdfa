/* Asynchronous configuration of 1.3: which messages a switch sends unasked (§7.3.10). */
#include "controller/openflow/of_wire.h"

/* Bits of reasons that the version does not define are carried: no error stands for them, and a
 * later version defines some. */
#define SAID 7u /* The first three pairs of struct of_async are all there is. */

static void get_masks(struct rd *r, uint32_t masks[2])
{
    masks[0] = rd_u32(r);
    masks[1] = rd_u32(r);
}

static void put_masks(struct buf *b, const uint32_t masks[2])
{
    buf_put_u32(b, masks[0]);
    buf_put_u32(b, masks[1]);
}

enum of_err of13_get_async(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    msg->async = (struct of_async){.said = {SAID, SAID}};
    get_masks(r, msg->async.packet_in);
    get_masks(r, msg->async.port_status);
    get_masks(r, msg->async.flow_removed);
    return OF_OK;
}

enum err of13_put_async(struct buf *b, const struct of_msg *msg)
{
    if ((msg->async.said[0] | msg->async.said[1]) & ~SAID) {
        return ERR_UNSUPPORTED;
    }
    put_masks(b, msg->async.packet_in);
    put_masks(b, msg->async.port_status);
    put_masks(b, msg->async.flow_removed);
    return ERR_OK;
}
