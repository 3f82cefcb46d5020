#include "vault/vault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/carrier.h"
#include "audit/session.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "pack/pack.h"
#include "vault/key.h"

#include "base/banned.h"

enum { PATH_ROOM = 4096, DIGEST_DIGITS = 64, WALK_PATH = 1024, WALK_DEPTH = 16 };

AUTO_DEFINE(DIR *, closedir, NULL);
AUTO_DEFINE(struct catalog_archive *, catalog_archive_free, NULL);

enum scope { SCOPE_VAULT, SCOPE_CASE, SCOPE_RECORDING, SCOPE_ARCHIVE };

/* What an audit of the vault needs everywhere. */
struct auditor {
    struct session session;
    struct audit_options options; /* with the vault's key where none was given */
    struct vault *vault;
    const char *path; /* of the vault */
    enum scope scope;
    const char *case_number; /* SCOPE_CASE, else NULL */
    int64_t *numbers;        /* of the recordings in scope, ascending */
    size_t count;
    void *seen; /* attachments' stored names: tsearch(3) */
};

static void auditor_release_at(struct auditor *auditor)
{
    session_end(&auditor->session);
    free(auditor->numbers);
    tdestroy(auditor->seen, free);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int by_number(const void *a, const void *b)
{
    const int64_t *left = a;
    const int64_t *right = b;
    return (*left > *right) - (*left < *right);
}

static bool case_has(const struct auditor *auditor, int64_t number)
{
    return auditor->count > 0 && bsearch(&number, auditor->numbers, auditor->count,
                                         sizeof *auditor->numbers, by_number) != NULL;
}

static int auditor_start(struct auditor *auditor, struct vault *vault, enum scope scope,
                         const struct audit_options *options, struct audit_report *report,
                         struct err *err)
{
    auditor->vault = vault;
    auditor->scope = scope;
    auditor->path = vault_path(vault);
    auditor->options = *options;
    if (auditor->options.key == NULL && vault_public_key(vault, &auditor->options.key, err) < 0)
        return -1;
    return session_start(&auditor->session, &auditor->options, report, err);
}

static void found(struct auditor *auditor, enum audit_kind kind, const char *entry,
                  const char *recording, const char *detail)
{
    session_found(&auditor->session, &(struct audit_finding){.kind = kind,
                                                             .target = auditor->path,
                                                             .entry = entry,
                                                             .recording = recording,
                                                             .detail = detail});
}

/* An error of the catalog about one row does not keep the others from being looked at: found, and
 * 0. -1 where the catalog as a whole cannot be read. */
static int row_failed(struct auditor *auditor, const char *id, const struct catalog_err *from,
                      struct err *err)
{
    if (from->kind != CATALOG_ERR_DAMAGED && from->kind != CATALOG_ERR_MISSING)
        return err_from_catalog(err, from);
    found(auditor, AUDIT_CATALOG, "catalog.db", id, from->text);
    return 0;
}

static void recording_id(int64_t number, char id[static 32])
{
    (void)snprintf(id, 32, "R%lld", (long long)number);
}

/* ---- recordings ---- */

/* Stored bytes of a recording or attachment that lie loose. */
struct stored {
    const char *name;
    uint64_t size;
    const uint8_t *sha256, *sm3;
    const char *recording, *case_number;
};

/* Not there, or not to be opened; unless another process sealed it meanwhile. */
static int stored_failed(struct auditor *auditor, const struct stored *stored,
                         struct audit_finding *finding, const struct err *open_err, struct err *err)
{
    struct catalog_err from;
    bool loose = true;
    auditor->session.report->checked++;
    finding->kind = open_err->kind == ERR_MISSING ? AUDIT_MISSING : AUDIT_UNREADABLE;
    finding->detail = open_err->kind == ERR_MISSING ? _("is not there") : open_err->text;
    if (open_err->kind == ERR_MISSING &&
        catalog_stored_is_loose(vault_catalog(auditor->vault), stored->name, &loose, &from) < 0)
        return err_from_catalog(err, &from);
    if (loose)
        session_found(&auditor->session, finding);
    return 0;
}

static int check_stored(struct auditor *auditor, const struct stored *stored, struct err *err)
{
    char below[VAULT_STORED_PATH];
    char entry[VAULT_STORED_PATH + 16];
    char detail[256];
    vault_stored_path(stored->name, below);
    (void)snprintf(entry, sizeof entry, "recordings/%s", below);
    struct audit_finding finding = {.kind = AUDIT_DAMAGED,
                                    .target = auditor->path,
                                    .entry = entry,
                                    .recording = stored->recording,
                                    .case_number = stored->case_number,
                                    .detail = detail};
    struct err open_err;
    uint64_t size;
    AUTO(close) int fd = vault_open_stored(auditor->vault, stored->name, &open_err);
    if (fd < 0 || file_size(fd, entry, &size, &open_err) < 0)
        return stored_failed(auditor, stored, &finding, &open_err, err);
    if (auditor->options.level != AUDIT_LISTED && size != stored->size) {
        (void)snprintf(detail, sizeof detail, _("is %llu bytes long, must be %llu"),
                       (unsigned long long)size, (unsigned long long)stored->size);
        auditor->session.report->checked++;
        session_found(&auditor->session, &finding);
        return 0;
    }
    if (auditor->options.level != AUDIT_ALL) {
        auditor->session.report->checked++;
        return 0;
    }
    struct content content = {.fd = fd,
                              .owns_fd = true,
                              .size = size,
                              .has_sha256 = true,
                              .has_sm3 = true,
                              .target = auditor->path,
                              .entry = entry,
                              .recording = stored->recording,
                              .case_number = stored->case_number};
    memcpy(content.expected.sha256, stored->sha256, sizeof content.expected.sha256);
    memcpy(content.expected.sm3, stored->sm3, sizeof content.expected.sm3);
    fd = -1;
    return content_check(&auditor->session, &content, err);
}

static const char *first_case(const struct catalog_recording *recording)
{
    for (size_t i = 0; i < recording->standing_count; i++)
        if (recording->tags[i].field == CATALOG_CASE)
            return recording->tags[i].value;
    return NULL;
}

static int check_sidecar(struct auditor *auditor, const struct catalog_recording *recording,
                         const char *id, struct err *err)
{
    AUTO(free) char *wanted = NULL;
    AUTO(free) char *is = NULL;
    struct err load_err;
    char hex[DIGEST_DIGITS + 1];
    char entry[VAULT_STORED_PATH];
    bytes_to_hex(recording->sha256, sizeof recording->sha256, hex);
    (void)snprintf(entry, sizeof entry, "recordings/%.2s/%s.json", hex, hex);
    struct audit_finding finding = {.kind = AUDIT_CATALOG,
                                    .target = auditor->path,
                                    .entry = entry,
                                    .recording = id,
                                    .case_number = first_case(recording),
                                    .detail = load_err.text};
    auditor->session.report->checked++;
    if (vault_sidecar_text(auditor->vault, recording, &wanted, &load_err) < 0) {
        if (load_err.kind == ERR_MEMORY || load_err.kind == ERR_SYSTEM)
            return (void)(*err = load_err), -1;
        session_found(&auditor->session, &finding); /* the row makes no sense */
        return 0;
    }
    struct stat st;
    int folder = vault_folder(auditor->vault, VAULT_RECORDINGS);
    if (vault_sidecar_load(auditor->vault, recording, &is, &load_err) < 0) {
        finding.kind = load_err.kind == ERR_MISSING ? AUDIT_MISSING : AUDIT_UNREADABLE;
        session_found(&auditor->session, &finding);
    } else if (strcmp(wanted, is) != 0 ||
               /* a NUL could hide what follows it */
               (fstatat(folder, entry + strlen("recordings/"), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                (uint64_t)st.st_size != strlen(wanted))) {
        finding.detail = _("its sidecar and the catalog disagree");
        session_found(&auditor->session, &finding);
    }
    return 0;
}

/* Attachments may have the same bytes as others; each file is read once. */
static int first_time(struct auditor *auditor, const char *stored_name, bool *first,
                      struct err *err)
{
    char *copy = strdup(stored_name);
    char **node = copy != NULL ? tsearch(copy, &auditor->seen, by_text) : NULL;
    if (node == NULL) {
        free(copy);
        return err_memory(err, stored_name);
    }
    *first = *node == copy;
    if (!*first)
        free(copy);
    return 0;
}

/* Whether the attachment's file is a loose recording's too, and checked as such. */
static int is_a_recordings(struct auditor *auditor, const struct catalog_attachment *one, bool *is,
                           struct err *err)
{
    struct catalog *catalog = vault_catalog(auditor->vault);
    AUTO(catalog_recording_free) struct catalog_recording *same = NULL;
    struct catalog_err from;
    int64_t number = 0;
    *is = false;
    if (catalog_recording_by_digest(catalog, one->sha256, &number, &from) < 0)
        return err_from_catalog(err, &from);
    if (number == 0)
        return 0;
    if (catalog_recording_load(catalog, number, &same, &from) < 0)
        return from.kind == CATALOG_ERR_DAMAGED ? 0 : err_from_catalog(err, &from);
    *is = same->state == CATALOG_LOOSE && strcmp(same->stored_name, one->stored_name) == 0 &&
          (auditor->scope == SCOPE_VAULT || case_has(auditor, number));
    return 0;
}

static int check_attachments(struct auditor *auditor, const struct catalog_recording *recording,
                             const char *id, struct err *err)
{
    for (size_t i = 0; i < recording->attachment_count; i++) {
        const struct catalog_attachment *one = &recording->attachments[i];
        bool first = false;
        bool other = false;
        if (one->archive != 0)
            continue;
        if (first_time(auditor, one->stored_name, &first, err) < 0 ||
            is_a_recordings(auditor, one, &other, err) < 0)
            return -1;
        if (first && !other &&
            check_stored(auditor,
                         &(struct stored){one->stored_name, one->size_bytes, one->sha256, one->sm3,
                                          id, first_case(recording)},
                         err) < 0)
            return -1;
    }
    return 0;
}

/* catalog_archive_each must not be called again from its callback: numbers first. */
struct archive_numbers {
    int64_t *at;
    size_t count;
    uint64_t bytes;
    bool failed;
    const char *case_number; /* NULL, or: whether one of them is of this case */
    bool of_case;
};

static void archive_numbers_release_at(struct archive_numbers *numbers)
{
    free(numbers->at);
}

static void take_number(void *context, const struct catalog_archive *archive)
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

/* A recording inside one archive: this entry alone, against the catalog's digests. */
static int check_entry(struct auditor *auditor, const struct catalog_recording *recording,
                       const struct catalog_archive *archive, struct err *err)
{
    char path[PATH_ROOM];
    char id[32];
    recording_id(recording->number, id);
    int len = snprintf(path, sizeof path, "%s/%s", auditor->path, archive->path);
    if (len < 0 || (size_t)len >= sizeof path)
        return err_set(err, ERR_USAGE, auditor->path, "%s", _("the path is too long"));
    struct err open_err;
    AUTO(pack_free) struct pack *pack = NULL;
    int fd = file_open_regular(AT_FDCWD, path, &open_err);
    if (fd < 0 || pack_open(fd, path, &pack, &open_err) < 0) {
        auditor->session.report->checked++;
        session_found_err(&auditor->session, auditor->path, archive->path, &open_err);
        return 0;
    }
    const struct pack_entry *entry = pack_find(pack, id); /* ids come before names */
    if (entry == NULL || strcmp(entry->id, id) != 0) {
        auditor->session.report->checked++;
        found(auditor, AUDIT_MISSING, archive->path, id,
              _("the catalog says that it is in this archive, the archive's index does not"));
        return 0;
    }
    struct content content = {.fd = pack_fd(pack),
                              .offset = entry->offset,
                              .size = recording->size_bytes,
                              .has_sha256 = true,
                              .has_sm3 = true,
                              .in_container = true,
                              .target = path,
                              .entry = entry->name,
                              .recording = id,
                              .case_number = archive->case_number};
    memcpy(content.expected.sha256, recording->sha256, sizeof content.expected.sha256);
    memcpy(content.expected.sm3, recording->sm3, sizeof content.expected.sm3);
    uint64_t end;
    if (auditor->options.level == AUDIT_ALL) {
        if (content_check(&auditor->session, &content, err) < 0)
            return -1;
        content_drain(&auditor->session); /* before the pack is closed */
        return 0;
    }
    auditor->session.report->checked++;
    if (file_size(pack_fd(pack), path, &end, err) < 0)
        return -1;
    if (entry->offset > end || recording->size_bytes > end - entry->offset ||
        (auditor->options.level == AUDIT_SIZES && entry->size != recording->size_bytes))
        found(auditor, AUDIT_DAMAGED, archive->path, id,
              _("its place in the archive is out of range, or of another length"));
    return 0;
}

/* A recording whose bytes lie in archives: there must be one; and where none of those that are
 * audited as a whole holds it, it is read in those that do. */
static int check_sealed(struct auditor *auditor, const struct catalog_recording *recording,
                        struct err *err)
{
    AUTO(archive_numbers_release)
    struct archive_numbers numbers = {.case_number = auditor->case_number};
    struct catalog *catalog = vault_catalog(auditor->vault);
    struct catalog_err from;
    char id[32];
    recording_id(recording->number, id);
    if (catalog_archive_of(catalog, recording->number, take_number, &numbers, &from) < 0)
        return err_from_catalog(err, &from);
    if (numbers.failed)
        return err_memory(err, auditor->path);
    if (numbers.count == 0)
        found(auditor, AUDIT_MISSING, "catalog.db", id,
              _("is said to be sealed, but no archive holds it"));
    if (auditor->scope == SCOPE_VAULT || (auditor->scope == SCOPE_CASE && numbers.of_case))
        return 0;
    for (size_t i = 0; i < numbers.count; i++) {
        AUTO(catalog_archive_free) struct catalog_archive *archive = NULL;
        int result = catalog_archive_load(catalog, numbers.at[i], &archive, &from) < 0
                         ? row_failed(auditor, id, &from, err)
                         : check_entry(auditor, recording, archive, err);
        if (result < 0)
            return -1;
    }
    return 0;
}

/* The loose bytes of a recording, its loose attachments and its sidecar. */
static int check_recording(struct auditor *auditor, int64_t number, struct err *err)
{
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    struct catalog_err from;
    char id[32];
    recording_id(number, id);
    if (catalog_recording_load(vault_catalog(auditor->vault), number, &recording, &from) < 0) {
        auditor->session.report->checked++;
        return row_failed(auditor, id, &from, err);
    }
    if (recording->state == CATALOG_LOOSE) {
        if (check_stored(auditor,
                         &(struct stored){recording->stored_name, recording->size_bytes,
                                          recording->sha256, recording->sm3, id,
                                          first_case(recording)},
                         err) < 0)
            return -1;
    } else if (check_sealed(auditor, recording, err) < 0) {
        return -1;
    }
    return check_attachments(auditor, recording, id, err) < 0
               ? -1
               : check_sidecar(auditor, recording, id, err);
}

static int check_recordings(struct auditor *auditor, struct err *err)
{
    struct catalog_err from;
    if (catalog_recording_numbers(vault_catalog(auditor->vault), auditor->case_number,
                                  &auditor->numbers, &auditor->count, &from) < 0)
        return err_from_catalog(err, &from);
    for (size_t i = 0; i < auditor->count; i++)
        if (check_recording(auditor, auditor->numbers[i], err) < 0)
            return -1;
    return 0;
}

/* ---- archives ---- */

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
        found(comparison->auditor, AUDIT_CATALOG, comparison->archive->path, wanted->id, detail);
}

static void compare_attachment(void *context, const struct catalog_attachment *attachment)
{
    struct comparison *comparison = context;
    char id[32];
    recording_id(attachment->recording, id);
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
    recording_id(number, id);
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
            found(comparison->auditor, AUDIT_CATALOG, comparison->archive->path, entry->id,
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
        found(auditor, AUDIT_CATALOG, archive->path, NULL,
              _("the archive is of another case than the catalog says"));
    if (catalog_archive_recordings(catalog, archive->number, &numbers, &count, &from) < 0)
        return row_failed(auditor, NULL, &from, err);
    for (size_t i = 0; i < count; i++)
        if (compare_recording(&comparison, numbers[i], err) < 0)
            return -1;
    if (catalog_archive_attachments(catalog, archive->number, compare_attachment, &comparison,
                                    &from) < 0)
        return row_failed(auditor, NULL, &from, err);
    /* a row with other digests is found already, and would be here once more */
    if (auditor->session.report->findings == findings && !comparison.failed)
        found_unnamed(&comparison);
    return 0;
}

static int check_archive(struct auditor *auditor, const struct catalog_archive *archive,
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
    if (carrier_archive(&auditor->session, carrier, path, err) < 0)
        return -1;
    /* an index that cannot be read was found just now, as was a length that shows in the tar */
    if (pack != NULL && compare_index(auditor, archive, pack, err) < 0)
        return -1;
    if (auditor->options.level != AUDIT_LISTED && size != archive->size_bytes &&
        auditor->session.report->findings == findings)
        found(auditor, AUDIT_CATALOG, archive->path, NULL,
              _("its length is not what the catalog says"));
    return 0;
}

static int check_archive_number(struct auditor *auditor, int64_t number, struct err *err)
{
    AUTO(catalog_archive_free) struct catalog_archive *archive = NULL;
    struct catalog_err from;
    if (catalog_archive_load(vault_catalog(auditor->vault), number, &archive, &from) < 0)
        return row_failed(auditor, NULL, &from, err);
    return check_archive(auditor, archive, err);
}

static int list_archives(struct auditor *auditor, struct archive_numbers *numbers, struct err *err)
{
    struct catalog_err from;
    if (catalog_archive_each(vault_catalog(auditor->vault), auditor->case_number, take_number,
                             numbers, &from) < 0)
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
        check_recordings(auditor, err) < 0)
        return -1;
    for (size_t i = 0; i < numbers.count; i++)
        if (check_archive_number(auditor, numbers.at[i], err) < 0)
            return -1;
    content_drain(&auditor->session);
    return 0;
}

/* ---- files that nothing names ---- */

/* Whether somebody knows what lies at a path below a folder of the vault. */
typedef int known_function(struct auditor *auditor, const char *below, bool *known,
                           struct err *err);

/* A use that was cut short, or is under way, has its record in incoming/: told there, once. */
static bool is_incoming(struct auditor *auditor, const char *name)
{
    return faccessat(vault_folder(auditor->vault, VAULT_INCOMING), name, F_OK,
                     AT_SYMLINK_NOFOLLOW) == 0;
}

static int stored_known(struct auditor *auditor, const char *below, bool *known, struct err *err)
{
    const char *slash = strrchr(below, '/');
    const char *name = slash != NULL ? slash + 1 : below;
    char path[VAULT_STORED_PATH];
    uint8_t digest[32];
    struct catalog_err from;
    int64_t number = 0;
    *known = false;
    if (strlen(name) <= DIGEST_DIGITS || strlen(name) >= VAULT_STORED_NAME ||
        bytes_from_hex((struct bytes){(const uint8_t *)name, DIGEST_DIGITS}, digest,
                       sizeof digest) < 0)
        return 0;
    vault_stored_path(name, path);
    if (strcmp(path, below) != 0)
        return 0;
    struct catalog *catalog = vault_catalog(auditor->vault);
    int result;
    if (strcmp(name + DIGEST_DIGITS, ".json") == 0) { /* a sidecar */
        result = catalog_recording_by_digest(catalog, digest, &number, &from);
        *known = number != 0;
    } else {
        result = catalog_stored_is_loose(catalog, name, known, &from);
        *known = *known || is_incoming(auditor, name);
    }
    return result < 0 ? err_from_catalog(err, &from) : 0;
}

static int archive_known(struct auditor *auditor, const char *below, bool *known, struct err *err)
{
    char path[PATH_ROOM];
    (void)snprintf(path, sizeof path, "archives/%s", below); /* below is shorter: see walk */
    int64_t number = 0;
    struct catalog_err from;
    if (catalog_archive_by_path(vault_catalog(auditor->vault), path, &number, &from) < 0)
        return err_from_catalog(err, &from);
    (void)snprintf(path, sizeof path, "%s.part", below);
    for (char *at = path; *at != '\0'; at++)
        if (*at == '/')
            *at = '@';
    *known = number != 0 || is_incoming(auditor, path);
    return 0;
}

static int nothing_known(struct auditor *auditor, const char *below, bool *known, struct err *err)
{
    (void)auditor;
    (void)below;
    (void)err;
    *known = false;
    return 0;
}

/* One of the vault's folders whose files must be known. */
struct place {
    enum vault_folder folder;
    const char *name;
    known_function *is_known;
    const char *detail;
};

static void found_unreadable(struct auditor *auditor, const char *path, const char *what)
{
    struct err err;
    (void)err_sys(&err, path, what);
    found(auditor, AUDIT_UNREADABLE, path, NULL, err.text);
}

static int walk(struct auditor *auditor, const struct place *place, int folder, const char *prefix,
                unsigned depth, struct err *err);

static int walk_entry(struct auditor *auditor, const struct place *place, int folder,
                      const char *below, const char *name, unsigned depth, struct err *err)
{
    char path[WALK_PATH + 32];
    (void)snprintf(path, sizeof path, "%s/%s", place->name, below);
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0; /* gone meanwhile */
    if (S_ISDIR(st.st_mode) && depth < WALK_DEPTH) {
        char deeper_prefix[WALK_PATH + 1];
        (void)snprintf(deeper_prefix, sizeof deeper_prefix, "%s/", below);
        int deeper = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (deeper >= 0)
            return walk(auditor, place, deeper, deeper_prefix, depth + 1, err);
        found_unreadable(auditor, path, _("open"));
        return 0;
    }
    /* a link in the place of a file that should be there is found where that is looked at */
    bool known = false;
    if (!S_ISDIR(st.st_mode) && place->is_known(auditor, below, &known, err) < 0)
        return -1;
    if (!known) {
        auditor->session.report->checked++;
        found(auditor, AUDIT_EXTRA, path, NULL, place->detail);
    }
    return 0;
}

/* Everything below a folder of the vault; `folder` is taken over. */
static int walk(struct auditor *auditor, const struct place *place, int folder, const char *prefix,
                unsigned depth, struct err *err)
{
    AUTO(closedir) DIR *entries = fdopendir(folder);
    if (entries == NULL) {
        found_unreadable(auditor, place->name, _("read the folder"));
        (void)close(folder); /* only read from */
        return 0;
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(entries);
        if (entry == NULL && errno != 0)
            found_unreadable(auditor, place->name, _("read the folder"));
        if (entry == NULL)
            return 0;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char below[WALK_PATH];
        int len = snprintf(below, sizeof below, "%s%s", prefix, entry->d_name);
        if (len < 0 || (size_t)len >= sizeof below)
            found(auditor, AUDIT_EXTRA, place->name, NULL, place->detail);
        else if (walk_entry(auditor, place, dirfd(entries), below, entry->d_name, depth, err) < 0)
            return -1;
    }
}

static int check_extra(struct auditor *auditor, struct err *err)
{
    const struct place places[] = {
        {VAULT_RECORDINGS, "recordings", stored_known, _("nothing in the catalog names this file")},
        {VAULT_ARCHIVES, "archives", archive_known, _("nothing in the catalog names this file")},
        {VAULT_INCOMING, "incoming", nothing_known,
         _("left by a run that was interrupted, or another is at work; the next ingest or seal "
           "clears up what was left")},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int folder = openat(vault_folder(auditor->vault, places[i].folder), ".",
                            O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0)
            found_unreadable(auditor, places[i].name, _("open"));
        else if (walk(auditor, &places[i], folder, "", 0, err) < 0)
            return -1;
    }
    return 0;
}

static void catalog_found(void *context, const char *what)
{
    struct auditor *auditor = context;
    found(auditor, AUDIT_CATALOG, "catalog.db", NULL, what);
}

/* The private key must be the public one's other half, else nothing can be sealed any more. */
static void check_key(struct auditor *auditor)
{
    struct err err;
    const struct key *key;
    auditor->session.report->checked++;
    if (vault_signing_key(auditor->vault, &key, &err) < 0 &&
        err.kind != ERR_DENIED) /* an auditor need not be able to sign */
        session_found_err(&auditor->session, auditor->path, err.object, &err);
}

/* ---- what is asked for ---- */

int audit_vault(struct vault *vault, const struct audit_options *options,
                struct audit_report *report, struct err *err)
{
    AUTO(auditor_release) struct auditor auditor = {0};
    if (auditor_start(&auditor, vault, SCOPE_VAULT, options, report, err) < 0)
        return -1;
    struct catalog_err from;
    report->checked++;
    if (catalog_check(vault_catalog(vault), catalog_found, &auditor, &from) < 0)
        return err_from_catalog(err, &from);
    check_key(&auditor);
    if (check_all(&auditor, err) < 0)
        return -1;
    return check_extra(&auditor, err); /* last: another process may be at work meanwhile */
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
    return check_archive(&auditor, archive, err);
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
    if (check_recording(&auditor, number, err) < 0)
        return -1;
    content_drain(&auditor.session);
    return 0;
}
