#ifndef SHILU_COMMAND_CELLS_H
#define SHILU_COMMAND_CELLS_H

#include <stddef.h>

/* Terminal cells: a Chinese character takes two. Text is UTF-8 as text_shown leaves it. */

/* The width of a text. */
size_t cells_width(const char *text);

/* How many octets of the text, whole characters, take at most `width` cells. */
size_t cells_fit(const char *text, size_t width);

/* The width of the terminal behind fd; 0 when it is none, or does not tell. */
size_t cells_of_terminal(int fd);

/* Prints the label of a line to stdout, filled up so that the values below one another begin in the
 * same column. */
void cells_print_label(const char *label);

#endif
