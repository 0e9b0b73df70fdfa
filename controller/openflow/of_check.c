/* Whether what a controller asks for makes sense as a whole. That each part does by itself, the
 * decoders of the parts know; here are the rules that tie parts together (§6.4, §7.2.5). */
#include "controller/openflow/of_wire.h"

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define TYPE_MPLS 0x8847
#define TYPE_MPLS_MULTICAST 0x8848
#define TYPE_PBB 0x88e7

/* --- Ports, groups, meters ---------------------------------------------------------------------- */

/* Every number is that of something, or says "any" (§7.2.1, §7.3.4.2). */
enum of_err of_check_filter(port_no_t out_port, uint32_t out_group)
{
    if (!of_port_is_output(out_port) && out_port != OF_PORT_ANY) {
        return OF_ERR_ACT_BAD_OUT_PORT;
    }
    return out_group <= OF_GROUP_MAX || out_group == OF_GROUP_ANY ? OF_OK
                                                                  : OF_ERR_ACT_BAD_OUT_GROUP;
}

/* Only a packet-out can send its packet through the tables (§7.2.1, OF 1.0 §5.2.1). */
enum of_err of_check_lasting(const struct of_actions *actions)
{
    for (size_t i = 0; i < actions->n; i++) {
        const struct of_action *a = &actions->list[i];

        if (a->type == OF_ACT_OUTPUT && a->output.port == OF_PORT_TABLE) {
            return OF_ERR_ACT_BAD_OUT_PORT;
        }
    }
    return OF_OK;
}

/* --- What is known of the packets ----------------------------------------------------------------- */

/* What an entry's match says of the packets, as its actions change them. Only what is known to be wrong
 * is refused, except that a set-field wants its prerequisites to be known (§6.4). */
struct known {
    struct of_match packet;
    bool nothing; /* An experimenter's action has done what we cannot follow. */
};

#define VLAN_FIELDS (OF_BIT(VLAN_VID) | OF_BIT(VLAN_PCP))

/* All that lies behind the ethertype. */
#define UPPER_FIELDS                                                                               \
    (~(OF_BIT(IN_PORT) | OF_BIT(IN_PHY_PORT) | OF_BIT(METADATA) | OF_BIT(TUNNEL_ID) |              \
       OF_BIT(ETH_DST) | OF_BIT(ETH_SRC) | VLAN_FIELDS))

static void forget(struct known *k, uint64_t fields)
{
    k->packet.present &= ~fields;
    k->packet.masked &= ~fields;
}

static void set_eth_type(struct known *k, uint16_t type)
{
    forget(k, UPPER_FIELDS);
    OF_MATCH_SET(&k->packet, ETH_TYPE, eth_type, type);
}

static bool is_untagged(const struct known *k)
{
    return of_match_has(&k->packet, OF_FIELD_VLAN_VID) && !(k->packet.masked & OF_BIT(VLAN_VID)) &&
           k->packet.v.vlan_vid == OF_VID_NONE;
}

static bool is_other_than(const struct known *k, uint16_t type, uint16_t other)
{
    return of_match_has(&k->packet, OF_FIELD_ETH_TYPE) && k->packet.v.eth_type != type &&
           k->packet.v.eth_type != other;
}

/* --- Actions ---------------------------------------------------------------------------------- */

/* False when the action does not fit what is known, which else is brought up to date. */
typedef bool fits_fn(struct known *k, const struct of_action *a);

/* A field of the packet has been changed to what cannot be followed. */
static void change(struct known *k, enum of_field field)
{
    if (field == OF_FIELD_ETH_TYPE) {
        forget(k, UPPER_FIELDS);
    } else if (field != OF_FIELD_VLAN_VID) { /* There still is a tag. */
        forget(k, UINT64_C(1) << field);
    }
}

static bool copy_field_fits(struct known *k, const struct of_action *a)
{
    enum of_field src = a->copy_field.src, dst = a->copy_field.dst;

    if (!of_match_prereq_ok(&k->packet, src) || !of_match_prereq_ok(&k->packet, dst) ||
        ((src == OF_FIELD_VLAN_VID || dst == OF_FIELD_VLAN_VID) && is_untagged(k))) {
        return false;
    }
    change(k, dst);
    return true;
}

static bool set_field_fits(struct known *k, const struct of_action *a)
{
    enum of_field field = a->set_field.field;
    const struct of_field_info *info = of_field_info(field);

    if (!of_match_prereq_ok(&k->packet, field) || (field == OF_FIELD_VLAN_VID && is_untagged(k))) {
        return false;
    }
    if (a->set_field.has_mask) {
        change(k, field);
        return true;
    }
    if (field == OF_FIELD_ETH_TYPE) {
        forget(k, UPPER_FIELDS);
    }
    k->packet.present |= UINT64_C(1) << field;
    k->packet.masked &= ~(UINT64_C(1) << field);
    of_num_store((uint8_t *)&k->packet.v + info->offset, info->size,
                 of_num_load(&a->set_field.value, info->size));
    return true;
}

static bool push_vlan_fits(struct known *k, const struct of_action *a)
{
    (void)a;
    forget(k, VLAN_FIELDS);
    OF_MATCH_SET(&k->packet, VLAN_VID, vlan_vid, OF_VID_PRESENT);
    k->packet.m.vlan_vid = OF_VID_PRESENT;
    k->packet.masked |= OF_BIT(VLAN_VID);
    return true;
}

static bool pop_vlan_fits(struct known *k, const struct of_action *a)
{
    (void)a;
    if (is_untagged(k)) {
        return false;
    }
    forget(k, VLAN_FIELDS);
    return true;
}

static bool push_mpls_fits(struct known *k, const struct of_action *a)
{
    set_eth_type(k, a->ethertype);
    return true;
}

static bool mpls_ttl_fits(struct known *k, const struct of_action *a)
{
    (void)a;
    return !is_other_than(k, TYPE_MPLS, TYPE_MPLS_MULTICAST);
}

static bool pop_mpls_fits(struct known *k, const struct of_action *a)
{
    return mpls_ttl_fits(k, a) && push_mpls_fits(k, a); /* The ethertype is that of what follows. */
}

static bool push_pbb_fits(struct known *k, const struct of_action *a)
{
    forget(k, VLAN_FIELDS);
    set_eth_type(k, a->ethertype);
    return true;
}

static bool pop_pbb_fits(struct known *k, const struct of_action *a)
{
    (void)a;
    if (is_other_than(k, TYPE_PBB, TYPE_PBB)) {
        return false;
    }
    forget(k, VLAN_FIELDS | UPPER_FIELDS);
    return true;
}

static bool nw_ttl_fits(struct known *k, const struct of_action *a)
{
    (void)a;
    return !is_other_than(k, TYPE_IPV4, TYPE_IPV6);
}

static bool experimenter_fits(struct known *k, const struct of_action *a)
{
    (void)a;
    k->nothing = true;
    return true;
}

/* Actions that are not here always fit. */
static fits_fn *const fits[OF_N_ACTIONS] = {
    [OF_ACT_SET_FIELD] = set_field_fits,   [OF_ACT_PUSH_VLAN] = push_vlan_fits,
    [OF_ACT_POP_VLAN] = pop_vlan_fits,     [OF_ACT_PUSH_MPLS] = push_mpls_fits,
    [OF_ACT_POP_MPLS] = pop_mpls_fits,     [OF_ACT_PUSH_PBB] = push_pbb_fits,
    [OF_ACT_POP_PBB] = pop_pbb_fits,       [OF_ACT_SET_MPLS_TTL] = mpls_ttl_fits,
    [OF_ACT_DEC_MPLS_TTL] = mpls_ttl_fits, [OF_ACT_SET_NW_TTL] = nw_ttl_fits,
    [OF_ACT_DEC_NW_TTL] = nw_ttl_fits,     [OF_ACT_EXPERIMENTER] = experimenter_fits,
    [OF_ACT_COPY_FIELD] = copy_field_fits,
};

static bool action_fits(struct known *k, const struct of_action *a)
{
    return k->nothing || !fits[a->type] || fits[a->type](k, a);
}

static bool changes_tags(const struct of_action *a)
{
    return a->type == OF_ACT_PUSH_VLAN || a->type == OF_ACT_POP_VLAN ||
           a->type == OF_ACT_PUSH_MPLS || a->type == OF_ACT_POP_MPLS ||
           a->type == OF_ACT_PUSH_PBB || a->type == OF_ACT_POP_PBB;
}

static enum of_err check_list(struct known *k, const struct of_actions *actions)
{
    for (size_t i = 0; i < actions->n; i++) {
        if (!action_fits(k, &actions->list[i])) {
            return OF_ERR_ACT_MATCH_INCONSISTENT;
        }
    }
    return OF_OK;
}

/* In an action set tags come first, however they were written (§5.10). */
static enum of_err check_set(struct known *k, const struct of_actions *actions)
{
    for (int tags = 1; tags >= 0; tags--) {
        for (size_t i = 0; i < actions->n; i++) {
            const struct of_action *a = &actions->list[i];

            if (changes_tags(a) == (tags == 1) && !action_fits(k, a)) {
                return OF_ERR_ACT_MATCH_INCONSISTENT;
            }
        }
    }
    return OF_OK;
}

/* True for a list that fits every Ethernet frame, as nearly all do: nothing has to be known of the frame. The id
 * of a tag is only set after one was pushed. */
static bool fits_any_frame(const struct of_actions *actions)
{
    bool has_tag = false;

    for (size_t i = 0; i < actions->n; i++) {
        const struct of_action *a = &actions->list[i];
        bool sets_tag = a->type == OF_ACT_SET_FIELD && a->set_field.field == OF_FIELD_VLAN_VID;

        has_tag = has_tag || a->type == OF_ACT_PUSH_VLAN;
        if (a->type != OF_ACT_OUTPUT && a->type != OF_ACT_GROUP && a->type != OF_ACT_PUSH_VLAN &&
            !(sets_tag && has_tag)) {
            return false;
        }
    }
    return true;
}

static bool is_surely_consistent(const struct of_flow_mod *f)
{
    return !f->ins.has_write && !of_match_has(&f->match, OF_FIELD_PACKET_TYPE) &&
           (!f->ins.has_apply || fits_any_frame(&f->ins.apply));
}

static enum of_err check_consistent(const struct of_flow_mod *f)
{
    struct known k;
    enum of_err err = OF_OK;

    if (is_surely_consistent(f)) {
        return OF_OK;
    }
    k = (struct known){.packet = f->match};
    if (f->ins.has_apply) {
        err = check_list(&k, &f->ins.apply);
    }
    return !err && f->ins.has_write ? check_set(&k, &f->ins.write) : err;
}

/* --- Flow-mods -------------------------------------------------------------------------------- */

/* A packet only goes on to later tables (§5.1); a meter is one that can be (§7.3.4.4). */
static enum of_err check_instructions(const struct of_flow_mod *f)
{
    enum of_err err = OF_OK;

    if (f->ins.has_goto && f->ins.goto_table <= f->table_id) {
        return OF_ERR_INST_BAD_TABLE_ID;
    }
    if (f->ins.has_meter && !of_meter_is_ordinary(f->ins.meter_id)) {
        return OF_ERR_METER_INVALID;
    }
    if (f->ins.has_apply) {
        err = of_check_lasting(&f->ins.apply);
    }
    if (f->ins.has_write && !err) {
        err = of_check_lasting(&f->ins.write);
    }
    return err;
}

/* Instructions of deletions are ignored, and only deletions are restricted to entries with an output
 * (§7.3.4.1). */
enum of_err of_check_flow_mod(const struct of_flow_mod *f)
{
    enum of_err err;

    if (of_flow_mod_deletes(f->command)) {
        return of_check_filter(f->out_port, f->out_group);
    }
    err = check_instructions(f);
    return err ? err : check_consistent(f);
}
