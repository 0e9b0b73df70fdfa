/* The hardware of a scenario's switches: the keys "preset" and "hardware" of its section "switch".
 *
 *        "switch": {"preset": "pica8-p3297", "tcam_entries": 8192,
 *                   "hardware": {"software_entries": 1000000, "software_first": true,
 *                                "wide_slots": 2, "wide": ["ipv6", "l2-l3"],
 *                                "full": "refuse", "swap": "none",
 *                                "moves": "none", "insert_us": 0, "move_us": 0,
 *                                "flow_mods_per_s": 0, "packet_ins_per_s": 0, "packet_in_queue": 100,
 *                                "software_us": 0, "software_queue": 1000}}
 *
 * Without either a table has 'tcam_entries' entries and nothing takes time. */
#ifndef TAMBO_EXPERIMENTS_HARDWARE_SCENARIO_H
#define TAMBO_EXPERIMENTS_HARDWARE_SCENARIO_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "controller/config/json_check.h"
#include "simnet/world/preset.h"
#include "simnet/world/world.h"

/* Reads "preset", "tcam_entries" and "hardware" of the section 'sw' (NULL: it is absent). */
void hardware_read(struct conf_node *sw, struct swtch_hardware *hw, uint32_t *tcam_entries);

/* Says on 'out' which keys have no effect, as another one or the OpenFlow versions (a bit each) are missing. */
void hardware_print_notes(const char *who, const struct swtch_hardware *hw, uint32_t versions,
                          FILE *out);

/* Adds "hardware" to the section when there is any. */
void hardware_write(const struct swtch_hardware *hw, json_t *sw);

/* Gives the world's switches the hardware of a preset (NULL: none), with as many entries or slots as 'max_entries'
 * says when 'has_entries'. False after a complaint on standard error that names 'command'. */
bool hardware_take_preset(const char *command, const char *preset, bool has_entries,
                          struct world_params *world);

/* Adds what the hardware of all switches has done, when there is any. */
void hardware_totals_put(json_t *metrics, const struct swtch_hardware *hw,
                         const struct world_hardware *totals);

#endif
