/* Labels of access switches: VLAN ids from a bounded space, one per switch, never given twice.
 *
 * A label is found again after a restart: it is stored (key: datapath id in 16 hex digits, value:
 * decimal label) before it is used, and it can be recovered from the entries of a switch.
 * A switch that returns has the one it had, unless it was given back meanwhile; of free labels that was
 * given back longest ago comes next, after those that nobody has had. */
#ifndef TAMBO_APPS_LABELS_H
#define TAMBO_APPS_LABELS_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/err.h"
#include "controller/base/hmap.h"
#include "controller/base/mono.h"
#include "controller/base/types.h"
#include "controller/core/store_ops.h"

#define LABEL_NONE 0
#define LABEL_MIN 1 /* VLAN 0 means a priority tag, 4095 is reserved (IEEE 802.1Q). */
#define LABEL_MAX 4094

struct label {
    struct hmap_node node; /* By 'dpid'. */
    dpid_t dpid;
    uint16_t label;
    mono_t seen_at; /* When its switch last came or went. */
};

struct labels {
    uint16_t min, max;
    uint16_t next; /* Where the search for a free one begins. */
    struct hmap by_dpid;
    struct label *by_label[LABEL_MAX + 1];
    const struct store_ops *store; /* Borrowed; NULL: nothing is remembered. */
    const char *table;             /* Of the store; borrowed. */
};

/* Reads what is stored in 'table'; what is outside 'min'..'max' (LABEL_MIN..LABEL_MAX) or given twice is left
 * out, '*n_ignored' says how many. Errors are those of the store; 'l' is to be finished either
 * way. */
enum err labels_init(struct labels *l, uint16_t min, uint16_t max, const struct store_ops *store,
                     const char *table, unsigned *n_ignored);
void labels_fini(struct labels *l);

/* The label of 'dpid', or LABEL_NONE. */
uint16_t labels_find(const struct labels *l, dpid_t dpid);

/* Whose 'label' is. False when nobody has it. */
bool labels_owner(const struct labels *l, uint16_t label, dpid_t *dpid);

/* The label of 'dpid' in '*label': the next free one when it has none yet. ERR_FULL when all are
 * given; an error of the store means that the label is good but will not be remembered. */
enum err labels_get(struct labels *l, dpid_t dpid, uint16_t *label);

/* 'dpid' is seen to use 'label'. True when that is its label, now if not before; false when it has
 * another one, or another switch has this one. '*stored' is an error of the store: as above. */
bool labels_adopt(struct labels *l, dpid_t dpid, uint16_t label, enum err *stored);

/* Gives the label of 'dpid', which has one, back. An error of the store means that it will be taken for
 * given after a restart. */
enum err labels_release(struct labels *l, dpid_t dpid);

/* 'dpid' has come or gone at 'now'; and: all that have a label count as seen then. */
void labels_seen(struct labels *l, dpid_t dpid, mono_t now);
void labels_seen_all(struct labels *l, mono_t now);

#endif
