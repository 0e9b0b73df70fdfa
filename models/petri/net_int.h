/* What the files of net.h share. */
#ifndef TAMBO_MODELS_PETRI_NET_INT_H
#define TAMBO_MODELS_PETRI_NET_INT_H

#include "models/petri/net.h"

/* "array" of "n" objects with room for one more: it doubles at powers of two. */
void *petri_grow(void *array, size_t n, size_t size);

/* A copy that lives as long as the net. */
char *petri_copy(struct petri_net *net, const char *text);

#endif
