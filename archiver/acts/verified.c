#include <stdlib.h>

#include "acts/acts_private.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/json.h"
#include "vault/vault.h"

#include "base/banned.h"

enum { NUMBERS_AT_ONCE = 2000 }; /* of each list in one entry: it fits whatever they are */

/* A part of a list that is told in rows of at most NUMBERS_AT_ONCE. */
static json_t *part(const int64_t *numbers, size_t count, size_t from)
{
    if (from >= count)
        return detail_numbers(NULL, 0);
    return detail_numbers(numbers + from,
                          count - from < NUMBERS_AT_ONCE ? count - from : NUMBERS_AT_ONCE);
}

static json_t *detail(const struct acts_verification *verification, size_t from)
{
    AUTO(json_decref)
    json_t *detail =
        json_pack("{s:s, s:o, s:o, s:o, s:o}", "level", verification->level, "findings",
                  json_u64(verification->findings), "bytes", json_u64(verification->bytes),
                  "recordings", part(verification->recordings, verification->recording_count, from),
                  "archives", part(verification->archives, verification->archive_count, from));
    if (detail == NULL ||
        (verification->percent > 0 &&
         (json_object_set_new(detail, "sample_percent", json_real(verification->percent)) < 0 ||
          json_object_set_new(detail, "seed_size", json_u64(verification->seed_size)) < 0)))
        return NULL;
    json_t *whole = detail;
    detail = NULL;
    return whole;
}

int acts_verified(struct vault *vault, const struct acts_verification *verification,
                  struct err *err)
{
    size_t from = 0;
    do {
        if (act_now(vault, CUSTODY_VERIFIED, verification->subject, detail(verification, from),
                    NULL, NULL, err) < 0)
            return -1;
        from += NUMBERS_AT_ONCE;
    } while (from < verification->recording_count || from < verification->archive_count);
    return 0;
}

static int set_all(const struct apply *apply, const char *key, enum catalog_read_kind kind,
                   struct err *err)
{
    AUTO(free) int64_t *numbers = NULL;
    size_t count;
    struct catalog_err wrong;
    if (detail_take_numbers(apply, key, &numbers, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (catalog_reading_set(apply->catalog, kind, numbers[i], apply->entry->at.us, &wrong) < 0)
            return err_from_catalog(err, &wrong);
    return 0;
}

int apply_verified(struct apply *apply, struct err *err)
{
    return set_all(apply, "recordings", CATALOG_READ_RECORDING, err) < 0
               ? -1
               : set_all(apply, "archives", CATALOG_READ_ARCHIVE, err);
}
