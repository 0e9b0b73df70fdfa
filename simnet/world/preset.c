#include "simnet/world/preset.h"

#include <string.h>

/* Without end, says the thesis. */
#define PICA8_SOFTWARE 1000000

/* Entries are put into the TCAM when they are used, as long as there is room. */
#define PICA8                                                                                      \
    {                                                                                              \
        .n_slots = 8192, .software_entries = PICA8_SOFTWARE, .software_first = true                \
    }

static const struct swtch_preset presets[] = {
    {.name = "pica8-p3297",
     .source = "Cuba and Becerra 2015, 3.2.1.1 and 5.1.3 (Broadcom Triumph2)",
     .max_entries = 8192,
     .tcam = PICA8},
    {.name = "pica8-p3922",
     .source = "Cuba and Becerra 2015, 3.2.1.1 and 5.1.3",
     .max_entries = 8192,
     .tcam = PICA8},
    {.name = "hp-5406zl",
     .source = "Curtis et al. 2011 (DevoFlow): 1500 rules, 275 flow set-ups a second",
     .max_entries = 1500,
     .tcam = {.n_slots = 1500},
     .cpu = {.flow_mod_ns = NS_PER_S / 275}},
    {.name = "bofuss",
     .source = "the software switch's own limit: 4096 entries, then it refuses",
     .max_entries = 4096},
};

enum { N_PRESETS = sizeof presets / sizeof presets[0] };

const struct swtch_preset *swtch_preset(size_t i)
{
    return i < N_PRESETS ? &presets[i] : NULL;
}

const struct swtch_preset *swtch_preset_find(const char *name)
{
    for (size_t i = 0; i < N_PRESETS; i++) {
        if (strcmp(presets[i].name, name) == 0) {
            return &presets[i];
        }
    }
    return NULL;
}
