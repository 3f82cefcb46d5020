#include <stdlib.h>
#include <string.h>

#include "acts/acts_private.h"
#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/text.h"
#include "vault/vault.h"

#include "base/banned.h"

/* ---- sealed ---- */

int acts_seal(struct vault *vault, const struct catalog_archive *archive, const int64_t *recordings,
              size_t count, const int64_t *attachments, size_t attachment_count,
              struct acts_done *done, struct err *err)
{
    return act_now(vault, CUSTODY_SEALED, archive->path,
                   json_pack("{s:s?, s:s?, s:s?, s:i, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                             "case", archive->month == NULL ? archive->case_number : NULL, "month",
                             archive->month, "team", archive->team, "volume", (int)archive->volume,
                             "replaces", archive->replaces, "sha256", detail_hex(archive->sha256),
                             "sm3", detail_hex(archive->sm3), "tagmanifest_sha256",
                             detail_hex(archive->tagmanifest_sha256), "size",
                             json_u64(archive->size_bytes), "sealed_at",
                             detail_time(vault, archive->sealed_us), "recordings",
                             detail_numbers(recordings, count), "attachments",
                             detail_numbers(attachments, attachment_count)),
                   NULL, done, err);
}

/* The archive that it stands for from now on is no more. */
static int apply_replaced(const struct apply *apply, const char *path, struct err *err)
{
    struct catalog_err wrong;
    int64_t replaced;
    if (catalog_archive_by_path(apply->catalog, path, &replaced, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (replaced == 0)
        return detail_wrong(apply, "replaces", err);
    if (catalog_archive_gone(apply->catalog, replaced, apply->number, apply->entry->at.us, &wrong) <
        0)
        return err_from_catalog(err, &wrong);
    return 0;
}

int apply_sealed(struct apply *apply, struct err *err)
{
    const json_t *detail = apply->entry->detail;
    struct catalog_archive archive = {.path = text_readable(apply->entry->subject),
                                      .sealed_by = text_readable(apply->entry->actor)};
    uint64_t volume;
    AUTO(free) int64_t *recordings = NULL;
    AUTO(free) int64_t *attachments = NULL;
    size_t count;
    size_t attachment_count;
    if (detail_take_text_or_null(apply, "month", &archive.month, err) < 0 ||
        detail_take_text_or_null(apply, "team", &archive.team, err) < 0 ||
        (archive.month == NULL && detail_take_text(apply, "case", &archive.case_number, err) < 0) ||
        json_take_u64(detail, "volume", apply->object, &volume, err) < 0 ||
        json_take_hex(detail, "sha256", apply->object, archive.sha256, 32, err) < 0 ||
        json_take_hex(detail, "sm3", apply->object, archive.sm3, 32, err) < 0 ||
        json_take_hex(detail, "tagmanifest_sha256", apply->object, archive.tagmanifest_sha256, 32,
                      err) < 0 ||
        json_take_u64(detail, "size", apply->object, &archive.size_bytes, err) < 0 ||
        detail_take_time(apply, "sealed_at", &archive.sealed_us, err) < 0 ||
        detail_take_numbers(apply, "recordings", &recordings, &count, err) < 0 ||
        detail_take_numbers(apply, "attachments", &attachments, &attachment_count, err) < 0)
        return -1;
    if (volume > UINT32_MAX)
        return detail_wrong(apply, "volume", err);
    if (detail_take_text_or_null(apply, "replaces", &archive.replaces, err) < 0)
        return -1;
    archive.volume = (uint32_t)volume;
    struct catalog_err wrong;
    if (catalog_archive_add(apply->catalog, &archive, recordings, count, attachments,
                            attachment_count, &apply->number, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return archive.replaces != NULL ? apply_replaced(apply, archive.replaces, err) : 0;
}

/* ---- disc-imaged ---- */

int acts_image(struct vault *vault, const struct catalog_disc *disc, const int64_t *archives,
               size_t count, struct acts_done *done, struct err *err)
{
    return act_now(
        vault, CUSTODY_DISC_IMAGED, NULL,
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "name", disc->name, "image", disc->image,
                  "sha256", detail_hex(disc->sha256), "size", json_u64(disc->size_bytes), "made_at",
                  detail_time(vault, disc->made_us), "archives", detail_numbers(archives, count)),
        NULL, done, err);
}

int apply_disc_imaged(struct apply *apply, struct err *err)
{
    const json_t *detail = apply->entry->detail;
    struct catalog_disc disc = {.made_by = text_readable(apply->entry->actor)};
    AUTO(free) int64_t *archives = NULL;
    size_t count;
    if (detail_take_text(apply, "name", &disc.name, err) < 0 ||
        detail_take_text(apply, "image", &disc.image, err) < 0 ||
        json_take_hex(detail, "sha256", apply->object, disc.sha256, 32, err) < 0 ||
        json_take_u64(detail, "size", apply->object, &disc.size_bytes, err) < 0 ||
        detail_take_time(apply, "made_at", &disc.made_us, err) < 0 ||
        detail_take_numbers(apply, "archives", &archives, &count, err) < 0)
        return -1;
    struct catalog_err wrong;
    if (catalog_disc_add(apply->catalog, &disc, archives, count, &apply->number, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}
