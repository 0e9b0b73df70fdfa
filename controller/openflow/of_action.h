/* Version-neutral actions and instructions (§7.2.5, §7.2.4).
 *
 * 1.0 action lists appear as apply-actions. 1.0 field rewriting actions appear as OF_ACT_SET_FIELD,
 * with one exception: 1.0's SET_VLAN_VID and SET_VLAN_PCP add a tag when there is none, which no
 * set-field does, so they decode to OF_ACT_SET_VLAN_VID and OF_ACT_SET_VLAN_PCP. Encoding for 1.0
 * turns "push_vlan, set_field vlan_vid" into one SET_VLAN_VID. */
#ifndef TAMBO_OPENFLOW_OF_ACTION_H
#define TAMBO_OPENFLOW_OF_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/openflow/of_match.h"
#include "controller/openflow/of_types.h"

enum of_action_type {
    OF_ACT_OUTPUT,
    OF_ACT_COPY_TTL_OUT,
    OF_ACT_COPY_TTL_IN,
    OF_ACT_SET_MPLS_TTL,
    OF_ACT_DEC_MPLS_TTL,
    OF_ACT_PUSH_VLAN,
    OF_ACT_POP_VLAN,
    OF_ACT_PUSH_MPLS,
    OF_ACT_POP_MPLS,
    OF_ACT_SET_QUEUE,
    OF_ACT_GROUP,
    OF_ACT_SET_NW_TTL,
    OF_ACT_DEC_NW_TTL,
    OF_ACT_SET_FIELD,
    OF_ACT_PUSH_PBB,
    OF_ACT_POP_PBB,
    OF_ACT_SET_VLAN_VID, /* 1.0: add or change the tag. */
    OF_ACT_SET_VLAN_PCP, /* 1.0: add or change the tag. */
    OF_ACT_ENQUEUE,      /* 1.0: output to a queue of a port. */
    OF_ACT_COPY_FIELD,   /* Since 1.5. */
    OF_ACT_METER, /* 1.5, where the instruction of the same name has gone: the codec of 1.5 writes
                          * has_meter as the first action of apply-actions, and reads it back. */
    OF_ACT_EXPERIMENTER,
    OF_N_ACTIONS
};

/* The value of one field; which member counts follows from the field. */
union of_value {
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    struct eth_addr eth;
    struct ipv6_addr ipv6;
};

struct of_action {
    enum of_action_type type;
    union {
        struct {
            port_no_t port;
            uint16_t max_len; /* Bytes to send when port is OF_PORT_CONTROLLER. */
        } output;
        uint8_t ttl;        /* SET_MPLS_TTL, SET_NW_TTL. */
        uint16_t ethertype; /* PUSH_VLAN, PUSH_MPLS, POP_MPLS, PUSH_PBB. */
        uint32_t queue_id;  /* SET_QUEUE. */
        uint32_t group_id;  /* GROUP. */
        struct {
            enum of_field field;
            union of_value value;
            bool has_mask; /* Only since 1.5. */
            union of_value mask;
        } set_field;
        struct {
            enum of_field src, dst;
            uint16_t n_bits, src_offset, dst_offset;
        } copy_field;
        uint32_t meter_id; /* METER. */
        uint16_t vlan_vid; /* SET_VLAN_VID: 0..4095. */
        uint8_t vlan_pcp;  /* SET_VLAN_PCP. */
        struct {
            port_no_t port;
            uint32_t queue_id;
        } enqueue;
        struct {
            uint32_t experimenter;
            const uint8_t *data; /* What follows the experimenter id; borrowed. */
            uint16_t len;
        } experimenter;
    };
};

struct of_actions {
    const struct of_action *list;
    size_t n;
};

/* 1.5 §7.2.5: the switch sends the entry's statistics when one of the thresholds is crossed; those that
 * are UINT64_MAX do not count. */
struct of_stat_trigger {
    uint32_t flags; /* enum of_stat_trigger_flags. */
    uint64_t duration_ns, idle_ns, n_packets, n_bytes;
};

/* Instructions of one flow entry; at most one of each type, executed in this order (§5.9):
 * meter, apply-actions, clear-actions, write-actions, write-metadata, goto-table. */
struct of_instructions {
    bool has_meter, has_apply, has_clear, has_write, has_metadata, has_goto;
    uint32_t meter_id;
    struct of_actions apply;
    struct of_actions write;
    uint64_t metadata, metadata_mask;
    uint8_t goto_table;
    const struct of_stat_trigger *stat_trigger; /* 1.5; NULL: none. */
};

static inline struct of_action of_output(port_no_t port)
{
    return (struct of_action){.type = OF_ACT_OUTPUT, .output = {port, OF_CML_NO_BUFFER}};
}

static inline struct of_action of_push_vlan(uint16_t ethertype)
{
    return (struct of_action){.type = OF_ACT_PUSH_VLAN, .ethertype = ethertype};
}

/* 'vid' without OF_VID_PRESENT, which is added. */
static inline struct of_action of_set_vlan(uint16_t vid)
{
    struct of_action a = {.type = OF_ACT_SET_FIELD};

    a.set_field.field = OF_FIELD_VLAN_VID;
    a.set_field.value.u16 = (uint16_t)(vid | OF_VID_PRESENT);
    return a;
}

static inline struct of_action of_pop_vlan(void)
{
    return (struct of_action){.type = OF_ACT_POP_VLAN};
}

static inline struct of_instructions of_apply(const struct of_action *list, size_t n)
{
    return (struct of_instructions){.has_apply = true, .apply = {list, n}};
}

bool of_action_eq(const struct of_action *a, const struct of_action *b);

/* The same effect: an apply- or write-actions with an empty list equals none. */
bool of_instructions_eq(const struct of_instructions *a, const struct of_instructions *b);

/* Like of_match_print(): "push_vlan:0x8100,set_vlan_vid=5,output:3" ("drop" when empty). */
size_t of_instructions_print(const struct of_instructions *ins, char *out, size_t size);

#endif
