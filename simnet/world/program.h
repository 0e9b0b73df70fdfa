/* Instructions of flow entries, kept once per world.
 *
 * Thousands of entries of a campus do one of a few dozen things ("push label 7, output 49"), so an
 * entry refers to a shared, counted, immutable program. */
#ifndef TAMBO_WORLD_PROGRAM_H
#define TAMBO_WORLD_PROGRAM_H

#include <stdint.h>

#include "controller/base/hmap.h"
#include "controller/openflow/of_action.h"

struct program {
    struct hmap_node node;
    uint64_t n_refs;
    struct of_instructions ins; /* Lists and data are in the same piece of memory. */
};

struct programs {
    struct hmap map;
};

void programs_init(struct programs *set);

/* Every reference must have been released. */
void programs_fini(struct programs *set);

/* The program equal to 'ins' (which is copied if it is new), with one more reference. */
struct program *program_get(struct programs *set, const struct of_instructions *ins);

/* Gives a reference back. */
void program_release(struct programs *set, struct program *program);

/* True when the program sends to 'port' by an action of its own (not through a group). */
bool program_outputs_to(const struct program *program, port_no_t port);

/* True when the program refers to group 'group_id'; OF_GROUP_ANY: to any. */
bool program_uses_group(const struct program *program, uint32_t group_id);

/* True when the program refers to meter 'meter_id'; OF_METER_ALL: to any. */
bool program_uses_meter(const struct program *program, uint32_t meter_id);

#endif
