/* One switch whose flow table can be full, for the tests of table pressure. */
#ifndef TAMBO_TESTS_CORE_TABLE_SCENE_H
#define TAMBO_TESTS_CORE_TABLE_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/table_pressure.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

struct scene {
    struct fake *f;
    struct fake_switch *a;
    struct recorder r;
    enum err result; /* Of the last transaction. */
};

/* 1.0 and 1.3. */
extern const uint8_t scene_versions[2];

/* The defaults, without discovery and echo. */
struct core_settings scene_settings(void);

/* A connected switch with id 0xa; without settings, idle entries are not swept. */
void scene_begin_with(struct scene *s, uint8_t version, const struct core_settings *settings);
void scene_begin(struct scene *s, uint8_t version);
void scene_end(struct scene *s);

/* Wants entry number 'i', or no longer; returns when all is quiet. */
void scene_want(struct scene *s, unsigned i, uint16_t idle_s, uint16_t importance);
void scene_unwant(struct scene *s, unsigned i);

/* Entry number 'i' in flowdb; NULL: not there. */
const struct flow_entry *scene_find(const struct scene *s, unsigned i);
bool scene_is_confirmed(const struct scene *s, unsigned i);

/* Its index among the switch's flows (SIZE_MAX: none). */
size_t scene_index_on_switch(const struct scene *s, unsigned i);
bool scene_on_switch(const struct scene *s, unsigned i);

struct table_pressure scene_pressure(const struct scene *s);
const struct ctl_counters *scene_counters(const struct scene *s);
size_t scene_flow_mods(const struct scene *s);

/* Fills the switch with 'n' entries 1..n with a time-out beside the miss entry, and no room left. */
void scene_fill(struct scene *s, unsigned n);

#endif
