/* What the printers of messages share (of_print.c), and those of groups, meters and queues
 * (of_print_group.c). Private to this room. */
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

void of_text_group_mod(struct of_text *t, const struct of_group_mod *g);
void of_text_group_stats(struct of_text *t, const struct of_group_stats *list, size_t n);
void of_text_group_descs(struct of_text *t, const struct of_group_desc *list, size_t n);
void of_text_group_features(struct of_text *t, const struct of_group_features *f);

void of_text_meter_mod(struct of_text *t, const struct of_meter_mod *m);
void of_text_meter_stats(struct of_text *t, const struct of_meter_stats *list, size_t n);
void of_text_meters(struct of_text *t, const struct of_meter *list, size_t n);
void of_text_meter_features(struct of_text *t, const struct of_meter_features *f);

void of_text_queue_config(struct of_text *t, const struct of_queue_config *c);
void of_text_queue_stats(struct of_text *t, const struct of_queue_stats *list, size_t n);

#endif
