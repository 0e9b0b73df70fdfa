/* Keys of a scenario that have no effect because another one is missing. They are noted, and no errors, so that an
 * experiment can vary the key that they depend on. */
#ifndef TAMBO_EXPERIMENTS_VAIN_KEY_H
#define TAMBO_EXPERIMENTS_VAIN_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct vain_key {
    bool is_vain;
    const char *key, *needs;
};

/* A line on 'out' for each of the 'n' that is, behind 'who', a command, and 'where': "" or a section with ": ". */
void vain_keys_note(const char *who, const char *where, const struct vain_key *keys, size_t n,
                    FILE *out);

#endif
