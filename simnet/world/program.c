#include "simnet/world/program.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"

void programs_init(struct programs *set)
{
    hmap_init(&set->map);
    hmap_init(&set->kinds);
}

void programs_fini(struct programs *set)
{
    assert(set->map.n == 0 && set->kinds.n == 0 &&
           "programs_fini: an entry still refers to a program");
    hmap_fini(&set->map);
    hmap_fini(&set->kinds);
}

/* What tells most actions apart; of_instructions_eq() decides. */
static uint64_t hash_actions(uint64_t h, const struct of_actions *actions)
{
    for (size_t i = 0; i < actions->n; i++) {
        const struct of_action *a = &actions->list[i];

        h = hash_combine(h, a->type);
        if (a->type == OF_ACT_OUTPUT) {
            h = hash_combine(h, a->output.port);
        } else if (a->type == OF_ACT_SET_FIELD) {
            h = hash_combine(h, a->set_field.field);
            h = a->set_field.field == OF_FIELD_VLAN_VID ? hash_combine(h, a->set_field.value.u16)
                                                        : h;
        } else if (a->type == OF_ACT_GROUP) {
            h = hash_combine(h, a->group_id);
        } else if (a->type == OF_ACT_SET_VLAN_VID) {
            h = hash_combine(h, a->vlan_vid);
        }
    }
    return h;
}

static uint64_t hash_instructions(const struct of_instructions *ins)
{
    uint64_t h = (uint64_t)ins->has_apply | (uint64_t)ins->has_write << 1 |
                 (uint64_t)ins->has_clear << 2 | (uint64_t)ins->has_goto << 3;

    h = ins->has_meter ? hash_combine(h, ins->meter_id) : h;
    h = ins->has_goto ? hash_combine(h, ins->goto_table) : h;
    h = ins->has_apply ? hash_actions(h, &ins->apply) : h;
    return ins->has_write ? hash_actions(h, &ins->write) : h;
}

static size_t data_size(const struct of_actions *actions)
{
    size_t size = actions->n * sizeof *actions->list;

    for (size_t i = 0; i < actions->n; i++) {
        if (actions->list[i].type == OF_ACT_EXPERIMENTER) {
            size += actions->list[i].experimenter.len;
        }
    }
    return size;
}

/* Copies 'from' into '*list' (and what it points to behind '*data'), moving both on. */
static struct of_actions copy_actions(const struct of_actions *from, struct of_action **list,
                                      uint8_t **data)
{
    struct of_actions to = {.list = *list, .n = from->n};

    for (size_t i = 0; i < from->n; i++) {
        struct of_action *a = (*list)++;

        *a = from->list[i];
        if (a->type == OF_ACT_EXPERIMENTER && a->experimenter.len) {
            memcpy(*data, a->experimenter.data, a->experimenter.len);
            a->experimenter.data = *data;
            *data += a->experimenter.len;
        }
    }
    return to;
}

static struct program *program_new(const struct of_instructions *ins)
{
    struct of_actions none = {0};
    const struct of_actions *apply = ins->has_apply ? &ins->apply : &none;
    const struct of_actions *write = ins->has_write ? &ins->write : &none;
    size_t trigger_size = ins->stat_trigger ? sizeof *ins->stat_trigger : 0;
    struct program *p = xcalloc(1, sizeof *p + trigger_size + data_size(apply) + data_size(write));
    struct of_stat_trigger *trigger = (struct of_stat_trigger *)(p + 1);
    struct of_action *list = (struct of_action *)((uint8_t *)(p + 1) + trigger_size);
    uint8_t *data = (uint8_t *)(list + apply->n + write->n);

    p->ins = *ins;
    if (ins->stat_trigger) {
        *trigger = *ins->stat_trigger;
        p->ins.stat_trigger = trigger;
    }
    p->ins.apply = copy_actions(apply, &list, &data);
    p->ins.write = copy_actions(write, &list, &data);
    return p;
}

static struct program *get_hashed(struct programs *set, const struct of_instructions *ins,
                                  uint64_t hash)
{
    struct hmap_node *node = hmap_first_with(&set->map, hash);
    struct program *program;

    for (; node; node = hmap_next_with(node)) {
        program = HMAP_ENTRY(node, struct program, node);
        if (of_instructions_eq(&program->ins, ins)) {
            program->n_refs++;
            return program;
        }
    }
    program = program_new(ins);
    program->n_refs = 1;
    hmap_insert(&set->map, &program->node, hash);
    return program;
}

struct program *program_get(struct programs *set, const struct of_instructions *ins)
{
    return get_hashed(set, ins, hash_instructions(ins));
}

void program_release(struct programs *set, struct program *program)
{
    if (--program->n_refs == 0) {
        hmap_remove(&set->map, &program->node);
        free(program);
    }
}

/* --- Kinds ------------------------------------------------------------------------------------ */

static uint64_t hash_kind(const struct entry_kind *k, uint64_t program_hash)
{
    uint64_t times = (uint64_t)k->idle_timeout_s << 16 | k->hard_timeout_s;
    uint64_t rest = (uint64_t)k->shape << 48 | (uint64_t)k->priority << 32 |
                    (uint64_t)k->flags << 16 | k->importance;

    return hash_combine(hash_combine(hash_combine(program_hash, k->cookie), rest), times);
}

/* But for the program. */
static bool kind_eq(const struct entry_kind *a, const struct entry_kind *b)
{
    return a->cookie == b->cookie && a->shape == b->shape && a->priority == b->priority &&
           a->idle_timeout_s == b->idle_timeout_s && a->hard_timeout_s == b->hard_timeout_s &&
           a->flags == b->flags && a->importance == b->importance;
}

const struct entry_kind *entry_kind_get(struct programs *set, const struct entry_kind *like,
                                        const struct of_instructions *ins)
{
    uint64_t program_hash = hash_instructions(ins), hash = hash_kind(like, program_hash);
    struct hmap_node *node = hmap_first_with(&set->kinds, hash);
    struct entry_kind *kind;

    for (; node; node = hmap_next_with(node)) {
        kind = HMAP_ENTRY(node, struct entry_kind, node);
        if (kind_eq(kind, like) && of_instructions_eq(&kind->program->ins, ins)) {
            kind->n_refs++;
            return kind;
        }
    }
    kind = xmemdup(like, sizeof *like);
    kind->n_refs = 1;
    kind->program = get_hashed(set, ins, program_hash);
    hmap_insert(&set->kinds, &kind->node, hash);
    return kind;
}

void entry_kind_keep(const struct entry_kind *kind)
{
    ((struct entry_kind *)(uintptr_t)kind)->n_refs++;
}

void entry_kind_release(struct programs *set, const struct entry_kind *shared)
{
    struct entry_kind *kind = (struct entry_kind *)(uintptr_t)shared;

    if (--kind->n_refs == 0) {
        hmap_remove(&set->kinds, &kind->node);
        program_release(set, kind->program);
        free(kind);
    }
}

/* --- Asking ----------------------------------------------------------------------------------- */

static bool any_output(const struct of_actions *actions, port_no_t port)
{
    for (size_t i = 0; i < actions->n; i++) {
        const struct of_action *a = &actions->list[i];

        if ((a->type == OF_ACT_OUTPUT && a->output.port == port) ||
            (a->type == OF_ACT_ENQUEUE && a->enqueue.port == port)) {
            return true;
        }
    }
    return false;
}

static bool any_group(const struct of_actions *actions, uint32_t group_id)
{
    for (size_t i = 0; i < actions->n; i++) {
        const struct of_action *a = &actions->list[i];

        if (a->type == OF_ACT_GROUP && (a->group_id == group_id || group_id == OF_GROUP_ANY)) {
            return true;
        }
    }
    return false;
}

bool program_outputs_to(const struct program *program, port_no_t port)
{
    return any_output(&program->ins.apply, port) || any_output(&program->ins.write, port);
}

bool program_uses_group(const struct program *program, uint32_t group_id)
{
    return any_group(&program->ins.apply, group_id) || any_group(&program->ins.write, group_id);
}

static bool any_meter(const struct of_actions *actions, uint32_t meter_id)
{
    for (size_t i = 0; i < actions->n; i++) {
        const struct of_action *a = &actions->list[i];

        if (a->type == OF_ACT_METER && (a->meter_id == meter_id || meter_id == OF_METER_ALL)) {
            return true;
        }
    }
    return false;
}

bool program_uses_meter(const struct program *program, uint32_t meter_id)
{
    if (program->ins.has_meter && (program->ins.meter_id == meter_id || meter_id == OF_METER_ALL)) {
        return true;
    }
    return any_meter(&program->ins.apply, meter_id) || any_meter(&program->ins.write, meter_id);
}
