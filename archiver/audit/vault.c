#include "vault/vault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

enum { PATH_ROOM = 4096, DIGEST_DIGITS = 64 };

AUTO_DEFINE(DIR *, closedir, NULL);
AUTO_DEFINE(struct catalog_archive *, catalog_archive_free, NULL);

/* What an audit of the vault needs everywhere. */
struct auditor {
    struct session session;
    struct audit_options options; /* with the vault's key where none was given */
    struct vault *vault;
    const char *path; /* of the vault */
};

static void auditor_release_at(struct auditor *auditor)
{
    session_end(&auditor->session);
}

static int auditor_start(struct auditor *auditor, struct vault *vault,
                         const struct audit_options *options, struct audit_report *report,
                         struct err *err)
{
    auditor->vault = vault;
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

/* ---- recordings ---- */

/* Stored bytes of a recording or attachment that lie loose. */
struct stored {
    const char *name;
    uint64_t size;
    const uint8_t *sha256, *sm3;
    const char *recording, *case_number;
};

static int check_stored(struct auditor *auditor, const struct stored *stored, struct err *err)
{
    char below[VAULT_STORED_PATH];
    char entry[VAULT_STORED_PATH + 16];
    vault_stored_path(stored->name, below);
    (void)snprintf(entry, sizeof entry, "recordings/%s", below);
    struct audit_finding finding = {.target = auditor->path,
                                    .entry = entry,
                                    .recording = stored->recording,
                                    .case_number = stored->case_number};
    struct err open_err;
    AUTO(close) int fd = vault_open_stored(auditor->vault, stored->name, &open_err);
    uint64_t size;
    if (fd < 0 || file_size(fd, entry, &size, &open_err) < 0) {
        finding.kind = open_err.kind == ERR_MISSING ? AUDIT_MISSING : AUDIT_UNREADABLE;
        finding.detail = finding.kind == AUDIT_MISSING ? _("is not there") : open_err.text;
        session_found(&auditor->session, &finding);
        return 0;
    }
    if (auditor->options.level != AUDIT_LISTED && size != stored->size) {
        char detail[256];
        (void)snprintf(detail, sizeof detail, _("is %llu bytes long, must be %llu"),
                       (unsigned long long)size, (unsigned long long)stored->size);
        finding.kind = AUDIT_DAMAGED;
        finding.detail = detail;
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

static int check_sidecar(struct auditor *auditor, const struct catalog_recording *recording,
                         const char *id, struct err *err)
{
    AUTO(free) char *wanted = NULL;
    AUTO(free) char *is = NULL;
    if (vault_sidecar_text(auditor->vault, recording, &wanted, err) < 0)
        return -1;
    struct err load_err;
    auditor->session.report->checked++;
    if (vault_sidecar_load(auditor->vault, recording, &is, &load_err) < 0)
        found(auditor, load_err.kind == ERR_MISSING ? AUDIT_MISSING : AUDIT_UNREADABLE,
              load_err.object, id, load_err.text);
    else if (strcmp(wanted, is) != 0)
        found(auditor, AUDIT_CATALOG, NULL, id, _("its sidecar and the catalog disagree"));
    return 0;
}

static const char *first_case(const struct catalog_recording *recording)
{
    for (size_t i = 0; i < recording->standing_count; i++)
        if (recording->tags[i].field == CATALOG_CASE)
            return recording->tags[i].value;
    return NULL;
}

static int check_attachments(struct auditor *auditor, const struct catalog_recording *recording,
                             const char *id, struct err *err)
{
    for (size_t i = 0; i < recording->attachment_count; i++) {
        const struct catalog_attachment *one = &recording->attachments[i];
        if (one->archive == 0 &&
            check_stored(auditor,
                         &(struct stored){one->stored_name, one->size_bytes, one->sha256, one->sm3,
                                          id, first_case(recording)},
                         err) < 0)
            return -1;
    }
    return 0;
}

static int load_recording(struct auditor *auditor, int64_t number, struct catalog_recording **out,
                          struct err *err)
{
    struct catalog_err from;
    if (catalog_recording_load(vault_catalog(auditor->vault), number, out, &from) < 0)
        return err_from_catalog(err, &from);
    return 0;
}

/* The loose bytes of a recording, its loose attachments and its sidecar. */
static int check_recording(struct auditor *auditor, int64_t number, struct err *err)
{
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    if (load_recording(auditor, number, &recording, err) < 0)
        return -1;
    char id[32];
    (void)snprintf(id, sizeof id, "R%lld", (long long)number);
    if (recording->state == CATALOG_LOOSE &&
        check_stored(auditor,
                     &(struct stored){recording->stored_name, recording->size_bytes,
                                      recording->sha256, recording->sm3, id, first_case(recording)},
                     err) < 0)
        return -1;
    return check_attachments(auditor, recording, id, err) < 0
               ? -1
               : check_sidecar(auditor, recording, id, err);
}

static int check_recordings(struct auditor *auditor, const char *case_number, struct err *err)
{
    AUTO(free) int64_t *numbers = NULL;
    size_t count;
    struct catalog_err from;
    if (catalog_recording_numbers(vault_catalog(auditor->vault), case_number, &numbers, &count,
                                  &from) < 0)
        return err_from_catalog(err, &from);
    for (size_t i = 0; i < count; i++)
        if (check_recording(auditor, numbers[i], err) < 0)
            return -1;
    return 0;
}

/* ---- archives ---- */

static const struct pack_entry *entry_of(const struct pack *pack, int64_t number)
{
    size_t count;
    const struct pack_entry *entries = pack_entries(pack, &count);
    char id[32];
    (void)snprintf(id, sizeof id, "R%lld", (long long)number);
    for (size_t i = 0; i < count; i++)
        if (entries[i].attachment == NULL && strcmp(entries[i].id, id) == 0)
            return &entries[i];
    return NULL;
}

/* What the catalog says of the recordings in an archive, against its index. */
static int compare_index(struct auditor *auditor, const struct catalog_archive *archive,
                         const struct pack *pack, struct err *err)
{
    AUTO(free) int64_t *numbers = NULL;
    size_t count;
    struct catalog_err from;
    if (catalog_archive_recordings(vault_catalog(auditor->vault), archive->number, &numbers, &count,
                                   &from) < 0)
        return err_from_catalog(err, &from);
    for (size_t i = 0; i < count; i++) {
        AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
        if (load_recording(auditor, numbers[i], &recording, err) < 0)
            return -1;
        const struct pack_entry *entry = entry_of(pack, numbers[i]);
        char id[32];
        (void)snprintf(id, sizeof id, "R%lld", (long long)numbers[i]);
        auditor->session.report->checked++;
        if (entry == NULL)
            found(auditor, AUDIT_MISSING, archive->path, id,
                  _("the catalog says that it is in this archive, the archive's index does not"));
        else if (memcmp(entry->digests.sha256, recording->sha256, sizeof recording->sha256) != 0 ||
                 memcmp(entry->digests.sm3, recording->sm3, sizeof recording->sm3) != 0 ||
                 entry->size != recording->size_bytes)
            found(auditor, AUDIT_CATALOG, archive->path, id,
                  _("the catalog and the archive's index give different digests or lengths"));
    }
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
    if (size != archive->size_bytes)
        found(auditor, AUDIT_DAMAGED, archive->path, NULL,
              _("its length is not what the catalog says"));
    AUTO(pack_free) struct pack *pack = NULL;
    int own = dup(fd);
    if (own < 0)
        return err_sys(err, path, _("open"));
    if (pack_open(own, path, &pack, &open_err) == 0 &&
        compare_index(auditor, archive, pack, err) < 0)
        return -1; /* an index that cannot be read is found by carrier_archive */
    own = fd;
    fd = -1;
    return carrier_archive(&auditor->session, own, path, err);
}

/* catalog_archive_each must not be called again from its callback: numbers first. */
struct archive_numbers {
    int64_t *at;
    size_t count;
    bool failed;
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
}

static int check_archive_number(struct auditor *auditor, int64_t number, struct err *err)
{
    AUTO(catalog_archive_free) struct catalog_archive *archive = NULL;
    struct catalog_err from;
    if (catalog_archive_load(vault_catalog(auditor->vault), number, &archive, &from) < 0)
        return err_from_catalog(err, &from);
    return check_archive(auditor, archive, err);
}

static int check_archives(struct auditor *auditor, const char *case_number, struct err *err)
{
    AUTO(archive_numbers_release) struct archive_numbers numbers = {0};
    struct catalog_err from;
    if (catalog_archive_each(vault_catalog(auditor->vault), case_number, take_number, &numbers,
                             &from) < 0)
        return err_from_catalog(err, &from);
    if (numbers.failed)
        return err_memory(err, auditor->path);
    for (size_t i = 0; i < numbers.count; i++)
        if (check_archive_number(auditor, numbers.at[i], err) < 0)
            return -1;
    return 0;
}

/* ---- files that nothing names ---- */

/* Whether the catalog knows what lies at a path below a folder of the vault. */
typedef int known_function(struct auditor *auditor, const char *below, bool *known,
                           struct err *err);

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
    *known = number != 0;
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

/* Everything below a folder of the vault; `folder` is taken over. */
static int walk(struct auditor *auditor, int folder, const char *top, const char *prefix,
                known_function *is_known, const char *detail, struct err *err)
{
    AUTO(closedir) DIR *entries = fdopendir(folder);
    if (entries == NULL) {
        (void)close(folder); /* only read from */
        return err_sys(err, top, _("read the folder"));
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(entries);
        if (entry == NULL)
            return errno == 0 ? 0 : err_sys(err, top, _("read the folder"));
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char below[1024];
        char path[1200];
        int len = snprintf(below, sizeof below, "%s%s", prefix, entry->d_name);
        (void)snprintf(path, sizeof path, "%s/%s", top, below);
        if (len < 0 || (size_t)len >= sizeof below - 2) {
            found(auditor, AUDIT_EXTRA, path, NULL, detail);
            continue;
        }
        struct stat st;
        if (fstatat(dirfd(entries), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue; /* gone meanwhile */
        if (S_ISDIR(st.st_mode)) {
            int deeper = openat(dirfd(entries), entry->d_name,
                                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            below[len] = '/';
            below[len + 1] = '\0';
            if (deeper < 0)
                return err_sys(err, path, _("open"));
            if (walk(auditor, deeper, top, below, is_known, detail, err) < 0)
                return -1;
            continue;
        }
        bool known = false;
        if (S_ISREG(st.st_mode) && is_known(auditor, below, &known, err) < 0)
            return -1;
        if (!known)
            found(auditor, AUDIT_EXTRA, path, NULL, detail);
    }
}

static int check_extra(struct auditor *auditor, struct err *err)
{
    const struct {
        enum vault_folder folder;
        const char *name;
        known_function *is_known;
        const char *detail;
    } folders[] = {
        {VAULT_RECORDINGS, "recordings", stored_known, _("nothing in the catalog names this file")},
        {VAULT_ARCHIVES, "archives", archive_known, _("nothing in the catalog names this file")},
        {VAULT_INCOMING, "incoming", nothing_known,
         _("left by a run that was interrupted, or another is at work; the next ingest or seal "
           "clears up what was left")},
    };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        int folder = openat(vault_folder(auditor->vault, folders[i].folder), ".",
                            O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0)
            return err_sys(err, folders[i].name, _("open"));
        if (walk(auditor, folder, folders[i].name, "", folders[i].is_known, folders[i].detail,
                 err) < 0)
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
    const struct key *signing;
    const struct key *public;
    char signing_id[KEY_ID_TEXT];
    char public_id[KEY_ID_TEXT];
    auditor->session.report->checked++;
    if (vault_signing_key(auditor->vault, &signing, &err) < 0) {
        if (err.kind != ERR_DENIED) /* an auditor need not be able to sign */
            session_found_err(&auditor->session, auditor->path, err.object, &err);
        return;
    }
    if (vault_public_key(auditor->vault, &public, &err) < 0)
        return;
    key_id(signing, signing_id);
    key_id(public, public_id);
    if (strcmp(signing_id, public_id) != 0)
        found(auditor, AUDIT_SIGNATURE, "keys/", NULL,
              _("the private and the public key do not belong together"));
}

/* ---- what is asked for ---- */

int audit_vault(struct vault *vault, const struct audit_options *options,
                struct audit_report *report, struct err *err)
{
    AUTO(auditor_release) struct auditor auditor = {0};
    if (auditor_start(&auditor, vault, options, report, err) < 0)
        return -1;
    struct catalog_err from;
    report->checked++;
    if (catalog_check(vault_catalog(vault), catalog_found, &auditor, &from) < 0)
        return err_from_catalog(err, &from);
    check_key(&auditor);
    if (check_recordings(&auditor, NULL, err) < 0 || check_archives(&auditor, NULL, err) < 0)
        return -1;
    content_drain(&auditor.session);
    return check_extra(&auditor, err); /* last: another process may be at work meanwhile */
}

int audit_case(struct vault *vault, const char *case_number, const struct audit_options *options,
               struct audit_report *report, struct err *err)
{
    AUTO(auditor_release) struct auditor auditor = {0};
    if (auditor_start(&auditor, vault, options, report, err) < 0 ||
        check_recordings(&auditor, case_number, err) < 0 ||
        check_archives(&auditor, case_number, err) < 0)
        return -1;
    content_drain(&auditor.session);
    return 0;
}

int audit_archive(struct vault *vault, int64_t number, const struct audit_options *options,
                  struct audit_report *report, struct err *err)
{
    AUTO(auditor_release) struct auditor auditor = {0};
    return auditor_start(&auditor, vault, options, report, err) < 0
               ? -1
               : check_archive_number(&auditor, number, err);
}

/* A recording inside one archive: this entry alone, against the catalog's digests. */
static int check_sealed(struct auditor *auditor, const struct catalog_recording *recording,
                        int64_t archive_number, struct err *err)
{
    AUTO(catalog_archive_free) struct catalog_archive *archive = NULL;
    struct catalog_err from;
    if (catalog_archive_load(vault_catalog(auditor->vault), archive_number, &archive, &from) < 0)
        return err_from_catalog(err, &from);
    char path[PATH_ROOM];
    char id[32];
    (void)snprintf(id, sizeof id, "R%lld", (long long)recording->number);
    int len = snprintf(path, sizeof path, "%s/%s", auditor->path, archive->path);
    if (len < 0 || (size_t)len >= sizeof path)
        return err_set(err, ERR_USAGE, auditor->path, "%s", _("the path is too long"));
    struct err open_err;
    AUTO(pack_free) struct pack *pack = NULL;
    int fd = file_open_regular(AT_FDCWD, path, &open_err);
    if (fd < 0 || pack_open(fd, path, &pack, &open_err) < 0) {
        session_found_err(&auditor->session, auditor->path, archive->path, &open_err);
        return 0;
    }
    const struct pack_entry *entry = entry_of(pack, recording->number);
    if (entry == NULL) {
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
    if (content_check(&auditor->session, &content, err) < 0)
        return -1;
    content_drain(&auditor->session); /* before the pack is closed */
    return 0;
}

int audit_recording(struct vault *vault, int64_t number, const struct audit_options *options,
                    struct audit_report *report, struct err *err)
{
    AUTO(auditor_release) struct auditor auditor = {0};
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    if (auditor_start(&auditor, vault, options, report, err) < 0 ||
        load_recording(&auditor, number, &recording, err) < 0 ||
        check_recording(&auditor, number, err) < 0)
        return -1;
    if (recording->state == CATALOG_LOOSE) {
        content_drain(&auditor.session);
        return 0;
    }
    AUTO(archive_numbers_release) struct archive_numbers numbers = {0};
    struct catalog_err from;
    if (catalog_archive_of(vault_catalog(vault), number, take_number, &numbers, &from) < 0)
        return err_from_catalog(err, &from);
    if (numbers.failed)
        return err_memory(err, auditor.path);
    for (size_t i = 0; i < numbers.count; i++)
        if (check_sealed(&auditor, recording, numbers.at[i], err) < 0)
            return -1;
    content_drain(&auditor.session);
    return 0;
}
