/* A deep copy of a message: what the channel does in direct fidelity instead of encoding it. */
#ifndef TAMBO_CTLCHAN_MSG_COPY_H
#define TAMBO_CTLCHAN_MSG_COPY_H

#include "controller/base/arena.h"
#include "controller/openflow/of_msg.h"

/* Copies 'from' into '*to'; all that it points to goes into 'arena'. */
void msg_copy(const struct of_msg *from, struct of_msg *to, struct arena *arena);

#endif
