#include "command/trust.h"

#include <stdio.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/i18n.h"
#include "command/say.h"

#include "base/banned.h"

static void found(void *context, const struct audit_finding *finding)
{
    (void)context;
    if (finding->recording != NULL)
        say_note("%s (%s): %s", finding->entry, finding->recording, finding->detail);
    else
        say_note("%s: %s", finding->entry, finding->detail);
}

int trust_catalog(struct vault *vault)
{
    struct err err;
    struct audit_report report;
    const struct audit_options options = {.found = found};
    if (audit_catalog(vault, &options, &report, &err) < 0)
        return say_error(&err);
    if (report.findings == 0)
        return EXIT_SOUND;
    say_note("%s", _("the catalog is not what the custody log tells: nothing is done by it"));
    return EXIT_FOUND;
}
