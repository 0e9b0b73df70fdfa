#include "models/control_load.h"

enum { HEADER = 8 }; /* Of every message (OF 1.3.5 §7.1): a barrier is no more, nor is an echo. */

static const struct {
    double packet_in, flow_removed, flow_mod, packet_out, output, tag;
} sizes[] = {
    [CONTROL_OF13] = {24 + 16 + 2, 48 + 24, 48 + 24 + 8, 24, 16, 8 + 16},
    [CONTROL_OF10] = {18, 88, 72, 16, 8, 8},
    [CONTROL_OF15] = {24 + 16 + 2, 24 + 24 + 40, 48 + 24 + 8, 16 + 16, 16, 8 + 16},
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
    double actions = sizes[m->sizes].output + (1 - m->local_frac) * sizes[m->sizes].tag;
    double up = sizes[m->sizes].packet_in + m->frame_bytes + HEADER +
                m->removed_frac * sizes[m->sizes].flow_removed;
    double down = sizes[m->sizes].flow_mod + actions + HEADER + sizes[m->sizes].packet_out +
                  actions + m->frame_bytes;

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
