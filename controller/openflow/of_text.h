/* Text that is appended to piece by piece and never overflows, for the printers of this room. */
#ifndef TAMBO_OPENFLOW_OF_TEXT_H
#define TAMBO_OPENFLOW_OF_TEXT_H

#include <stddef.h>

#include "controller/openflow/of_action.h"
#include "controller/openflow/of_field.h"
#include "controller/openflow/of_match.h"

struct of_text {
    char *out; /* Always terminated when 'size' is not 0. */
    size_t size;
    size_t len; /* What would be needed, without the terminating zero. */
};

static inline struct of_text of_text_init(char *out, size_t size)
{
    if (size) {
        out[0] = '\0';
    }
    return (struct of_text){.out = out, .size = size};
}

void of_text_add(struct of_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "7", "local", "controller", ... */
void of_text_port(struct of_text *t, port_no_t port);

/* The value of 'field' as people write it. */
void of_text_value(struct of_text *t, enum of_field field, struct of_num value);

void of_text_match(struct of_text *t, const struct of_match *match);
void of_text_actions(struct of_text *t, const struct of_actions *actions);
void of_text_instructions(struct of_text *t, const struct of_instructions *ins);

#endif
