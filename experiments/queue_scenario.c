#include "experiments/queue_scenario.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "experiments/json_out.h"

#define MAX_ID 999999999

static bool has_id(const struct scenario_queues *q, uint32_t id)
{
    for (size_t i = 0; i < q->n; i++) {
        if (q->list[i].id == id) {
            return true;
        }
    }
    return false;
}

static uint16_t read_permille(struct conf_node *o, const char *key)
{
    double frac;

    return conf_real(o, key, 0.001, 1, &frac) ? (uint16_t)llround(1000 * frac) : QUEUE_NO_RATE;
}

static void read_queue(struct conf_node *o, struct scenario_queues *q)
{
    uint32_t id = (uint32_t)q->n + 1, udp_port = 0;
    struct queue_params queue;

    conf_u32(o, "id", 0, MAX_ID, &id);
    if (has_id(q, id)) {
        conf_complain(o, "two queues have the id %" PRIu32, id);
    }
    queue = (struct queue_params){.id = id,
                                  .min_permille = read_permille(o, "min_frac"),
                                  .max_permille = read_permille(o, "max_frac")};
    if (conf_u32(o, "udp_port", 1, 65535, &udp_port)) {
        q->classes[q->n_classes++] = (struct queue_class){(uint16_t)udp_port, id};
    }
    q->list[q->n++] = queue;
    conf_done(o);
}

void queues_read(struct conf_node *sw, struct scenario_queues *q)
{
    struct conf_node *list = conf_array(sw, "queues");

    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        if (q->n == SCENARIO_MAX_QUEUES) {
            conf_complain(v, "at most %d queues", SCENARIO_MAX_QUEUES);
            return;
        }
        if (conf_as_object(v)) {
            read_queue(v, q);
        }
    }
}

static uint32_t udp_port_of(const struct scenario_queues *q, uint32_t id)
{
    for (size_t i = 0; i < q->n_classes; i++) {
        if (q->classes[i].queue_id == id) {
            return q->classes[i].udp_port;
        }
    }
    return 0;
}

void queues_write(const struct scenario_queues *q, json_t *sw)
{
    json_t *list = json_array();

    for (size_t i = 0; i < q->n; i++) {
        const struct queue_params *p = &q->list[i];
        json_t *o = json_pack("{s:I}", "id", (json_int_t)p->id);
        uint32_t udp_port = udp_port_of(q, p->id);

        if (p->min_permille != QUEUE_NO_RATE) {
            json_put(o, "min_frac", json_real(p->min_permille / 1e3));
        }
        if (p->max_permille != QUEUE_NO_RATE) {
            json_put(o, "max_frac", json_real(p->max_permille / 1e3));
        }
        if (udp_port) {
            json_put(o, "udp_port", json_integer(udp_port));
        }
        json_array_append_new(list, o);
    }
    if (q->n) {
        json_put(sw, "queues", json_incref(list));
    }
    json_decref(list);
}

void queues_use(const struct scenario_queues *q, struct world_params *params)
{
    params->queues = q->list;
    params->n_queues = q->n;
    params->classes = q->classes;
    params->n_classes = q->n_classes;
}

void queues_totals_put(json_t *metrics, const struct scenario_queues *q, const struct world *world)
{
    for (size_t i = 0; i < q->n; i++) {
        uint64_t bytes = 0, drops = 0;
        char key[64];

        for (uint32_t s = 0; s < world_n_switches(world); s++) {
            struct queue_counts c = swtch_queue_counts(world_switch(world, s), q->list[i].id);

            bytes += c.tx_bytes;
            drops += c.tx_errors;
        }
        snprintf(key, sizeof key, "queue%" PRIu32 "_bytes", q->list[i].id);
        json_put(metrics, key, json_number((double)bytes));
        snprintf(key, sizeof key, "queue%" PRIu32 "_dropped", q->list[i].id);
        json_put(metrics, key, json_number((double)drops));
    }
}
