#ifndef SHILU_TESTS_KILLED_H
#define SHILU_TESTS_KILLED_H

/*
 * A process that ends before any of its durable changes: link with --wrap of fsync, linkat,
 * renameat, unlinkat and mkdirat.
 */

enum { KILLED_STATUS = 77 };

extern unsigned killed_at; /* the process ends with KILLED_STATUS in this one; 0: in none */

#endif
