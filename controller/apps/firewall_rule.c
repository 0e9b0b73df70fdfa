/* Rules of the firewall: checked, in their order, remembered.
 *
 * The order of rules is that of the priorities of their entries, "slots". A new rule gets one between those
 * of its neighbours; when there is none left, all get new ones, with equal distances. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/apps/firewall_int.h"
#include "controller/base/alloc.h"
#include "controller/base/arena.h"
#include "controller/base/buf.h"
#include "controller/openflow/of_codec.h"
#include "controller/openflow/of_field.h"

LOG_MODULE(firewall);

#define STORE_TABLE "firewall"
#define STORE_ENABLED "enabled"
#define STORE_RULE "rule/"
#define KEY_LEN 24
#define SLOT_END PRIORITY_FIREWALL_MAX /* What always passes is there. */
#define SLOT_STEP 16

/* --- Checking --------------------------------------------------------------------------------- */

static enum err complain(struct firewall_fault *fault, enum err err, const char *field,
                         const char *text)
{
    if (fault) {
        *fault = (struct firewall_fault){.field = field};
        snprintf(fault->text, sizeof fault->text, "%s", text);
    }
    return err;
}

static enum err complain_of(struct firewall_fault *fault, enum of_field field, const char *text)
{
    enum err err = complain(fault, ERR_RANGE, of_field_info(field)->name, text);

    if (fault) {
        fault->in_match = true;
    }
    return err;
}

/* All ones, then all zeros. */
static bool is_prefix(struct of_num mask, unsigned bits)
{
    unsigned n = 0;

    for (unsigned i = bits; i-- > 0;) {
        uint64_t word = i >= 64 ? mask.hi : mask.lo;

        if (!(word >> i % 64 & 1)) {
            break;
        }
        n++;
    }
    return (unsigned)__builtin_popcountll(mask.hi) + (unsigned)__builtin_popcountll(mask.lo) == n;
}

static bool mask_ok(const struct of_match *match, enum of_field field)
{
    const struct of_field_info *info = of_field_info(field);
    struct of_num mask = of_match_mask(match, field);

    if (info->bits == 32 || info->bits == 128) {
        return is_prefix(mask, info->bits);
    }
    return field != OF_FIELD_VLAN_VID || mask.lo == OF_VID_PRESENT ||
           of_num_eq(mask, of_num_ones(info->bits));
}

static enum err check_fields(const struct firewall_rule *rule, struct firewall_fault *fault)
{
    enum of_field field;
    uint64_t left;

    OF_FOR_EACH_FIELD(field, left, rule->match.present & ~fw_fields)
    {
        return complain_of(
            fault, field,
            "expected one of in_port, eth_src, eth_dst, eth_type, vlan_vid, ip_proto, "
            "IP addresses, ports of TCP, UDP and SCTP, types and codes of ICMP");
    }
    OF_FOR_EACH_FIELD(field, left, rule->match.present)
    {
        if (!mask_ok(&rule->match, field)) {
            return complain_of(fault, field,
                               field == OF_FIELD_VLAN_VID
                                   ? "expected a VLAN id, \"none\" or \"any\""
                                   : "expected a prefix as mask");
        }
    }
    if (!of_match_prereqs_ok(&rule->match, &field)) {
        return complain_of(fault, field, "expected the eth_type and ip_proto that it needs, too");
    }
    return ERR_OK;
}

static enum err check_port(const struct firewall_rule *rule, struct firewall_fault *fault)
{
    if (!of_match_has(&rule->match, OF_FIELD_IN_PORT)) {
        return ERR_OK;
    }
    if (!rule->has_dpid) {
        return complain(fault, ERR_RANGE, "dpid", "expected the switch that in_port is of");
    }
    return rule->match.v.in_port == 0 || rule->match.v.in_port > OF_PORT_MAX
               ? complain_of(fault, OF_FIELD_IN_PORT, "expected the number of a port")
               : ERR_OK;
}

static enum err check_place(const struct firewall *f, const struct firewall_rule *rule,
                            struct firewall_fault *fault)
{
    for (size_t i = 0; i < f->n_rules; i++) {
        const struct firewall_rule *other = &f->rules[i]->is;

        if (other->id != rule->id && other->priority == rule->priority &&
            other->has_dpid == rule->has_dpid && (!rule->has_dpid || other->dpid == rule->dpid) &&
            of_match_eq(&other->match, &rule->match)) {
            char text[FIREWALL_TEXT_LEN];

            snprintf(text, sizeof text, "rule %" PRIu32 " has the same priority, switch and match",
                     other->id);
            return complain(fault, ERR_EXISTS, "rule", text);
        }
    }
    return ERR_OK;
}

enum err fw_rule_check(const struct firewall *f, const struct firewall_rule *rule,
                       struct firewall_fault *fault)
{
    enum err err = check_fields(rule, fault);

    err = err ? err : check_port(rule, fault);
    if (!err && rule->action == FIREWALL_DENY && fw_always_passes(rule)) {
        return complain(
            fault, ERR_RANGE, "match",
            "expected more than ARP, DHCP, neighbour discovery or LLDP, which always pass");
    }
    return err ? err : check_place(f, rule, fault);
}

/* --- Order ------------------------------------------------------------------------------------ */

struct fw_rule *fw_rule_find(const struct firewall *f, uint32_t id)
{
    struct hmap_node *it = hmap_first_with(&f->by_id, id);

    return it ? HMAP_ENTRY(it, struct fw_rule, node) : NULL;
}

static bool comes_before(const struct firewall_rule *a, const struct firewall_rule *b)
{
    return a->priority != b->priority ? a->priority > b->priority : a->id < b->id;
}

static void space_out(struct firewall *f)
{
    unsigned span = SLOT_END - PRIORITY_FIREWALL_MIN + 1;

    for (size_t i = 0; i < f->n_rules; i++) {
        f->rules[i]->slot = (uint16_t)(SLOT_END - span * (i + 1) / (f->n_rules + 1));
    }
}

/* A slot for the rule at 'i'; 0 when there is none between its neighbours. */
static uint16_t slot_between(const struct firewall *f, size_t i)
{
    bool is_first = i == 0, is_last = i + 1 == f->n_rules;
    unsigned above = is_first ? SLOT_END : f->rules[i - 1]->slot;
    unsigned below = is_last ? PRIORITY_FIREWALL_MIN - 1 : f->rules[i + 1]->slot;
    unsigned half = (above - below) / 2, step = half < SLOT_STEP ? half : SLOT_STEP;

    if (above - below < 2) {
        return 0;
    }
    return (uint16_t)(is_first == is_last ? below + half : is_last ? above - step : below + step);
}

struct fw_rule *fw_rule_insert(struct firewall *f, const struct firewall_rule *rule)
{
    struct fw_rule *r = xcalloc(1, sizeof *r);
    size_t i = f->n_rules++;

    r->is = *rule;
    fw_key_make(rule, &r->key);
    hmap_insert(&f->by_id, &r->node, rule->id);
    f->rules = xreallocarray(f->rules, f->n_rules, sizeof(struct fw_rule *));
    for (; i > 0 && comes_before(rule, &f->rules[i - 1]->is); i--) {
        f->rules[i] = f->rules[i - 1];
    }
    f->rules[i] = r;
    r->slot = slot_between(f, i);
    if (!r->slot) {
        space_out(f);
        for (size_t k = 0; k < f->n_rules && !f->is_restoring; k++) {
            if (k != i) {
                (void)fw_rule_remember(f, f->rules[k]); /* Else it moves at the next start. */
            }
        }
    }
    return r;
}

void fw_rule_drop(struct firewall *f, struct fw_rule *rule)
{
    size_t i = 0;

    while (f->rules[i] != rule) {
        i++;
    }
    f->n_rules--;
    memmove(&f->rules[i], &f->rules[i + 1], (f->n_rules - i) * sizeof(struct fw_rule *));
    hmap_remove(&f->by_id, &rule->node);
    free(rule);
}

/* --- Remembering ------------------------------------------------------------------------------ */

static void store_key(uint32_t id, char key[KEY_LEN])
{
    snprintf(key, KEY_LEN, STORE_RULE "%010" PRIu32, id);
}

/* The match in a flow-mod, which has a form that lasts. */
static void encode(const struct of_match *match, struct buf *out)
{
    struct of_msg msg = {.version = OF_VERSION_1_3, .type = OF_FLOW_MOD};

    msg.flow_mod = (struct of_flow_mod){.command = OF_FLOW_ADD,
                                        .buffer_id = OF_NO_BUFFER,
                                        .out_port = OF_PORT_ANY,
                                        .out_group = OF_GROUP_ANY,
                                        .match = *match};
    (void)of_encode(&msg, out); /* All fields of rules are there in 1.3. */
}

/* "100 deny 0000000000000001 54999 040e...": '-' for all switches. */
enum err fw_rule_remember(const struct firewall *f, const struct fw_rule *rule)
{
    const struct store_ops *store = ctl_store(f->ctl);
    char key[KEY_LEN], dpid[20] = "-", *value;
    struct buf bytes = BUF_INIT;
    enum err err;
    int n;

    if (!store) {
        return ERR_OK;
    }
    store_key(rule->is.id, key);
    if (rule->is.has_dpid) {
        snprintf(dpid, sizeof dpid, DPID_FMT, DPID_ARGS(rule->is.dpid));
    }
    encode(&rule->is.match, &bytes);
    value = xcalloc(64 + 2 * bytes.len, 1);
    n = snprintf(value, 64, "%u %s %s %u ", rule->is.priority,
                 rule->is.action == FIREWALL_DENY ? "deny" : "allow", dpid, rule->slot);
    for (size_t i = 0; i < bytes.len; i++) {
        n += snprintf(value + n, 3, "%02x", bytes.data[i]);
    }
    err = store->put(store->aux, STORE_TABLE, key, value);
    free(value);
    buf_fini(&bytes);
    return err ? ERR_IO : ERR_OK;
}

enum err fw_rule_forget(const struct firewall *f, uint32_t id)
{
    const struct store_ops *store = ctl_store(f->ctl);
    char key[KEY_LEN];

    store_key(id, key);
    return store && store->del(store->aux, STORE_TABLE, key) ? ERR_IO : ERR_OK;
}

enum err fw_enabled_remember(const struct firewall *f)
{
    const struct store_ops *store = ctl_store(f->ctl);

    return store && store->put(store->aux, STORE_TABLE, STORE_ENABLED, f->is_enabled ? "1" : "0")
               ? ERR_IO
               : ERR_OK;
}

static bool parse_match(const char *hex, struct of_match *out)
{
    size_t n = strlen(hex);
    struct arena arena = ARENA_INIT;
    struct buf bytes = BUF_INIT;
    struct of_msg msg;
    bool ok;

    for (size_t i = 0; i + 1 < n && strspn(hex, "0123456789abcdef") == n; i += 2) {
        char byte[3] = {hex[i], hex[i + 1], '\0'};

        buf_put_u8(&bytes, (uint8_t)strtoul(byte, NULL, 16));
    }
    ok = bytes.len >= 8 && n % 2 == 0 && of_decode(bytes.data, bytes.len, &arena, &msg) == OF_OK &&
         msg.type == OF_FLOW_MOD;
    if (ok) {
        *out = msg.flow_mod.match;
    }
    arena_fini(&arena);
    buf_fini(&bytes);
    return ok;
}

static bool parse_rule(const char *key, const char *value, struct firewall_rule *out,
                       unsigned *slot)
{
    char action[8], dpid[20];
    unsigned priority;
    int at_id = 0, at_hex = 0;

    if (sscanf(key, STORE_RULE "%10" SCNu32 "%n", &out->id, &at_id) < 1 || key[at_id] ||
        sscanf(value, "%u %7s %19s %u %n", &priority, action, dpid, slot, &at_hex) < 4 || !at_hex) {
        return false;
    }
    out->priority = (uint16_t)priority;
    out->action = strcmp(action, "deny") == 0 ? FIREWALL_DENY : FIREWALL_ALLOW;
    out->has_dpid = strcmp(dpid, "-") != 0;
    return priority <= UINT16_MAX && out->id > 0 &&
           (out->action == FIREWALL_DENY || strcmp(action, "allow") == 0) &&
           (!out->has_dpid ||
            (strlen(dpid) == 16 && sscanf(dpid, "%16" SCNx64, &out->dpid) == 1)) &&
           parse_match(value + at_hex, &out->match);
}

static void restore(void *aux, const char *key, const char *value)
{
    struct firewall *f = aux;
    struct firewall_rule rule = {0};
    unsigned slot;

    if (strcmp(key, STORE_ENABLED) == 0) {
        f->is_enabled = strcmp(value, "0") != 0;
    } else if (f->n_rules < f->settings.max_rules && parse_rule(key, value, &rule, &slot) &&
               fw_rule_check(f, &rule, NULL) == ERR_OK) {
        f->last_id = rule.id > f->last_id ? rule.id : f->last_id;
        fw_rule_insert(f, &rule)->stored_slot = (uint16_t)(slot <= UINT16_MAX ? slot : 0);
    } else {
        LOG_WARN(ctl_log(f->ctl), "the stored rule %s is not usable and was left out", key);
    }
}

/* The slots that were stored, if they are in order. */
static void take_slots(struct firewall *f)
{
    unsigned above = SLOT_END;

    for (size_t i = 0; i < f->n_rules; i++) {
        unsigned slot = f->rules[i]->stored_slot;

        if (slot >= above || slot < PRIORITY_FIREWALL_MIN) {
            space_out(f);
            return;
        }
        above = slot;
    }
    for (size_t i = 0; i < f->n_rules; i++) {
        f->rules[i]->slot = f->rules[i]->stored_slot;
    }
}

enum err fw_restore(struct firewall *f)
{
    const struct store_ops *store = ctl_store(f->ctl);
    enum err err;

    f->is_restoring = true;
    err = store && store->each(store->aux, STORE_TABLE, restore, f) ? ERR_IO : ERR_OK;
    f->is_restoring = false;
    take_slots(f);
    return err;
}
