#include "command/table.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/i18n.h"
#include "command/cells.h"

#include "base/banned.h"

enum { TABLE_BYTES_MAX = 64 << 20, CUT_WIDTH_MIN = 8, GAP = 2 };

static void add_text(struct table *table, const char *text)
{
    size_t column = table->count % table->columns;
    size_t width = cells_width(text);
    if (width > table->width[column])
        table->width[column] = width;
    text_append_bytes(&table->cells, (struct bytes){(const uint8_t *)text, strlen(text) + 1});
    table->count++;
}

void table_init(struct table *table, const char *const *headings, size_t columns)
{
    *table = (struct table){.columns = columns};
    text_init(&table->cells, TABLE_BYTES_MAX);
    for (size_t i = 0; i < columns; i++) {
        table->right[i] = headings[i][0] == '>';
        table->cut[i] = headings[i][0] == '<';
        const char *heading = _(headings[i]);
        add_text(table, heading[0] == '>' || heading[0] == '<' ? heading + 1 : heading);
    }
}

void table_release(struct table *table)
{
    text_release(&table->cells);
}

void table_cell(struct table *table, const char *text)
{
    AUTO(free) char *shown = text != NULL && text[0] != '\0' ? text_shown(bytes_of(text)) : NULL;
    add_text(table, shown != NULL ? shown : "—");
}

/* Narrows the widest columns that may be cut until a row fits into `room` cells, as far as that
 * goes. */
static void narrow(struct table *table, size_t room)
{
    size_t total = GAP * (table->columns - 1);
    for (size_t i = 0; i < table->columns; i++)
        total += table->width[i];
    for (; total > room; total--) {
        size_t widest = TABLE_COLUMNS_MAX;
        for (size_t i = 0; i < table->columns; i++)
            if (table->cut[i] && table->width[i] > CUT_WIDTH_MIN &&
                (widest == TABLE_COLUMNS_MAX || table->width[i] > table->width[widest]))
                widest = i;
        if (widest == TABLE_COLUMNS_MAX)
            return;
        table->width[widest]--;
    }
}

static void print_cell(const struct table *table, size_t column, const char *text)
{
    size_t room = table->width[column];
    size_t width = cells_width(text);
    int len = (int)strlen(text);
    const char *mark = "";
    if (width > room) { /* "…" takes one cell; a wide character may leave one free before it */
        len = (int)cells_fit(text, room - 1);
        mark = "…";
        char *kept = strndup(text, (size_t)len);
        width = kept != NULL ? cells_width(kept) + 1 : room;
        free(kept);
    }
    int pad = (int)(room - width);
    bool last = column + 1 == table->columns;
    if (table->right[column])
        printf("%*s%s", pad, "", text);
    else
        printf("%.*s%s%*s", len, text, mark, last ? 0 : pad, "");
    printf("%*s", last ? 0 : GAP, "");
    if (last)
        (void)putchar('\n');
}

static void print_cells(struct table *table)
{
    size_t terminal = cells_of_terminal(STDOUT_FILENO);
    if (terminal > 0)
        narrow(table, terminal);
    const char *cell = table->cells.at;
    for (size_t i = 0; i < table->count; i++) {
        print_cell(table, i % table->columns, cell);
        cell += strlen(cell) + 1;
    }
}

void table_print(struct table *table)
{
    if (table->count > table->columns && !text_failed(&table->cells))
        print_cells(table);
}

void table_flush(struct table *table)
{
    if (text_failed(&table->cells) || table->count <= (table->is_begun ? 0 : table->columns))
        return;
    print_cells(table);
    table->is_begun = true;
    table->count = 0;
    table->cells.len = 0;
}
