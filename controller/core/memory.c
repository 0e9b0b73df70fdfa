/* See memory.h. */
#include "controller/core/memory.h"

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/session_int.h"

static size_t index_bytes(const struct hmap *map)
{
    return alloc_bytes(hmap_slot_bytes(map));
}

static size_t ipv6_bytes(const struct host_table *hosts)
{
    struct hmap_node *node, *next;
    size_t n = 0;

    HMAP_FOR_EACH (node, next, &hosts->by_mac) {
        n += alloc_bytes(HMAP_ENTRY(node, struct host, by_mac)->n_ipv6 * sizeof(struct ipv6_addr));
    }
    return n;
}

static size_t hosts_bytes(const struct host_table *hosts)
{
    return ipv6_bytes(hosts) + pool_bytes(&hosts->pool) + index_bytes(&hosts->by_mac) +
           index_bytes(&hosts->by_ip) + index_bytes(&hosts->by_port) +
           hosts->by_ip.n * alloc_bytes(sizeof(struct host_ip)) +
           hosts->by_port.n * alloc_bytes(sizeof(struct attachment)) +
           alloc_bytes(hosts->by_age.cap * sizeof(struct heap_node *));
}

static size_t entries_bytes(const struct flow_table *table)
{
    size_t n = flow_index_bytes(&table->entries);
    const struct flow_entry *e;
    size_t at;

    FLOW_INDEX_FOR_EACH (e, at, &table->entries) {
        n += flow_entry_size(e) > FLOW_ENTRY_SIZE ? flow_entry_size(e) + FLOW_ENTRY_ALIGN : 0;
    }
    return n;
}

static void add_datapath(const struct datapath *dp, struct ctl_memory *out)
{
    out->n_switches++;
    out->switches += alloc_bytes(sizeof *dp) + alloc_bytes(dp->cap_ports * sizeof *dp->ports) +
                     alloc_bytes(dp->desc ? sizeof *dp->desc : 0) +
                     alloc_bytes(dp->session ? sizeof(struct session) : 0);
    out->n_flows += dp->flows.entries.n;
    out->flows += entries_bytes(&dp->flows);
}

void ctl_memory(const struct ctl *ctl, struct ctl_memory *out)
{
    *out = (struct ctl_memory){.n_hosts = ctl->hosts.by_mac.n, .hosts = hosts_bytes(&ctl->hosts)};
    out->flows = pool_bytes(&ctl->flow_pool) + flow_contents_bytes(&ctl->flow_contents);
    for (size_t i = 0; i < ctl->datapaths.n; i++) {
        add_datapath(ctl->datapaths.list[i], out);
    }
    for (size_t i = 0; i < ctl->n_modules; i++) {
        const struct module_slot *slot = &ctl->modules[i];

        out->apps += slot->module->memory ? slot->module->memory(slot->state) : 0;
    }
}
