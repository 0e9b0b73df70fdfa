#include "analysis/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* Starts the program; 0 or an errno. */
static int start(const char *const argv[], int input_fd, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    int status;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input_fd, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    /* POSIX takes the arguments as char *const * and promises not to change them. */
    status = posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
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
