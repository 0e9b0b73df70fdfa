/* Equality of decoded messages, member by member, for the tests. */
#ifndef TAMBO_TESTS_OPENFLOW_OF_EQ_H
#define TAMBO_TESTS_OPENFLOW_OF_EQ_H

#include <stdbool.h>

#include "controller/openflow/of_msg.h"

bool of_msg_eq(const struct of_msg *a, const struct of_msg *b);

#endif
