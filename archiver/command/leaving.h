#ifndef SHILU_COMMAND_LEAVING_H
#define SHILU_COMMAND_LEAVING_H

#include <stddef.h>

#include "command/command.h"
#include "command/open.h"

struct json_t;

/* What leaves the vault is told in its log. */

/* Entries of archives that are to be given out. */
struct leaving {
    struct leaving_entry {
        size_t archive; /* its place among those that were opened */
        const struct pack_entry *entry;
    } * at;
    size_t count;
};
void leaving_release(struct leaving *leaving);
static inline void leaving_release_at(struct leaving *leaving)
{
    leaving_release(leaving);
}
int leaving_add(struct leaving *leaving, size_t archive, const struct pack_entry *entry,
                struct err *err);

/*
 * Before the first byte of them: logs that they are extracted from the vault that the archives were
 * named in ("A3", a case). Of archives that were given by their path no vault is known, and nothing
 * is done. What cannot be logged is not to be given out: -1.
 *   to   the folder, shown; NULL: the output
 */
int leaving_tell(const struct command_context *context, const struct open_archives *archives,
                 const struct leaving *leaving, const char *to, struct err *err);

/* Logs that something of what is known was exported; what it is the detail says, which is taken
 * over. Where that cannot be done, a remark says so: keys may be lost, and the log is for everybody
 * to read. */
void leaving_note(const char *vault, const char *subject, struct json_t *detail);

#endif
