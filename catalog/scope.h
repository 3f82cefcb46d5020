#ifndef SHILU_CATALOG_SCOPE_H
#define SHILU_CATALOG_SCOPE_H

#include <stdlib.h>
#include <unistd.h>

/* Cleanup when a scope is left: AUTO(free) char *p = NULL; calls free(p). No goto beside it. */
#define AUTO(release) __attribute__((cleanup(release##_at)))

/* Makes release_at for AUTO(release): calls release(*at) unless *at is `none`. */
#define AUTO_DEFINE(type, release, none)                                                           \
    static inline void release##_at(type *at)                                                      \
    {                                                                                              \
        if (*at != (none))                                                                         \
            release(*at);                                                                          \
    }                                                                                              \
    struct auto_semicolon

static inline void free_at(void *at)
{
    free(*(void **)at);
}

static inline void close_at(const int *at)
{
    if (*at >= 0)
        (void)close(*at); /* only for descriptors read from */
}

#endif
