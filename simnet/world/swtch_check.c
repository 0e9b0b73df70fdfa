/* What a controller may ask of the data path: flow-mods and action lists are checked whole before
 * anything is changed (OF 1.3.5 §6.4, §7.4.4). */
#include "simnet/world/swtch_impl.h"

#define ACT(name) (UINT32_C(1) << OF_ACT_##name)

uint32_t swtch_check_known_actions(uint8_t version)
{
    uint32_t since_1_5 = version < OF_VERSION_1_5 ? 0 : ACT(COPY_FIELD) | ACT(METER);

    return since_1_5 | ACT(OUTPUT) | ACT(COPY_TTL_OUT) | ACT(COPY_TTL_IN) | ACT(SET_MPLS_TTL) |
           ACT(DEC_MPLS_TTL) | ACT(PUSH_VLAN) | ACT(POP_VLAN) | ACT(PUSH_MPLS) | ACT(POP_MPLS) |
           ACT(SET_QUEUE) | ACT(GROUP) | ACT(SET_NW_TTL) | ACT(DEC_NW_TTL) | ACT(SET_FIELD) |
           ACT(PUSH_PBB) | ACT(POP_PBB);
}

uint64_t swtch_check_known_fields(uint8_t version)
{
    return version < OF_VERSION_1_4   ? OF_BIT(PBB_UCA) - 1
           : version < OF_VERSION_1_5 ? (UINT64_C(1) << OF_N_FIELDS_1_4) - 1
                                      : (UINT64_C(1) << OF_N_FIELDS) - 1;
}

uint64_t swtch_check_settable_fields(uint8_t version)
{
    const uint64_t not_settable = OF_BIT(IN_PORT) | OF_BIT(IN_PHY_PORT) | OF_BIT(METADATA) |
                                  OF_BIT(IPV6_EXTHDR) | OF_BIT(TCP_FLAGS) | OF_BIT(ACTSET_OUTPUT) |
                                  OF_BIT(PACKET_TYPE);

    return swtch_check_known_fields(version) & ~not_settable;
}

/* --- Actions --------------------------------------------------------------------------------- */

static enum of_err check_output(const struct swtch *sw, port_no_t port)
{
    switch (port) {
    case OF_PORT_IN_PORT:
    case OF_PORT_TABLE:
    case OF_PORT_NORMAL:
    case OF_PORT_FLOOD:
    case OF_PORT_ALL:
    case OF_PORT_CONTROLLER:
    case OF_PORT_LOCAL:
        return OF_OK;
    default:
        return swtch_port(sw, port) ? OF_OK : OF_ERR_ACT_BAD_OUT_PORT;
    }
}

static enum of_err check_push(uint16_t ethertype, uint16_t first, uint16_t second)
{
    return ethertype == first || ethertype == second ? OF_OK : OF_ERR_ACT_BAD_ARGUMENT;
}

static enum of_err check_set_field(const struct of_action *a)
{
    enum of_field field = a->set_field.field;

    if ((unsigned)field >= OF_N_FIELDS ||
        !(swtch_check_settable_fields(OF_VERSION_1_5) >> field & 1)) {
        return OF_ERR_ACT_BAD_SET_TYPE;
    }
    if (field == OF_FIELD_VLAN_VID && (a->set_field.value.u16 & 0xfff) == 0xfff) {
        return OF_ERR_ACT_BAD_SET_ARGUMENT;
    }
    return OF_OK;
}

/* Into a field that can be set, or the metadata (1.5 §7.2.6.8); the decoder knows the bits. */
static enum of_err check_copy_field(const struct of_action *a)
{
    enum of_field dst = a->copy_field.dst;

    return dst == OF_FIELD_METADATA || (swtch_check_settable_fields(OF_VERSION_1_5) >> dst & 1)
               ? OF_OK
               : OF_ERR_ACT_BAD_SET_TYPE;
}

static enum of_err check_action(const struct swtch *sw, const struct of_action *a)
{
    switch (a->type) {
    case OF_ACT_OUTPUT:
        return check_output(sw, a->output.port);
    case OF_ACT_ENQUEUE:
        return !swtch_queue_is_known(sw, a->enqueue.port, a->enqueue.queue_id)
                   ? OF_ERR_ACT_BAD_QUEUE
                   : check_output(sw, a->enqueue.port);
    case OF_ACT_SET_QUEUE:
        return swtch_queue_is_known(sw, OF_PORT_ANY, a->queue_id) ? OF_OK : OF_ERR_ACT_BAD_QUEUE;
    case OF_ACT_PUSH_VLAN:
        return check_push(a->ethertype, PKT_TYPE_VLAN, PKT_TYPE_SVLAN);
    case OF_ACT_PUSH_MPLS:
        return check_push(a->ethertype, PKT_TYPE_MPLS, PKT_TYPE_MPLS_MC);
    case OF_ACT_PUSH_PBB:
        return check_push(a->ethertype, PKT_TYPE_PBB, PKT_TYPE_PBB);
    case OF_ACT_SET_FIELD:
        return check_set_field(a);
    case OF_ACT_SET_VLAN_VID:
        return a->vlan_vid < 0xfff ? OF_OK : OF_ERR_ACT_BAD_ARGUMENT;
    case OF_ACT_SET_VLAN_PCP:
        return a->vlan_pcp < 8 ? OF_OK : OF_ERR_ACT_BAD_ARGUMENT;
    case OF_ACT_GROUP:
        return groups_find(&sw->groups, a->group_id) ? OF_OK : OF_ERR_ACT_BAD_OUT_GROUP;
    case OF_ACT_EXPERIMENTER:
        return OF_ERR_ACT_BAD_EXPERIMENTER;
    case OF_ACT_COPY_TTL_OUT:
    case OF_ACT_COPY_TTL_IN:
    case OF_ACT_SET_MPLS_TTL:
    case OF_ACT_DEC_MPLS_TTL:
    case OF_ACT_POP_VLAN:
    case OF_ACT_POP_MPLS:
    case OF_ACT_SET_NW_TTL:
    case OF_ACT_DEC_NW_TTL:
    case OF_ACT_POP_PBB:
        return OF_OK;
    case OF_ACT_COPY_FIELD:
        return sw->cur->version < OF_VERSION_1_5 ? OF_ERR_ACT_BAD_TYPE : check_copy_field(a);
    case OF_ACT_METER:
        return meters_find(&sw->meters, a->meter_id) ? OF_OK : OF_ERR_ACT_BAD_METER;
    case OF_N_ACTIONS:
        break;
    }
    return OF_ERR_ACT_BAD_TYPE;
}

enum of_err swtch_check_actions(const struct swtch *sw, const struct of_actions *actions)
{
    for (size_t i = 0; i < actions->n; i++) {
        enum of_err err = check_action(sw, &actions->list[i]);

        if (err != OF_OK) {
            return err;
        }
    }
    return OF_OK;
}

enum of_err swtch_check_bucket(const struct swtch *sw, const struct of_actions *actions)
{
    enum of_err err = OF_OK;

    for (size_t i = 0; i < actions->n && err == OF_OK; i++) {
        const struct of_action *a = &actions->list[i];

        if (a->type == OF_ACT_OUTPUT && a->output.port == OF_PORT_TABLE) {
            return OF_ERR_ACT_BAD_OUT_PORT;
        }
        err = a->type == OF_ACT_GROUP ? OF_OK : check_action(sw, a);
    }
    return err;
}

/* --- Flow-mods ------------------------------------------------------------------------------- */

/* The action set of a frame that leaves has its output, and gets no other (1.5 §5.6). */
static bool leads_on(const struct of_actions *actions)
{
    for (size_t i = 0; i < actions->n; i++) {
        if (actions->list[i].type == OF_ACT_OUTPUT || actions->list[i].type == OF_ACT_GROUP) {
            return true;
        }
    }
    return false;
}

static enum of_err check_instructions(const struct swtch *sw, uint8_t table_id,
                                      const struct of_instructions *ins)
{
    enum of_err err = OF_OK;

    if (ins->has_meter &&
        (ins->meter_id > OF_METER_MAX || !meters_find(&sw->meters, ins->meter_id))) {
        return sw->cur->version < OF_VERSION_1_5 ? OF_ERR_METER_INVALID : OF_ERR_ACT_BAD_METER;
    }
    if (ins->has_goto &&
        (ins->goto_table <= table_id || !swtch_table_in_use(sw, ins->goto_table) ||
         swtch_table_is_egress(sw, ins->goto_table) != swtch_table_is_egress(sw, table_id))) {
        return OF_ERR_INST_BAD_TABLE_ID;
    }
    if (ins->has_write && swtch_table_is_egress(sw, table_id) && leads_on(&ins->write)) {
        return OF_ERR_ACT_BAD_TYPE;
    }
    /* What a time is to trigger would need a clock for each entry. */
    if (ins->stat_trigger && (ins->stat_trigger->duration_ns != UINT64_MAX ||
                              ins->stat_trigger->idle_ns != UINT64_MAX)) {
        return OF_ERR_INST_UNSUPPORTED;
    }
    if (ins->has_apply) {
        err = swtch_check_actions(sw, &ins->apply);
    }
    if (err == OF_OK && ins->has_write) {
        err = swtch_check_actions(sw, &ins->write);
    }
    return err;
}

static bool is_delete(const struct of_flow_mod *fm)
{
    return fm->command == OF_FLOW_DELETE || fm->command == OF_FLOW_DELETE_STRICT;
}

enum of_err swtch_check_flow_mod(const struct swtch *sw, const struct of_flow_mod *fm)
{
    enum of_field bad;
    enum of_err err;

    if (!swtch_table_in_use(sw, fm->table_id) && !(fm->table_id == OF_TABLE_ALL && is_delete(fm))) {
        return OF_ERR_FLOW_BAD_TABLE_ID;
    }
    if ((fm->flags & OF_FF_EMERG) && !sw->emergency) {
        return OF_ERR_FLOW_UNSUPPORTED;
    }
    if ((fm->flags & OF_FF_EMERG) && !is_delete(fm) && (fm->idle_timeout_s || fm->hard_timeout_s)) {
        return OF_ERR_FLOW_BAD_TIMEOUT; /* "Bad emergency time-out" of 1.0 (OF 1.0 §5.3.3). */
    }
    if (!of_match_prereqs_ok(&fm->match, &bad)) {
        return OF_ERR_MATCH_BAD_PREREQ;
    }
    if (is_delete(fm)) {
        return OF_OK;
    }
    err = check_instructions(sw, fm->table_id, &fm->ins);
    if (err == OF_OK && fm->buffer_id != OF_NO_BUFFER) {
        err = swtch_buffer_take(sw, fm->buffer_id, NULL, NULL);
    }
    return err;
}
