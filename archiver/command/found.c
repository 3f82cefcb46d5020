#include "command/found.h"

#include <stdio.h>

#include "base/i18n.h"
#include "base/json.h"
#include "command/say.h"

#include "base/banned.h"

static const char *kind_shown(enum audit_kind kind)
{
    switch (kind) {
    case AUDIT_MISSING:
        return _("MISSING");
    case AUDIT_DAMAGED:
        return _("DAMAGED");
    case AUDIT_EXTRA:
        return _("EXTRA");
    case AUDIT_SIGNATURE:
        return _("SIGNATURE");
    case AUDIT_CATALOG:
        return _("CATALOG");
    case AUDIT_LOG:
        return _("LOG");
    case AUDIT_TRANSIENT:
        return _("TRANSIENT");
    case AUDIT_UNREADABLE:
        return _("UNREADABLE");
    case AUDIT_SEAL:
        return _("SEAL");
    }
    return "";
}

static void found_json(const struct audit_finding *finding)
{
    json_t *line =
        json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:s?}", "target", finding->target, "finding",
                  audit_kind_name(finding->kind), "detail", finding->detail, "entry",
                  finding->entry, "recording", finding->recording, "case", finding->case_number);
    if (line != NULL && finding->has_range) {
        (void)json_object_set_new(line, "first_byte", json_u64(finding->first));
        (void)json_object_set_new(line, "last_byte", json_u64(finding->last));
    }
    say_json(line);
}

static void found_text(const struct audit_finding *finding)
{
    printf("%s  ", kind_shown(finding->kind));
    say_shown(finding->target);
    if (finding->entry != NULL) {
        printf(": ");
        say_shown(finding->entry);
    }
    if (finding->recording != NULL)
        printf(" (%s%s", finding->recording, finding->case_number != NULL ? ", " : ")");
    else if (finding->case_number != NULL)
        printf(" (");
    if (finding->case_number != NULL) {
        say_shown(finding->case_number);
        printf(")");
    }
    printf(": ");
    say_shown(finding->detail);
    if (finding->has_range)
        printf(_(" [bytes %llu to %llu]"), (unsigned long long)finding->first,
               (unsigned long long)finding->last);
    (void)putchar('\n');
}

void found_print(const struct audit_finding *finding, bool json)
{
    if (json)
        found_json(finding);
    else
        found_text(finding);
}

void found_conclude(uint64_t findings, bool complete)
{
    if (!complete)
        printf(_("NOT COMPLETE: not everything could be looked at.\n"));
    if (complete && findings == 0)
        printf(_("SOUND: nothing was found wrong.\n"));
    else if (findings > 0)
        printf(ngettext("NOT SOUND: %llu finding.\n", "NOT SOUND: %llu findings.\n", findings),
               (unsigned long long)findings);
}
