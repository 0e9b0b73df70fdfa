/* The parts of generated messages that of_gen.c and of_gen_flow.c share. */
#ifndef TAMBO_TESTS_OPENFLOW_OF_GEN_PARTS_H
#define TAMBO_TESTS_OPENFLOW_OF_GEN_PARTS_H

#include "tests/openflow/of_gen.h"

bool gen_coin(struct of_gen *g);
struct eth_addr gen_eth(struct of_gen *g);
port_no_t gen_port_no(struct of_gen *g);

/* Random bytes, a multiple of 'multiple_of' and at most 'max_len'. */
struct of_bytes gen_bytes(struct of_gen *g, size_t max_len, size_t multiple_of);

/* of_gen_flow.c; transport ports of 1.0 are UDP's if 'is_udp'. */
struct of_actions gen_actions(struct of_gen *g, bool is_udp);
void gen_instructions(struct of_gen *g, const struct of_match *match, struct of_instructions *ins);
struct of_table_features *gen_table_features(struct of_gen *g, size_t n);

#endif
