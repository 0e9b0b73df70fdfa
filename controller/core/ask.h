/* Questions to a switch, and their answers: any request that the switch answers.
 *
 *      OF_MULTIPART_REQUEST          OF_MULTIPART_REPLY, in parts
 *      OF_GET_CONFIG_REQUEST         OF_GET_CONFIG_REPLY
 *      OF_GET_ASYNC_REQUEST          OF_GET_ASYNC_REPLY
 *      OF_QUEUE_GET_CONFIG_REQUEST   OF_QUEUE_GET_CONFIG_REPLY
 *      OF_BUNDLE_CONTROL             OF_BUNDLE_CONTROL
 *
 * The answer comes later, exactly once: whole, or why it never will. */
#ifndef TAMBO_CORE_ASK_H
#define TAMBO_CORE_ASK_H

#include "controller/core/datapath.h"

/* Of one switch: questions that are out at once, and bytes (as encoded) of one collected answer. */
#define ASK_MAX_OUT 1024
#define ASK_MAX_BYTES (UINT32_C(32) << 20)

struct ask_answer {
    /* ERR_OK       'msg' is the answer
     * ERR_STATE    the switch refused the question: 'error'
     * ERR_RANGE    the answer is larger than ASK_MAX_BYTES, or is of another type than the question
     * ERR_TIMEOUT  no answer, or no further part, within ask_timeout_ns
     * ERR_CLOSED   the connection was lost */
    enum err err;
    enum of_err error;
    const struct of_msg *msg; /* Valid during the call. */
    bool is_last;             /* Nothing more comes: with every 'err' but ERR_OK, too. */
};

/* Called from the core's loop, never from inside datapath_ask(). It may ask again. */
typedef void ask_fn(void *aux, struct datapath *dp, const struct ask_answer *answer);

/* Sends 'request' (its version and xid are filled in) and calls 'fn' once with all parts of the
 * answer as one. When this does not return ERR_OK 'fn' is never called:
 *   ERR_STATE    the switch is not ready
 *   ERR_FULL     the send queue is full, or ASK_MAX_OUT questions are out
 *   others       the request cannot be said to this switch
 * Nobody is called once the core is being freed. */
enum err datapath_ask(struct datapath *dp, struct of_msg *request, ask_fn *fn, void *aux);

/* The same, and 'fn' is called for each part as it comes: for answers that are long and need not be
 * whole. */
enum err datapath_ask_parts(struct datapath *dp, struct of_msg *request, ask_fn *fn, void *aux);

/* --- Flow monitors ---------------------------------------------------------------------------- */

/* Called for every part of what a flow monitor reports (1.4 §7.3.5.17), 'updates' borrowed for the
 * call. The wire does not say which monitor reports. */
typedef void monitor_fn(void *aux, struct datapath *dp, const struct of_flow_update *updates,
                        size_t n);

/* Adds, changes or deletes the flow monitor 'monitor' of a switch from OpenFlow 1.4 on, and gives all
 * reports in this connection to 'fn' from now on (NULL: to nobody). Returns as datapath_ask(). */
enum err datapath_monitor(struct datapath *dp, const struct of_flow_monitor *monitor,
                          monitor_fn *fn, void *aux);

#endif
