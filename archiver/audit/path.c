#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/carrier.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"

#include "base/banned.h"

/* ECMA-119 8.1: volume descriptors begin at sector 16; POSIX ustar: the magic at byte 257. */
enum { ISO_MAGIC_AT = 16 * 2048 + 1, TAR_MAGIC_AT = 257 };

static bool has_magic(int fd, uint64_t offset, const char *magic)
{
    char at[8];
    size_t len;
    struct err ignored; /* whoever reads it next will say */
    return file_read_at(fd, "", offset, at, strlen(magic), &len, &ignored) == 0 &&
           len == strlen(magic) && memcmp(at, magic, len) == 0;
}

static bool has_extension(const char *path, const char *extension)
{
    size_t len = strlen(path);
    size_t extension_len = strlen(extension);
    return len > extension_len && strcasecmp(path + len - extension_len, extension) == 0;
}

static bool is_receipt(int fd, const char *path)
{
    uint8_t begin[16];
    size_t len;
    struct err ignored; /* whoever reads it next will say */
    return has_extension(path, ".json") ||
           (file_read_at(fd, "", 0, begin, sizeof begin, &len, &ignored) == 0 &&
            receipt_begins((struct bytes){begin, len}));
}

bool audit_is_receipt(const char *path)
{
    struct err ignored; /* audit_path will say */
    AUTO(close) int fd = file_open_regular(AT_FDCWD, path, &ignored);
    return fd >= 0 && is_receipt(fd, path);
}

enum carrier_kind carrier_kind_of(int fd, const char *path)
{
    if (has_magic(fd, ISO_MAGIC_AT, "CD001"))
        return CARRIER_IMAGE;
    if (has_magic(fd, TAR_MAGIC_AT, "ustar") || has_extension(path, ".tar"))
        return CARRIER_ARCHIVE;
    if (has_extension(path, ".iso"))
        return CARRIER_IMAGE;
    return is_receipt(fd, path) ? CARRIER_RECEIPT : CARRIER_NONE;
}

int carrier_open(const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISBLK(st.st_mode)) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        return fd < 0 ? err_sys(err, path, _("open")) : fd;
    }
    return file_open_regular(AT_FDCWD, path, err);
}

static int audit_file(struct session *session, const char *path, struct err *err)
{
    int fd = carrier_open(path, err);
    if (fd < 0)
        return -1;
    uint64_t size;
    AUTO(close) int to_close = fd;
    if (file_size(fd, path, &size, err) < 0 && err->kind != ERR_USAGE)
        return -1;
    const enum carrier_kind kind = carrier_kind_of(fd, path);
    if (kind == CARRIER_NONE)
        return err_set(err, ERR_USAGE, path, "%s",
                       _("neither an archive, nor a disc image, nor a receipt"));
    to_close = -1;
    return kind == CARRIER_RECEIPT ? carrier_receipt(session, fd, path, err)
           : kind == CARRIER_IMAGE ? carrier_image(session, fd, path, err)
                                   : carrier_archive(session, fd, path, NULL, err);
}

int audit_path(const char *path, const struct audit_options *options, struct audit_report *report,
               struct err *err)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return err_sys(err, path, _("open"));
    AUTO(session_end) struct session session = {0};
    if (session_start(&session, options, report, err) < 0)
        return -1;
    int result;
    if (S_ISDIR(st.st_mode)) {
        int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        result = folder < 0 ? err_sys(err, path, _("open"))
                            : carrier_folder(&session, folder, path, err);
    } else {
        result = audit_file(&session, path, err);
    }
    session_end(&session);
    return result;
}
