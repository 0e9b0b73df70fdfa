/* Switches whose tables are known, by name. */
#ifndef TAMBO_WORLD_PRESET_H
#define TAMBO_WORLD_PRESET_H

#include "simnet/world/swtch.h"

struct swtch_preset {
    const char *name;   /* "pica8-p3297" */
    const char *source; /* Where the figures are from; what it does not tell is 0. */
    uint32_t
        max_entries; /* Without hardware, as struct swtch_params; else the slots of the TCAM. */
    struct tcam_params tcam;
    struct swtch_cpu_params cpu;
};

/* Number 'i', from 0; NULL after the last. */
const struct swtch_preset *swtch_preset(size_t i);

/* NULL when there is none. */
const struct swtch_preset *swtch_preset_find(const char *name);

#endif
