#ifndef SHILU_COMMAND_WITNESSES_H
#define SHILU_COMMAND_WITNESSES_H

#include <stdbool.h>
#include <stddef.h>

#include "custody/witness.h"

/* Witnesses whose keys were given on the command line. */
enum { WITNESSES_MAX = 32 };
struct witnesses {
    struct custody_witness at[WITNESSES_MAX];
    size_t count;
};
void witnesses_release(struct witnesses *witnesses);
static inline void witnesses_release_at(struct witnesses *witnesses)
{
    witnesses_release(witnesses);
}

/* Takes "--witness NAME+HASH+KEY"; `given` is freed. false: wrong use of `command`, which was told.
 */
bool witnesses_add(struct witnesses *witnesses, const char *command, char *given);

#endif
