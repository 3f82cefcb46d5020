#ifndef SHILU_BASE_ORDER_H
#define SHILU_BASE_ORDER_H

#include <stdint.h>

/* Ascending numbers, for qsort and bsearch over int64_t. */
static inline int order_i64(const void *a, const void *b)
{
    const int64_t *left = a;
    const int64_t *right = b;
    return (*left > *right) - (*left < *right);
}

#endif
