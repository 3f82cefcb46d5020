#include "audit/auditor.h"

#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/order.h"

#include "base/banned.h"

void auditor_release(struct auditor *auditor)
{
    session_end(&auditor->session);
    free(auditor->numbers);
    tdestroy(auditor->seen, free);
    free(auditor->items);
}

bool auditor_has(const struct auditor *auditor, int64_t number)
{
    return auditor->count > 0 && bsearch(&number, auditor->numbers, auditor->count,
                                         sizeof *auditor->numbers, order_i64) != NULL;
}

int auditor_start(struct auditor *auditor, struct vault *vault, enum scope scope,
                  const struct audit_options *options, struct audit_report *report, struct err *err)
{
    auditor->vault = vault;
    auditor->scope = scope;
    auditor->path = vault_path(vault);
    auditor->options = *options;
    if (auditor->options.key == NULL && auditor->options.key_id == NULL) {
        auditor->options.key_is_vaults = true;
        if (vault_public_key(vault, &auditor->options.key, err) < 0 &&
            (scope != SCOPE_VAULT || err->kind == ERR_MEMORY)) /* else found with the pair */
            return -1;
        if (auditor->options.key != NULL &&
            vault_key_chain(vault, &auditor->options.chain, err) < 0 &&
            err->kind == ERR_MEMORY) /* else found with the keys */
            return -1;
    }
    return session_start(&auditor->session, &auditor->options, report, err);
}

void auditor_found(struct auditor *auditor, enum audit_kind kind, const char *entry,
                   const char *recording, const char *detail)
{
    session_found(&auditor->session, &(struct audit_finding){.kind = kind,
                                                             .target = auditor->path,
                                                             .entry = entry,
                                                             .recording = recording,
                                                             .detail = detail});
}

int auditor_row_failed(struct auditor *auditor, const char *id, const struct catalog_err *from,
                       struct err *err)
{
    if (from->kind != CATALOG_ERR_DAMAGED && from->kind != CATALOG_ERR_MISSING)
        return err_from_catalog(err, from);
    auditor_found(auditor, AUDIT_CATALOG, "catalog.db", id, from->text);
    return 0;
}

void auditor_recording_id(int64_t number, char id[static 32])
{
    (void)snprintf(id, 32, "R%lld", (long long)number);
}

void archive_numbers_take(void *context, const struct catalog_archive *archive)
{
    struct archive_numbers *numbers = context;
    int64_t *more = realloc(numbers->at, (numbers->count + 1) * sizeof *more);
    if (more == NULL) {
        numbers->failed = true;
        return;
    }
    numbers->at = more;
    numbers->at[numbers->count++] = archive->number;
    if (ckd_add(&numbers->bytes, numbers->bytes, archive->size_bytes))
        numbers->bytes = UINT64_MAX;
    if (numbers->case_number != NULL && strcmp(archive->case_number, numbers->case_number) == 0)
        numbers->of_case = true;
}
