/* What fails in a campus. */
#include "simnet/ctlchan/campus_impl.h"

/* The controller dies, or another one is made with what it has stored. */
static void on_restart(void *aux, bool alive)
{
    struct campus *c = aux;
    const char *failed;

    if (!alive) {
        ctl_free(c->ctl);
        c->ctl = NULL;
    } else {
        c->ctl = campus_make_core(c, &failed);
        ctlchan_resume(c->channel, c->ctl);
    }
}

bool campus_make_faults(struct campus *c, char *why, size_t size)
{
    struct fault_hooks hooks = {.restart = on_restart, .aux = c};
    struct fault_specs specs = c->params.faults;

    for (size_t i = 0; i < specs.n; i++) {
        specs.list[i].at_s += mono_to_s(c->setup_at);
    }
    if (specs.n) {
        c->faults = faults_new(c->world, c->channel, &specs, &hooks, why, size);
    }
    return c->faults || !specs.n;
}
