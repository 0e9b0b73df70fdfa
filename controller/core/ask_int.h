/* The inside of questions. Private to this room. */
#ifndef TAMBO_CORE_ASK_INT_H
#define TAMBO_CORE_ASK_INT_H

#include "controller/base/list.h"
#include "controller/core/ask.h"

struct ask;

/* The questions that are out, in the order in which they were asked. */
struct ask_list {
    struct list out;
    unsigned n;
    monitor_fn *monitor; /* NULL: nobody wants to know. */
    void *monitor_aux;
};

void asks_init(struct ask_list *asks);

/* Forgets all questions without a word. */
void asks_fini(struct datapath *dp);

/* As datapath_ask(), also of a switch that is not ready; '*xid' (may be NULL) tells which. */
enum err ask_early(struct datapath *dp, struct of_msg *request, ask_fn *fn, void *aux,
                   uint32_t *xid);

/* True when 'msg', an answer or an error, belongs to a question of ours. */
bool asks_reply(struct datapath *dp, const struct of_msg *msg);
bool asks_error(struct datapath *dp, const struct of_msg *msg);

/* A report that answers no question; true when it was one. */
bool asks_update(struct datapath *dp, const struct of_msg *msg);

/* The connection is lost. */
void asks_disconnected(struct datapath *dp);

/* Tells the end of a question from the event queue, and frees it. */
void ask_deliver(struct ask *ask);
void ask_free(struct ask *ask);

#endif
