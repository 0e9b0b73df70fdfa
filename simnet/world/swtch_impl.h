/* What the files of the switch share: swtch.c (life, ports), swtch_path.c (frames), swtch_agent.c
 * (messages), swtch_check.c (what a controller may ask), swtch_stats.c (multiparts). Nobody else
 * includes this. */
#ifndef TAMBO_WORLD_SWTCH_IMPL_H
#define TAMBO_WORLD_SWTCH_IMPL_H

#include "controller/base/arena.h"
#include "simnet/world/swtch.h"

struct port {
    struct wire *wire;
    unsigned side;
    struct eth_addr hw_addr;
    uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, tx_dropped;
};

struct swtch {
    struct sim *sim;
    char *name;
    struct swtch_params params; /* 'name' is not used. */
    uint32_t id;
    struct table **tables;
    struct port *ports; /* Port n at n − 1. */
    uint32_t n_ports;
    swtch_send_fn *send;
    void *send_aux;
    table_watch_fn *watch;
    void *watch_aux;
    bool connected;
    uint8_t version;
    struct of_config config;
    enum of_role role;
    bool has_generation;
    uint64_t generation_id;
    struct arena arena; /* Of the reply that is being made. */
    struct buf scratch; /* The frame of a packet-out. */
    struct buf request; /* An offending request, encoded again for the error's data. */
    struct swtch_stats stats;
    struct swtch_sflow *sflow; /* NULL: it does not sample. */
};

/* The port called 'port_no', or NULL. */
struct port *swtch_port(const struct swtch *sw, port_no_t port_no);

/* --- swtch.c --------------------------------------------------------------------------------- */

/* Fills the description of port 'port_no'. */
void swtch_describe_port(const struct swtch *sw, port_no_t port_no, struct of_port *out);

/* Sends 'msg' with the agreed version, when there is a controller. */
void swtch_send(struct swtch *sw, struct of_msg *msg);

/* --- swtch_path.c ---------------------------------------------------------------------------- */

/* Runs 'actions' on the frame in 'frame' as a packet-out does. */
enum of_err swtch_path_packet_out(struct swtch *sw, port_no_t in_port,
                                  const struct of_actions *actions, struct buf *frame);

/* --- swtch_sflow.c --------------------------------------------------------------------------- */

/* A frame has come in, of which perhaps a sample is taken. */
void swtch_sflow_frame(struct swtch_sflow *s, port_no_t port_no, const struct buf *frame);
void swtch_sflow_free(struct swtch_sflow *s);

/* --- swtch_check.c --------------------------------------------------------------------------- */

enum of_err swtch_check_actions(const struct swtch *sw, const struct of_actions *actions);
enum of_err swtch_check_flow_mod(const struct swtch *sw, const struct of_flow_mod *fm);

/* Bitmaps of what the tables can do: 1 << enum of_action_type, and 1 << enum of_field. */
uint32_t swtch_check_known_actions(void);
uint64_t swtch_check_settable_fields(void);

/* --- swtch_stats.c --------------------------------------------------------------------------- */

/* Answers a multipart request; an error means that nothing was sent. */
enum of_err swtch_stats_reply(struct swtch *sw, const struct of_msg *request);

#endif
