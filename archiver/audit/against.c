#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/carrier.h"
#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "custody/receipt.h"
#include "disc/disc.h"
#include "pack/pack.h"

#include "base/banned.h"

/* A checkpoint is a note of at most 64 KiB; a receipt holds one. */
enum { CHECKPOINT_MAX = 64 << 10, TEXT_MAX = CUSTODY_RECEIPT_MAX, OBJECT_MAX = 4352 };

static const char checkpoint_name[] = "checkpoint.txt";

struct looking {
    const char *path;
    audit_checkpoint *each;
    void *context;
    uint64_t found;
};

static bool is_checkpoint(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash != NULL && strcmp(slash + 1, checkpoint_name) == 0;
}

/* One that lies in something larger, gathered from its extents. */
static int tell_inside(struct looking *looking, int fd, const char *name,
                       const struct disc_extent *extents, size_t count, struct err *err)
{
    char object[OBJECT_MAX];
    uint8_t text[CHECKPOINT_MAX];
    size_t len = 0;
    (void)snprintf(object, sizeof object, "%s: %s", looking->path, name);
    for (size_t i = 0; i < count; i++) {
        const struct disc_extent *extent = &extents[i];
        if (extent->size > sizeof text - len)
            return err_set(err, ERR_DAMAGED, object, "%s", _("longer than a checkpoint can be"));
        if (file_read_exact(fd, object, extent->offset, text + len, (size_t)extent->size, err) < 0)
            return -1;
        len += (size_t)extent->size;
    }
    looking->found++;
    return looking->each(looking->context, object, (struct bytes){text, len}, err);
}

static int none_inside(const struct looking *looking, struct err *err)
{
    return looking->found > 0
               ? 0
               : err_set(err, ERR_MISSING, looking->path, "%s",
                         _("it holds no checkpoint of a log: it was sealed before there were any"));
}

static void pack_layout_release_at(struct pack_layout *layout)
{
    pack_layout_release(layout);
}

static int of_archive(struct looking *looking, int fd, struct err *err)
{
    AUTO(pack_layout_release) struct pack_layout layout = {.members = NULL};
    if (pack_layout_read(fd, looking->path, &layout, err) < 0)
        return -1;
    for (size_t i = 0; i < layout.count; i++) {
        const struct pack_member *member = &layout.members[i];
        const struct disc_extent extent = {member->offset, member->size};
        if (!member->is_folder && is_checkpoint(member->name) &&
            tell_inside(looking, fd, member->name, &extent, 1, err) < 0)
            return -1;
    }
    return none_inside(looking, err);
}

static void disc_listing_release_at(struct disc_listing *listing)
{
    disc_listing_release(listing);
}

static int of_image(struct looking *looking, int fd, struct err *err)
{
    AUTO(disc_listing_release) struct disc_listing listing = {.files = NULL};
    if (disc_listing_read(fd, looking->path, &listing, err) < 0)
        return -1;
    for (size_t i = 0; i < listing.count; i++) {
        const struct disc_file *file = &listing.files[i];
        if (is_checkpoint(file->path) &&
            tell_inside(looking, fd, file->path, file->extents, file->extent_count, err) < 0)
            return -1;
    }
    return none_inside(looking, err);
}

static int of_receipt(struct looking *looking, struct bytes text, struct err *err)
{
    AUTO(custody_receipt_release) struct custody_receipt receipt = {.size_bytes = 0};
    if (custody_receipt_parse(text, looking->path, &receipt, err) < 0 ||
        custody_receipt_prove(&receipt, looking->path, err) < 0)
        return -1;
    return looking->each(looking->context, looking->path, receipt.checkpoint, err);
}

int audit_checkpoints(const char *path, audit_checkpoint *each, void *context, struct err *err)
{
    struct looking looking = {.path = path, .each = each, .context = context};
    AUTO(close) int fd = carrier_open(path, err);
    if (fd < 0)
        return -1;
    const enum carrier_kind kind = carrier_kind_of(fd, path);
    if (kind == CARRIER_IMAGE)
        return of_image(&looking, fd, err);
    if (kind == CARRIER_ARCHIVE)
        return of_archive(&looking, fd, err);
    AUTO(free) char *text = NULL;
    size_t len;
    if (file_read_all(fd, path, TEXT_MAX, &text, &len, err) < 0)
        return -1;
    const struct bytes octets = {(const uint8_t *)text, len};
    return len > 0 && text[0] == '{' ? of_receipt(&looking, octets, err)
                                     : each(context, path, octets, err);
}
