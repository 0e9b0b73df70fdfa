/* What a miss costs on the control channel, and the bandwidth that follows from so many misses a second.
 *
 * A miss of the clustering app takes, in OpenFlow 1.3 and 1.4 (sizes of OF 1.3.5 §7.2 to §7.4):
 *
 *      up     packet-in        24 + match of the port 16 + 2 + the frame
 *             barrier reply    8
 *             flow-removed     48 + match of the entry 24, when the entry has a time-out
 *      down   flow-mod         48 + match of the entry 24 + instruction 8 + actions
 *             barrier request  8
 *             packet-out       24 + actions + the frame
 *
 * actions being an output (16) where the destination is at the same switch, and a tag pushed and set before that
 * (24 more) where it is not. In 1.0 (OF 1.0.0 §5.2 to §5.4) there are 18 for a packet-in, 88 for a flow-removed, 72 for
 * a flow-mod, 16 for a packet-out, and 8 each for an output and a tag; in 1.5 (OF 1.5.1 §7.3, §7.4) a flow-removed
 * is 88 with its counters, and a packet-out has a match with the port, 32 in all.
 *
 * Each message has the headers of one TCP segment around it, and one such header comes back as its
 * acknowledgement, when that is counted. */
#ifndef TAMBO_MODELS_CONTROL_LOAD_H
#define TAMBO_MODELS_CONTROL_LOAD_H

enum control_sizes { CONTROL_OF13, CONTROL_OF10, CONTROL_OF15 };

struct control_miss {
    enum control_sizes sizes;
    double frame_bytes;
    double local_frac;   /* Of the misses: the destination is at the same switch. */
    double removed_frac; /* Flow-removed messages for each miss, at most 1. */
};

struct control_framing {
    double header_bytes; /* Around each message; 0: messages alone count. */
    int acks;
};

/* Bits a second, or bytes of one miss. */
struct control_load {
    double up, down;
};

/* Bytes that one miss puts on the channel. */
struct control_load model_control_miss(const struct control_miss *miss,
                                       const struct control_framing *framing);

/* Bits a second of a switch with so many misses, that is asked for an echo 'echo_per_s' times. */
struct control_load model_control_bps(const struct control_miss *miss,
                                      const struct control_framing *framing, double misses_per_s,
                                      double echo_per_s);

#endif
