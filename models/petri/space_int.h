/* What the files of space.h share. */
#ifndef TAMBO_MODELS_PETRI_SPACE_INT_H
#define TAMBO_MODELS_PETRI_SPACE_INT_H

#include "models/petri/space.h"

/* What each marking is looked at for, once. */
struct petri_notes {
    struct petri_space *space;
    uint64_t *tokens; /* By place, of the marking at hand. */
    uint32_t *with;   /* By slot: markings that have tokens there. */
    uint32_t *least;  /* By slot: the fewest tokens where there are some. */
    uint32_t *most;   /* By slot. */
    size_t cap;       /* Slots. */
    const struct petri_marking *marking;
    struct petri_env env;
    int64_t vars[PETRI_MAX_VARS]; /* Of queries. */
};

void petri_notes_init(struct petri_notes *notes, struct petri_space *space);

/* Looks at marking "number". False when a query cannot be evaluated. */
bool petri_notes_take(struct petri_notes *notes, uint32_t number, const struct petri_marking *m);

/* Writes the results to the space and frees what is here. */
void petri_notes_finish(struct petri_notes *notes);

/* Of a space that is partial: looks for a marking that covers one on its way. Where no transition has an
 * inhibitor that proves that tokens can grow without end (R. M. Karp, R. E. Miller, 1969). */
void petri_space_find_growth(struct petri_space *space);

#endif
