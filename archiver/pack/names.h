#ifndef SHILU_PACK_NAMES_H
#define SHILU_PACK_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct plan_file;

enum { NAMES_MAX = 60 }; /* characters; Joliet ends at 64 */

/*
 * Whether a file of this name can stand on Windows, macOS, ISO 9660 with Joliet and in a manifest
 * just as it is: ASCII letters, digits, space and . _ - ( ) + , = @, up to NAMES_MAX; begins with a
 * letter, digit or "_"; no dot or space at the end; no device of Windows (CON, COM1.txt …); not of
 * the form that Shilu itself gives (R12.mp4, F7.txt).
 */
bool names_portable(const char *name);

/*
 * Gives each file its name below the bag: "data/" and the original name where that is portable and
 * no other file's, without regard to case; else "R" or "F", its number, and the original name's
 * extension in small letters, the stored name's where that is none.
 * ERR_MEMORY.
 */
int names_give(struct plan_file *files, size_t count, struct err *err);

#endif
