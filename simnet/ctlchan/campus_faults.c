/* What fails in a campus. */
#include "simnet/ctlchan/campus_impl.h"

struct ctl *campus_make_first(struct campus *c, const char **failed)
{
    struct ctl *ctl = campus_make_core(c, ctlchan_southbound(c->channel), failed);

    if (ctl && c->params.standby.on) {
        standby_tell_first(c->standby, ctl);
    }
    return ctl;
}

static struct ctl *make_second(void *aux, const struct southbound *southbound)
{
    const char *failed;

    return campus_make_core(aux, southbound, &failed);
}

void campus_make_standby(struct campus *c)
{
    if (c->params.standby.on) {
        c->standby = standby_new(c->world, c->channel, &c->params.standby, make_second, c);
    }
}

struct ctlchan *campus_master(const struct campus *c)
{
    return c->standby ? standby_master(c->standby) : c->channel;
}

static void on_fault(void *aux, size_t spec, bool begins)
{
    struct campus *c = aux;

    (void)spec;
    (void)begins;
    if (c->standby) {
        standby_told(c->standby);
    }
}

/* The controller dies, or another one is made with what it has stored. */
static void on_restart(void *aux, bool alive)
{
    struct campus *c = aux;
    const char *failed;

    if (!alive) {
        ctl_free(c->ctl);
        c->ctl = NULL;
    } else {
        c->ctl = campus_make_first(c, &failed);
        ctlchan_resume(c->channel, c->ctl);
    }
}

bool campus_make_faults(struct campus *c, char *why, size_t size)
{
    struct fault_hooks hooks = {.restart = on_restart,
                                .told = on_fault,
                                .second = c->standby ? standby_channel(c->standby) : NULL,
                                .aux = c};
    struct fault_specs specs = c->params.faults;

    for (size_t i = 0; i < specs.n; i++) {
        specs.list[i].at_s += mono_to_s(c->setup_at);
    }
    if (specs.n) {
        c->faults = faults_new(c->world, c->channel, &specs, &hooks, why, size);
    }
    return c->faults || !specs.n;
}
