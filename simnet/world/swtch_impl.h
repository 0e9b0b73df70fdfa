/* What the files of the switch share: swtch.c (life), swtch_port.c (ports), swtch_path.c and what
 * swtch_pass.h names (frames), swtch_agent.c (messages), swtch_check.c (what a controller may ask),
 * swtch_stats.c and swtch_stats_group.c (multiparts). Nobody else includes this. */
#ifndef TAMBO_WORLD_SWTCH_IMPL_H
#define TAMBO_WORLD_SWTCH_IMPL_H

#include "controller/base/arena.h"
#include "controller/packet/pkt.h"
#include "simnet/world/group.h"
#include "simnet/world/swtch.h"

struct port {
    struct wire *wire;
    unsigned side;
    struct eth_addr hw_addr;
    uint32_t config; /* enum of_port_config. */
    uint64_t rx_packets, rx_bytes, rx_dropped, tx_packets, tx_bytes, tx_dropped;
};

/* A frame that comes back after a copy of it has been changed. */
struct saved_frame {
    struct pkt p;
    struct buf bytes;
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
    struct groups groups;
    struct saved_frame *saved; /* As many as copies were ever nested. */
    uint32_t n_saved;
    struct arena arena; /* Of the reply that is being made. */
    struct buf scratch; /* The frame of a packet-out. */
    struct buf request; /* An offending request, encoded again for the error's data. */
    struct swtch_stats stats;
    struct swtch_sflow *sflow; /* NULL: it does not sample. */
};

/* The port called 'port_no', or NULL. */
struct port *swtch_port(const struct swtch *sw, port_no_t port_no);

/* --- swtch_port.c ---------------------------------------------------------------------------- */

/* Fills the description of port 'port_no'. */
void swtch_describe_port(const struct swtch *sw, port_no_t port_no, struct of_port *out);

enum of_err swtch_port_mod(struct swtch *sw, const struct of_port_mod *pm);

/* --- swtch.c --------------------------------------------------------------------------------- */

/* Sends 'msg' with the agreed version, when there is a controller. */
void swtch_send(struct swtch *sw, struct of_msg *msg);

/* --- swtch_path.c ---------------------------------------------------------------------------- */

/* Runs 'actions' on the frame in 'frame' as a packet-out does. */
enum of_err swtch_path_packet_out(struct swtch *sw, port_no_t in_port,
                                  const struct of_actions *actions, struct buf *frame);

/* --- swtch_group.c --------------------------------------------------------------------------- */

enum of_err swtch_group_mod(struct swtch *sw, const struct of_group_mod *gm);
group_port_live_fn swtch_group_port_live;

/* --- swtch_sflow.c --------------------------------------------------------------------------- */

/* A frame has come in, of which perhaps a sample is taken. */
void swtch_sflow_frame(struct swtch_sflow *s, port_no_t port_no, const struct buf *frame);
void swtch_sflow_free(struct swtch_sflow *s);

/* --- swtch_check.c --------------------------------------------------------------------------- */

enum of_err swtch_check_actions(const struct swtch *sw, const struct of_actions *actions);

/* The same for a bucket, which may lead to groups that are not there (group.h knows) but, as an entry,
 * not back to the tables. */
enum of_err swtch_check_bucket(const struct swtch *sw, const struct of_actions *actions);
enum of_err swtch_check_flow_mod(const struct swtch *sw, const struct of_flow_mod *fm);

/* Bitmaps of what the tables can do: 1 << enum of_action_type, and 1 << enum of_field. */
uint32_t swtch_check_known_actions(void);
uint64_t swtch_check_settable_fields(void);

/* --- swtch_stats.c --------------------------------------------------------------------------- */

/* Answers a multipart request; an error means that nothing was sent. */
enum of_err swtch_stats_reply(struct swtch *sw, const struct of_msg *request);

/* A multipart answer of several messages: 'msg' has the type and the list, whose first 'n' are sent. */
struct answer {
    struct swtch *sw;
    struct of_msg msg;
};

void swtch_stats_part(struct answer *a, size_t n, bool more);

/* An upper bound of what actions take on the wire. */
size_t swtch_stats_actions_size(const struct of_actions *actions);

enum { STATS_BODY_BYTES = 60000 }; /* Of a long answer in one message. */

/* --- swtch_stats_group.c --------------------------------------------------------------------- */

enum of_err swtch_stats_groups(struct answer *a, uint32_t group_id);
void swtch_stats_group_descs(struct answer *a);
void swtch_stats_group_features(struct answer *a);

#endif
