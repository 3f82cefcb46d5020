#ifndef SHILU_INTAKE_INSIDE_H
#define SHILU_INTAKE_INSIDE_H

#include <stdbool.h>

/*
 * Whether a folder is `top` or lies somewhere below it: its parents are climbed and compared by
 * device and inode, so that it does not matter by which path it was reached.
 * 0, or an errno where a parent cannot be looked at.
 */
int inside_folder(int folder, int top, bool *inside);

#endif
