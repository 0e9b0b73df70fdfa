/* A state of the network, reached by a sequence of acts, looked at: what can happen next, by what it is known
 * again, and what is wrong with it. */
#ifndef TAMBO_CHECK_VISIT_H
#define TAMBO_CHECK_VISIT_H

#include "simnet/check/net.h"

enum check_fault {
    CHECK_SOUND,
    CHECK_CIRCLE,    /* A frame would turn in circles. */
    CHECK_HALF_WAY,  /* A frame would be sent on a way that is not there to its end. */
    CHECK_HOLE,      /* All is done, and a frame would be lost. */
    CHECK_LOST,      /* All is done, and a frame has not arrived. */
    CHECK_TWICE,     /* A frame has arrived twice. */
    CHECK_STRAY,     /* A frame came to somebody else than it was for, or would. */
    CHECK_ISOLATION, /* A frame has come to, or would come to, a host of a network that is blocked. */
    CHECK_TOO_MANY,  /* A table has more entries than it should need. */
    CHECK_DEAD,      /* All is done, and the core still waits. */
    CHECK_DIFFERENT, /* All is done, and a table is not what the core takes it for. */
    CHECK_CLOSED,    /* The core has closed a channel. */
    CHECK_N_FAULTS,
};

/* "circle", "half-way", ... */
const char *check_fault_name(enum check_fault fault);

struct check_view {
    uint64_t hash;
    uint32_t n_acts;
    bool is_quiet;
    struct check_act acts[CHECK_MAX_ACTS];
    enum check_fault fault;
    char what[200]; /* Of a fault, in words. */
};

/* Looks at 'net', which is of no use afterwards but for check_net_free(): frames were sent through it. */
void check_look(struct check_net *net, struct check_view *out);

/* Of what can be seen of the state, or, with 'exact', of all that has led the core to it. */
uint64_t check_digest(const struct check_net *net);

/* Where tables lead a frame for 'to' that enters 'sw' at 'port'; 'label' 0: as 'from' sends it. Whatever is on
 * its way is forgotten. */
struct check_ends check_probe(struct check_net *net, uint32_t from, uint32_t to, uint32_t sw,
                              uint32_t port, uint16_t label);

/* --- Many states ------------------------------------------------------------------------------ */

/* Makes views of states of one network. Each is reached in a process of its own, which begins where the run
 * begins (fork() copies the network), or by building the network anew. */
struct check_visitor;

enum check_way { CHECK_BY_FORK, CHECK_BY_REPLAY };

#define CHECK_MAX_JOBS 64

/* As check_net_new(). 'topo' and 'params' are borrowed until check_visitor_free(). */
struct check_visitor *check_visitor_new(const struct topo *topo, const struct check_params *params,
                                        enum check_way way, char *why, size_t size);
void check_visitor_free(struct check_visitor *visitor);

/* For look-ups that change nothing, as check_commute(). */
const struct check_net *check_visitor_net(const struct check_visitor *visitor);

/* Does 'acts' one after the other and looks. False when an act could not be done, or the process died. */
bool check_visit(struct check_visitor *visitor, const struct check_act *acts, size_t n,
                 struct check_view *out);

/* The same for up to CHECK_MAX_JOBS states at a time: check_visit_begin() takes a free 'job' (from 0) and returns
 * at once (with CHECK_BY_REPLAY when all is done), check_visit_end() waits for it. */
void check_visit_begin(struct check_visitor *visitor, uint32_t job, const struct check_act *acts,
                       size_t n);
bool check_visit_end(struct check_visitor *visitor, uint32_t job, struct check_view *out);

#endif
