/* sFlow in the simulator: every switch of a world samples, and its datagrams come to the core one
 * delay later, beside the control channels and the controller station. */
#ifndef TAMBO_CTLCHAN_SFLOW_LINK_H
#define TAMBO_CTLCHAN_SFLOW_LINK_H

#include <stdint.h>

struct ctl;
struct world;
struct sflow_link;

struct sflow_link_params {
    uint32_t one_in;  /* Of so many frames one is sampled. */
    int64_t poll_ns;  /* Between the counters of a switch. */
    int64_t delay_ns; /* Of a datagram. */
};

/* Both are borrowed. */
struct sflow_link *sflow_link_new(struct world *world, struct ctl *ctl,
                                  const struct sflow_link_params *params);

/* Before world_free(); the switches must not sample any more. NULL is fine. */
void sflow_link_free(struct sflow_link *link);

uint64_t sflow_link_n_datagrams(const struct sflow_link *link); /* That have arrived. */

#endif
