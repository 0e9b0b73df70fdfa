/* The switch as it was, for taking back what a bundle did. */
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "simnet/world/swtch_impl.h"

struct swtch_backup {
    struct table_backup **tables;
    struct vacancy *vacancies;
    struct groups groups;
    struct meters meters;
    uint32_t *port_configs;
};

struct swtch_backup *swtch_save(struct swtch *sw)
{
    struct swtch_backup *b = xcalloc(1, sizeof *b);
    uint8_t n = sw->params.n_tables;

    b->tables = xcalloc(n, sizeof(struct table_backup *));
    for (uint8_t t = 0; t < n; t++) {
        b->tables[t] = table_save(sw->tables[t]);
    }
    b->vacancies = xmemdup(sw->vacancies, n * sizeof *b->vacancies);
    groups_copy(&sw->groups, &b->groups);
    meters_copy(&sw->meters, &b->meters);
    b->port_configs = xcalloc(sw->n_ports + 1, sizeof *b->port_configs);
    for (uint32_t p = 0; p < sw->n_ports; p++) {
        b->port_configs[p] = sw->ports[p].config;
    }
    return b;
}

static void free_rest(struct swtch_backup *b)
{
    free(b->tables);
    free(b->vacancies);
    free(b->port_configs);
    free(b);
}

void swtch_restore(struct swtch *sw, struct swtch_backup *b)
{
    for (uint8_t t = 0; t < sw->params.n_tables; t++) {
        table_restore(sw->tables[t], b->tables[t]);
        sw->vacancies[t] = b->vacancies[t];
    }
    groups_fini(&sw->groups);
    sw->groups = b->groups;
    meters_fini(&sw->meters);
    sw->meters = b->meters;
    for (uint32_t p = 0; p < sw->n_ports; p++) {
        sw->ports[p].config = b->port_configs[p];
    }
    groups_touch(&sw->groups);
    free_rest(b);
}

void swtch_backup_free(struct swtch *sw, struct swtch_backup *b)
{
    for (uint8_t t = 0; t < sw->params.n_tables; t++) {
        table_backup_free(b->tables[t]);
    }
    groups_fini(&b->groups);
    meters_fini(&b->meters);
    free_rest(b);
}
