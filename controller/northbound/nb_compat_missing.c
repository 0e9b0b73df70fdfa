/* What the original controller could do and this one does not, or does in another way: 501, and what to use
 * instead. A client learns why, and not only that there is nothing. */
#include "controller/northbound/nb_resources.h"

static void missing(struct nb_call *call, const char *instead)
{
    nb_fail(call, 501, "not_implemented", NULL, "%s", instead);
}

static void packet_trace(struct nb_call *call)
{
    missing(call,
            "packets are not traced by request; tambod's message tap records them (\"tap\" in "
            "its configuration)");
}

static void storage_notify(struct nb_call *call)
{
    missing(call, "the store is not changed from outside; change the resources under /v1");
}

static void autoportfast(struct nb_call *call)
{
    missing(call, "ports settle by themselves (\"core.edge_settle_s\" in the configuration)");
}

static void performance(struct nb_call *call)
{
    missing(call, "the time in each module is not measured; /metrics has what is counted");
}

static void balancer(struct nb_call *call)
{
    missing(call, "there is no load balancer");
}

static void subnet_mask(struct nb_call *call)
{
    missing(call, "the firewall knows broadcasts by their Ethernet address, and needs no mask");
}

#define NONE(method, path, handler)                                                                \
    NB_ROW(method, path, (method) == NB_GET ? NB_READ : NB_OPERATE, handler,                       \
           "Not there: 501, with what to use instead.",                                            \
           .body = (method) == NB_GET || (method) == NB_DELETE ? NB_BODY_NONE : NB_BODY_ANY)

const struct nb_route nb_compat_missing_routes[] = {
    NONE(NB_POST, "/wm/core/packettrace/json", packet_trace),
    NONE(NB_POST, "/wm/storage/notify/json", storage_notify),
    NONE(NB_GET, "/wm/linkdiscovery/autoportfast/{state}/json", autoportfast),
    NONE(NB_GET, "/wm/performance/{state}/json", performance),
    NONE(NB_GET, "/wm/firewall/module/subnet-mask/json", subnet_mask),
    NONE(NB_POST, "/wm/firewall/module/subnet-mask/json", subnet_mask),
    NONE(NB_GET, "/quantum/v1.0/{resource}/", balancer),
    NONE(NB_POST, "/quantum/v1.0/{resource}/", balancer),
    NONE(NB_PUT, "/quantum/v1.0/{resource}/", balancer),
    NONE(NB_GET, "/quantum/v1.0/{resource}/{id}", balancer),
    NONE(NB_DELETE, "/quantum/v1.0/{resource}/{id}", balancer),
    {0},
};
