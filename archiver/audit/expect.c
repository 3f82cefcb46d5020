#include "audit/expect.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"

#include "base/banned.h"

enum { EXPECTATIONS_MAX = 16000000, EXPECT_PATH_MAX = 4096, DIGEST_DIGITS = 64 };

void expectations_release(struct expectations *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->at[i].path);
        free(all->at[i].recording);
        free(all->at[i].case_number);
    }
    free(all->at);
    *all = (struct expectations){0};
}

int expect(struct expectations *all, const struct expectation *one, struct err *err)
{
    if (all->count == all->room) {
        size_t room = all->room == 0 ? 64 : all->room * 2;
        struct expectation *at =
            room > EXPECTATIONS_MAX ? NULL : realloc(all->at, room * sizeof *at);
        if (at == NULL)
            return err_memory(err, one->path);
        all->at = at;
        all->room = room;
    }
    struct expectation copy = *one;
    copy.path = strdup(one->path);
    copy.recording = one->recording != NULL ? strdup(one->recording) : NULL;
    copy.case_number = one->case_number != NULL ? strdup(one->case_number) : NULL;
    if (copy.path == NULL || (one->recording != NULL && copy.recording == NULL) ||
        (one->case_number != NULL && copy.case_number == NULL)) {
        free(copy.path);
        free(copy.recording);
        free(copy.case_number);
        return err_memory(err, one->path);
    }
    all->at[all->count++] = copy;
    return 0;
}

int expect_manifest(struct session *session, const struct tree *tree, const char *list_path,
                    const char *list, const char *prefix, enum expect_digest digest,
                    struct bytes text, struct expectations *all, struct err *err)
{
    for (uint64_t number = 1; text.len > 0; number++) {
        struct bytes line = bytes_cut(text, '\n', &text);
        if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        struct expectation one = {.list = list};
        uint8_t *octets = digest == EXPECT_SHA256 ? one.digests.sha256 : one.digests.sm3;
        one.has_sha256 = digest == EXPECT_SHA256;
        one.has_sm3 = digest == EXPECT_SM3;
        char path[EXPECT_PATH_MAX];
        size_t at = DIGEST_DIGITS;
        bool sound = line.len > DIGEST_DIGITS + 1 && line.at[at] == ' ' &&
                     bytes_from_hex((struct bytes){line.at, DIGEST_DIGITS}, octets, 32) == 0;
        while (sound && at < line.len && (line.at[at] == ' ' || line.at[at] == '*'))
            at++;
        int len = sound ? snprintf(path, sizeof path, "%s%.*s", prefix, (int)(line.len - at),
                                   (const char *)line.at + at)
                        : -1;
        if (len < 0 || (size_t)len >= sizeof path || at == line.len) {
            char detail[256];
            (void)snprintf(detail, sizeof detail, _("line %llu is no \"digest  path\""),
                           (unsigned long long)number);
            session_found(session, &(struct audit_finding){.kind = AUDIT_DAMAGED,
                                                           .target = tree->target,
                                                           .entry = list_path,
                                                           .detail = detail});
            continue;
        }
        one.path = path;
        if (expect(all, &one, err) < 0)
            return -1;
    }
    return 0;
}

static int by_path(const void *a, const void *b)
{
    const struct expectation *left = a;
    const struct expectation *right = b;
    return strcmp(left->path, right->path);
}

static void found(struct session *session, const struct tree *tree, const struct expectation *one,
                  enum audit_kind kind, const char *detail)
{
    session_found(session, &(struct audit_finding){.kind = kind,
                                                   .target = tree->target,
                                                   .entry = one->path,
                                                   .recording = one->recording,
                                                   .case_number = one->case_number,
                                                   .detail = detail});
}

/* Takes over what another list says of the same file. */
static void merge(struct session *session, const struct tree *tree, struct expectation *into,
                  struct expectation *from)
{
    bool differ =
        (into->has_sha256 && from->has_sha256 &&
         memcmp(into->digests.sha256, from->digests.sha256, sizeof into->digests.sha256) != 0) ||
        (into->has_sm3 && from->has_sm3 &&
         memcmp(into->digests.sm3, from->digests.sm3, sizeof into->digests.sm3) != 0) ||
        (into->has_size && from->has_size && into->size != from->size);
    if (differ) {
        char detail[256];
        (void)snprintf(detail, sizeof detail, _("%s and %s contradict each other"), into->list,
                       from->list);
        found(session, tree, into, AUDIT_DAMAGED, detail);
    }
    if (from->has_sha256 && !into->has_sha256)
        memcpy(into->digests.sha256, from->digests.sha256, sizeof into->digests.sha256);
    if (from->has_sm3 && !into->has_sm3)
        memcpy(into->digests.sm3, from->digests.sm3, sizeof into->digests.sm3);
    if (from->has_size && !into->has_size)
        into->size = from->size;
    if (from->has_offset && !into->has_offset)
        into->offset = from->offset;
    into->has_sha256 = into->has_sha256 || from->has_sha256;
    into->has_sm3 = into->has_sm3 || from->has_sm3;
    into->has_size = into->has_size || from->has_size;
    into->has_offset = into->has_offset || from->has_offset;
    if (into->recording == NULL) {
        into->recording = from->recording;
        from->recording = NULL;
    }
    if (into->case_number == NULL) {
        into->case_number = from->case_number;
        from->case_number = NULL;
    }
}

/* One expectation for each path, in order. */
static void merge_all(struct session *session, const struct tree *tree, struct expectations *all)
{
    if (all->count == 0)
        return;
    qsort(all->at, all->count, sizeof *all->at, by_path);
    size_t kept = 0;
    for (size_t i = 1; i < all->count; i++) {
        if (strcmp(all->at[kept].path, all->at[i].path) != 0) {
            all->at[++kept] = all->at[i];
            continue;
        }
        merge(session, tree, &all->at[kept], &all->at[i]);
        free(all->at[i].path);
        free(all->at[i].recording);
        free(all->at[i].case_number);
    }
    all->count = kept + 1;
}

/* What holds for a file that is there. */
static int compare_one(struct session *session, const struct tree *tree,
                       const struct expectation *one, const struct tree_file *file, struct err *err)
{
    enum audit_level level = session->options->level;
    bool payload = one->recording != NULL; /* large; all else is always read */
    if (level != AUDIT_LISTED && one->has_size && one->size != file->size) {
        char detail[256];
        (void)snprintf(detail, sizeof detail, _("is %llu bytes long, must be %llu"),
                       (unsigned long long)file->size, (unsigned long long)one->size);
        found(session, tree, one, AUDIT_DAMAGED, detail);
        return 0;
    }
    if (one->has_offset && tree->fd >= 0 && one->offset != file->offset)
        found(session, tree, one, AUDIT_DAMAGED,
              _("its content does not begin where the index says"));
    if ((!one->has_sha256 && !one->has_sm3) || (level != AUDIT_ALL && payload)) {
        session->report->checked++;
        return 0;
    }
    bool owned;
    struct err open_err;
    int fd = tree_open(tree, file, &owned, &open_err);
    if (fd < 0) {
        found(session, tree, one, AUDIT_UNREADABLE, open_err.text);
        return 0;
    }
    return content_check(session,
                         &(struct content){.fd = fd,
                                           .owns_fd = owned,
                                           .offset = file->offset,
                                           .size = file->size,
                                           .has_sha256 = one->has_sha256,
                                           .has_sm3 = one->has_sm3,
                                           .expected = one->digests,
                                           .in_container = tree->fd >= 0,
                                           .target = tree->target,
                                           .entry = one->path,
                                           .recording = one->recording,
                                           .case_number = one->case_number},
                         err);
}

int expect_compare(struct session *session, const struct tree *tree, struct expectations *all,
                   struct err *err)
{
    merge_all(session, tree, all);
    size_t f = 0;
    for (size_t i = 0; i < all->count || f < tree->count;) {
        int order = i == all->count    ? 1
                    : f == tree->count ? -1
                                       : strcmp(all->at[i].path, tree->files[f].path);
        if (order < 0) {
            found(session, tree, &all->at[i], AUDIT_MISSING, _("is not there"));
            i++;
        } else if (order > 0) {
            session_found(session, &(struct audit_finding){.kind = AUDIT_EXTRA,
                                                           .target = tree->target,
                                                           .entry = tree->files[f].path,
                                                           .detail = _("nothing names this file")});
            f++;
        } else {
            if (compare_one(session, tree, &all->at[i], &tree->files[f], err) < 0)
                return -1;
            i++;
            f++;
            /* a path that stands twice on the carrier is an extra one the second time */
        }
    }
    return 0;
}
