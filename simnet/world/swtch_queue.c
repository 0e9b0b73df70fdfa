/* Queues: which there are, what they have done, and what a controller may ask of them (OF 1.3.5 §7.2.2,
 * §7.3.6, §7.3.5.8; 1.4 §7.3.5.9). */
#include <assert.h>

#include "simnet/world/swtch_impl.h"

enum { QUEUES_PER_MSG = 256, MAX_PROPS = 2 };

static void on_sent(void *aux, uint32_t port_no, size_t len, bool sent)
{
    struct port *port = swtch_port(aux, port_no);

    if (sent) {
        port->tx_packets++;
        port->tx_bytes += len;
    } else {
        port->rest->tx_dropped++;
    }
}

void swtch_set_queues(struct swtch *sw, port_no_t port_no, const struct queue_params *queues,
                      size_t n_queues)
{
    struct port *port = swtch_port(sw, port_no);
    struct egress_params params = {.sim = sw->sim,
                                   .queues = queues,
                                   .n_queues = n_queues,
                                   .sent = on_sent,
                                   .aux = sw,
                                   .port = port_no};

    assert(port && !port->egress && "swtch_set_queues: no such port, or it has queues");
    params.wire = port->wire;
    params.side = port->side;
    port->egress = egress_new(&params);
}

uint32_t swtch_queue_of_class(const struct swtch *sw, const struct buf *frame)
{
    struct pkt pkt;

    if (!sw->params.n_classes || pkt_parse(frame->data, frame->len, &pkt) != ERR_OK ||
        !pkt_has(&pkt, PKT_UDP)) {
        return OF_QUEUE_ALL;
    }
    for (size_t i = 0; i < sw->params.n_classes; i++) {
        if (sw->params.classes[i].udp_port == pkt.l4.dst) {
            return sw->params.classes[i].queue_id;
        }
    }
    return OF_QUEUE_ALL;
}

static size_t n_queues(const struct port *port)
{
    return port->egress ? egress_n_queues(port->egress) : 0;
}

bool swtch_has_queues(const struct swtch *sw)
{
    for (uint32_t p = 0; p < sw->n_ports; p++) {
        if (n_queues(&sw->ports[p])) {
            return true;
        }
    }
    return false;
}

static bool port_has(const struct port *port, uint32_t queue_id)
{
    return n_queues(port) && egress_find(port->egress, queue_id) < n_queues(port);
}

bool swtch_queue_is_known(const struct swtch *sw, port_no_t port_no, uint32_t queue_id)
{
    const struct port *port = swtch_port(sw, port_no);

    if (port) {
        return !n_queues(port) || port_has(port, queue_id);
    }
    for (uint32_t p = 0; p < sw->n_ports; p++) {
        if (port_has(&sw->ports[p], queue_id)) {
            return true;
        }
    }
    return !swtch_has_queues(sw);
}

/* --- What there is ---------------------------------------------------------------------------- */

/* A queue, by its number at its port. */
struct place {
    port_no_t port;
    size_t queue;
};

static bool names_ports(const struct swtch *sw, port_no_t port)
{
    return port == OF_PORT_ANY || swtch_port(sw, port);
}

/* The queues called 'queue_id' (OF_QUEUE_ALL: all) of a port (OF_PORT_ANY: of all); '*out' is in the arena. */
static size_t find_queues(struct swtch *sw, port_no_t port, uint32_t queue_id, struct place **out)
{
    size_t n = 0, most = 0;

    for (uint32_t p = 0; p < sw->n_ports; p++) {
        most += n_queues(&sw->ports[p]);
    }
    *out = arena_calloc(&sw->arena, most + 1, sizeof **out);
    for (port_no_t p = 1; p <= sw->n_ports; p++) {
        const struct port *at = &sw->ports[p - 1];

        for (size_t i = 0; (port == OF_PORT_ANY || port == p) && i < n_queues(at); i++) {
            if (queue_id == OF_QUEUE_ALL || egress_queue(at->egress, i)->id == queue_id) {
                (*out)[n++] = (struct place){p, i};
            }
        }
    }
    return n;
}

static struct of_queue describe(struct swtch *sw, struct place at)
{
    const struct queue_params *q = egress_queue(sw->ports[at.port - 1].egress, at.queue);
    struct of_queue_prop *props = arena_calloc(&sw->arena, MAX_PROPS, sizeof *props);
    size_t n = 0;

    if (q->min_permille <= 1000) {
        props[n++] =
            (struct of_queue_prop){.type = OF_QP_MIN_RATE, .rate_permille = q->min_permille};
    }
    if (q->max_permille <= 1000 && sw->cur->version != OF_VERSION_1_0) {
        props[n++] =
            (struct of_queue_prop){.type = OF_QP_MAX_RATE, .rate_permille = q->max_permille};
    }
    return (struct of_queue){.queue_id = q->id, .port_no = at.port, .props = props, .n_props = n};
}

static struct of_queue_stats count(const struct swtch *sw, struct place at)
{
    const struct egress *e = sw->ports[at.port - 1].egress;
    const struct queue_counts *c = egress_counts(e, at.queue);
    bool is10 = sw->cur->version == OF_VERSION_1_0;
    int64_t age_ns = mono_diff_ns(sim_now(sw->sim), sw->ports[at.port - 1].rest->added_at);

    return (struct of_queue_stats){
        .port_no = at.port,
        .queue_id = egress_queue(e, at.queue)->id,
        .tx_bytes = c->tx_bytes,
        .tx_packets = c->tx_packets,
        .tx_errors = c->tx_errors,
        .duration_s = is10 ? UINT32_MAX : (uint32_t)(age_ns / NS_PER_S),
        .duration_ns = is10 ? UINT32_MAX : (uint32_t)(age_ns % NS_PER_S),
    };
}

/* --- Requests -------------------------------------------------------------------------------- */

enum of_err swtch_queue_config(struct swtch *sw, const struct of_msg *msg)
{
    struct of_msg reply = {.type = OF_QUEUE_GET_CONFIG_REPLY,
                           .xid = msg->xid,
                           .queue_config = {.port_no = msg->queue_port}};
    struct of_queue *list;
    struct place *at;
    size_t n;

    if (!names_ports(sw, msg->queue_port)) {
        return OF_ERR_QUEUE_BAD_PORT;
    }
    n = find_queues(sw, msg->queue_port, OF_QUEUE_ALL, &at);
    list = arena_calloc(&sw->arena, n + 1, sizeof *list);
    for (size_t i = 0; i < n; i++) {
        list[i] = describe(sw, at[i]);
    }
    reply.queue_config.queues = list;
    reply.queue_config.n_queues = n;
    swtch_send(sw, &reply);
    return OF_OK;
}

static void answer_stats(struct answer *a, const struct place *at, size_t n, bool more)
{
    struct of_queue_stats *list = arena_calloc(&a->sw->arena, n + 1, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        list[i] = count(a->sw, at[i]);
    }
    a->msg.mp_reply.queue_stats = list;
    swtch_stats_part(a, n, more);
}

static void answer_descs(struct answer *a, const struct place *at, size_t n, bool more)
{
    struct of_queue *list = arena_calloc(&a->sw->arena, n + 1, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        list[i] = describe(a->sw, at[i]);
    }
    a->msg.mp_reply.queues = list;
    swtch_stats_part(a, n, more);
}

/* Statistics or, since 1.4, descriptions. */
enum of_err swtch_stats_queues(struct answer *a, port_no_t port, uint32_t queue_id)
{
    bool is_desc = a->msg.mp_reply.type == OF_MP_QUEUE_DESC;
    struct place *at;
    size_t n, part;

    if (!names_ports(a->sw, port)) {
        return OF_ERR_QUEUE_BAD_PORT;
    }
    n = find_queues(a->sw, port, queue_id, &at);
    if (!n && queue_id != OF_QUEUE_ALL) {
        return OF_ERR_QUEUE_BAD_QUEUE;
    }
    do {
        part = n < QUEUES_PER_MSG ? n : QUEUES_PER_MSG;
        n -= part;
        (is_desc ? answer_descs : answer_stats)(a, at, part, n > 0);
        at += part;
    } while (n);
    return OF_OK;
}

struct queue_counts swtch_queue_counts(const struct swtch *sw, uint32_t queue_id)
{
    struct queue_counts sum = {0};

    for (uint32_t p = 0; p < sw->n_ports; p++) {
        if (port_has(&sw->ports[p], queue_id)) {
            const struct egress *e = sw->ports[p].egress;
            const struct queue_counts *c = egress_counts(e, egress_find(e, queue_id));

            sum.tx_packets += c->tx_packets;
            sum.tx_bytes += c->tx_bytes;
            sum.tx_errors += c->tx_errors;
        }
    }
    return sum;
}
