/* What the files of static_flows share. Private to this room.
 *
 *      static_flows.c   module: what the operator does, views, events
 *      static_entry.c   entries: kept, checked, remembered
 *
 * An entry is kept as the flow-mod that adds it, encoded: that is compact, owns its lists, is what is
 * stored, and has been through the decoder's checks. */
#ifndef TAMBO_APPS_STATIC_ENTRY_H
#define TAMBO_APPS_STATIC_ENTRY_H

#include "controller/apps/static_flows.h"
#include "controller/base/arena.h"
#include "controller/base/buf.h"
#include "controller/base/hmap.h"
#include "controller/base/log.h"

struct static_entry {
    struct hmap_node node;
    dpid_t dpid;
    char name[STATIC_FLOW_NAME_LEN + 1];
    uint64_t number; /* The value of its cookie. */
    bool is_enabled, is_expired;
    enum of_err error;
    uint32_t n_repaired;
    uint8_t *bytes;
    size_t len;
};

struct static_flows {
    struct ctl *ctl;
    uint8_t id;
    struct static_flows_settings settings;
    struct hmap by_name;
    uint64_t last_number;
    struct log_limit limit;
};

struct static_entry *static_entry_find(const struct static_flows *s, dpid_t dpid, const char *name);
struct static_entry *static_entry_new(struct static_flows *s, dpid_t dpid, const char *name);
void static_entry_free(struct static_flows *s, struct static_entry *e);

/* The entry as it was given; lists are in 'arena'. */
void static_entry_unpack(const struct static_flows *s, const struct static_entry *e,
                         struct arena *arena, struct flow_spec *out);

/* Wants it at its switch, or no longer. */
void static_entry_want(struct static_flows *s, struct static_entry *e);
void static_entry_unwant(struct static_flows *s, const struct static_entry *e);

/* The entry as bytes, into 'out'; or why it may not be. */
enum err static_entry_check(const struct static_flows *s, const struct static_flow *f,
                            struct buf *out, struct static_flow_fault *fault);
bool static_entry_same_place(const struct flow_spec *a, const struct flow_spec *b);

enum err static_entry_remember(const struct static_flows *s, const struct static_entry *e);
enum err static_entry_forget(const struct static_flows *s, const struct static_entry *e);

/* Reads what was remembered, and wants it. */
enum err static_entries_restore(struct static_flows *s);

#endif
