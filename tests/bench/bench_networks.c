/* Logical networks at their size: 4 095 networks with a prefix each, 100 000 hosts in them; what a host
 * costs in time and memory beside the host table, and what a look-up takes. Run by hand. */
#include <malloc.h>
#include <stdio.h>
#include <time.h>

#include "controller/apps/logical_networks.h"
#include "controller/core/ctl.h"
#include "controller/core/ctl_api.h"
#include "controller/core/hosts.h"

#define N_HOSTS 100000
#define N_PORTS 48
#define N_LOOKUPS 1000000

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct eth_addr mac_of(uint64_t i)
{
    return eth_addr_from_u64(UINT64_C(0x020000100000) + i);
}

static void add_networks(void *app)
{
    char name[16];

    for (unsigned id = 2; id <= NETWORK_MAX; id++) {
        struct network_rule prefix = {.type = NETWORK_RULE_IP, .prefix_len = 120};
        enum err err;

        snprintf(name, sizeof name, "n%u", id);
        prefix.ip = (struct ipv6_addr){{[10] = 0xff, 0xff, 10, (uint8_t)(id >> 8), (uint8_t)id, 0}};
        err = networks_create(app, (uint16_t)id, name);
        err = err ? err : networks_rule_add(app, (uint16_t)id, &prefix);
        if (err) {
            printf("network %u: %s\n", id, err_text(err));
        }
    }
}

/* One host in eight is named by a rule of its own. */
static void add_rules(void *app)
{
    for (uint64_t i = 0; i < N_HOSTS; i += 8) {
        struct network_rule mac = {.type = NETWORK_RULE_MAC, .mac = mac_of(i)};

        networks_rule_add(app, (uint16_t)(2 + i % (NETWORK_MAX - 1)), &mac);
    }
}

static enum err send(void *aux, void *conn, const struct of_msg *msg)
{
    (void)aux;
    (void)conn;
    (void)msg;
    return ERR_OK;
}

static void close_conn(void *aux, void *conn)
{
    (void)aux;
    (void)conn;
}

static size_t room(void *aux, void *conn)
{
    (void)aux;
    (void)conn;
    return SIZE_MAX;
}

static struct ctl *start(const struct clock *clock, const struct southbound *southbound,
                         size_t n_modules)
{
    static const struct ctl_module_use use = {&logical_networks_module, NULL};
    struct ctl_params params = {.settings = core_settings_default(),
                                .clock = clock,
                                .southbound = southbound,
                                .modules = &use,
                                .n_modules = n_modules};

    return ctl_new(&params, NULL);
}

/* Seconds for all hosts; '*bytes' of memory that they take. */
static double add_hosts(struct ctl *ctl, size_t *bytes)
{
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    double begun = now_s();

    for (uint64_t i = 0; i < N_HOSTS; i++) {
        hosts_restore(ctl, mac_of(i), 1 + i / N_PORTS, (port_no_t)(1 + i % N_PORTS));
        if (i % 64 == 63) {
            ctl_run(ctl);
        }
    }
    ctl_run(ctl);
    *bytes = mallinfo2().uordblks + mallinfo2().hblkhd - before;
    return now_s() - begun;
}

static void look_up(const void *app)
{
    double begun = now_s();
    size_t n_blocked = 0;

    for (uint64_t i = 0; i < N_LOOKUPS; i++) {
        uint64_t a = i * 7919 % N_HOSTS, b = i * 104729 % N_HOSTS;

        n_blocked += !networks_may_talk(app, 1 + a / N_PORTS, (port_no_t)(1 + a % N_PORTS),
                                        mac_of(a), mac_of(b));
    }
    printf("look-up of a pair: %.0f ns (%zu of %d blocked)\n", 1e9 * (now_s() - begun) / N_LOOKUPS,
           n_blocked, N_LOOKUPS);
}

int main(void)
{
    struct clock clock = {{0}};
    const struct southbound southbound = {.send = send, .close = close_conn, .tx_room = room};
    struct ctl *plain = start(&clock, &southbound, 0), *with = start(&clock, &southbound, 1);
    void *app = ctl_module_state(with, "logical_networks");
    size_t plain_bytes, bytes;
    double plain_s = add_hosts(plain, &plain_bytes), s, begun = now_s();

    ctl_free(plain);
    add_networks(app);
    add_rules(app);
    printf("4 094 networks, %d rules: %.2f s\n", NETWORK_MAX - 1 + N_HOSTS / 8, now_s() - begun);
    s = add_hosts(with, &bytes);
    printf(
        "%d hosts: %.2f us and %.0f bytes each, of which the host table %.2f us and %.0f bytes\n",
        N_HOSTS, 1e6 * s / N_HOSTS, (double)bytes / N_HOSTS, 1e6 * plain_s / N_HOSTS,
        (double)plain_bytes / N_HOSTS);
    begun = now_s();
    for (unsigned id = 3; id <= NETWORK_MAX; id += 2) {
        networks_block(app, 2, (uint16_t)id);
    }
    ctl_run(with);
    printf("2 047 blocks: %.2f s\n", now_s() - begun);
    look_up(app);
    ctl_free(with);
    return 0;
}
