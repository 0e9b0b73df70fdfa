#include "controller/core/settings.h"

#include "controller/base/mono.h"
#include "controller/openflow/of_types.h"

struct core_settings core_settings_default(void)
{
    return (struct core_settings){
        .versions = 1U << OF_VERSION_1_0 | 1U << OF_VERSION_1_3 | 1U << OF_VERSION_1_4 |
                    1U << OF_VERSION_1_5,
        .hello_timeout_ns = 10 * NS_PER_S,
        .echo_interval_ns = 5 * NS_PER_S,
        .echo_timeout_ns = 15 * NS_PER_S,
        .barrier_timeout_ns = 2 * NS_PER_S,
        .barrier_tries = 3,
        .bundles = true,
        .ask_timeout_ns = 10 * NS_PER_S,
        .role = OF_ROLE_EQUAL,
        .discovery = true,
        .lldp_interval_ns = 5 * NS_PER_S,
        .link_timeout_ns = 16 * NS_PER_S,
        .edge_settle_ns = 500 * NS_PER_MS,
        .probe_life_ns = 5 * NS_PER_S,
        .hold_links = true,
        .bddp = true,
        .bddp_interval_ns = 5 * NS_PER_S,
        .host_timeout_ns = 3600 * NS_PER_S,
        .host_move = HOST_MOVE_PROBE,
        .host_hold_ns = NS_PER_S,
        .adopt_grace_ns = 60 * NS_PER_S,
        .table_backoff_ns = NS_PER_S,
        .table_backoff_max_ns = 30 * NS_PER_S,
        .table_evict = true,
        .table_evict_idle = true,
        .vacancy_down_percent = 10,
        .vacancy_up_percent = 20,
        .max_datapaths = 10000,
        .max_hosts = 200000,
        .max_hosts_per_port = 1024,
        .lldp_per_s = 2000,
        .lldp_burst = 8192,
        .address_per_s = 10000,
        .address_burst = 65536,
        .unicast_burst = 65536,
        .multicast_per_s = 10000,
        .multicast_burst = 65536,
        .switch_burst = 65536,
        .port_lldp_per_s = 100,
        .port_lldp_burst = 200,
        .port_mods_per_s = 5000,
        .port_mods_burst = 20000,
    };
}
