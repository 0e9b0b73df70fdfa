#include "models/control_load.h"

enum {
    HEADER = 8, /* Of every message (OF 1.3.5 §7.1): a barrier is no more, nor is an echo. */
    PACKET_IN = 24 + 16 + 2,
    FLOW_REMOVED = 48 + 24,
    FLOW_MOD = 48 + 24 + 8,
    PACKET_OUT = 24,
    OUTPUT = 16,
    TAG = 8 + 16,
};

/* 'n_up' and 'n_down' messages of so many bytes, in their frames, with what acknowledges them. */
static struct control_load framed(double up, double down, double n_up, double n_down,
                                  const struct control_framing *f)
{
    double acks = f->acks ? f->header_bytes : 0;

    return (struct control_load){.up = up + n_up * f->header_bytes + n_down * acks,
                                 .down = down + n_down * f->header_bytes + n_up * acks};
}

struct control_load model_control_miss(const struct control_miss *m,
                                       const struct control_framing *framing)
{
    double actions = OUTPUT + (1 - m->local_frac) * TAG;
    double up = PACKET_IN + m->frame_bytes + HEADER + m->removed_frac * FLOW_REMOVED;
    double down = FLOW_MOD + actions + HEADER + PACKET_OUT + actions + m->frame_bytes;

    return framed(up, down, 2 + m->removed_frac, 3, framing);
}

struct control_load model_control_bps(const struct control_miss *miss,
                                      const struct control_framing *framing, double misses_per_s,
                                      double echo_per_s)
{
    struct control_load one = model_control_miss(miss, framing);
    struct control_load echo = framed(HEADER, HEADER, 1, 1, framing);

    return (struct control_load){.up = 8 * (misses_per_s * one.up + echo_per_s * echo.up),
                                 .down = 8 * (misses_per_s * one.down + echo_per_s * echo.down)};
}
