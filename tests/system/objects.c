/* The live core with one module, which wants groups and meters when it is told to on standard input:
 *
 *      want      what objects_wishes.h says, on every switch
 *      change    the same with other buckets and bands
 *      bad       a meter that Open vSwitch does not take
 *      remove    nothing of it any more
 *
 * Lines on standard output say what has become of it: "done want: ok", and every event about groups,
 * meters and entries. The end of the input ends the program. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl.h"
#include "controller/core/datapath.h"
#include "controller/live/live.h"
#include "tests/system/objects_wishes.h"

struct program {
    struct clock clock;
    struct log log;
    struct live *live;
    struct ctl *ctl;
    uint8_t module_id;
    char line[64];
    size_t len;
};

struct commit {
    char name[16];
};

static struct program program; /* The program's, as the module has no other way to it. */

/* --- The module ------------------------------------------------------------------------------- */

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    (void)ctl;
    (void)settings;
    *state = &program;
    program.module_id = id;
    return ERR_OK;
}

static void stop(void *state)
{
    (void)state;
}

/* Groups and meters, and the entries that use them. */
static void tell_object(const struct ctl_event *event)
{
    const char *error = of_err_name(event->error);

    switch ((int)event->type) {
    case CTL_GROUP_FAILED:
        printf("group %x failed: %s\n", event->object_id, error);
        break;
    case CTL_METER_FAILED:
        printf("meter %x failed: %s\n", event->object_id, error);
        break;
    case CTL_FLOW_FAILED:
        printf("entry failed: %s\n", error);
        break;
    case CTL_FLOW_REMOVED:
        printf("entry removed: %d\n", (int)event->reason);
        break;
    case CTL_OBJECT_FORWARDED:
        printf("%s %x forwarded: %d%s\n", event->object_kind == OBJECT_GROUP ? "group" : "meter",
               event->object_id, (int)event->change, event->is_undone ? ", undone" : "");
        break;
    default:
        break;
    }
}

static void on_event(void *state, const struct ctl_event *event)
{
    (void)state;
    if (event->type == CTL_DATAPATH_UP) {
        printf("up %llx\n", (unsigned long long)datapath_id(event->dp));
    } else {
        tell_object(event);
    }
}

static const struct ctl_module wishes_module = {
    .name = "wishes", .start = start, .stop = stop, .on_all = on_event};

/* --- Commands --------------------------------------------------------------------------------- */

static void on_done(void *aux, enum err result)
{
    struct commit *commit = aux;

    printf("done %s: %s\n", commit->name, err_text(result));
    free(commit);
}

/* True when there is such a command. */
static bool say(struct txn *txn, dpid_t dpid, const char *command)
{
    uint8_t id = program.module_id;

    if (strcmp(command, "want") == 0) {
        wishes_want(txn, dpid, id, false);
    } else if (strcmp(command, "change") == 0) {
        wishes_want(txn, dpid, id, true);
    } else if (strcmp(command, "bad") == 0) {
        wishes_want_bad(txn, dpid, id);
    } else if (strcmp(command, "remove") == 0) {
        wishes_remove(txn, dpid, id);
    } else {
        return false;
    }
    return true;
}

static void obey(const char *command)
{
    size_t n;
    struct datapath *const *all = datapath_all(program.ctl, &n);
    struct txn *txn = txn_begin(program.ctl);
    struct commit *commit = xcalloc(1, sizeof *commit);

    for (size_t i = 0; i < n; i++) {
        if (!say(txn, datapath_id(all[i]), command)) {
            printf("no command: %s\n", command);
            break;
        }
    }
    snprintf(commit->name, sizeof commit->name, "%.15s", command);
    txn_commit(txn, on_done, commit);
}

/* Obeys every line that is whole. */
static void on_input(evutil_socket_t fd, short what, void *aux)
{
    struct program *p = aux;
    ssize_t n = read(fd, p->line + p->len, sizeof p->line - 1 - p->len);
    char *end;

    (void)what;
    if (n <= 0) {
        live_stop(p->live);
        event_base_loopbreak(live_base(p->live));
        return;
    }
    p->len += (size_t)n;
    p->line[p->len] = '\0';
    while ((end = strchr(p->line, '\n'))) {
        *end = '\0';
        obey(p->line);
        p->len -= (size_t)(end + 1 - p->line);
        memmove(p->line, end + 1, p->len + 1);
    }
}

/* --- The program ------------------------------------------------------------------------------ */

static void make(struct program *p)
{
    struct ctl_module_use use = {&wishes_module, NULL};
    struct live_params live = {.clock = &p->clock, .log = &p->log};
    struct ctl_params core = {.settings = core_settings_default(),
                              .clock = &p->clock,
                              .log = &p->log,
                              .modules = &use,
                              .n_modules = 1};

    log_init(&p->log, &p->clock, log_to_stderr, NULL);
    p->live = live_new(&live);
    core.settings.discovery = false;
    core.southbound = live_southbound(p->live);
    p->ctl = ctl_new(&core, NULL);
    live_drive(p->live, p->ctl);
}

int main(void)
{
    struct program *p = &program;
    struct event *input;
    bool ok;

    setvbuf(stdout, NULL, _IOLBF, 0);
    make(p);
    input = event_new(live_base(p->live), STDIN_FILENO, EV_READ | EV_PERSIST, on_input, p);
    event_add(input, NULL);
    ok = live_listen(p->live, "127.0.0.1:0") == ERR_OK;
    if (ok) {
        live_run(p->live);
    }
    event_free(input);
    ctl_free(p->ctl);
    live_free(p->live);
    return ok ? 0 : 1;
}
