#include "command/receipt_told.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/auto.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/say.h"
#include "custody/receipt.h"

#include "base/banned.h"

static const char *fate_name(enum audit_fate fate)
{
    static const char *const names[] = {NULL, "loose", "sealed", "disposed", "missing"};
    return names[fate];
}

json_t *receipt_told_to_json(const struct audit_receipt *told)
{
    const struct custody_receipt *receipt = told->receipt;
    char at[INSTANT_TEXT];
    instant_print(receipt->entry.at, at);
    json_t *one =
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:i, s:s?, s:s?}", "target",
                  told->path, "id", receipt->entry.subject, "name", receipt->name, "size",
                  json_u64(receipt->size_bytes), "sha256", say_json_digest(receipt->sha256), "sm3",
                  say_json_digest(receipt->sm3), "accepted_at", at, "accepted_by",
                  receipt->entry.actor, "log_index", json_u64(receipt->entry.seq), "witnesses",
                  told->known > 0 ? json_integer((json_int_t)told->witnesses) : json_null(),
                  "lines_of_others", (int)receipt->lines_of_others, "state", fate_name(told->fate),
                  "archives", told->archives);
    if (one != NULL && told->fate == AUDIT_FATE_DISPOSED) {
        instant_print(told->disposed_at, at);
        (void)json_object_set_new(one, "disposed",
                                  json_pack("{s:s, s:s}", "at", at, "by", told->disposed_by));
    }
    return one;
}

static void print_fate(const struct audit_receipt *told)
{
    char at[INSTANT_TEXT];
    switch (told->fate) {
    case AUDIT_FATE_UNKNOWN:
        break;
    case AUDIT_FATE_LOOSE:
        printf(_("  in the vault: held, not sealed yet\n"));
        break;
    case AUDIT_FATE_SEALED:
        printf(_("  in the vault: sealed in %s\n"), told->archives);
        break;
    case AUDIT_FATE_DISPOSED:
        say_time(told->disposed_at.us, at);
        printf(_("  in the vault: disposed of at %s by "), at);
        say_shown(told->disposed_by);
        (void)putchar('\n');
        break;
    case AUDIT_FATE_MISSING:
        printf(_("  in the vault: MISSING\n"));
        break;
    }
}

/* A number of witnesses is told only where their keys have checked it. */
static void print_witnesses(const struct audit_receipt *told)
{
    const unsigned lines = told->receipt->lines_of_others;
    if (told->known > 0)
        printf(ngettext("  the log's checkpoint is cosigned by %u known witness\n",
                        "  the log's checkpoint is cosigned by %u known witnesses\n",
                        told->witnesses),
               told->witnesses);
    else if (lines == 0)
        printf(_("  the log's checkpoint bears no line of a witness\n"));
    else
        printf(ngettext("  the log's checkpoint bears %u line that claims to be of a witness; not "
                        "checked: no witness's key is known here (--witness)\n",
                        "  the log's checkpoint bears %u lines that claim to be of witnesses; not "
                        "checked: no witness's key is known here (--witness)\n",
                        lines),
               lines);
}

void receipt_told_print(const struct audit_receipt *told)
{
    const struct custody_receipt *receipt = told->receipt;
    char at[INSTANT_TEXT];
    char size[32];
    say_time(receipt->entry.at.us, at);
    say_size(receipt->size_bytes, size);
    AUTO(free) char *name = say_original(receipt->name);
    printf("  %s  ", receipt->entry.subject);
    say_shown(name);
    printf(", %s\n", size);
    printf(_("  accepted at %s by "), at);
    say_shown(receipt->entry.actor);
    printf(_(", entry %llu of the log\n"), (unsigned long long)receipt->entry.seq);
    print_witnesses(told);
    print_fate(told);
}
