/* What passes between the core and the simulated switches, as a capture (live_pcap.h): messages of
 * switches when they arrive at the controller, before they wait there, those of the core when it sends
 * them. */
#ifndef TAMBO_EXPERIMENTS_SIM_CAPTURE_H
#define TAMBO_EXPERIMENTS_SIM_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "simnet/ctlchan/campus.h"

struct sim_capture;

/* Makes the file 'path', which must not be there. NULL with a reason in 'why'. */
struct sim_capture *sim_capture_open(struct campus *campus, const char *path, char *why,
                                     size_t size);

/* Before campus_free(). False when something could not be written. NULL is fine. */
bool sim_capture_close(struct sim_capture *capture);

#endif
