#include "pack/plan.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/order.h"
#include "pack/entry.h"
#include "pack/index.h"
#include "pack/names.h"

#include "base/banned.h"

AUTO_DEFINE(EVP_MD_CTX *, EVP_MD_CTX_free, NULL);

AUTO_DEFINE(struct catalog_archive *, catalog_archive_free, NULL);

/* What a callback of the catalog gathers, and the first thing that went wrong in it. */
struct gathering {
    struct plan *plan;
    const struct plan_rewrite *rewrite; /* or NULL */
    bool unassigned;                    /* what belongs to no case: with all that is attached */
    size_t room;
    int failed;
    struct err err;
};

static int file_add(struct plan *plan, size_t *room, struct plan_file **out, struct err *err)
{
    if (plan->count == INDEX_ENTRIES_MAX)
        return err_set(err, ERR_USAGE, plan->the_case->number,
                       _("more than %d files in one volume"), INDEX_ENTRIES_MAX);
    if (plan->count == *room) {
        size_t wanted = *room == 0 ? 64 : *room * 2;
        struct plan_file *more = realloc(plan->files, wanted * sizeof *more);
        if (more == NULL)
            return err_memory(err, plan->the_case->number);
        plan->files = more;
        *room = wanted;
    }
    *out = &plan->files[plan->count++];
    memset(*out, 0, sizeof **out);
    return 0;
}

static int file_fill(struct plan *plan, struct plan_file *file, const char *original_name,
                     const char *stored_name, const uint8_t sha256[static 32],
                     const uint8_t sm3[static 32], struct err *err)
{
    file->original_name = strdup(original_name);
    file->stored_name = strdup(stored_name);
    if (file->original_name == NULL || file->stored_name == NULL)
        return err_memory(err, original_name);
    memcpy(file->digests.sha256, sha256, 32);
    memcpy(file->digests.sm3, sm3, 32);
    if (ckd_add(&plan->payload_bytes, plan->payload_bytes, file->size) ||
        plan->payload_bytes > (uint64_t)INT64_MAX / 2)
        return err_set(err, ERR_DAMAGED, original_name, _("sizes beyond any archive"));
    return 0;
}

static int recording_gather(struct catalog *catalog, struct plan *plan, size_t *room,
                            const struct catalog_recording *recording, struct err *err)
{
    struct plan_file *file;
    if (file_add(plan, room, &file, err) < 0)
        return -1;
    file->recording = recording->number;
    file->size = recording->size_bytes;
    if (file_fill(plan, file, recording->original_name, recording->stored_name, recording->sha256,
                  recording->sm3, err) < 0 ||
        history_gather(catalog, recording->number, &plan->history, &file->accepted, err) < 0)
        return -1;
    return entry_describe_recording(recording, file, err);
}

static bool is_gone(const struct plan_rewrite *rewrite, int64_t recording)
{
    return rewrite != NULL && bsearch(&recording, rewrite->gone, rewrite->gone_count,
                                      sizeof recording, order_i64) != NULL;
}

/* From the month's first moment in the vault's zone to the next one's. */
static int month_range(const char *month, int64_t *from_us, int64_t *to_us, struct err *err)
{
    char text[32];
    struct instant from;
    struct instant to;
    uint64_t year;
    uint64_t number;
    struct bytes rest;
    struct bytes first = bytes_cut(bytes_of(month), '-', &rest);
    if (first.len != 4 || rest.len != 2 || bytes_parse_u64(first, &year) < 0 ||
        bytes_parse_u64(rest, &number) < 0 || number < 1 || number > 12 || year < 1970)
        return err_set(err, ERR_USAGE, month, _("not a month such as 2026-11"));
    uint64_t next_year = number == 12 ? year + 1 : year;
    uint64_t next = number == 12 ? 1 : number + 1;
    (void)snprintf(text, sizeof text, "%s-01T00:00:00", month);
    int read = instant_parse(bytes_of(text), &from, NULL);
    (void)snprintf(text, sizeof text, "%04u-%02u-01T00:00:00", (unsigned)next_year, (unsigned)next);
    if (read < 0 || instant_parse(bytes_of(text), &to, NULL) < 0)
        return err_set(err, ERR_USAGE, month, _("not a month such as 2026-11"));
    *from_us = from.us;
    *to_us = to.us;
    return 0;
}

static int recordings_gather(struct catalog *catalog, struct gathering *gathering, struct err *err)
{
    struct catalog_err wrong;
    struct plan *plan = gathering->plan;
    const struct plan_rewrite *rewrite = gathering->rewrite;
    AUTO(free) int64_t *numbers = NULL;
    size_t count;
    int64_t from_us = 0;
    int64_t to_us = 0;
    if (gathering->unassigned && month_range(plan->month, &from_us, &to_us, err) < 0)
        return -1;
    int got =
        rewrite != NULL
            ? catalog_archive_recordings(catalog, rewrite->archive, &numbers, &count, &wrong)
        : gathering->unassigned
            ? catalog_unassigned(catalog, from_us, to_us, plan->team, &numbers, &count, &wrong)
            : catalog_unsealed(catalog, plan->the_case->number, &numbers, &count, &wrong);
    if (got < 0)
        return err_from_catalog(err, &wrong);
    for (size_t i = 0; i < count; i++) {
        struct catalog_recording *recording;
        if (is_gone(rewrite, numbers[i]))
            continue;
        if (catalog_recording_load(catalog, numbers[i], &recording, &wrong) < 0)
            return err_from_catalog(err, &wrong);
        int done = recording_gather(catalog, plan, &gathering->room, recording, err);
        catalog_recording_free(recording);
        if (done < 0)
            return -1;
    }
    plan->recording_count = plan->count;
    return 0;
}

static int attachment_fill(struct gathering *gathering, const struct catalog_attachment *attachment)
{
    struct plan_file *file;
    struct err *err = &gathering->err;
    if (file_add(gathering->plan, &gathering->room, &file, err) < 0)
        return -1;
    file->recording = attachment->recording;
    file->attachment = attachment->number;
    file->size = attachment->size_bytes;
    if (file_fill(gathering->plan, file, attachment->name, attachment->stored_name,
                  attachment->sha256, attachment->sm3, err) < 0)
        return -1;
    return entry_describe_attachment(attachment->kind, file, err);
}

static void attachment_gather(void *context, const struct catalog_attachment *attachment)
{
    struct gathering *gathering = context;
    if (gathering->failed == 0 && !is_gone(gathering->rewrite, attachment->recording))
        gathering->failed = attachment_fill(gathering, attachment);
}

/* What the log tells of recordings that are in a volume before, and have attachments in this. */
static int histories_gather(struct catalog *catalog, struct plan *plan, struct err *err)
{
    uint64_t ignored;
    for (size_t i = plan->recording_count; i < plan->count; i++)
        if ((i == plan->recording_count ||
             plan->files[i].recording != plan->files[i - 1].recording) &&
            history_gather(catalog, plan->files[i].recording, &plan->history, &ignored, err) < 0)
            return -1;
    history_settle(&plan->history);
    return 0;
}

/* All that is attached to the recordings that were gathered. */
static int own_attachments_gather(struct catalog *catalog, struct gathering *gathering,
                                  struct err *err)
{
    struct plan *plan = gathering->plan;
    struct catalog_err wrong;
    for (size_t i = 0; i < plan->recording_count; i++) {
        struct catalog_recording *recording;
        if (catalog_recording_load(catalog, plan->files[i].recording, &recording, &wrong) < 0)
            return err_from_catalog(err, &wrong);
        for (size_t k = 0; k < recording->attachment_count; k++)
            attachment_gather(gathering, &recording->attachments[k]);
        catalog_recording_free(recording);
    }
    return 0;
}

static int files_gather(struct catalog *catalog, struct plan *plan,
                        const struct plan_rewrite *rewrite, struct err *err)
{
    struct catalog_err wrong;
    struct gathering gathering = {
        .plan = plan, .rewrite = rewrite, .unassigned = rewrite == NULL && plan->month[0] != '\0'};
    if (catalog_log_size(catalog, &plan->log_size, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (recordings_gather(catalog, &gathering, err) < 0)
        return -1;
    if (gathering.unassigned && own_attachments_gather(catalog, &gathering, err) < 0)
        return -1;
    int got = gathering.unassigned ? 0
              : rewrite != NULL
                  ? catalog_archive_attachments(catalog, rewrite->archive, attachment_gather,
                                                &gathering, &wrong)
                  : catalog_attachments_unsealed(catalog, plan->the_case->number, attachment_gather,
                                                 &gathering, &wrong);
    if (got < 0)
        return err_from_catalog(err, &wrong);
    if (gathering.failed < 0) {
        *err = gathering.err;
        return -1;
    }
    if (histories_gather(catalog, plan, err) < 0)
        return -1;
    return plan->count > 0 || plan->has_previous
               ? 0
               : err_set(err, ERR_MISSING, plan->the_case->number,
                         plan->month[0] != '\0'
                             ? _("nothing to seal: no loose recording of then belongs to no case")
                             : _("nothing to seal: no recording belongs to this case"));
}

static void name_of(const char *path, char *name, size_t room)
{
    const char *slash = strrchr(path, '/');
    (void)snprintf(name, room, "%s", slash != NULL ? slash + 1 : path);
}

/* The next one: behind the newest, whether its file is there or not. */
static int volume_find(struct catalog *catalog, const struct plan_rewrite *rewrite,
                       struct plan *plan, struct err *err)
{
    struct catalog_err wrong;
    AUTO(catalog_archive_free) struct catalog_archive *newest = NULL;
    plan->volume = 1;
    if (rewrite != NULL && rewrite->after != NULL) {
        plan->volume = rewrite->after->volume + 1;
        plan->has_previous = true;
        (void)snprintf(plan->previous, sizeof plan->previous, "%s.tar", rewrite->after->bag);
        memcpy(plan->previous_sha256, rewrite->after_sha256, 32);
        return 0;
    }
    if (catalog_archive_newest(catalog, plan->the_case->number, &newest, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (newest == NULL)
        return 0;
    plan->volume = newest->volume + 1;
    plan->has_previous = true;
    plan->newest = newest->number;
    name_of(newest->path, plan->previous, sizeof plan->previous);
    memcpy(plan->previous_sha256, newest->sha256, 32);
    return 0;
}

int plan_time(int64_t at_us, struct instant *out)
{
    time_t seconds = (time_t)(at_us / 1000000 - (at_us % 1000000 < 0));
    struct tm local;
    if (localtime_r(&seconds, &local) == NULL || local.tm_year < 70 || local.tm_year > 8099)
        return -1;
    *out = (struct instant){at_us, (int16_t)(local.tm_gmtoff / 60)};
    return 0;
}

static int time_settle(struct plan *plan, int64_t sealed_us, struct err *err)
{
    struct instant instant;
    if (plan_time(sealed_us, &instant) < 0)
        return err_set(err, ERR_USAGE, plan->the_case->number, _("no sealing time"));
    instant.us -= instant.us % 1000000; /* a tar's times are whole seconds */
    plan->sealed_us = instant.us;
    instant_print(instant, plan->sealed_at);
    return 0;
}

static int names_settle(struct plan *plan, struct err *err)
{
    if (names_give(plan->files, plan->count, err) < 0)
        return -1;
    for (size_t i = 0; i < plan->count; i++) {
        if (entry_name(&plan->files[i], err) < 0)
            return -1;
    }
    char name[VAULT_CASE_NAME];
    vault_case_name(plan->the_case->number, name);
    (void)snprintf(plan->bag, sizeof plan->bag, "%s-v%03u", name, (unsigned)plan->volume);
    return 0;
}

/* A text with its NUL, so that no two rows of texts are the same bytes. */
static bool state_add(EVP_MD_CTX *digest, const char *text)
{
    const char *given = text != NULL ? text : "";
    return EVP_DigestUpdate(digest, given, strlen(given) + 1) == 1;
}

/* An entry's own text has its numbers, names, digests, tags and media. */
static int state_settle(struct plan *plan, struct err *err)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *digest = EVP_MD_CTX_new();
    const struct catalog_case *one = plan->the_case;
    bool fed = digest != NULL && EVP_DigestInit_ex2(digest, EVP_sha256(), NULL) == 1 &&
               state_add(digest, plan->bag) && state_add(digest, one->procedure) &&
               state_add(digest, one->cause) && state_add(digest, one->party) &&
               EVP_DigestUpdate(digest, &one->closed_us, sizeof one->closed_us) == 1;
    for (size_t i = 0; fed && i < plan->count; i++)
        fed = state_add(digest, plan->files[i].before_offset) &&
              state_add(digest, plan->files[i].behind_offset);
    return fed && EVP_DigestFinal_ex(digest, plan->state, NULL) == 1 ? 0
                                                                     : err_memory(err, one->number);
}

static int load(struct vault *vault, const struct plan_rewrite *rewrite, int64_t sealed_us,
                struct plan *plan, struct err *err)
{
    struct catalog *catalog = vault_catalog(vault);
    plan->unit = vault_settings(vault)->unit;
    if (time_settle(plan, sealed_us, err) < 0 || volume_find(catalog, rewrite, plan, err) < 0 ||
        files_gather(catalog, plan, rewrite, err) < 0 || names_settle(plan, err) < 0 ||
        state_settle(plan, err) < 0)
        return -1;
    return 0;
}

static int take_case(struct vault *vault, const char *number, struct plan *plan, struct err *err)
{
    struct catalog_err wrong;
    return catalog_case_load(vault_catalog(vault), number, &plan->the_case, &wrong) < 0
               ? err_from_catalog(err, &wrong)
               : 0;
}

/* What stands for a case: the catalog calls an archive of it so, too. */
static int take_month(const char *month, const char *team, struct plan *plan, struct err *err)
{
    char number[CATALOG_NUMBER_MAX * 4 + 64];
    (void)snprintf(plan->month, sizeof plan->month, "%s", month);
    (void)snprintf(number, sizeof number, "unassigned %s%s%s", month, team != NULL ? " " : "",
                   team != NULL ? team : "");
    plan->the_case = calloc(1, sizeof *plan->the_case);
    if (plan->the_case == NULL)
        return err_memory(err, month);
    plan->the_case->number = strdup(number);
    plan->team = team != NULL ? strdup(team) : NULL;
    return plan->the_case->number != NULL && (team == NULL || plan->team != NULL)
               ? 0
               : err_memory(err, month);
}

int plan_load(struct vault *vault, const char *case_number, int64_t sealed_us, struct plan **out,
              struct err *err)
{
    AUTO(plan_free) struct plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return err_memory(err, case_number);
    if (take_case(vault, case_number, plan, err) < 0 || load(vault, NULL, sealed_us, plan, err) < 0)
        return -1;
    *out = plan;
    plan = NULL;
    return 0;
}

int plan_load_unassigned(struct vault *vault, const struct plan_unassigned *unassigned,
                         int64_t sealed_us, struct plan **out, struct err *err)
{
    AUTO(plan_free) struct plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return err_memory(err, unassigned->month);
    if (take_month(unassigned->month, unassigned->team, plan, err) < 0 ||
        load(vault, NULL, sealed_us, plan, err) < 0)
        return -1;
    *out = plan;
    plan = NULL;
    return 0;
}

int plan_load_rewrite(struct vault *vault, const struct plan_rewrite *rewrite, int64_t sealed_us,
                      struct plan **out, struct err *err)
{
    struct catalog_err wrong;
    AUTO(catalog_archive_free) struct catalog_archive *archive = NULL;
    AUTO(plan_free) struct plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return err_memory(err, NULL);
    if (catalog_archive_load(vault_catalog(vault), rewrite->archive, &archive, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (archive->gone_us != 0)
        return err_set(err, ERR_CONFLICT, archive->path, _("is no more: another stands for it"));
    plan->disposal = rewrite->disposal;
    (void)snprintf(plan->replaced, sizeof plan->replaced, "%s", archive->path);
    memcpy(plan->replaced_sha256, archive->sha256, 32);
    if ((archive->month != NULL ? take_month(archive->month, archive->team, plan, err)
                                : take_case(vault, archive->case_number, plan, err)) < 0 ||
        load(vault, rewrite, sealed_us, plan, err) < 0)
        return -1;
    *out = plan;
    plan = NULL;
    return 0;
}

const char *plan_replaced_name(const struct plan *plan)
{
    const char *slash = strrchr(plan->replaced, '/');
    return slash != NULL ? slash + 1 : plan->replaced;
}

void plan_forget_texts(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct plan_file *file = &plan->files[i];
        free(file->before_offset);
        free(file->behind_offset);
        free(file->tags);
        file->before_offset = NULL;
        file->behind_offset = NULL;
        file->tags = NULL;
    }
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    plan_forget_texts(plan);
    for (size_t i = 0; i < plan->count; i++) {
        struct plan_file *file = &plan->files[i];
        free(file->original_name);
        free(file->stored_name);
        free(file->name);
        free(file->kind);
    }
    free(plan->files);
    history_release(&plan->history);
    catalog_case_free(plan->the_case);
    free(plan->team);
    free(plan);
}

int plan_numbers(const struct plan *plan, int64_t **recordings, int64_t **attachments,
                 struct err *err)
{
    AUTO(free) int64_t *first = calloc(plan->recording_count + 1, sizeof *first);
    AUTO(free) int64_t *second = calloc(plan->count - plan->recording_count + 1, sizeof *second);
    if (first == NULL || second == NULL)
        return err_memory(err, plan->the_case->number);
    for (size_t i = 0; i < plan->recording_count; i++)
        first[i] = plan->files[i].recording;
    for (size_t i = plan->recording_count; i < plan->count; i++)
        second[i - plan->recording_count] = plan->files[i].attachment;
    *recordings = first;
    *attachments = second;
    first = NULL;
    second = NULL;
    return 0;
}
