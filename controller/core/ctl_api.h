/* Small services of the core for its apps. */
#ifndef TAMBO_CORE_CTL_API_H
#define TAMBO_CORE_CTL_API_H

#include <stdint.h>

#include "controller/base/log.h"
#include "controller/base/mono.h"
#include "controller/core/store_ops.h"
#include "controller/core/timer.h"

struct ctl;

mono_t ctl_now(const struct ctl *ctl);
struct log *ctl_log(const struct ctl *ctl); /* May be NULL (silent). */
struct timers *ctl_timers(struct ctl *ctl);
const struct store_ops *ctl_store(const struct ctl *ctl); /* NULL: nothing is remembered. */

/* The state that the module called 'name' made in its start(); NULL when no such module runs. For
 * read-only views: each module's header says what may be asked of its state. */
void *ctl_module_state(const struct ctl *ctl, const char *name);

/* From now on the module 'id' is shown packets of 'classes' only: bits 1 << enum packet_class. So an app
 * that has nothing to do at present costs nothing. At first these are what its 'packets' says. */
void ctl_watch_packets(struct ctl *ctl, uint8_t id, uint32_t classes);

#endif
