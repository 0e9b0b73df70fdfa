#include "analysis/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/base/alloc.h"

extern char **environ;

/* A file without a name that holds the input and is read from its start. */
static FILE *input_file(const char *input, size_t len)
{
    FILE *f = tmpfile();

    if (f && (fwrite(input, 1, len, f) != len || fflush(f) != 0 || fseek(f, 0, SEEK_SET) != 0)) {
        fclose(f);
        return NULL;
    }
    return f;
}

/* Our environment with the locale C.UTF-8, so that a picture has the same decimal points and letters
 * on every machine. The caller frees the array. */
static char **tool_environment(void)
{
    static char locale[] = "LC_ALL=C.UTF-8";
    size_t n = 0, kept = 0;
    char **env;

    while (environ[n]) {
        n++;
    }
    env = xcalloc(n + 2, sizeof *env);
    for (size_t i = 0; i < n; i++) {
        if (strncmp(environ[i], "LC_ALL=", 7) != 0) {
            env[kept++] = environ[i];
        }
    }
    env[kept] = locale;
    return env;
}

/* Starts the program; 0 or an errno. Its standard output is 'output_fd', or nothing when that is below 0. */
static int start(const char *const argv[], int input_fd, int output_fd, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    char **env = tool_environment();
    int status;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input_fd, STDIN_FILENO);
    if (output_fd < 0) {
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    } else {
        posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
    }
    /* POSIX takes the arguments as char *const * and promises not to change them. */
    status = posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, env);
    posix_spawn_file_actions_destroy(&actions);
    free(env);
    return status;
}

/* The exit status; -1 when there is none. */
static int await(pid_t pid, const char *name, char *error, size_t size)
{
    int status;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            snprintf(error, size, "%s: %s", name, strerror(errno));
            return -1;
        }
    }
    if (!WIFEXITED(status)) {
        snprintf(error, size, "%s failed with status %d", name, status);
        return -1;
    }
    return WEXITSTATUS(status);
}

/* Runs the program to its end; its exit status or -1. */
static int run(const char *const argv[], FILE *input, int output_fd, char *error, size_t size)
{
    pid_t pid;
    int status;

    if (!input) {
        snprintf(error, size, "temporary file: %s", strerror(errno));
        return -1;
    }
    status = start(argv, fileno(input), output_fd, &pid);
    if (status != 0) {
        snprintf(error, size, "%s: %s", argv[0], strerror(status));
        return -1;
    }
    return await(pid, argv[0], error, size);
}

bool tool_run(const char *const argv[], const char *input, size_t len, char *error, size_t size)
{
    FILE *f = input_file(input, len);
    int status = run(argv, f, -1, error, size);

    if (f) {
        fclose(f);
    }
    if (status > 0) {
        snprintf(error, size, "%s failed with status %d", argv[0], status);
    }
    return status == 0;
}

static void read_back(FILE *f, struct text *out)
{
    char part[4096];
    size_t n;

    rewind(f);
    while ((n = fread(part, 1, sizeof part, f)) > 0) {
        text_addf(out, "%.*s", (int)n, part);
    }
}

int tool_output(const char *const argv[], struct text *out, char *error, size_t size)
{
    FILE *input = input_file("", 0), *output = out ? tmpfile() : NULL;
    int status = -1;

    if (out && !output) {
        snprintf(error, size, "temporary file: %s", strerror(errno));
    } else {
        status = run(argv, input, output ? fileno(output) : STDOUT_FILENO, error, size);
    }
    if (output) {
        read_back(output, out);
        fclose(output);
    }
    if (input) {
        fclose(input);
    }
    return status;
}
