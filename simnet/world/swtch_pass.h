/* One frame on its way through the switch: what swtch_path.c (tables), swtch_output.c (ports and the
 * controller), swtch_rewrite.c (changes) and swtch_group.c (groups) share. Nobody else includes this. */
#ifndef TAMBO_WORLD_SWTCH_PASS_H
#define TAMBO_WORLD_SWTCH_PASS_H

#include "controller/packet/pkt_edit.h"
#include "simnet/world/action_set.h"
#include "simnet/world/swtch_impl.h"

struct pass {
    struct swtch *sw;
    port_no_t in_port;
    struct pkt_frame frame;
    struct of_match fields;
    uint64_t metadata, tunnel_id;
    bool in_hardware; /* Frames whose entry is not in the TCAM wait for the processor. */
    bool stale;       /* The frame has changed since 'fields' was filled. */
    bool from_out;    /* A packet-out's actions, not an entry's. */
    bool is_leaving;  /* It is in the tables for frames that leave. */
    bool dropped;     /* An action has ended the frame's life. */
    uint8_t table_id; /* Of the entry at work. */
    uint64_t cookie;
    bool is_miss;                    /* No entry has matched. */
    bool is_miss_entry;              /* The entry at work is the table-miss entry (§5.4). */
    enum of_packet_in_reason reason; /* Of an output to the controller. */
    uint32_t queue_id;               /* Of outputs; OF_QUEUE_ALL: none. */
    unsigned depth;                  /* Of copies. */
    unsigned n_group_depth;          /* Groups that the frame is inside of. */
    unsigned n_steps;                /* Groups that it has been through. */
    struct action_set set;
};

/* --- swtch_path.c ---------------------------------------------------------------------------- */

/* Sends the frame through the tables, from the first one. */
void pass_run_tables(struct pass *pass);

/* Sends a copy of the frame, which is to leave by 'port', through the tables for that; what comes out of them leaves. */
void pass_run_egress(struct pass *pass, port_no_t port);

/* Fills 'fields' again when the frame has changed. */
void pass_refresh(struct pass *pass);

/* Executes a list of actions in its order, as far as the frame lives. */
void pass_run_actions(struct pass *pass, const struct of_action *list, size_t n);

/* Keeps the frame as it is, and brings it back after a copy has been changed. These nest. */
void pass_save(struct pass *pass);
void pass_restore(struct pass *pass);

/* --- swtch_cpu.c ----------------------------------------------------------------------------- */

/* Keeps the frame, before the table at work, until the processor has got to it; or drops it. */
void swtch_cpu_suspend(struct pass *pass);

/* --- swtch_output.c -------------------------------------------------------------------------- */

#define PASS_MISS_SEND_LEN                                                                         \
    UINT32_MAX /* As the controller has configured for packets without action. */

/* To a controller goes as much as 'max_len' says when the frame can be buffered. */
void pass_output(struct pass *pass, port_no_t port, uint16_t max_len);
void pass_packet_in(struct pass *pass, enum of_packet_in_reason reason, uint32_t max_len);

/* --- swtch_normal.c -------------------------------------------------------------------------- */

/* The frame goes where a learning bridge would send it. */
void pass_normal(struct pass *pass);

/* --- swtch_rewrite.c ------------------------------------------------------------------------- */

void pass_rewrite(struct pass *pass, const struct of_action *a);

/* --- swtch_group.c --------------------------------------------------------------------------- */

/* Copies of the frame go through the buckets of a group that there is. */
void pass_group(struct pass *pass, uint32_t group_id);

/* --- swtch_meter.c --------------------------------------------------------------------------- */

/* The frame goes through a meter, which may drop or remark it. */
void pass_meter(struct pass *pass, uint32_t meter_id);

#endif
