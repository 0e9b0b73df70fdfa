/* Every kind of frame with every way of being tagged, and where each field is in it: bits counted from RFCs and
 * IEEE 802.1Q, not what the parser says. For tests of every field with every frame. */
#ifndef TAMBO_TESTS_CONF_MATRIX_H
#define TAMBO_TESTS_CONF_MATRIX_H

#include "controller/openflow/of_field.h"
#include "tests/simnet/conf_frames.h"

enum conf_tags { CONF_NO_TAG, CONF_C_TAG, CONF_S_TAG, CONF_TWO_TAGS, CONF_N_TAGS };

struct conf_kind {
    const char *name;
    enum conf_frame frame;
    uint32_t layers; /* Below. */
};

enum {
    LAYER_ETH = 1 << 0,
    LAYER_TAG = 1 << 1,
    LAYER_ARP = 1 << 2,
    LAYER_V4 = 1 << 3,
    LAYER_V6 = 1 << 4,
    LAYER_TCP = 1 << 5,
    LAYER_UDP = 1 << 6,
    LAYER_SCTP = 1 << 7,
    LAYER_ICMP4 = 1 << 8,
    LAYER_ICMP6 = 1 << 9,
    LAYER_ND = 1 << 10,
    LAYER_NS = 1 << 11,
    LAYER_NA = 1 << 12,
    LAYER_MPLS = 1 << 13,
    LAYER_PBB = 1 << 14,
    LAYER_IP = LAYER_V4 | LAYER_V6,
};

#define CONF_N_KINDS 13
extern const struct conf_kind conf_kinds[CONF_N_KINDS];
extern const char *const conf_tag_names[CONF_N_TAGS];

/* Where a field is: 'bit' bits behind the frame's start, the outermost tag's, or that of layer 3 or 4. */
struct conf_place {
    enum of_field field;
    uint32_t layer; /* A frame has the field when it has this. */
    enum { FROM_START, FROM_TYPE, FROM_TAG, FROM_L3, FROM_L4 } from;
    unsigned bit, bits;
};

#define CONF_N_PLACES 40
extern const struct conf_place conf_places[CONF_N_PLACES];

/* A frame of the matrix. */
struct conf_cell {
    const struct conf_kind *kind;
    enum conf_tags tags;
    uint32_t layers; /* With that of tags. */
};

/* To be freed. */
struct buf conf_cell_frame(const struct conf_cell *cell);

static inline bool conf_cell_has(const struct conf_cell *cell, const struct conf_place *place)
{
    return (cell->layers & place->layer) != 0;
}

/* The bit of the frame where the field begins. */
unsigned conf_cell_bit(const struct conf_cell *cell, const struct conf_place *place);

/* What the field is; OFPVID_PRESENT is in it. */
struct of_num conf_cell_value(const struct conf_cell *cell, const struct conf_place *place,
                              const struct buf *frame);

/* Bytes that the Ethernet header takes, with tags. */
unsigned conf_cell_l3(const struct conf_cell *cell);

/* Puts 'bits' bits into the frame. */
void conf_put_bits(struct buf *frame, unsigned bit, unsigned bits, struct of_num value);

/* Clears all checksums, which are then no difference between two frames. */
void conf_cell_clear_sums(const struct conf_cell *cell, struct buf *frame);

/* What an entry needs for the field and frames of this kind, VLAN ids included. */
void conf_cell_prerequisites(const struct conf_cell *cell, struct of_match *match,
                             enum of_field field);

/* Runs 'fn' with each cell (in '*state') as a test of its own, called "'prefix' udp4 untagged". */
int conf_matrix_run(const char *prefix, CMUnitTestFunction fn);

#endif
