#include "command/verified.h"

#include <stdlib.h>

#include "acts/acts.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/order.h"
#include "command/passphrase.h"
#include "command/say.h"
#include "vault/vault.h"

#include "base/banned.h"

void verified_release(struct verified *verified)
{
    free(verified->recordings);
    free(verified->archives);
    *verified = (struct verified){.failed = false};
}

void verified_add(struct verified *verified, enum catalog_read_kind kind, int64_t number)
{
    bool archive = kind == CATALOG_READ_ARCHIVE;
    int64_t **list = archive ? &verified->archives : &verified->recordings;
    size_t *count = archive ? &verified->archive_count : &verified->recording_count;
    int64_t *more = realloc(*list, (*count + 1) * sizeof *more);
    if (more == NULL) {
        verified->failed = true;
        return;
    }
    *list = more;
    more[(*count)++] = number;
}

static void sort(int64_t *numbers, size_t count)
{
    if (count > 0)
        qsort(numbers, count, sizeof *numbers, order_i64);
}

static int tell(const char *path, const struct acts_verification *verification, struct err *err)
{
    char actor[128];
    AUTO(vault_free) struct vault *vault = NULL;
    vault_actor(actor);
    vault_passphrase_from(passphrase_at_hand); /* nobody is asked, only to verify */
    if (vault_open(path, VAULT_TELL, &vault, err) < 0 || vault_begin(vault, actor, err) < 0)
        return -1;
    return vault_end(vault, acts_verified(vault, verification, err), err);
}

bool verified_log(const char *vault, const char *subject, const char *level,
                  const struct verified *verified, const struct audit_choice *choice,
                  uint64_t seed_size, const struct audit_report *report)
{
    struct err err;
    const struct acts_verification verification = {
        .subject = subject,
        .level = level,
        .findings = report->findings,
        .bytes = report->bytes,
        .recordings = verified->recordings,
        .archives = verified->archives,
        .recording_count = verified->recording_count,
        .archive_count = verified->archive_count,
        .percent = choice->pick == AUDIT_SAMPLE ? choice->percent : 0,
        .seed_size = seed_size,
    };
    sort(verified->recordings, verified->recording_count);
    sort(verified->archives, verified->archive_count);
    if (verified->failed)
        (void)err_memory(&err, vault);
    if (!verified->failed && tell(vault, &verification, &err) == 0)
        return true;
    say_note(_("this verification is not in the custody log: %s"), err.text);
    return false;
}
