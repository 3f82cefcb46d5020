#ifndef SHILU_COMMAND_SAY_H
#define SHILU_COMMAND_SAY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/text.h"

struct err;

/* How the command line speaks: diagnostics to stderr, results to stdout. */

/* Prints the error as "shilu: OBJECT: TEXT" (safely shown). Gives the exit status for it. */
int say_error(const struct err *err);

/* One line about wrong use, with the way to the help. Gives EXIT_WRONG_USE. */
int say_wrong_use(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A remark to stderr: "shilu: …". */
void say_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One JSON object as a line on stdout; takes the reference. NULL (memory is out) is noted for
 * say_finish. */
void say_json(json_t *object);

/* Flushes stdout at the end. false where not all could be written, after having said so unless the
 * reader of a pipe has left. */
bool say_finish(void);

/* Text from outside on stdout, control characters escaped; NULL prints nothing. */
void say_shown(const char *text);

/* An original name as it was before the catalog kept it in its shown form, for say_shown or a table
 * cell: escaped once, not twice. The caller's; NULL when memory is out. */
char *say_original(const char *name);

/* ---- values as people there write them ---- */

/* 1.5 GB, 312 kB: decimal units. */
void say_size(uint64_t bytes, char text[static 32]);
/* 1:02:03, 0:12; "—" for unknown (NAN). */
void say_duration(double seconds, char text[static 32]);
/* 2026-01-01 12:00:00 in the vault's zone; "—" for 0. */
void say_time(int64_t us, char text[static INSTANT_TEXT]);
/* The instant as RFC 3339 in the process's zone, for JSON; JSON null for 0. */
json_t *say_json_time(int64_t us);
/* 64 digits, as a JSON text. */
json_t *say_json_digest(const uint8_t digest[static 32]);
/* "R12". */
json_t *say_json_id(char letter, int64_t number);

/* Reads "R12" with the given letter (either case). false where it is none. */
bool say_parse_id(const char *text, char letter, int64_t *number);

#endif
