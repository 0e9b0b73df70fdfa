/* Frames that are sent through the tables as they stand. */
#include <stdlib.h>

#include "simnet/check/visit.h"

#define MAX_HOPS 64

static bool take_one(struct check_switch *s)
{
    for (uint32_t p = 1; p <= s->n_ports; p++) {
        struct queued *item = queue_pop(&s->ends[p].in);
        struct buf frame = BUF_INIT;

        if (item) {
            buf_put(&frame, item->bytes, item->len);
            swtch_receive(s->sw, p, &frame);
            check_flush(s->net);
            buf_fini(&frame);
            free(item);
            return true;
        }
    }
    return false;
}

static bool take_any(struct check_net *net)
{
    for (uint32_t i = 0; i < net->n_switches; i++) {
        if (take_one(&net->switches[i])) {
            return true;
        }
    }
    return false;
}

static void forget_frames(struct check_net *net)
{
    for (uint32_t i = 0; i < net->n_switches; i++) {
        for (uint32_t p = 1; p <= net->switches[i].n_ports; p++) {
            queue_clear(&net->switches[i].ends[p].in);
        }
    }
}

struct check_ends check_probe(struct check_net *net, uint32_t from, uint32_t to, uint32_t sw,
                              uint32_t port, uint16_t label)
{
    struct check_ends ends = {0};
    struct buf frame = BUF_INIT;

    forget_frames(net);
    check_frame(net, from, to, 0, label, &frame);
    queue_push(&net->switches[sw].ends[port].in, frame.data, frame.len);
    net->probe = &ends;
    net->probe_to = to;
    while (ends.n_hops < MAX_HOPS && take_any(net)) {
        ends.n_hops++;
    }
    ends.is_circle = ends.n_hops == MAX_HOPS;
    net->probe = NULL;
    forget_frames(net);
    buf_fini(&frame);
    return ends;
}
