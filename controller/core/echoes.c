/* See echoes.h. */
#include "controller/core/echoes.h"

#include "controller/base/hash.h"
#include "controller/core/ctl_int.h"

/* On its way a short frame is filled up with zeros (IEEE 802.3 §4.2.3.3): those at the end do not
 * count. */
static uint64_t hash_frame(const struct ctl *ctl, const uint8_t *frame, size_t len)
{
    while (len > 0 && frame[len - 1] == 0) {
        len--;
    }
    return hash_sip(ctl->hash_key, 1, frame, len);
}

void echoes_note(struct ctl *ctl, dpid_t dpid, port_no_t port, const uint8_t *frame, size_t len)
{
    struct echoes *e = &ctl->echoes;
    uint64_t hash = hash_frame(ctl, frame, len);
    size_t set = hash & (ECHO_SETS - 1);
    unsigned way = e->next[set];

    e->next[set] = (uint8_t)((way + 1) % ECHO_WAYS);
    e->sets[set][way].hash = hash;
    e->sets[set][way].from = (struct port_at){dpid, port};
    e->sets[set][way].until = mono_add(ctl->clock->now, ECHO_LIFE_NS);
}

bool echoes_has(const struct ctl *ctl, struct port_at at, const uint8_t *frame, size_t len)
{
    const struct echoes *e = &ctl->echoes;
    uint64_t hash = hash_frame(ctl, frame, len);
    size_t set = hash & (ECHO_SETS - 1);

    for (unsigned way = 0; way < ECHO_WAYS; way++) {
        const struct port_at *from = &e->sets[set][way].from;

        if (e->sets[set][way].hash == hash && mono_before(ctl->clock->now, e->sets[set][way].until)) {
            return from->dpid != at.dpid || from->port != at.port;
        }
    }
    return false;
}
