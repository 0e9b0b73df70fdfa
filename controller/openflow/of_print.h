/* What the printers of messages share (of_print.c), those of multiparts (of_print_multipart.c), those
 * of groups, meters and queues (of_print_group.c) and those of roles, controllers, tables,
 * asynchronous configuration, bundles and monitors (of_print_state.c). Private to this room. */
#ifndef TAMBO_OPENFLOW_OF_PRINT_H
#define TAMBO_OPENFLOW_OF_PRINT_H

#include "controller/openflow/of_msg.h"
#include "controller/openflow/of_text.h"

#define OF_MAX_LISTED 4 /* Elements of a long list that are written out. */

/* " name=value" */
void of_text_u64(struct of_text *t, const char *name, uint64_t v);
void of_text_hex(struct of_text *t, const char *name, uint64_t v);
void of_text_named_port(struct of_text *t, const char *name, port_no_t port);

/* The same; the number 'all' is written "all". */
void of_text_id(struct of_text *t, const char *name, uint32_t id, uint32_t all);

/* Type, xid and what matters, as of_msg_print() writes it. */
void of_text_msg(struct of_text *t, const struct of_msg *msg);

void of_text_experimenter(struct of_text *t, const struct of_experimenter *e);
void of_text_ports(struct of_text *t, const struct of_port *ports, size_t n);

/* " packets=7 bytes=?": what a switch of 1.5 does not say is "?". */
void of_text_counts(struct of_text *t, uint64_t n_packets, uint64_t n_bytes);

/* of_print_multipart.c */
void of_text_mp_request(struct of_text *t, const struct of_msg *msg);
void of_text_mp_reply(struct of_text *t, const struct of_msg *msg);

void of_text_group_mod(struct of_text *t, const struct of_group_mod *g);
void of_text_group_stats(struct of_text *t, const struct of_group_stats *list, size_t n);
void of_text_group_descs(struct of_text *t, const struct of_group_desc *list, size_t n);
void of_text_group_features(struct of_text *t, const struct of_group_features *f);

void of_text_meter_mod(struct of_text *t, const struct of_meter_mod *m);
void of_text_meter_stats(struct of_text *t, const struct of_meter_stats *list, size_t n);
void of_text_meters(struct of_text *t, const struct of_meter *list, size_t n);
void of_text_meter_features(struct of_text *t, const struct of_meter_features *f);

void of_text_queue_config(struct of_text *t, const struct of_queue_config *c);
void of_text_queues(struct of_text *t, const struct of_queue *list, size_t n);
void of_text_queue_stats(struct of_text *t, const struct of_queue_stats *list, size_t n);

void of_text_role(struct of_text *t, const struct of_role_msg *role);
void of_text_role_status(struct of_text *t, const struct of_role_status *s);
void of_text_controller(struct of_text *t, const struct of_controller_status *s);
void of_text_controllers(struct of_text *t, const struct of_controller_status *list, size_t n);
void of_text_table_mod(struct of_text *t, const struct of_table_mod *table);
void of_text_table_status(struct of_text *t, const struct of_table_status *s);
void of_text_table_descs(struct of_text *t, const struct of_table_mod *list, size_t n);
void of_text_async(struct of_text *t, const struct of_async *a);
void of_text_bundle_control(struct of_text *t, const struct of_bundle_control *bundle);
void of_text_bundle_add(struct of_text *t, const struct of_bundle_add *add);
void of_text_bundle_features(struct of_text *t, const struct of_bundle_features *f);
void of_text_bundle_features_request(struct of_text *t, const struct of_multipart_request *q);
void of_text_requestforward(struct of_text *t, const struct of_requestforward *f);
void of_text_monitor(struct of_text *t, const struct of_flow_monitor *m);
void of_text_updates(struct of_text *t, const struct of_flow_update *list, size_t n);

/* " out_port=7 out_group=3", what there is of it. */
void of_text_filter(struct of_text *t, port_no_t out_port, uint32_t out_group);

/* "idle_timeout"; "?" */
const char *of_removed_reason_name(unsigned reason);

#endif
