/* Small services of the core for its apps. */
#ifndef TAMBO_CORE_CTL_API_H
#define TAMBO_CORE_CTL_API_H

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

#endif
