#ifndef SHILU_COMMAND_TABLE_H
#define SHILU_COMMAND_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/*
 * A table for a terminal: columns as wide as their widest cell, Chinese characters counted as two.
 * Cells are shown safely. On a terminal, columns that may be cut are, so that a row fits into a
 * line.
 */
enum { TABLE_COLUMNS_MAX = 8 };

struct table {
    size_t columns;
    size_t width[TABLE_COLUMNS_MAX]; /* in terminal cells */
    bool right[TABLE_COLUMNS_MAX];   /* figures: aligned to the right */
    bool cut[TABLE_COLUMNS_MAX];     /* may be cut where the terminal is narrow */
    struct text cells;               /* each followed by NUL, row by row */
    size_t count;
    bool is_begun; /* the headings have been printed */
};

/* `headings` are N_("…"); one that starts with '>' is aligned to the right, one that starts with
 * '<' may be cut. */
void table_init(struct table *table, const char *const *headings, size_t columns);
void table_release(struct table *table);
static inline void table_release_at(struct table *table)
{
    table_release(table);
}

/* The next cell, from left to right, row by row; NULL is shown as "—". */
void table_cell(struct table *table, const char *text);

/* Prints to stdout: nothing when there is no row. */
void table_print(struct table *table);

/* Prints the rows so far and goes on below them, columns as wide as they have been by now: for what
 * is too long to be kept, or never ends. */
void table_flush(struct table *table);

#endif
