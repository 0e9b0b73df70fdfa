/* What flow entries have in common, kept once per world.
 *
 * Thousands of entries of a campus do one of a few dozen things ("push label 7, output 49"), so
 * instructions are a shared, counted, immutable program; and all but what an entry matches and has counted
 * is a kind, shared likewise, so that an entry itself is one line of the cache. */
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

struct entry_kind {
    struct hmap_node node;
    uint64_t n_refs;
    struct program *program;
    uint64_t cookie;
    uint16_t shape; /* The table's number of it. */
    uint16_t priority, idle_timeout_s, hard_timeout_s, flags, importance;
};

struct programs {
    struct hmap map;
    struct hmap kinds;
};

void programs_init(struct programs *set);

/* Every reference must have been released. */
void programs_fini(struct programs *set);

/* The program equal to 'ins' (which is copied if it is new), with one more reference. */
struct program *program_get(struct programs *set, const struct of_instructions *ins);

/* Gives a reference back. */
void program_release(struct programs *set, struct program *program);

/* The kind like 'like' with the program equal to 'ins'; references as those of programs. */
const struct entry_kind *entry_kind_get(struct programs *set, const struct entry_kind *like,
                                        const struct of_instructions *ins);
void entry_kind_release(struct programs *set, const struct entry_kind *kind);

/* One more reference. */
void entry_kind_keep(const struct entry_kind *kind);

/* True when the program sends to 'port' by an action of its own (not through a group). */
bool program_outputs_to(const struct program *program, port_no_t port);

/* True when the program refers to group 'group_id'; OF_GROUP_ANY: to any. */
bool program_uses_group(const struct program *program, uint32_t group_id);

/* True when the program refers to meter 'meter_id'; OF_METER_ALL: to any. */
bool program_uses_meter(const struct program *program, uint32_t meter_id);

#endif
