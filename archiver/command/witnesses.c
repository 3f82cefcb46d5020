#include "command/witnesses.h"

#include <stdlib.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "command/say.h"

#include "base/banned.h"

void witnesses_release(struct witnesses *witnesses)
{
    while (witnesses->count > 0)
        custody_witness_release(&witnesses->at[--witnesses->count]);
}

bool witnesses_add(struct witnesses *witnesses, const char *command, char *given)
{
    struct err err;
    AUTO(free) char *key = given;
    if (witnesses->count == WITNESSES_MAX) {
        (void)say_wrong_use(command, "%s", _("too many witnesses"));
        return false;
    }
    if (custody_witness_parse(bytes_of(key), key, &witnesses->at[witnesses->count], &err) < 0) {
        (void)say_wrong_use(command, "%s: %s", err.object, err.text);
        return false;
    }
    witnesses->count++;
    return true;
}
