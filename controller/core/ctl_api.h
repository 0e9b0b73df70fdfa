/* Small services of the core for its apps. */
#ifndef TAMBO_CORE_CTL_API_H
#define TAMBO_CORE_CTL_API_H

#include "controller/base/log.h"
#include "controller/base/mono.h"
#include "controller/core/store_ops.h"
#include "controller/core/timer.h"

struct ctl;

mono_t ctl_now(const struct ctl *ctl);
struct log *ctl_log(const struct ctl *ctl);          /* May be NULL (silent). */
struct timers *ctl_timers(struct ctl *ctl);
const struct store_ops *ctl_store(const struct ctl *ctl); /* NULL: nothing is remembered. */

#endif
