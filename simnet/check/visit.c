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
    struct check_view *shared; /* With the processes that we make: one for each job. */
    struct {
        pid_t pid;   /* CHECK_BY_FORK. */
        bool is_done; /* CHECK_BY_REPLAY. */
    } jobs[CHECK_MAX_JOBS];
};

struct check_visitor *check_visitor_new(const struct topo *topo, const struct check_params *params,
                                        enum check_way way, char *why, size_t size)
{
    struct check_visitor *v = xcalloc(1, sizeof *v);
    void *shared = mmap(NULL, CHECK_MAX_JOBS * sizeof *v->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
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
            munmap(v->shared, CHECK_MAX_JOBS * sizeof *v->shared);
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

void check_visit_begin(struct check_visitor *v, uint32_t job, const struct check_act *acts, size_t n)
{
    if (v->way == CHECK_BY_REPLAY) {
        v->jobs[job].is_done = visit_by_replay(v, acts, n, &v->shared[job]);
        return;
    }
    v->jobs[job].pid = fork();
    if (v->jobs[job].pid == 0) {
        _exit(walk(v->net, acts, n, &v->shared[job]) ? 0 : 1);
    }
}

static bool wait_for(pid_t pid)
{
    int status = 1;

    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

bool check_visit_end(struct check_visitor *v, uint32_t job, struct check_view *out)
{
    bool done = v->way == CHECK_BY_REPLAY ? v->jobs[job].is_done : wait_for(v->jobs[job].pid);

    if (done) {
        *out = v->shared[job];
    }
    return done;
}

bool check_visit(struct check_visitor *v, const struct check_act *acts, size_t n,
                 struct check_view *out)
{
    check_visit_begin(v, 0, acts, n);
    return check_visit_end(v, 0, out);
}
