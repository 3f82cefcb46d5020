#include "pack/tar.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"

#include "base/banned.h"

/* The fields of a ustar header block. */
enum {
    NAME_AT = 0,
    NAME_LEN = 100,
    SIZE_AT = 124,
    SIZE_LEN = 12,
    SUM_AT = 148,
    SUM_LEN = 8,
    TYPE_AT = 156,
    MAGIC_AT = 257,
    PREFIX_AT = 345,
    PREFIX_LEN = 155,
};

/* What extended headers said about the member that follows them. */
struct extension {
    char name[TAR_NAME_MAX];
    bool has_name, has_size;
    uint64_t size;
};

static int damaged(const struct tar_reader *reader, uint64_t offset, const char *what,
                   struct err *err)
{
    return err_set(err, ERR_DAMAGED, reader->object, _("tar header at byte %llu: %s"),
                   (unsigned long long)offset, what);
}

static int structure_feed(struct tar_reader *reader, struct bytes more, struct err *err)
{
    if (reader->structure != NULL && EVP_DigestUpdate(reader->structure, more.at, more.len) != 1)
        return err_memory(err, reader->object);
    return 0;
}

/* `len` bytes (at most TAR_WINDOW) that lie at `offset`; valid until the next call. */
static int window_take(struct tar_reader *reader, uint64_t offset, size_t len, struct bytes *out,
                       struct err *err)
{
    bool inside = offset >= reader->window_offset &&
                  offset - reader->window_offset <= reader->window_len &&
                  len <= reader->window_len - (size_t)(offset - reader->window_offset);
    if (!inside) {
        if (file_read_at(reader->fd, reader->object, offset, reader->window, TAR_WINDOW,
                         &reader->window_len, err) < 0)
            return -1;
        reader->window_offset = offset;
        if (reader->window_len < len)
            return damaged(reader, offset, _("the file ends here"), err);
    }
    *out = (struct bytes){reader->window + (offset - reader->window_offset), len};
    return structure_feed(reader, *out, err);
}

int tar_reader_init(struct tar_reader *reader, int fd, const char *object, EVP_MD_CTX *structure,
                    struct err *err)
{
    memset(reader, 0, sizeof *reader);
    reader->fd = fd;
    reader->object = object;
    reader->structure = structure;
    return file_size(fd, object, &reader->size, err);
}

static int octal_parse(struct bytes field, uint64_t *number)
{
    size_t i = 0;
    uint64_t value = 0;
    while (i < field.len && field.at[i] == ' ')
        i++;
    size_t first = i;
    for (; i < field.len && field.at[i] >= '0' && field.at[i] <= '7'; i++)
        value = value * 8 + (uint64_t)(field.at[i] - '0'); /* 12 digits at most: 36 bits */
    if (i == first)
        return -1;
    for (; i < field.len; i++) {
        if (field.at[i] != ' ' && field.at[i] != '\0')
            return -1;
    }
    *number = value;
    return 0;
}

/* GNU tar's form of numbers that do not fit as octal digits. */
static int binary_parse(struct bytes field, uint64_t *number)
{
    uint64_t value = field.at[0] & 0x7f;
    for (size_t i = 1; i < field.len; i++) {
        if (value > UINT64_MAX >> 8)
            return -1;
        value = value << 8 | field.at[i];
    }
    *number = value;
    return 0;
}

static int number_parse(struct bytes field, uint64_t *number)
{
    return (field.at[0] & 0x80) != 0 ? binary_parse(field, number) : octal_parse(field, number);
}

static bool all_zero(struct bytes block)
{
    for (size_t i = 0; i < block.len; i++) {
        if (block.at[i] != 0)
            return false;
    }
    return true;
}

static bool sum_holds(const uint8_t block[static TAR_BLOCK])
{
    uint64_t told;
    uint64_t sum = 0;
    if (octal_parse((struct bytes){block + SUM_AT, SUM_LEN}, &told) < 0)
        return false;
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += i >= SUM_AT && i < SUM_AT + SUM_LEN ? ' ' : block[i];
    return sum == told;
}

/* A name from a header into `out`: whole UTF-8, nothing that a terminal or a list trips over. */
static int name_take(struct bytes raw, char out[static TAR_NAME_MAX])
{
    while (raw.len > 2 && raw.at[0] == '.' && raw.at[1] == '/')
        raw = (struct bytes){raw.at + 2, raw.len - 2};
    if (raw.len == 0 || raw.len >= TAR_NAME_MAX || !text_is_utf8(raw))
        return -1;
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.at[i] < 0x20 || raw.at[i] == 0x7f)
            return -1;
    }
    memcpy(out, raw.at, raw.len);
    out[raw.len] = '\0';
    return 0;
}

/* One record "LEN KEY=VALUE\n" from the front of *body. */
static int record_cut(struct bytes *body, struct bytes *key, struct bytes *value)
{
    struct bytes rest;
    struct bytes digits = bytes_cut(*body, ' ', &rest);
    uint64_t len;
    if (digits.len > 7 || bytes_parse_u64(digits, &len) < 0 || len > body->len ||
        len < digits.len + 4 || body->at[len - 1] != '\n')
        return -1;
    struct bytes record = {body->at + digits.len + 1, (size_t)len - digits.len - 2};
    *key = bytes_cut(record, '=', value);
    if (key->len == 0 || key->len == record.len)
        return -1;
    *body = (struct bytes){body->at + len, body->len - (size_t)len};
    return 0;
}

static int pax_apply(struct bytes body, struct extension *extension)
{
    while (body.len > 0) {
        struct bytes key, value;
        if (record_cut(&body, &key, &value) < 0)
            return -1;
        if (bytes_equal(key, bytes_of("path"))) {
            extension->has_name = true;
            if (name_take(value, extension->name) < 0)
                return -1;
        } else if (bytes_equal(key, bytes_of("size"))) {
            extension->has_size = true;
            if (bytes_parse_u64(value, &extension->size) < 0)
                return -1;
        } else if (key.len > 11 && memcmp(key.at, "GNU.sparse.", 11) == 0) {
            return -1; /* what lies in the tar is then not the file's content */
        }
    }
    return 0;
}

/* GNU tar's long name: the text with a NUL behind it. */
static int long_name_apply(struct bytes body, struct extension *extension)
{
    if (body.len < 2 || body.at[body.len - 1] != '\0')
        return -1;
    extension->has_name = true;
    return name_take((struct bytes){body.at, body.len - 1}, extension->name);
}

/* A global header may say what it likes, but not how to read the members. */
static int global_apply(struct bytes body)
{
    struct extension said = {0};
    return pax_apply(body, &said) < 0 || said.has_name || said.has_size ? -1 : 0;
}

/* The body of an extended header at `at`, and the padding behind it. */
static int extension_read(struct tar_reader *reader, uint8_t type, uint64_t at, uint64_t size,
                          struct extension *extension, struct err *err)
{
    if (size == 0 || size > TAR_EXTENSION_MAX || size > reader->size - at)
        return damaged(reader, at, _("an extended header of impossible length"), err);
    size_t padded = ((size_t)size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    struct bytes body;
    AUTO(free) uint8_t *long_body = NULL;
    if (padded <= TAR_WINDOW) {
        if (window_take(reader, at, padded, &body, err) < 0)
            return -1;
    } else {
        long_body = malloc(padded);
        if (long_body == NULL)
            return err_memory(err, reader->object);
        if (file_read_exact(reader->fd, reader->object, at, long_body, padded, err) < 0)
            return -1;
        body = (struct bytes){long_body, padded};
        if (structure_feed(reader, body, err) < 0)
            return -1;
    }
    body.len = (size_t)size;
    int fits = type == 'x'   ? pax_apply(body, extension)
               : type == 'g' ? global_apply(body)
                             : long_name_apply(body, extension);
    return fits < 0 ? damaged(reader, at, _("an extended header that makes no sense"), err) : 0;
}

static int plain_name(const uint8_t block[static TAR_BLOCK], bool is_gnu,
                      char out[static TAR_NAME_MAX])
{
    uint8_t joined[NAME_LEN + PREFIX_LEN + 1];
    size_t len = 0;
    size_t prefix_len = strnlen((const char *)block + PREFIX_AT, PREFIX_LEN);
    if (!is_gnu && prefix_len > 0) { /* GNU keeps other things there */
        memcpy(joined, block + PREFIX_AT, prefix_len);
        joined[prefix_len] = '/';
        len = prefix_len + 1;
    }
    size_t name_len = strnlen((const char *)block + NAME_AT, NAME_LEN);
    memcpy(joined + len, block + NAME_AT, name_len);
    return name_take((struct bytes){joined, len + name_len}, out);
}

static int member_settle(struct tar_reader *reader, const uint8_t block[static TAR_BLOCK],
                         uint64_t at, const struct extension *extension, struct tar_member *member,
                         struct err *err)
{
    bool is_gnu = memcmp(block + MAGIC_AT, "ustar  ", 8) == 0;
    if (extension->has_name)
        memcpy(member->name, extension->name, strlen(extension->name) + 1);
    else if (plain_name(block, is_gnu, member->name) < 0)
        return damaged(reader, at, _("a name that is none"), err);
    if (number_parse((struct bytes){block + SIZE_AT, SIZE_LEN}, &member->size) < 0)
        return damaged(reader, at, _("a size that is none"), err);
    if (extension->has_size)
        member->size = extension->size;
    member->is_folder = block[TYPE_AT] == '5';
    member->offset = at + TAR_BLOCK;
    if (member->is_folder && member->size != 0)
        return damaged(reader, at, _("a folder with content"), err);
    uint64_t end;
    if (ckd_add(&end, member->offset, member->size) || end > INT64_MAX - TAR_BLOCK)
        return damaged(reader, at, _("a size beyond any file"), err);
    reader->at = member->offset;
    reader->content_end = end;
    return 0;
}

/* Past the content of the member before, and its padding. */
static int content_skip(struct tar_reader *reader, struct err *err)
{
    uint64_t past = reader->content_end;
    if (past > reader->size)
        return err_set(err, ERR_DAMAGED, reader->object,
                       _("the tar ends at byte %llu, %llu bytes before the end of a member"),
                       (unsigned long long)reader->size, (unsigned long long)(past - reader->size));
    size_t padding = (size_t)((TAR_BLOCK - past % TAR_BLOCK) % TAR_BLOCK);
    struct bytes seen;
    if (padding > 0 && window_take(reader, past, padding, &seen, err) < 0)
        return -1;
    reader->at = past + padding;
    return 0;
}

/* Behind the first block of zeros: at least one more, and nothing but zeros until the end. */
static int end_read(struct tar_reader *reader, uint64_t at, struct err *err)
{
    if (reader->size - at < TAR_BLOCK || reader->size % TAR_BLOCK != 0)
        return damaged(reader, at, _("the end of the tar is cut off"), err);
    while (at < reader->size) {
        struct bytes zeros;
        if (window_take(reader, at, TAR_BLOCK, &zeros, err) < 0)
            return -1;
        if (!all_zero(zeros))
            return damaged(reader, at, _("something follows the end of the tar"), err);
        at += TAR_BLOCK;
    }
    reader->at = at;
    return 0;
}

static int block_check(struct tar_reader *reader, const uint8_t block[static TAR_BLOCK],
                       uint64_t at, struct err *err)
{
    bool is_known = memcmp(block + MAGIC_AT,
                           "ustar\0"
                           "00",
                           8) == 0 ||
                    memcmp(block + MAGIC_AT, "ustar  ", 8) == 0;
    if (!is_known)
        return damaged(reader, at, _("no header of a tar stands here"), err);
    if (!sum_holds(block))
        return damaged(reader, at, _("its checksum does not hold"), err);
    if (block[TYPE_AT] == '\0' || strchr("05xgL", block[TYPE_AT]) == NULL)
        return damaged(reader, at, _("a kind of member that no bag has"), err);
    return 0;
}

int tar_next(struct tar_reader *reader, struct tar_member *member, bool *found, struct err *err)
{
    struct extension extension = {.has_name = false};
    if (content_skip(reader, err) < 0)
        return -1;
    member->header_offset = reader->at;
    for (uint64_t at = reader->at;;) {
        struct bytes seen;
        uint8_t block[TAR_BLOCK]; /* a copy: reading on moves the window */
        if (window_take(reader, at, TAR_BLOCK, &seen, err) < 0)
            return -1;
        memcpy(block, seen.at, TAR_BLOCK);
        if (all_zero(seen) && at == member->header_offset) {
            *found = false;
            return reader->is_head_only ? 0 : end_read(reader, at + TAR_BLOCK, err);
        }
        if (block_check(reader, block, at, err) < 0)
            return -1;
        if (block[TYPE_AT] == '0' || block[TYPE_AT] == '5') {
            *found = true;
            return member_settle(reader, block, at, &extension, member, err);
        }
        uint64_t size;
        if (number_parse((struct bytes){block + SIZE_AT, SIZE_LEN}, &size) < 0)
            return damaged(reader, at, _("a size that is none"), err);
        at += TAR_BLOCK;
        if (extension_read(reader, block[TYPE_AT], at, size, &extension, err) < 0)
            return -1;
        at += (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    }
}

int tar_find(struct tar_reader *reader, uint64_t from, uint64_t to, bool *found, struct err *err)
{
    *found = false;
    if (to > reader->size)
        to = reader->size;
    for (uint64_t at = from; at < to && to - at >= TAR_BLOCK; at += TAR_BLOCK) {
        struct bytes seen;
        struct err unsound;
        if (window_take(reader, at, TAR_BLOCK, &seen, err) < 0)
            return -1;
        if (block_check(reader, seen.at, at, &unsound) < 0)
            continue;
        reader->at = at;
        reader->content_end = at;
        *found = true;
        return 0;
    }
    return 0;
}
