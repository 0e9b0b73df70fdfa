/* What the files of firewall share. Private to this room.
 *
 *      firewall.c          module: what the operator does, packet-ins, events
 *      firewall_key.c      matches and packets as numbers to compare
 *      firewall_rule.c     rules: checked, in their order, remembered
 *      firewall_find.c     the first rule that matches a packet
 *      firewall_plan.c     which entries a switch should have
 *      firewall_pass.c     the second table, where what is allowed goes on
 *      firewall_sync.c     makes it so
 *      firewall_count.c    counters of entries */
#ifndef TAMBO_APPS_FIREWALL_INT_H
#define TAMBO_APPS_FIREWALL_INT_H

#include "controller/apps/firewall.h"
#include "controller/base/hmap.h"
#include "controller/base/log.h"
#include "controller/core/ctl_api.h"
#include "controller/core/timer.h"

struct datapath;
struct fw_index;
struct fw_meeting;

/* --- Keys (firewall_key.c) --------------------------------------------------------------------- */

/* A match as values and masks of a few words: all fields that rules know have their place there. */
#define FW_WORDS 9

struct fw_key {
    uint64_t v[FW_WORDS], m[FW_WORDS];
};

struct fw_packet {
    uint64_t v[FW_WORDS];
};

/* The fields that rules know. */
extern const uint64_t fw_fields;

void fw_key_make(const struct firewall_rule *rule, struct fw_key *out);
void fw_packet_make(dpid_t dpid, port_no_t in_port, const struct pkt *pkt, struct fw_packet *out);

bool fw_key_has(const struct fw_key *key, const struct fw_packet *packet);
bool fw_key_covers(const struct fw_key *a, const struct fw_key *b); /* All of 'b' is in 'a'. */
bool fw_key_overlaps(const struct fw_key *a, const struct fw_key *b);

/* --- Rules (firewall_rule.c) -------------------------------------------------------------------- */

/* What the entries of a rule had counted at a switch when it was asked last. */
struct fw_count {
    struct hmap_node node; /* Under the id of the rule. */
    uint32_t rule;
    uint64_t n_packets, n_bytes;     /* Then... */
    uint64_t new_packets, new_bytes; /* ...and while an answer is being read. */
};

struct fw_rule {
    struct hmap_node node; /* Under the id. */
    struct hmap_node in_class;
    struct firewall_rule is;
    struct fw_key key;
    uint16_t slot;        /* The priority of its entries. */
    uint16_t stored_slot; /* While rules are being restored. */
    uint64_t n_packet_ins, n_packets, n_bytes;
    size_t at; /* Its place, when they were counted last. */
};

/* What is known of a switch. */
struct fw_switch {
    struct hmap_node node;
    struct firewall *f;
    dpid_t dpid;
    bool is_dirty, is_busy;
    bool was_refused;  /* The last change broke off: what should leave is still there. */
    bool no_second;    /* It does not take entries of the second table. */
    uint8_t second;    /* The second table, if it is in use; else 0. */
    size_t n_copying;  /* Changes of it that are under way. */
    struct fw_refusal {
        uint32_t rule;
        bool is_final; /* What leads to the controller instead, too. */
    } *refused;        /* Since it connected or rules changed. */
    size_t n_refused;
    struct hmap counts;
};

struct firewall {
    struct ctl *ctl;
    uint8_t id;
    struct firewall_settings settings;
    bool is_enabled, is_restoring;
    bool is_active;         /* There are rules that count: packet-ins are seen. */
    struct fw_rule **rules; /* In their order. */
    size_t n_rules;
    struct hmap by_id;
    struct fw_index *index; /* NULL: rules have changed. */
    struct fw_meeting *meeting; /* How those meet that count everywhere; NULL: not known. */
    uint32_t last_id;
    struct hmap switches;
    struct timer sync, poll;
    struct firewall_counters n;
    struct log_limit limit;
};

enum err fw_rule_check(const struct firewall *f, const struct firewall_rule *rule,
                       struct firewall_fault *fault);
struct fw_rule *fw_rule_find(const struct firewall *f, uint32_t id);

/* Enters a rule at its place. */
struct fw_rule *fw_rule_insert(struct firewall *f, const struct firewall_rule *rule);
void fw_rule_drop(struct firewall *f, struct fw_rule *rule);

enum err fw_rule_remember(const struct firewall *f, const struct fw_rule *rule);
enum err fw_rule_forget(const struct firewall *f, uint32_t id);
enum err fw_enabled_remember(const struct firewall *f);
enum err fw_restore(struct firewall *f);

/* --- Finding (firewall_find.c) ------------------------------------------------------------------ */

/* The first rule that matches; NULL: none does. */
struct fw_rule *fw_rule_first(struct firewall *f, const struct fw_packet *packet);

/* Rules have changed: 'index' is of no use any more. */
void fw_index_free(struct fw_index *index);

/* --- Entries (firewall_plan.c) ------------------------------------------------------------------ */

enum fw_form {
    FW_DROP,
    FW_GO_ON, /* To the second table. */
    FW_ASK,   /* To the controller. */
};

struct fw_entry {
    uint16_t priority;
    enum fw_form form;
    uint32_t rule; /* 0: what always passes. */
    struct of_match match;
};

struct fw_plan {
    struct fw_entry *entries; /* In the order of rules. */
    size_t n;
    bool needs_second;
};

/* All that the rule matches passes, whatever rules say. */
bool fw_always_passes(const struct firewall_rule *rule);

/* The entries that rules ask for at 'dp'. 'second': it has a second table. */
void fw_plan_make(struct firewall *f, const struct fw_switch *sw, const struct datapath *dp,
                  bool second, struct fw_plan *out);

/* The fields of entries that take the place of those that a switch has refused. */
#define FW_COARSE (OF_BIT(IN_PORT) | OF_BIT(ETH_TYPE))
void fw_plan_fini(struct fw_plan *plan);

#define FW_N_PASSING 12

/* Forgets how rules meet, which has changed. */
void fw_meeting_free(struct fw_meeting *m);

/* --- Second tables (firewall_pass.c) ------------------------------------------------------------ */

/* The second table of 'dp'; 0: it has none that can be used. */
uint8_t fw_second_table(const struct firewall *f, const struct datapath *dp);

struct txn;

/* Wants copies of all that belongs there. False when something cannot be copied. */
bool fw_copies_add(const struct firewall *f, dpid_t dpid, uint8_t table_id, struct txn *txn,
                   unsigned stage);

/* An entry of ours in another table than the first: it should still be there. */
bool fw_copy_is_right(const struct firewall *f, const struct flow_entry *copy, uint8_t table_id);

/* Of cookies. */
#define FW_COOKIE_COPY (UINT64_C(1) << 39)

/* --- Making it so (firewall_sync.c) ------------------------------------------------------------- */

struct fw_switch *fw_switch_get(struct firewall *f, dpid_t dpid);
const struct fw_refusal *fw_switch_refusal(const struct fw_switch *sw, uint32_t rule); /* Or NULL. */
void fw_switch_refuses(struct fw_switch *sw, uint32_t rule, bool is_final);
void fw_switch_forget_refused(struct fw_switch *sw);

/* Looks at the entries of a switch, or of all, soon. */
void fw_dirty(struct firewall *f, dpid_t dpid);
void fw_dirty_all(struct firewall *f);
void fw_sync_init(struct firewall *f);
void fw_sync_fini(struct firewall *f);

/* --- Counters (firewall_count.c) ---------------------------------------------------------------- */

void fw_count_init(struct firewall *f);
void fw_count_fini(struct firewall *f);
void fw_count_go(struct firewall *f); /* There may be something to count from now on. */
void fw_count_forget(struct fw_switch *sw, uint32_t rule);
void fw_counts_free(struct fw_switch *sw);

#endif
