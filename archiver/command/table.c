#include "command/table.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/auto.h"
#include "base/i18n.h"

#include "base/banned.h"

enum { TABLE_BYTES_MAX = 64 << 20 };

/* Width in terminal cells; the text is UTF-8 as text_shown leaves it. */
static size_t cell_width(const char *text)
{
    mbstate_t state = {0};
    size_t width = 0;
    size_t left = strlen(text);
    while (left > 0) {
        wchar_t character;
        size_t len = mbrtowc(&character, text, left, &state);
        if (len == 0 || len > left) /* not UTF-8: count octets */
            return width + left;
        int cells = wcwidth(character);
        width += cells > 0 ? (size_t)cells : 0;
        text += len;
        left -= len;
    }
    return width;
}

static void add_text(struct table *table, const char *text)
{
    size_t column = table->count % table->columns;
    size_t width = cell_width(text);
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
        const char *heading = _(headings[i]);
        add_text(table, heading[0] == '>' ? heading + 1 : heading);
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

static void print_cell(const struct table *table, size_t column, const char *text)
{
    size_t width = cell_width(text);
    int pad = width < table->width[column] ? (int)(table->width[column] - width) : 0;
    bool last = column + 1 == table->columns;
    if (table->right[column])
        printf("%*s%s", pad, "", text);
    else
        printf("%s%*s", text, last ? 0 : pad, "");
    (void)fputs(last ? "\n" : "  ", stdout);
}

void table_print(const struct table *table)
{
    if (table->count <= table->columns || text_failed(&table->cells))
        return;
    const char *cell = table->cells.at;
    for (size_t i = 0; i < table->count; i++) {
        print_cell(table, i % table->columns, cell);
        cell += strlen(cell) + 1;
    }
}
