/* Queues, of which the ports of this switch have none (OF 1.3.5 §7.3.6, §7.3.5.8): what is asked about
 * them is answered or refused accordingly. SET_QUEUE and ENQUEUE change nothing but where a frame goes. */
#include "simnet/world/swtch_impl.h"

static bool names_ports(const struct swtch *sw, port_no_t port)
{
    return port == OF_PORT_ANY || swtch_port(sw, port);
}

enum of_err swtch_queue_config(struct swtch *sw, const struct of_msg *msg)
{
    struct of_msg reply = {.type = OF_QUEUE_GET_CONFIG_REPLY,
                           .xid = msg->xid,
                           .queue_config = {.port_no = msg->queue_port}};

    if (!names_ports(sw, msg->queue_port)) {
        return OF_ERR_QUEUE_BAD_PORT;
    }
    swtch_send(sw, &reply);
    return OF_OK;
}

/* Statistics or, since 1.4, descriptions: those of all queues are an empty list. */
enum of_err swtch_stats_queues(struct answer *a, port_no_t port, uint32_t queue_id)
{
    if (!names_ports(a->sw, port)) {
        return OF_ERR_QUEUE_BAD_PORT;
    }
    if (queue_id != OF_QUEUE_ALL) {
        return OF_ERR_QUEUE_BAD_QUEUE;
    }
    swtch_stats_part(a, 0, false);
    return OF_OK;
}
