/* Answers about 100 000 hosts: how long each keeps the control loop, from the request to the bytes that are
 * sent. Run by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controller/apps/logical_networks.h"
#include "controller/core/ctl.h"
#include "controller/core/hosts.h"
#include "controller/northbound/nb.h"

#define N_HOSTS 100000
#define N_PORTS 48
#define N_TIMES 20

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
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

static void add_hosts(struct ctl *ctl)
{
    for (uint64_t i = 0; i < N_HOSTS; i++) {
        hosts_restore(ctl, eth_addr_from_u64(UINT64_C(0x020000100000) + i * 7919 % N_HOSTS),
                      1 + i / N_PORTS, (port_no_t)(1 + i % N_PORTS));
        if (i % 64 == 63) {
            ctl_run(ctl);
        }
    }
    ctl_run(ctl);
}

struct sent {
    int status;
    size_t n;
};

/* As nb_http.c does it. */
static void on_answer(void *aux, const struct nb_answer *answer)
{
    struct sent *sent = aux;
    char *text =
        answer->json ? json_dumps(answer->json, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;

    sent->status = answer->status;
    sent->n = text ? strlen(text) : answer->text ? strlen(answer->text) : 0;
    free(text);
}

static void measure(struct nb *nb, const char *path, const char *query)
{
    struct nb_request request = {.method = "GET", .path = path, .query = query, .role = NB_ADMIN};
    double worst = 0, sum = 0;
    struct sent sent = {0};

    for (int i = 0; i < N_TIMES; i++) {
        double begun = now_s(), took;

        (void)nb_handle(nb, &request, on_answer, &sent);
        took = now_s() - begun;
        sum += took;
        worst = took > worst ? took : worst;
    }
    printf("%-22s %-26s %d %9zu bytes %8.2f ms, at most %8.2f ms\n", path, query ? query : "",
           sent.status, sent.n, 1e3 * sum / N_TIMES, 1e3 * worst);
}

int main(void)
{
    struct clock clock = {{0}};
    const struct southbound southbound = {.send = send, .close = close_conn, .tx_room = room};
    struct nb *nb = nb_new(&(struct nb_params){.version = "bench", .clock = &clock});
    const struct ctl_module_use uses[] = {{&logical_networks_module, NULL}, {&nb_module, nb}};
    const char *const names[] = {"logical_networks", "northbound"};
    struct ctl_params params = {.settings = core_settings_default(),
                                .clock = &clock,
                                .southbound = &southbound,
                                .modules = uses,
                                .n_modules = 2};
    struct ctl *ctl = ctl_new(&params, NULL);

    nb_serve(nb, ctl, names, 2);
    add_hosts(ctl);
    printf("%zu hosts\n", hosts_count(ctl));
    measure(nb, "/v1/status", NULL);
    measure(nb, "/metrics", NULL);
    measure(nb, "/v1/hosts", "limit=100");
    measure(nb, "/v1/hosts", NULL);
    measure(nb, "/v1/hosts", "after=02:00:00:11:00:00");
    measure(nb, "/v1/hosts", "limit=10000");
    measure(nb, "/v1/networks/1/members", NULL);
    measure(nb, "/wm/device/", NULL);
    measure(nb, "/v1/topology.dot", "hosts=true");
    ctl_free(ctl);
    nb_free(nb);
    return 0;
}
