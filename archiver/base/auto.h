#ifndef SHILU_BASE_AUTO_H
#define SHILU_BASE_AUTO_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Cleanup when a scope is left: AUTO(free) char *p = NULL; calls free(p) unless p is NULL.
 * Declare and assign in one line; no goto in a function with AUTO. To hand the thing on, copy it
 * out and set the variable to its "none". What was written is closed by hand and the result
 * looked at: AUTO drops the error of close and fclose.
 * Unused: Clang does not take the cleanup for a use.
 */
#define AUTO(release) __attribute__((unused, cleanup(release##_at)))

/* Makes release_at for AUTO(release): calls release(*at) unless *at is `none`. */
#define AUTO_DEFINE(type, release, none)                                                           \
    static inline void release##_at(type *at)                                                      \
    {                                                                                              \
        if (*at != (none))                                                                         \
            (void)release(*at);                                                                    \
    }                                                                                              \
    struct auto_semicolon

static inline void free_at(void *at)
{
    void *pointer;
    memcpy(&pointer, at, sizeof pointer); /* a pointer of any type */
    free(pointer);
}

static inline void close_at(const int *at)
{
    if (*at >= 0)
        (void)close(*at); /* only for descriptors read from, or already flushed */
}

AUTO_DEFINE(FILE *, fclose, NULL);

#endif
