/* The control channels of a scenario: its section "channel".
 *
 *        "channel": {"fidelity": "wire", "delay_us": 50, "rate_bps": 0, "shared_bps": 94.4e6,
 *                    "in_band": {"at": "core1", "link": {"rate_bps": 94.4e6, "delay_us": 5},
 *                                "reroute": true, "reroute_ms": 50, "dead_ms": 3000, "rto_ms": 200,
 *                                "acks": true, "window_bytes": 65536, "budget_frac": 0.1}}
 *
 * With "in_band" (even an empty one) messages travel over the links of the network (simnet/ctlchan/inband.h), and
 * "delay_us", "rate_bps" and "shared_bps" do not count. */
#ifndef TAMBO_EXPERIMENTS_CHANNEL_SCENARIO_H
#define TAMBO_EXPERIMENTS_CHANNEL_SCENARIO_H

#include <jansson.h>

#include "controller/config/json_check.h"
#include "simnet/ctlchan/campus.h"

/* The member "standby" of the section "controller", {"beat_ms": 100, "dead_ms": 350}: even when it is empty there is a
 * second controller (simnet/ctlchan/standby.h). It is written when there is one, and so are its results. */
void standby_read(struct conf_node *controller, struct standby_params *p);
void standby_write(const struct standby_params *p, json_t *controller);
void standby_totals_put(json_t *metrics, const struct standby_params *p,
                        const struct standby_stats *stats);

void channel_read(struct conf_node *root, struct ctlchan_params *c);
json_t *channel_to_json(const struct ctlchan_params *c);

/* Adds what control traffic takes, and the model's values to 'model' (NULL: there are none). */
void channel_totals_put(json_t *metrics, const struct campus_control *measured);
void channel_model_put(json_t *model, const struct campus_control *expected);

#endif
