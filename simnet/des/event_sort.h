/* Sorting of events that come up together: mostly a few, sometimes a crowd. */
#ifndef TAMBO_DES_EVENT_SORT_H
#define TAMBO_DES_EVENT_SORT_H

#include "simnet/des/event_heap.h"

/* Sorts the 'n' slots at '*slots'; '*spare' is room for as many, and the two may have been exchanged
 * afterwards. Takes n log n steps. */
void event_sort(struct event_slot **slots, struct event_slot **spare, size_t n);

#endif
