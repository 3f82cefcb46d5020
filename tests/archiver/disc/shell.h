#ifndef SHILU_TESTS_DISC_SHELL_H
#define SHILU_TESTS_DISC_SHELL_H

#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>

extern char **environ;

/* Runs a command of the shell, as an auditor would; its exit status. */
__attribute__((format(printf, 1, 2))) static inline int shell(const char *format, ...)
{
    char command[8192];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    char name[] = "sh";
    char option[] = "-c";
    char *argv[] = {name, option, command, NULL};
    pid_t child;
    int status;
    if (posix_spawn(&child, "/bin/sh", NULL, NULL, argv, environ) != 0 ||
        waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

#endif
