#include "controller/northbound/nb_draw.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/base/alloc.h"
#include "controller/base/buf.h"
#include "controller/base/list.h"

LOG_MODULE(northbound);

struct wish {
    struct list node;
    char *dot;
    nb_drawn_fn *done;
    void *aux;
};

struct nb_draw {
    struct event_base *base;
    struct log *log;
    const char *program;
    struct list wishes; /* struct wish; the first one is being drawn. */
    size_t n_wishes;
    pid_t child; /* 0: none. */
    int out;     /* What it draws. */
    struct event *readable, *late;
    struct buf picture;
    char *kept_dot, *kept_svg; /* The last one. */
};

/* --- The child -------------------------------------------------------------------------------- */

/* A file without a name that holds 'text' and is read from its start; −1, and errno, when there is none. */
static int input_file(const char *text)
{
    size_t len = strlen(text);
    int fd = memfd_create("graph", MFD_CLOEXEC);

    if (fd >= 0 && (write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Starts the program with nothing of ours but input and output; 0 or an errno. */
static int spawn(const struct nb_draw *d, int in, int out, pid_t *pid)
{
    static char locale[] = "LC_ALL=C.UTF-8";
    char path[4096];
    const char *found = getenv("PATH");
    const char *const argv[] = {"nice", "-n", "10", d->program, "-Kdot", "-Tsvg", NULL};
    char *const env[] = {path, locale, NULL};
    posix_spawn_file_actions_t actions;
    int status;

    snprintf(path, sizeof path, "PATH=%s", found ? found : "/usr/bin:/bin");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    /* POSIX takes the arguments as char *const * and promises not to change them. */
    status = posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, env);
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

static void on_readable(evutil_socket_t fd, short what, void *aux);

/* 0 or an errno. */
static int start(struct nb_draw *d, const char *dot)
{
    int ends[2], in = input_file(dot), status;

    if (in < 0) {
        return errno;
    }
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        status = errno;
        close(in);
        return status;
    }
    (void)fcntl(ends[1], F_SETFL, 0); /* The child waits until there is room. */
    status = spawn(d, in, ends[1], &d->child);
    close(in);
    close(ends[1]);
    if (status != 0) {
        close(ends[0]);
        d->child = 0;
        return status;
    }
    d->out = ends[0];
    d->readable = event_new(d->base, d->out, EV_READ | EV_PERSIST, on_readable, d);
    event_add(d->readable, NULL);
    event_add(d->late, &(struct timeval){.tv_sec = NB_DRAW_S});
    return 0;
}

/* It has said all that it will, or all that we want. */
static void end_child(struct nb_draw *d)
{
    if (d->child) {
        event_del(d->late);
        event_free(d->readable);
        close(d->out);
        (void)kill(d->child, SIGKILL);
        while (waitpid(d->child, NULL, 0) < 0 && errno == EINTR) {
        }
        d->child = 0;
    }
}

/* --- Wishes ----------------------------------------------------------------------------------- */

static struct wish *first(const struct nb_draw *d)
{
    return LIST_ENTRY(d->wishes.next, struct wish, node);
}

static struct wish *take_first(struct nb_draw *d)
{
    struct wish *w = first(d);

    list_remove(&w->node);
    d->n_wishes--;
    return w;
}

static void wish_free(struct wish *w)
{
    free(w->dot);
    free(w);
}

/* Answers the first wish. 'svg' NULL: 'why'. */
static void answer(struct nb_draw *d, const char *svg, const char *why)
{
    struct wish *w = take_first(d);

    w->done(w->aux, svg, why);
    wish_free(w);
}

static void keep(struct nb_draw *d, const char *svg)
{
    free(d->kept_dot);
    free(d->kept_svg);
    d->kept_dot = xstrdup(first(d)->dot);
    d->kept_svg = xstrdup(svg);
}

static bool is_kept(const struct nb_draw *d, const char *dot)
{
    return d->kept_dot && strcmp(d->kept_dot, dot) == 0;
}

/* Goes on with those who wait. */
static void next(struct nb_draw *d)
{
    while (!d->child && d->n_wishes) {
        int status;

        buf_clear(&d->picture);
        if (is_kept(d, first(d)->dot)) {
            answer(d, d->kept_svg, NULL);
        } else if ((status = start(d, first(d)->dot)) != 0) {
            LOG_WARN(d->log, "no picture: %s: %s", d->program, strerror(status));
            answer(d, NULL, strerror(status));
        }
    }
}

static void finish(struct nb_draw *d, const char *why)
{
    const char *svg;

    end_child(d);
    buf_put_u8(&d->picture, 0);
    svg = (const char *)d->picture.data;
    if (!why && !strstr(svg, "</svg>")) {
        why = "Graphviz has drawn nothing: is it installed?";
    }
    if (!why) {
        keep(d, svg);
    } else {
        LOG_WARN(d->log, "no picture: %s", why);
    }
    answer(d, why ? NULL : d->kept_svg, why);
    next(d);
}

static void on_readable(evutil_socket_t fd, short what, void *aux)
{
    struct nb_draw *d = aux;
    uint8_t data[65536];
    ssize_t n = read(fd, data, sizeof data);

    (void)what;
    if (n > 0) {
        buf_put(&d->picture, data, (size_t)n);
        if (d->picture.len > NB_DRAW_MAX_BYTES) {
            finish(d, "the picture is too large");
        }
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        finish(d, NULL);
    }
}

static void on_late(evutil_socket_t fd, short what, void *aux)
{
    (void)fd;
    (void)what;
    finish(aux, "it takes too long to draw");
}

bool nb_draw_svg(void *aux, const char *dot, nb_drawn_fn *done, void *done_aux)
{
    struct nb_draw *d = aux;
    struct wish *w;

    if (is_kept(d, dot)) {
        done(done_aux, d->kept_svg, NULL);
        return true;
    }
    if (d->n_wishes > NB_DRAW_MAX_WAITING) {
        return false;
    }
    w = xcalloc(1, sizeof *w);
    w->dot = xstrdup(dot);
    w->done = done;
    w->aux = done_aux;
    list_push_back(&d->wishes, &w->node);
    d->n_wishes++;
    next(d);
    return true;
}

/* --- Construction ----------------------------------------------------------------------------- */

struct nb_draw *nb_draw_new(struct event_base *base, struct log *log, const char *program)
{
    struct nb_draw *d = xcalloc(1, sizeof *d);

    d->base = base;
    d->log = log;
    d->program = program ? program : "dot";
    d->picture = BUF_INIT;
    list_init(&d->wishes);
    d->late = event_new(base, -1, 0, on_late, d);
    return d;
}

void nb_draw_free(struct nb_draw *d)
{
    if (!d) {
        return;
    }
    end_child(d);
    while (d->n_wishes) {
        wish_free(take_first(d));
    }
    event_free(d->late);
    buf_fini(&d->picture);
    free(d->kept_dot);
    free(d->kept_svg);
    free(d);
}
