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

/* Starts the program; 0 or an errno. */
static int start(const char *const argv[], int input_fd, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    char **env = tool_environment();
    int status;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input_fd, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    /* POSIX takes the arguments as char *const * and promises not to change them. */
    status = posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, env);
    posix_spawn_file_actions_destroy(&actions);
    free(env);
    return status;
}

static bool await(pid_t pid, const char *name, char *error, size_t size)
{
    int status;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            snprintf(error, size, "%s: %s", name, strerror(errno));
            return false;
        }
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        snprintf(error, size, "%s failed with status %d", name,
                 WIFEXITED(status) ? WEXITSTATUS(status) : status);
        return false;
    }
    return true;
}

bool tool_run(const char *const argv[], const char *input, size_t len, char *error, size_t size)
{
    FILE *f = input_file(input, len);
    pid_t pid;
    int status;

    if (!f) {
        snprintf(error, size, "temporary file: %s", strerror(errno));
        return false;
    }
    status = start(argv, fileno(f), &pid);
    fclose(f);
    if (status != 0) {
        snprintf(error, size, "%s: %s", argv[0], strerror(status));
        return false;
    }
    return await(pid, argv[0], error, size);
}
