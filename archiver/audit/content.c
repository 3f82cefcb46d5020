#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/session.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/progress.h"

#include "base/banned.h"

enum { PROGRESS_MS = 200 };

/* A content in the pool. */
struct reading {
    struct digest_job job;
    struct err err;
    struct content content; /* its texts are owned */
    bool again;             /* the second reading, past the cache */
};

static void reading_free(struct reading *reading)
{
    if (reading == NULL)
        return;
    if (reading->content.owns_fd)
        (void)close(reading->content.fd); /* only read from */
    free((void *)(uintptr_t)reading->content.target);
    free((void *)(uintptr_t)reading->content.entry);
    free((void *)(uintptr_t)reading->content.recording);
    free((void *)(uintptr_t)reading->content.case_number);
    free(reading);
}

static bool copy_text(const char **text)
{
    if (*text == NULL)
        return true;
    *text = strdup(*text);
    return *text != NULL;
}

static int reading_new(const struct content *content, struct reading **out, struct err *err)
{
    struct reading *reading = calloc(1, sizeof *reading);
    if (reading == NULL) {
        if (content->owns_fd)
            (void)close(content->fd); /* only read from */
        return err_memory(err, content->target);
    }
    reading->content = *content;
    bool copied = copy_text(&reading->content.target);
    copied = copy_text(&reading->content.entry) && copied;
    copied = copy_text(&reading->content.recording) && copied;
    copied = copy_text(&reading->content.case_number) && copied;
    reading->job = (struct digest_job){
        .from = content->fd,
        .offset = content->offset,
        .size = content->size,
        .object = reading->content.target,
        .to = -1,
        .context = reading,
        .err = &reading->err,
    };
    if (!copied) {
        reading_free(reading);
        return err_memory(err, NULL);
    }
    *out = reading;
    return 0;
}

static bool matches(const struct content *content, const struct digest_pair *pair)
{
    return (!content->has_sha256 ||
            memcmp(content->expected.sha256, pair->sha256, sizeof pair->sha256) == 0) &&
           (!content->has_sm3 || memcmp(content->expected.sm3, pair->sm3, sizeof pair->sm3) == 0);
}

static void report(struct session *session, const struct content *content, enum audit_kind kind,
                   const char *detail)
{
    session_found(session, &(struct audit_finding){
                               .kind = kind,
                               .target = content->target,
                               .entry = content->entry,
                               .recording = content->recording,
                               .case_number = content->case_number,
                               .has_range = content->in_container && content->size > 0,
                               .first = content->offset,
                               .last = content->offset + content->size - 1,
                               .detail = detail,
                           });
}

/* What came of a reading; true when it must be read again. */
static bool judge(struct session *session, const struct reading *reading)
{
    const struct content *content = &reading->content;
    const struct digest_job *job = &reading->job;
    if (!reading->again)
        return job->failed || !matches(content, &job->pair);
    if (job->failed)
        report(session, content,
               reading->err.kind == ERR_DAMAGED ? AUDIT_DAMAGED : AUDIT_UNREADABLE,
               reading->err.text);
    else if (matches(content, &job->pair))
        report(session, content, AUDIT_TRANSIENT,
               _("wrong at the first reading, right at the second, past the cache: memory or "
                 "transport is at fault, not the file"));
    else
        report(session, content, AUDIT_DAMAGED,
               content->has_sha256 && memcmp(content->expected.sha256, job->pair.sha256,
                                             sizeof job->pair.sha256) == 0
                   ? _("SM3 differs, but SHA-256 does not: the list is at fault")
               : content->has_sm3 &&
                       memcmp(content->expected.sm3, job->pair.sm3, sizeof job->pair.sm3) == 0
                   ? _("SHA-256 differs, but SM3 does not: the list is at fault")
                   : _("the bytes are not those that were accepted"));
    return false;
}

static void take_one(struct session *session, int wait_ms)
{
    bool pending;
    struct digest_job *job = digest_pool_take(session->pool, wait_ms, &pending);
    progress_update(session->options->progress, _("verify"), digest_pool_bytes(session->pool),
                    session->total_bytes);
    if (job == NULL)
        return;
    session->under_way--;
    struct reading *reading = job->context;
    session->report->bytes += job->done;
    if (judge(session, reading)) {
        reading->again = true;
        job->past_cache = true;
        session->under_way++;
        session->total_bytes += reading->content.size;
        digest_pool_put(session->pool, job);
        return;
    }
    session->report->checked++;
    reading_free(reading);
}

int content_check(struct session *session, const struct content *content, struct err *err)
{
    struct reading *reading;
    if (reading_new(content, &reading, err) < 0)
        return -1;
    while (session->under_way >= digest_pool_room(session->pool))
        take_one(session, PROGRESS_MS);
    session->under_way++;
    if (!session->total_is_known)
        session->total_bytes += content->size;
    digest_pool_put(session->pool, &reading->job);
    return 0;
}

void content_drain(struct session *session)
{
    while (session->under_way > 0)
        take_one(session, PROGRESS_MS);
}
