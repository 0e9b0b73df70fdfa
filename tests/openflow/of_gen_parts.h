/* The parts of generated messages that the files of_gen*.c share. */
#ifndef TAMBO_TESTS_OPENFLOW_OF_GEN_PARTS_H
#define TAMBO_TESTS_OPENFLOW_OF_GEN_PARTS_H

#include "tests/openflow/of_gen.h"

bool gen_coin(struct of_gen *g);
struct eth_addr gen_eth(struct of_gen *g);
port_no_t gen_port_no(struct of_gen *g);
port_no_t gen_ordinary_port(struct of_gen *g);
port_no_t gen_in_port(struct of_gen *g); /* Also local and controller. */

/* Random bytes, a multiple of 'multiple_of' and at most 'max_len'. */
struct of_bytes gen_bytes(struct of_gen *g, size_t max_len, size_t multiple_of);

/* Text for a field of 'width' bytes with its terminating zero. */
void gen_text(struct of_gen *g, char *out, size_t width);
struct of_port *gen_ports(struct of_gen *g, size_t *n);
struct of_experimenter gen_experimenter(struct of_gen *g);
uint32_t gen_out_group(struct of_gen *g);

/* of_gen_mp.c */
void gen_mp_request(struct of_gen *g, enum of_mp_type type, struct of_multipart_request *q);
void gen_mp_reply(struct of_gen *g, enum of_mp_type type, struct of_multipart_reply *q);

/* of_gen_flow.c; transport ports of 1.0 are UDP's if 'is_udp'. */
struct of_actions gen_actions(struct of_gen *g, bool is_udp);
void gen_instructions(struct of_gen *g, const struct of_match *match, struct of_instructions *ins);

/* Replaces what a flow entry cannot have or what does not fit its match: outputs to the table, set-fields
 * without prerequisites. */
void gen_make_consistent(struct of_gen *g, struct of_flow_mod *f);
void gen_make_lasting(struct of_actions *actions);

/* Bytes for the controller, 0 to OF_CML_MAX or OF_CML_NO_BUFFER. */
uint16_t gen_max_len(struct of_gen *g);
struct of_table_features *gen_table_features(struct of_gen *g, size_t n);

/* of_gen_group.c: groups, meters and queues. A queue request names an ordinary port, or all ports
 * where the version can say that; in 1.0 only 'for_stats'. */
port_no_t gen_queue_port(struct of_gen *g, bool for_stats);
void gen_group_mod(struct of_gen *g, struct of_group_mod *mod);
void gen_meter_mod(struct of_gen *g, struct of_meter_mod *mod);
void gen_queue_config(struct of_gen *g, struct of_queue_config *c);
struct of_queue *gen_queues(struct of_gen *g, size_t n);
struct of_queue_stats *gen_queue_stats(struct of_gen *g, size_t n);
struct of_group_stats *gen_group_stats(struct of_gen *g, size_t n);
struct of_group_desc *gen_group_descs(struct of_gen *g, size_t n);
void gen_group_features(struct of_gen *g, struct of_group_features *f);
struct of_meter_stats *gen_meter_stats(struct of_gen *g, size_t n);
struct of_meter *gen_meters(struct of_gen *g, size_t n);
void gen_meter_features(struct of_gen *g, struct of_meter_features *f);

/* of_gen_14.c: what 1.4 brought. */
void gen_table_mod(struct of_gen *g, struct of_table_mod *t);
void gen_table_desc(struct of_gen *g, struct of_table_mod *t);
struct of_table_mod *gen_table_descs(struct of_gen *g, size_t n);
void gen_async_14(struct of_gen *g, struct of_async *a);
void gen_monitor(struct of_gen *g, struct of_flow_monitor *m);
struct of_flow_update *gen_updates(struct of_gen *g, size_t n);
struct of_msg *gen_held(struct of_gen *g, enum of_type type);
void gen_bundle_control(struct of_gen *g, struct of_bundle_control *bundle);
void gen_bundle_add(struct of_gen *g, uint32_t xid, struct of_bundle_add *add);

/* of_gen_15.c */
void gen_copy_field(struct of_gen *g, enum of_field src, enum of_field dst, struct of_action *a);
void gen_set_mask(struct of_gen *g, struct of_action *a);
struct of_stat_trigger *gen_trigger(struct of_gen *g);
void gen_only_stats(struct of_gen *g, struct of_flow_stats *list, size_t n);
void gen_pipeline_fields(struct of_gen *g, struct of_match *m);
void gen_bucket_ids(struct of_gen *g, struct of_bucket *list, size_t n);
void gen_bucket_command(struct of_gen *g, struct of_group_mod *mod);
void gen_packet_types(struct of_gen *g, struct of_table_prop *p);
void gen_controller(struct of_gen *g, struct of_controller_status *s);
struct of_controller_status *gen_controllers(struct of_gen *g, size_t n);
void gen_bundle_features_request(struct of_gen *g, struct of_multipart_request *q);
void gen_bundle_features(struct of_gen *g, struct of_bundle_features *f);

/* The actions of a version but experimenters', 1 << enum of_action_type. */
uint32_t gen_known_actions(const struct of_gen *g);

#endif
