#include "audit/auditor.h"

#include <fcntl.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/carrier.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"

#include "base/banned.h"

/*
 * A vault without a catalog: archives say themselves what they must be, the names of recordings are
 * their SHA-256, and sidecars name what goes with each recording. What is said nowhere else, such
 * as a recording that is gone with its sidecar, nobody can find here.
 */

enum { PATH_ROOM = 4096, DIGEST_DIGITS = 64, SIDECAR_BYTES_MAX = 48 << 20 };

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int note_attachment(struct auditor *auditor, const char *stored_name, struct err *err)
{
    char *copy = strdup(stored_name);
    char **node = copy != NULL ? tsearch(copy, &auditor->seen, by_text) : NULL;
    if (node == NULL) {
        free(copy);
        return err_memory(err, stored_name);
    }
    if (*node != copy)
        free(copy);
    return 0;
}

static void must_be_there(struct auditor *auditor, const char *path, const char *recording)
{
    auditor->session.report->checked++;
    if (faccessat(vault_folder(auditor->vault, VAULT_ROOT), path, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        auditor_found(auditor, AUDIT_MISSING, path, recording,
                      _("is not there, though the recording's sidecar names it"));
}

static void stored_must_be_there(struct auditor *auditor, const char *stored_name,
                                 const char *recording)
{
    char below[VAULT_STORED_PATH];
    char path[VAULT_STORED_PATH + 16];
    vault_stored_path(stored_name, below);
    (void)snprintf(path, sizeof path, "recordings/%s", below);
    must_be_there(auditor, path, recording);
}

/* What a sidecar says should be there. ERR_DAMAGED where it is none of this name. */
static int take_sidecar(struct auditor *auditor, const json_t *root, const char *below,
                        struct err *err)
{
    const char *id;
    const char *state;
    const char *stored_name;
    uint8_t sha256[32];
    char hex[DIGEST_DIGITS + 1];
    json_t *archives;
    json_t *attachments;
    if (json_take_text(root, "id", below, &id, err) < 0 ||
        json_take_text(root, "state", below, &state, err) < 0 ||
        json_take_text(root, "stored_name", below, &stored_name, err) < 0 ||
        json_take_hex(root, "sha256", below, sha256, sizeof sha256, err) < 0 ||
        json_take_array(root, "archives", below, &archives, err) < 0 ||
        json_take_array(root, "attachments", below, &attachments, err) < 0)
        return -1;
    bytes_to_hex(sha256, sizeof sha256, hex);
    if (strncmp(strrchr(below, '/') + 1, hex, DIGEST_DIGITS) != 0 ||
        strncmp(stored_name, hex, DIGEST_DIGITS) != 0)
        return err_set(err, ERR_DAMAGED, below, "%s", _("is the sidecar of another recording"));
    bool loose = strcmp(state, "loose") == 0;
    if (loose)
        stored_must_be_there(auditor, stored_name, id);
    for (size_t i = 0; i < json_array_size(archives); i++) {
        const char *path = json_string_value(json_array_get(archives, i));
        if (path != NULL)
            must_be_there(auditor, path, id);
    }
    for (size_t i = 0; i < json_array_size(attachments); i++) {
        const char *name;
        if (json_take_text(json_array_get(attachments, i), "stored_name", below, &name, err) < 0 ||
            note_attachment(auditor, name, err) < 0)
            return -1;
        if (loose)
            stored_must_be_there(auditor, name, id);
    }
    return 0;
}

static int read_sidecar(struct auditor *auditor, const char *below, struct err *err)
{
    AUTO(free) char *text = NULL;
    AUTO(json_decref) json_t *root = NULL;
    size_t len;
    AUTO(close)
    int fd = file_open_regular(vault_folder(auditor->vault, VAULT_RECORDINGS), below, err);
    if (fd < 0 || file_read_all(fd, below, SIDECAR_BYTES_MAX, &text, &len, err) < 0 ||
        json_read((struct bytes){(const uint8_t *)text, len}, below, &root, err) < 0)
        return -1;
    return take_sidecar(auditor, root, below, err);
}

/* Whether the path is that of stored bytes or of a sidecar; its name. */
static bool is_stored(const char *below, const char **name)
{
    char path[VAULT_STORED_PATH];
    const char *slash = strrchr(below, '/');
    *name = slash != NULL ? slash + 1 : "";
    if (strspn(*name, "0123456789abcdef") != DIGEST_DIGITS || (*name)[DIGEST_DIGITS] != '.' ||
        strlen(*name) >= VAULT_STORED_NAME)
        return false;
    vault_stored_path(*name, path);
    return strcmp(path, below) == 0;
}

static bool is_sidecar(const char *name)
{
    return strcmp(name + DIGEST_DIGITS, ".json") == 0;
}

/* The first way through recordings/: sidecars alone. */
static int sidecar_known(struct auditor *auditor, const char *below, bool *known, struct err *err)
{
    const char *name;
    struct err wrong;
    *known = true; /* the rest is the second way's */
    if (!is_stored(below, &name) || !is_sidecar(name))
        return 0;
    auditor->session.report->checked++;
    if (read_sidecar(auditor, below, &wrong) == 0)
        return 0;
    if (wrong.kind == ERR_MEMORY)
        return (void)(*err = wrong), -1;
    char path[VAULT_STORED_PATH + 16];
    (void)snprintf(path, sizeof path, "recordings/%s", below);
    session_found_err(&auditor->session, auditor->path, path, &wrong);
    return 0;
}

static int check_content(struct auditor *auditor, const char *name, const char *entry,
                         struct err *err)
{
    struct err wrong;
    uint64_t size;
    AUTO(close) int fd = vault_open_stored(auditor->vault, name, &wrong);
    if (fd < 0 || file_size(fd, entry, &size, &wrong) < 0) {
        auditor->session.report->checked++;
        session_found_err(&auditor->session, auditor->path, entry, &wrong);
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
                              .target = auditor->path,
                              .entry = entry};
    if (bytes_from_hex((struct bytes){(const uint8_t *)name, DIGEST_DIGITS},
                       content.expected.sha256, sizeof content.expected.sha256) < 0)
        return 0; /* it is: see is_stored */
    fd = -1;
    return content_check(&auditor->session, &content, err);
}

/* The second way: the bytes against their names, and that something says what they are. */
static int bytes_known(struct auditor *auditor, const char *below, bool *known, struct err *err)
{
    const char *name;
    char sidecar[VAULT_STORED_PATH];
    char entry[VAULT_STORED_PATH + 16];
    *known = is_stored(below, &name);
    if (!*known || is_sidecar(name))
        return 0;
    (void)snprintf(sidecar, sizeof sidecar, "recordings/%.2s/%.64s.json", name, name);
    if (tfind(name, &auditor->seen, by_text) == NULL &&
        faccessat(vault_folder(auditor->vault, VAULT_ROOT), sidecar, F_OK, AT_SYMLINK_NOFOLLOW) !=
            0)
        auditor_found(auditor, AUDIT_MISSING, sidecar, NULL, _("a recording without its sidecar"));
    (void)snprintf(entry, sizeof entry, "recordings/%s", below);
    return check_content(auditor, name, entry, err);
}

static int archive_by_itself(struct auditor *auditor, const char *below, bool *known,
                             struct err *err)
{
    char path[PATH_ROOM];
    struct err wrong;
    size_t below_len = strlen(below);
    *known = below_len > 4 && strcmp(below + below_len - 4, ".tar") == 0;
    if (!*known)
        return 0;
    int len = snprintf(path, sizeof path, "%s/archives/%s", auditor->path, below);
    if (len < 0 || (size_t)len >= sizeof path)
        return err_set(err, ERR_USAGE, auditor->path, "%s", _("the path is too long"));
    int fd = file_open_regular(AT_FDCWD, path, &wrong);
    if (fd >= 0)
        return carrier_archive(&auditor->session, fd, path, NULL, err);
    session_found_err(&auditor->session, auditor->path, path + strlen(auditor->path) + 1, &wrong);
    return 0;
}

int auditor_check_bare(struct auditor *auditor, struct err *err)
{
    const struct place places[] = {
        {VAULT_RECORDINGS, sidecar_known, ""},
        {VAULT_RECORDINGS, bytes_known, _("neither a recording nor a sidecar by its name")},
        {VAULT_ARCHIVES, archive_by_itself, _("no archive by its name")},
    };
    auditor->session.total_is_known = false;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (auditor_walk(auditor, &places[i], err) < 0)
            return -1;
    if (auditor_check_incoming(auditor, err) < 0)
        return -1;
    content_drain(&auditor->session);
    return 0;
}
