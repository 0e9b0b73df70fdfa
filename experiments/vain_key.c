#include "experiments/vain_key.h"

void vain_keys_note(const char *who, const char *where, const struct vain_key *keys, size_t n,
                    FILE *out)
{
    for (size_t i = 0; i < n; i++) {
        if (keys[i].is_vain) {
            fprintf(out, "%s: note: %s%s has no effect without %s\n", who, where, keys[i].key,
                    keys[i].needs);
        }
    }
}
