/* Buffered packets: what a packet-in sends a part of, a packet-out or a flow-mod can take up again
 * (OF 1.3.5 §6.1.2, §7.3.4.1, §7.3.7).
 *
 * A ring of a fixed number of slots. A slot is given out anew once its packet has been taken or is
 * BUFFER_LIFE_NS old, never before; when none is free packets go to the controller whole. The id has the
 * slot in its low bits and a count of uses above, so that an old id is never taken for a new one. */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "simnet/world/swtch_impl.h"

#define BUFFER_LIFE_NS (5 * NS_PER_S)

enum { SLOT_BITS = 16 };

struct packet_slot {
    struct buf bytes;
    port_no_t in_port;
    uint32_t id;
    mono_t stored_at;
    bool full; /* Not taken yet. */
};

static bool is_free(const struct swtch *sw, const struct packet_slot *slot)
{
    return !slot->full || mono_diff_ns(sim_now(sw->sim), slot->stored_at) >= BUFFER_LIFE_NS;
}

uint32_t swtch_buffer_put(struct swtch *sw, port_no_t in_port, const struct buf *frame)
{
    struct packet_slot *slot;
    uint32_t i = sw->next_buffer;

    if (!sw->params.n_buffers) {
        return OF_NO_BUFFER;
    }
    if (!sw->buffers) {
        sw->buffers = xcalloc(sw->params.n_buffers, sizeof *sw->buffers);
    }
    slot = &sw->buffers[i];
    if (!is_free(sw, slot)) {
        return OF_NO_BUFFER; /* It is the oldest: none is free. */
    }
    sw->next_buffer = (i + 1) % sw->params.n_buffers;
    buf_clear(&slot->bytes);
    buf_put(&slot->bytes, frame->data, frame->len);
    slot->in_port = in_port;
    slot->stored_at = sim_now(sw->sim);
    slot->full = true;
    slot->id = i | (((slot->id >> SLOT_BITS) + 1) & 0x7fff) << SLOT_BITS;
    return slot->id;
}

enum of_err swtch_buffer_take(const struct swtch *sw, uint32_t id, struct buf *frame,
                              port_no_t *in_port)
{
    uint32_t i = id & ((1U << SLOT_BITS) - 1);
    struct packet_slot *slot = sw->buffers && i < sw->params.n_buffers ? &sw->buffers[i] : NULL;

    if (!slot || slot->id != id) {
        return OF_ERR_BUFFER_UNKNOWN;
    }
    if (is_free(sw, slot)) {
        return slot->full ? OF_ERR_BUFFER_UNKNOWN : OF_ERR_BUFFER_EMPTY;
    }
    if (frame) {
        buf_clear(frame);
        buf_put(frame, slot->bytes.data, slot->bytes.len);
        *in_port = slot->in_port;
        slot->full = false;
    }
    return OF_OK;
}

void swtch_buffers_free(struct swtch *sw)
{
    for (uint32_t i = 0; sw->buffers && i < sw->params.n_buffers; i++) {
        buf_fini(&sw->buffers[i].bytes);
    }
    free(sw->buffers);
}
