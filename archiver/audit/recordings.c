#include "audit/auditor.h"

#include <fcntl.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "pack/pack.h"

#include "base/banned.h"

enum { PATH_ROOM = 4096, DIGEST_DIGITS = 64 };

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

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
    if (vault_sidecar_load(auditor->vault, recording->sha256, &is, &load_err) < 0) {
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
          (auditor->scope == SCOPE_VAULT || auditor_has(auditor, number));
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

/* A recording inside one archive: this entry alone, against the catalog's digests. */
static int check_entry(struct auditor *auditor, const struct catalog_recording *recording,
                       const struct catalog_archive *archive, struct err *err)
{
    char path[PATH_ROOM];
    char id[32];
    auditor_recording_id(recording->number, id);
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
        auditor_found(
            auditor, AUDIT_MISSING, archive->path, id,
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
        auditor_found(auditor, AUDIT_DAMAGED, archive->path, id,
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
    auditor_recording_id(recording->number, id);
    if (catalog_archive_of(catalog, recording->number, archive_numbers_take, &numbers, &from) < 0)
        return err_from_catalog(err, &from);
    if (numbers.failed)
        return err_memory(err, auditor->path);
    if (numbers.count == 0)
        auditor_found(auditor, AUDIT_MISSING, "catalog.db", id,
                      _("is said to be sealed, but no archive holds it"));
    if (auditor->scope == SCOPE_VAULT || (auditor->scope == SCOPE_CASE && numbers.of_case))
        return 0;
    for (size_t i = 0; i < numbers.count; i++) {
        AUTO(catalog_archive_free) struct catalog_archive *archive = NULL;
        int result = catalog_archive_load(catalog, numbers.at[i], &archive, &from) < 0
                         ? auditor_row_failed(auditor, id, &from, err)
                         : check_entry(auditor, recording, archive, err);
        if (result < 0)
            return -1;
    }
    return 0;
}

/* One of the files of what was disposed of: not there, unless it is another recording's too. */
static int check_gone(struct auditor *auditor, const char *stored_name, const char *id,
                      struct err *err)
{
    char path[VAULT_STORED_PATH];
    bool needed;
    struct catalog_err from;
    struct err none;
    auditor->session.report->checked++;
    if (catalog_stored_is_loose(vault_catalog(auditor->vault), stored_name, &needed, &from) < 0)
        return err_from_catalog(err, &from);
    AUTO(close) int fd = needed ? -1 : vault_open_stored(auditor->vault, stored_name, &none);
    if (needed || (fd < 0 && none.kind == ERR_MISSING))
        return 0;
    vault_stored_path(stored_name, path);
    auditor_found(
        auditor, AUDIT_EXTRA, path, id,
        _("was disposed of, and its bytes are there: the next command that writes removes "
          "what a run that was interrupted has left"));
    return 0;
}

static int check_disposed(struct auditor *auditor, const struct catalog_recording *recording,
                          const char *id, struct err *err)
{
    if (check_gone(auditor, recording->stored_name, id, err) < 0)
        return -1;
    for (size_t i = 0; i < recording->attachment_count; i++)
        if (check_gone(auditor, recording->attachments[i].stored_name, id, err) < 0)
            return -1;
    return check_sidecar(auditor, recording, id, err);
}

/* The loose bytes of a recording, its loose attachments and its sidecar. */
int auditor_check_recording(struct auditor *auditor, int64_t number, struct err *err)
{
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    struct catalog_err from;
    char id[32];
    auditor_recording_id(number, id);
    if (catalog_recording_load(vault_catalog(auditor->vault), number, &recording, &from) < 0) {
        auditor->session.report->checked++;
        return auditor_row_failed(auditor, id, &from, err);
    }
    if (recording->state == CATALOG_DISPOSED)
        return check_disposed(auditor, recording, id, err);
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

int auditor_load_numbers(struct auditor *auditor, struct err *err)
{
    struct catalog_err from;
    if (catalog_recording_numbers(vault_catalog(auditor->vault), auditor->case_number,
                                  &auditor->numbers, &auditor->count, &from) < 0)
        return err_from_catalog(err, &from);
    return 0;
}

int auditor_check_recordings(struct auditor *auditor, struct err *err)
{
    for (size_t i = 0; i < auditor->count; i++)
        if (auditor_check_recording(auditor, auditor->numbers[i], err) < 0)
            return -1;
    return 0;
}
