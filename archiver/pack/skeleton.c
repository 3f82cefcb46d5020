#include "pack/skeleton.h"

#include <archive.h>
#include <archive_entry.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "pack/plan.h"

#include "base/banned.h"

/* Handed to libarchive in place of content; it passes on the pointer and looks at nothing. */
enum { NOTHING_BYTES = 1 << 20 };

struct writing {
    int fd;
    const char *object;
    EVP_MD_CTX *structure;
    uint64_t at;
    bool in_content;
    struct err *err; /* set by the callback: the cause behind libarchive's own error */
    bool failed;
};

AUTO_DEFINE(EVP_MD_CTX *, EVP_MD_CTX_free, NULL);
AUTO_DEFINE(struct archive_entry *, archive_entry_free, NULL);

/* Without archive_write_fail, freeing a half-written archive would write its end. */
static void writer_free(struct archive *archive)
{
    (void)archive_write_fail(archive);
    (void)archive_write_free(archive);
}
AUTO_DEFINE(struct archive *, writer_free, NULL);

static la_ssize_t block_write(struct archive *archive, void *context, const void *at, size_t len)
{
    struct writing *writing = context;
    (void)archive;
    if (!writing->in_content) {
        if (EVP_DigestUpdate(writing->structure, at, len) != 1)
            writing->failed = err_memory(writing->err, writing->object) < 0;
        else if (writing->fd >= 0)
            writing->failed =
                file_write_at(writing->fd, writing->object, writing->at, at, len, writing->err) < 0;
    }
    if (writing->failed)
        return -1;
    writing->at += len;
    return (la_ssize_t)len;
}

/* libarchive refused: our own cause where the callback had one. */
static int refused(const struct writing *writing, struct archive *archive, struct err *err)
{
    if (writing->failed)
        return -1;
    const char *why = archive_error_string(archive);
    return err_set(err, ERR_SYSTEM, writing->object, "libarchive: %s", why != NULL ? why : "?");
}

static void attribute_add(struct archive_entry *entry, const char *name, const char *value)
{
    archive_entry_xattr_add_entry(entry, name, value, strlen(value));
}

static void attributes_add(struct archive_entry *entry, const char *case_number,
                           const struct plan_file *file)
{
    char hex[65];
    attribute_add(entry, "user.shilu.case", case_number);
    attribute_add(entry, "user.shilu.original_name", file->original_name);
    bytes_to_hex(file->digests.sha256, 32, hex);
    attribute_add(entry, "user.shilu.sha256", hex);
    bytes_to_hex(file->digests.sm3, 32, hex);
    attribute_add(entry, "user.shilu.sm3", hex);
    if (file->tags != NULL)
        attribute_add(entry, "user.shilu.tags", file->tags);
    if (file->kind != NULL)
        attribute_add(entry, "user.shilu.kind", file->kind);
}

static void entry_fill(struct archive_entry *entry, const struct skeleton *skeleton,
                       const struct skeleton_member *member)
{
    (void)archive_entry_clear(entry);
    archive_entry_set_pathname(entry, member->name);
    archive_entry_set_filetype(entry, member->is_folder ? S_IFDIR : S_IFREG);
    archive_entry_set_perm(entry, member->is_folder ? 0755 : 0644);
    archive_entry_set_size(entry, (la_int64_t)member->size);
    archive_entry_set_mtime(entry, (time_t)skeleton->time_s, 0);
    if (member->evidence != NULL)
        attributes_add(entry, skeleton->case_number, member->evidence);
}

static int member_write(struct writing *writing, struct archive *archive,
                        struct archive_entry *entry, struct skeleton_member *member,
                        const uint8_t *nothing, struct err *err)
{
    if (archive_write_header(archive, entry) != ARCHIVE_OK)
        return refused(writing, archive, err);
    member->offset = writing->at;
    writing->in_content = true;
    for (uint64_t left = member->size; left > 0;) {
        size_t len = left < NOTHING_BYTES ? (size_t)left : NOTHING_BYTES;
        if (archive_write_data(archive, nothing, len) != (la_ssize_t)len)
            return refused(writing, archive, err);
        left -= len;
    }
    writing->in_content = false;
    return archive_write_finish_entry(archive) == ARCHIVE_OK ? 0 : refused(writing, archive, err);
}

static int members_write(struct skeleton *skeleton, struct writing *writing, struct err *err)
{
    AUTO(writer_free) struct archive *archive = archive_write_new();
    AUTO(archive_entry_free) struct archive_entry *entry = archive_entry_new();
    AUTO(free) uint8_t *nothing = calloc(1, NOTHING_BYTES);
    if (archive == NULL || entry == NULL || nothing == NULL)
        return err_memory(err, writing->object);
    /* ustar headers where they suffice; one form of attributes, the one GNU tar knows too; no
     * blocking: what is written comes to the callback at once, content apart from headers */
    if (archive_write_set_format_pax_restricted(archive) != ARCHIVE_OK ||
        archive_write_set_format_option(archive, NULL, "xattrheader", "SCHILY") != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(archive, 0) != ARCHIVE_OK ||
        archive_write_open(archive, writing, NULL, block_write, NULL) != ARCHIVE_OK)
        return refused(writing, archive, err);
    for (size_t i = 0; i < skeleton->count; i++) {
        entry_fill(entry, skeleton, &skeleton->members[i]);
        if (member_write(writing, archive, entry, &skeleton->members[i], nothing, err) < 0)
            return -1;
    }
    return archive_write_close(archive) == ARCHIVE_OK ? 0 : refused(writing, archive, err);
}

int skeleton_write(struct skeleton *skeleton, int fd, const char *object, struct err *err)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *structure = EVP_MD_CTX_new();
    if (structure == NULL || EVP_DigestInit_ex2(structure, EVP_sha256(), NULL) != 1)
        return err_memory(err, object);
    struct writing writing = {.fd = fd, .object = object, .structure = structure, .err = err};
    if (members_write(skeleton, &writing, err) < 0)
        return -1;
    skeleton->size = writing.at;
    if (EVP_DigestFinal_ex(structure, skeleton->structure_sha256, NULL) != 1)
        return err_memory(err, object);
    return 0;
}
