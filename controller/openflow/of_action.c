#include "controller/openflow/of_action.h"

#include <string.h>

#include "controller/openflow/of_field.h"
#include "controller/openflow/of_text.h"

/* --- Comparing -------------------------------------------------------------------------------- */

static struct of_num set_field_value(const struct of_action *a)
{
    return of_num_load(&a->set_field.value, of_field_info(a->set_field.field)->size);
}

static struct of_num set_field_mask(const struct of_action *a)
{
    return of_num_load(&a->set_field.mask, of_field_info(a->set_field.field)->size);
}

static bool set_field_eq(const struct of_action *a, const struct of_action *b)
{
    return a->set_field.field == b->set_field.field &&
           of_num_eq(set_field_value(a), set_field_value(b)) &&
           a->set_field.has_mask == b->set_field.has_mask &&
           (!a->set_field.has_mask || of_num_eq(set_field_mask(a), set_field_mask(b)));
}

static bool copy_field_eq(const struct of_action *a, const struct of_action *b)
{
    return a->copy_field.src == b->copy_field.src && a->copy_field.dst == b->copy_field.dst &&
           a->copy_field.n_bits == b->copy_field.n_bits &&
           a->copy_field.src_offset == b->copy_field.src_offset &&
           a->copy_field.dst_offset == b->copy_field.dst_offset;
}

static bool experimenter_eq(const struct of_action *a, const struct of_action *b)
{
    return a->experimenter.experimenter == b->experimenter.experimenter &&
           a->experimenter.len == b->experimenter.len &&
           (a->experimenter.len == 0 ||
            memcmp(a->experimenter.data, b->experimenter.data, a->experimenter.len) == 0);
}

bool of_action_eq(const struct of_action *a, const struct of_action *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case OF_ACT_OUTPUT:
        return a->output.port == b->output.port && a->output.max_len == b->output.max_len;
    case OF_ACT_SET_MPLS_TTL:
    case OF_ACT_SET_NW_TTL:
        return a->ttl == b->ttl;
    case OF_ACT_PUSH_VLAN:
    case OF_ACT_PUSH_MPLS:
    case OF_ACT_POP_MPLS:
    case OF_ACT_PUSH_PBB:
        return a->ethertype == b->ethertype;
    case OF_ACT_SET_QUEUE:
        return a->queue_id == b->queue_id;
    case OF_ACT_GROUP:
        return a->group_id == b->group_id;
    case OF_ACT_SET_FIELD:
        return set_field_eq(a, b);
    case OF_ACT_COPY_FIELD:
        return copy_field_eq(a, b);
    case OF_ACT_METER:
        return a->meter_id == b->meter_id;
    case OF_ACT_SET_VLAN_VID:
        return a->vlan_vid == b->vlan_vid;
    case OF_ACT_SET_VLAN_PCP:
        return a->vlan_pcp == b->vlan_pcp;
    case OF_ACT_ENQUEUE:
        return a->enqueue.port == b->enqueue.port && a->enqueue.queue_id == b->enqueue.queue_id;
    case OF_ACT_EXPERIMENTER:
        return experimenter_eq(a, b);
    case OF_ACT_COPY_TTL_OUT:
    case OF_ACT_COPY_TTL_IN:
    case OF_ACT_DEC_MPLS_TTL:
    case OF_ACT_POP_VLAN:
    case OF_ACT_DEC_NW_TTL:
    case OF_ACT_POP_PBB:
    case OF_N_ACTIONS:
        break;
    }
    return true;
}

/* An instruction that is absent has the same effect as one with an empty list. */
static bool lists_eq(bool has_a, const struct of_actions *a, bool has_b, const struct of_actions *b)
{
    size_t n_a = has_a ? a->n : 0;
    size_t n_b = has_b ? b->n : 0;

    if (n_a != n_b) {
        return false;
    }
    for (size_t i = 0; i < n_a; i++) {
        if (!of_action_eq(&a->list[i], &b->list[i])) {
            return false;
        }
    }
    return true;
}

static bool trigger_eq(const struct of_stat_trigger *a, const struct of_stat_trigger *b)
{
    return a == b ||
           (a && b && a->flags == b->flags && a->duration_ns == b->duration_ns &&
            a->idle_ns == b->idle_ns && a->n_packets == b->n_packets && a->n_bytes == b->n_bytes);
}

bool of_instructions_eq(const struct of_instructions *a, const struct of_instructions *b)
{
    return a->has_meter == b->has_meter && (!a->has_meter || a->meter_id == b->meter_id) &&
           lists_eq(a->has_apply, &a->apply, b->has_apply, &b->apply) &&
           a->has_clear == b->has_clear &&
           lists_eq(a->has_write, &a->write, b->has_write, &b->write) &&
           a->has_metadata == b->has_metadata &&
           (!a->has_metadata ||
            (a->metadata == b->metadata && a->metadata_mask == b->metadata_mask)) &&
           a->has_goto == b->has_goto && (!a->has_goto || a->goto_table == b->goto_table) &&
           trigger_eq(a->stat_trigger, b->stat_trigger);
}

/* --- Printing --------------------------------------------------------------------------------- */

static const char *const names[OF_N_ACTIONS] = {
    [OF_ACT_OUTPUT] = "output",
    [OF_ACT_COPY_TTL_OUT] = "copy_ttl_out",
    [OF_ACT_COPY_TTL_IN] = "copy_ttl_in",
    [OF_ACT_SET_MPLS_TTL] = "set_mpls_ttl",
    [OF_ACT_DEC_MPLS_TTL] = "dec_mpls_ttl",
    [OF_ACT_PUSH_VLAN] = "push_vlan",
    [OF_ACT_POP_VLAN] = "pop_vlan",
    [OF_ACT_PUSH_MPLS] = "push_mpls",
    [OF_ACT_POP_MPLS] = "pop_mpls",
    [OF_ACT_SET_QUEUE] = "set_queue",
    [OF_ACT_GROUP] = "group",
    [OF_ACT_SET_NW_TTL] = "set_nw_ttl",
    [OF_ACT_DEC_NW_TTL] = "dec_nw_ttl",
    [OF_ACT_SET_FIELD] = "set_field",
    [OF_ACT_PUSH_PBB] = "push_pbb",
    [OF_ACT_POP_PBB] = "pop_pbb",
    [OF_ACT_SET_VLAN_VID] = "mod_vlan_vid",
    [OF_ACT_SET_VLAN_PCP] = "mod_vlan_pcp",
    [OF_ACT_ENQUEUE] = "enqueue",
    [OF_ACT_COPY_FIELD] = "copy_field",
    [OF_ACT_METER] = "meter",
    [OF_ACT_EXPERIMENTER] = "experimenter",
};

/* "set_vlan_vid=5": the present bit of a VLAN id goes without saying. */
static void add_set_field(struct of_text *t, const struct of_action *a)
{
    enum of_field field = a->set_field.field;
    struct of_num v = set_field_value(a);

    if (field == OF_FIELD_VLAN_VID && v.lo & OF_VID_PRESENT) {
        v.lo &= 0xfff;
    }
    of_text_add(t, "set_%s=", of_field_info(field)->name);
    of_text_value(t, field, v);
    if (a->set_field.has_mask) {
        of_text_add(t, "/");
        of_text_value(t, field, set_field_mask(a));
    }
}

/* "copy_field:eth_src[8..23]=>eth_dst[16..31]". */
static void add_copy_field(struct of_text *t, const struct of_action *a)
{
    unsigned src = a->copy_field.src_offset, dst = a->copy_field.dst_offset;
    unsigned last = a->copy_field.n_bits - 1u;

    of_text_add(t, "copy_field:%s[%u..%u]=>%s[%u..%u]", of_field_info(a->copy_field.src)->name, src,
                src + last, of_field_info(a->copy_field.dst)->name, dst, dst + last);
}

static void add_output(struct of_text *t, const struct of_action *a)
{
    of_text_add(t, "output:");
    of_text_port(t, a->output.port);
    if (a->output.port == OF_PORT_CONTROLLER && a->output.max_len != OF_CML_NO_BUFFER) {
        of_text_add(t, ":%u", a->output.max_len);
    }
}

static void add_action(struct of_text *t, const struct of_action *a)
{
    switch (a->type) {
    case OF_ACT_OUTPUT:
        add_output(t, a);
        return;
    case OF_ACT_SET_FIELD:
        add_set_field(t, a);
        return;
    case OF_ACT_COPY_FIELD:
        add_copy_field(t, a);
        return;
    case OF_ACT_METER:
        of_text_add(t, "meter:%u", a->meter_id);
        return;
    case OF_ACT_SET_MPLS_TTL:
    case OF_ACT_SET_NW_TTL:
        of_text_add(t, "%s:%u", names[a->type], a->ttl);
        return;
    case OF_ACT_PUSH_VLAN:
    case OF_ACT_PUSH_MPLS:
    case OF_ACT_POP_MPLS:
    case OF_ACT_PUSH_PBB:
        of_text_add(t, "%s:0x%04x", names[a->type], a->ethertype);
        return;
    case OF_ACT_SET_QUEUE:
        of_text_add(t, "set_queue:%u", a->queue_id);
        return;
    case OF_ACT_GROUP:
        of_text_add(t, "group:%u", a->group_id);
        return;
    case OF_ACT_SET_VLAN_VID:
        of_text_add(t, "mod_vlan_vid:%u", a->vlan_vid);
        return;
    case OF_ACT_SET_VLAN_PCP:
        of_text_add(t, "mod_vlan_pcp:%u", a->vlan_pcp);
        return;
    case OF_ACT_ENQUEUE:
        of_text_add(t, "enqueue:");
        of_text_port(t, a->enqueue.port);
        of_text_add(t, ":%u", a->enqueue.queue_id);
        return;
    case OF_ACT_EXPERIMENTER:
        of_text_add(t, "experimenter:0x%08x", a->experimenter.experimenter);
        return;
    case OF_ACT_COPY_TTL_OUT:
    case OF_ACT_COPY_TTL_IN:
    case OF_ACT_DEC_MPLS_TTL:
    case OF_ACT_POP_VLAN:
    case OF_ACT_DEC_NW_TTL:
    case OF_ACT_POP_PBB:
        of_text_add(t, "%s", names[a->type]);
        return;
    case OF_N_ACTIONS:
        return;
    }
}

void of_text_actions(struct of_text *t, const struct of_actions *actions)
{
    for (size_t i = 0; i < actions->n; i++) {
        of_text_add(t, "%s", i ? "," : "");
        add_action(t, &actions->list[i]);
    }
    if (!actions->n) {
        of_text_add(t, "drop");
    }
}

static const char *separator(const struct of_text *t, size_t start)
{
    return t->len > start ? "," : "";
}

static void add_threshold(struct of_text *t, const char *name, uint64_t v)
{
    if (v != UINT64_MAX) {
        of_text_add(t, ",%s=%llu", name, (unsigned long long)v);
    }
}

/* "stat_trigger(flags=0x1,packets=1000)". */
static void add_trigger(struct of_text *t, const struct of_stat_trigger *trigger)
{
    of_text_add(t, "stat_trigger(flags=0x%x", trigger->flags);
    add_threshold(t, "duration_ns", trigger->duration_ns);
    add_threshold(t, "idle_ns", trigger->idle_ns);
    add_threshold(t, "packets", trigger->n_packets);
    add_threshold(t, "bytes", trigger->n_bytes);
    of_text_add(t, ")");
}

/* Instructions in the order in which they are executed; apply-actions is a bare list, as in 1.0. */
void of_text_instructions(struct of_text *t, const struct of_instructions *ins)
{
    size_t start = t->len;

    if (ins->stat_trigger) {
        add_trigger(t, ins->stat_trigger);
    }
    if (ins->has_meter) {
        of_text_add(t, "%smeter:%u", separator(t, start), ins->meter_id);
    }
    if (ins->has_apply && ins->apply.n) {
        of_text_add(t, "%s", separator(t, start));
        of_text_actions(t, &ins->apply);
    }
    if (ins->has_clear) {
        of_text_add(t, "%sclear_actions", separator(t, start));
    }
    if (ins->has_write) {
        of_text_add(t, "%swrite(", separator(t, start));
        of_text_actions(t, &ins->write);
        of_text_add(t, ")");
    }
    if (ins->has_metadata) {
        of_text_add(t, "%swrite_metadata:0x%llx/0x%llx", separator(t, start),
                    (unsigned long long)ins->metadata, (unsigned long long)ins->metadata_mask);
    }
    if (ins->has_goto) {
        of_text_add(t, "%sgoto_table:%u", separator(t, start), ins->goto_table);
    }
    if (t->len == start) {
        of_text_add(t, "drop");
    }
}

size_t of_instructions_print(const struct of_instructions *ins, char *out, size_t size)
{
    struct of_text t = of_text_init(out, size);

    of_text_instructions(&t, ins);
    return t.len;
}
