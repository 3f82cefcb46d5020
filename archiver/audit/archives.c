#include "audit/auditor.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/carrier.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "pack/pack.h"

#include "base/banned.h"

enum { PATH_ROOM = 4096 };

/* The archive's index beside the catalog's rows, each in the order of numbers. */
struct comparison {
    struct auditor *auditor;
    const struct catalog_archive *archive;
    const struct pack_entry **entries; /* recordings first, then attachments, by digest */
    size_t count;                      /* of entries */
    bool *named;                       /* by the catalog */
    bool failed;                       /* a row could not be read: found where rows are checked */
};

static int by_digest(const void *a, const void *b)
{
    const struct pack_entry *left = *(const struct pack_entry *const *)a;
    const struct pack_entry *right = *(const struct pack_entry *const *)b;
    int order = (left->attachment != NULL) - (right->attachment != NULL);
    if (order == 0)
        order = memcmp(left->digests.sha256, right->digests.sha256, sizeof left->digests.sha256);
    return order != 0 ? order : strcmp(left->id, right->id);
}

static void comparison_release_at(struct comparison *comparison)
{
    free((void *)comparison->entries);
    free(comparison->named);
}

static int comparison_init(struct comparison *comparison, const struct pack *pack, struct err *err)
{
    const struct pack_entry *entries = pack_entries(pack, &comparison->count);
    comparison->entries = calloc(comparison->count + 1, sizeof(*comparison->entries));
    comparison->named = calloc(comparison->count + 1, sizeof *comparison->named);
    if (comparison->entries == NULL || comparison->named == NULL)
        return err_memory(err, comparison->archive->path);
    for (size_t i = 0; i < comparison->count; i++)
        comparison->entries[i] = &entries[i];
    qsort((void *)comparison->entries, comparison->count, sizeof(*comparison->entries), by_digest);
    return 0;
}

/* What the catalog has of one entry: the index must have the same. */
static void compare_entry(struct comparison *comparison, const struct pack_entry *wanted,
                          const char *detail)
{
    const struct pack_entry *const *at =
        comparison->count > 0 ? bsearch(&wanted, comparison->entries, comparison->count,
                                        sizeof(*comparison->entries), by_digest)
                              : NULL;
    comparison->auditor->session.report->checked++;
    if (at != NULL)
        comparison->named[at - comparison->entries] = true;
    if (at == NULL || (*at)->size != wanted->size ||
        memcmp((*at)->digests.sm3, wanted->digests.sm3, sizeof wanted->digests.sm3) != 0)
        auditor_found(comparison->auditor, AUDIT_CATALOG, comparison->archive->path, wanted->id,
                      detail);
}

static void compare_attachment(void *context, const struct catalog_attachment *attachment)
{
    struct comparison *comparison = context;
    char id[32];
    auditor_recording_id(attachment->recording, id);
    struct pack_entry wanted = {
        .id = id, .attachment = attachment->kind, .size = attachment->size_bytes};
    memcpy(wanted.digests.sha256, attachment->sha256, sizeof wanted.digests.sha256);
    memcpy(wanted.digests.sm3, attachment->sm3, sizeof wanted.digests.sm3);
    compare_entry(comparison, &wanted,
                  _("the catalog and the archive's index disagree about an attachment"));
}

static int compare_recording(struct comparison *comparison, int64_t number, struct err *err)
{
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    struct catalog_err from;
    char id[32];
    auditor_recording_id(number, id);
    if (catalog_recording_load(vault_catalog(comparison->auditor->vault), number, &recording,
                               &from) < 0) {
        comparison->failed = true;
        return from.kind == CATALOG_ERR_DAMAGED || from.kind == CATALOG_ERR_MISSING
                   ? 0
                   : err_from_catalog(err, &from);
    }
    struct pack_entry wanted = {.id = id, .size = recording->size_bytes};
    memcpy(wanted.digests.sha256, recording->sha256, sizeof wanted.digests.sha256);
    memcpy(wanted.digests.sm3, recording->sm3, sizeof wanted.digests.sm3);
    compare_entry(comparison, &wanted,
                  _("the catalog and the archive's index disagree about this recording"));
    return 0;
}

/* Recordings that the index names and the catalog does not. (The catalog knows one archive for an
 * attachment, even where its recording was sealed for two cases.) */
static void found_unnamed(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++) {
        const struct pack_entry *entry = comparison->entries[i];
        if (!comparison->named[i] && entry->attachment == NULL)
            auditor_found(comparison->auditor, AUDIT_CATALOG, comparison->archive->path, entry->id,
                          _("is in the archive's index, but not in the catalog's"));
    }
}

/* What the catalog says of the recordings in an archive, against its index. */
static int compare_index(struct auditor *auditor, const struct catalog_archive *archive,
                         const struct pack *pack, struct err *err)
{
    AUTO(comparison_release)
    struct comparison comparison = {.auditor = auditor, .archive = archive};
    AUTO(free) int64_t *numbers = NULL;
    size_t count;
    struct catalog *catalog = vault_catalog(auditor->vault);
    struct catalog_err from;
    uint64_t findings = auditor->session.report->findings;
    if (comparison_init(&comparison, pack, err) < 0)
        return -1;
    if (strcmp(pack_case(pack), archive->case_number) != 0)
        auditor_found(auditor, AUDIT_CATALOG, archive->path, NULL,
                      _("the archive is of another case than the catalog says"));
    if (catalog_archive_recordings(catalog, archive->number, &numbers, &count, &from) < 0)
        return auditor_row_failed(auditor, NULL, &from, err);
    for (size_t i = 0; i < count; i++)
        if (compare_recording(&comparison, numbers[i], err) < 0)
            return -1;
    if (catalog_archive_attachments(catalog, archive->number, compare_attachment, &comparison,
                                    &from) < 0)
        return auditor_row_failed(auditor, NULL, &from, err);
    /* a row with other digests is found already, and would be here once more */
    if (auditor->session.report->findings == findings && !comparison.failed)
        found_unnamed(&comparison);
    return 0;
}

int auditor_check_archive(struct auditor *auditor, const struct catalog_archive *archive,
                          struct err *err)
{
    char path[PATH_ROOM];
    int len = snprintf(path, sizeof path, "%s/%s", auditor->path, archive->path);
    if (len < 0 || (size_t)len >= sizeof path)
        return err_set(err, ERR_USAGE, auditor->path, "%s", _("the path is too long"));
    struct err open_err;
    uint64_t size = 0;
    AUTO(close) int fd = file_open_regular(AT_FDCWD, path, &open_err);
    auditor->session.report->checked++;
    if (fd < 0 || file_size(fd, path, &size, &open_err) < 0) {
        session_found(&auditor->session,
                      &(struct audit_finding){
                          .kind = open_err.kind == ERR_MISSING ? AUDIT_MISSING : AUDIT_UNREADABLE,
                          .target = auditor->path,
                          .entry = archive->path,
                          .case_number = archive->case_number,
                          .detail = open_err.text});
        return 0;
    }
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return err_sys(err, path, _("open"));
    uint64_t findings = auditor->session.report->findings;
    int carrier = fd;
    fd = -1;
    AUTO(pack_free) struct pack *pack = NULL;
    if (pack_open(own, path, &pack, &open_err) < 0 && open_err.kind == ERR_MEMORY) {
        (void)close(carrier); /* only read from */
        return (void)(*err = open_err), -1;
    }
    if (carrier_archive(&auditor->session, carrier, path, archive->tagmanifest_sha256, err) < 0)
        return -1;
    /* an index that cannot be read was found just now, as was a length that shows in the tar */
    if (pack != NULL && compare_index(auditor, archive, pack, err) < 0)
        return -1;
    if (auditor->options.level != AUDIT_LISTED && size != archive->size_bytes &&
        auditor->session.report->findings == findings)
        auditor_found(auditor, AUDIT_CATALOG, archive->path, NULL,
                      _("its length is not what the catalog says"));
    return 0;
}

int auditor_check_archive_number(struct auditor *auditor, int64_t number, struct err *err)
{
    AUTO(catalog_archive_free) struct catalog_archive *archive = NULL;
    struct catalog_err from;
    if (catalog_archive_load(vault_catalog(auditor->vault), number, &archive, &from) < 0)
        return auditor_row_failed(auditor, NULL, &from, err);
    return auditor_check_archive(auditor, archive, err);
}
