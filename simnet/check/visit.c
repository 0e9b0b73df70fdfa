#include "simnet/check/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/base/alloc.h"

struct check_visitor {
    const struct topo *topo;
    const struct check_params *params;
    enum check_way way;
    struct check_net *net;     /* As the run begins. */
    struct check_view *shared; /* With the processes that we make. */
};

struct check_visitor *check_visitor_new(const struct topo *topo, const struct check_params *params,
                                        enum check_way way, char *why, size_t size)
{
    struct check_visitor *v = xcalloc(1, sizeof *v);
    void *shared = mmap(NULL, sizeof *v->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                        -1, 0);

    v->topo = topo;
    v->params = params;
    v->way = way;
    v->shared = shared == MAP_FAILED ? NULL : shared;
    if (v->shared) {
        v->net = check_net_new(topo, params, why, size);
    } else {
        snprintf(why, size, "there is no memory to share");
    }
    if (!v->net) {
        check_visitor_free(v);
        return NULL;
    }
    return v;
}

void check_visitor_free(struct check_visitor *v)
{
    if (v) {
        check_net_free(v->net);
        if (v->shared) {
            munmap(v->shared, sizeof *v->shared);
        }
        free(v);
    }
}

const struct check_net *check_visitor_net(const struct check_visitor *v)
{
    return v->net;
}

static bool walk(struct check_net *net, const struct check_act *acts, size_t n,
                 struct check_view *out)
{
    for (size_t i = 0; i < n; i++) {
        if (!check_can(net, acts[i])) {
            return false;
        }
        check_do(net, acts[i]);
    }
    check_look(net, out);
    return true;
}

static bool visit_by_replay(struct check_visitor *v, const struct check_act *acts, size_t n,
                            struct check_view *out)
{
    char why[256];
    struct check_net *net = check_net_new(v->topo, v->params, why, sizeof why);
    bool done = net && walk(net, acts, n, out);

    check_net_free(net);
    return done;
}

static bool visit_by_fork(struct check_visitor *v, const struct check_act *acts, size_t n,
                          struct check_view *out)
{
    pid_t pid = fork();
    int status = 1;

    if (pid == 0) {
        _exit(walk(v->net, acts, n, v->shared) ? 0 : 1);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        return false;
    }
    *out = *v->shared;
    return true;
}

bool check_visit(struct check_visitor *v, const struct check_act *acts, size_t n,
                 struct check_view *out)
{
    return (v->way == CHECK_BY_FORK ? visit_by_fork : visit_by_replay)(v, acts, n, out);
}
