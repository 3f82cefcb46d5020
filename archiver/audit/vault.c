#include "audit/auditor.h"

#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "custody/key.h"

#include "base/banned.h"

static int list_archives(struct auditor *auditor, struct archive_numbers *numbers, struct err *err)
{
    struct catalog_err from;
    if (catalog_archive_each(vault_catalog(auditor->vault), auditor->case_number,
                             archive_numbers_take, numbers, &from) < 0)
        return err_from_catalog(err, &from);
    return numbers->failed ? err_memory(err, auditor->path) : 0;
}

/* What there is to be read, for progress. */
static int sum_up(struct auditor *auditor, const struct archive_numbers *numbers, struct err *err)
{
    struct catalog_err from;
    uint64_t loose = 0;
    auditor->session.total_is_known = true;
    if (auditor->options.level != AUDIT_ALL)
        return 0;
    if (catalog_loose_bytes(vault_catalog(auditor->vault), auditor->case_number, &loose, &from) < 0)
        return err_from_catalog(err, &from);
    if (ckd_add(&auditor->session.total_bytes, loose, numbers->bytes))
        auditor->session.total_bytes = UINT64_MAX;
    return 0;
}

static int check_all(struct auditor *auditor, struct err *err)
{
    AUTO(archive_numbers_release) struct archive_numbers numbers = {0};
    if (list_archives(auditor, &numbers, err) < 0 || sum_up(auditor, &numbers, err) < 0 ||
        auditor_load_numbers(auditor, err) < 0 || auditor_check_recordings(auditor, err) < 0)
        return -1;
    for (size_t i = 0; i < numbers.count; i++)
        if (auditor_check_archive_number(auditor, numbers.at[i], err) < 0)
            return -1;
    content_drain(&auditor->session);
    return 0;
}

static void catalog_found(void *context, const char *what)
{
    struct auditor *auditor = context;
    auditor_found(auditor, AUDIT_CATALOG, "catalog.db", NULL, what);
}

/* The private key must be the public one's other half and for its owner alone, else nothing can be
 * sealed any more. */
static void check_key(struct auditor *auditor)
{
    struct err err;
    enum vault_key_state state;
    const struct custody_chain *chain;
    auditor->session.report->checked++;
    if (auditor->options.key != NULL && vault_key_chain(auditor->vault, &chain, &err) < 0)
        session_found_err(&auditor->session, auditor->path, err.object, &err);
    if (vault_key_look(auditor->vault, &state, &err) < 0)
        session_found_err(&auditor->session, auditor->path, err.object, &err);
}

static void check_folders(struct auditor *auditor)
{
    for (enum vault_folder folder = VAULT_INCOMING; folder <= VAULT_LOG; folder++)
        if (vault_folder(auditor->vault, folder) < 0)
            auditor_found(auditor, AUDIT_MISSING, vault_folder_name(folder), NULL,
                          _("this folder of the vault is missing"));
}

static int check_catalog(struct auditor *auditor, struct err *err)
{
    struct catalog_err from;
    auditor->session.report->checked++;
    if (auditor_check_log(auditor, err) < 0)
        return -1;
    if (vault_catalog(auditor->vault) == NULL)
        return (void)(*err = *vault_catalog_err(auditor->vault)), -1;
    if (catalog_check(vault_catalog(auditor->vault), catalog_found, auditor, &from) < 0)
        return err_from_catalog(err, &from);
    return 0;
}

static int check_settings(struct auditor *auditor, struct err *err)
{
    bool told;
    auditor->session.report->checked++;
    if (vault_settings_told(auditor->vault, &told, err) < 0)
        return -1;
    if (!told)
        auditor_found(auditor, AUDIT_LOG, "shilu.conf", NULL,
                      _("the settings are others than the log told last; the next command that "
                        "writes tells of it"));
    return 0;
}

/* By what the catalog says. */
static int check_catalogued(struct auditor *auditor, struct err *err)
{
    if (check_catalog(auditor, err) < 0 || auditor_check_clock(auditor, err) < 0 ||
        check_settings(auditor, err) < 0 || auditor_load_numbers(auditor, err) < 0 ||
        auditor_check_items(auditor, err) < 0)
        return -1;
    return auditor_check_strays(auditor, err); /* last: another process may be at work meanwhile */
}

/* Found; false where the error is another. */
static bool catalog_cannot_be_used(struct auditor *auditor, const struct err *why)
{
    if (why->kind != ERR_MISSING && why->kind != ERR_DAMAGED)
        return false;
    auditor_found(auditor, AUDIT_CATALOG, "catalog.db", NULL, why->text);
    return true;
}

int audit_vault(struct vault *vault, const struct audit_options *options,
                struct audit_report *report, struct err *err)
{
    AUTO(auditor_release) struct auditor auditor = {0};
    if (auditor_start(&auditor, vault, SCOPE_VAULT, options, report, err) < 0)
        return -1;
    struct err catalog_err;
    check_folders(&auditor);
    check_key(&auditor);
    if (check_catalogued(&auditor, &catalog_err) == 0)
        return 0;
    if (!catalog_cannot_be_used(&auditor, &catalog_err))
        return (void)(*err = catalog_err), -1;
    content_drain(&auditor.session);
    return auditor_check_bare(&auditor, err);
}

int audit_catalog(struct vault *vault, const struct audit_options *options,
                  struct audit_report *report, struct err *err)
{
    AUTO(auditor_release) struct auditor auditor = {0};
    if (auditor_start(&auditor, vault, SCOPE_VAULT, options, report, err) < 0)
        return -1;
    return check_catalog(&auditor, err) == 0 || catalog_cannot_be_used(&auditor, err) ? 0 : -1;
}

int audit_case(struct vault *vault, const char *case_number, const struct audit_options *options,
               struct audit_report *report, struct err *err)
{
    AUTO(auditor_release) struct auditor auditor = {.case_number = case_number};
    return auditor_start(&auditor, vault, SCOPE_CASE, options, report, err) < 0
               ? -1
               : check_all(&auditor, err);
}

int audit_archive(struct vault *vault, int64_t number, const struct audit_options *options,
                  struct audit_report *report, struct err *err)
{
    AUTO(auditor_release) struct auditor auditor = {0};
    AUTO(catalog_archive_free) struct catalog_archive *archive = NULL;
    struct catalog_err from;
    if (auditor_start(&auditor, vault, SCOPE_ARCHIVE, options, report, err) < 0)
        return -1;
    if (catalog_archive_load(vault_catalog(vault), number, &archive, &from) < 0)
        return err_from_catalog(err, &from);
    return auditor_check_archive(&auditor, archive, err);
}

int audit_recording(struct vault *vault, int64_t number, const struct audit_options *options,
                    struct audit_report *report, struct err *err)
{
    AUTO(auditor_release) struct auditor auditor = {0};
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    struct catalog_err from;
    if (auditor_start(&auditor, vault, SCOPE_RECORDING, options, report, err) < 0)
        return -1;
    if (catalog_recording_load(vault_catalog(vault), number, &recording, &from) < 0)
        return err_from_catalog(err, &from);
    if (auditor_check_recording(&auditor, number, err) < 0)
        return -1;
    content_drain(&auditor.session);
    return 0;
}
