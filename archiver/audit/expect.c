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
    copy.rank = all->count;
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

bool expect_denies(const struct expectations *all, const char *path, struct bytes content)
{
    struct digest_pair pair;
    struct err
        ignored; /* a digest that cannot be made denies nothing: whoever reads it next says */
    bool has_pair = false;
    for (size_t i = 0; i < all->count; i++) {
        const struct expectation *one = &all->at[i];
        if (!one->has_sha256 || one->doubtful || strcmp(one->path, path) != 0)
            continue;
        if (!has_pair && digest_bytes(content, &pair, &ignored) < 0)
            return false;
        has_pair = true;
        if (memcmp(one->digests.sha256, pair.sha256, sizeof pair.sha256) != 0)
            return true;
    }
    return false;
}

/* One line; false where it is none. */
static bool parse_line(const struct expect_list *list, struct bytes line, struct expectation *one,
                       char path[static EXPECT_PATH_MAX])
{
    uint8_t *octets = list->digest == EXPECT_SHA256 ? one->digests.sha256 : one->digests.sm3;
    size_t at = DIGEST_DIGITS;
    if (line.len <= DIGEST_DIGITS + 1 || line.at[at] != ' ' ||
        bytes_from_hex((struct bytes){line.at, DIGEST_DIGITS}, octets, 32) < 0)
        return false;
    while (at < line.len && (line.at[at] == ' ' || line.at[at] == '*'))
        at++;
    if (at == line.len || line.len - at >= EXPECT_PATH_MAX ||
        memchr(line.at + at, '\0', line.len - at) != NULL)
        return false;
    int len = snprintf(path, EXPECT_PATH_MAX, "%s%.*s", list->prefix, (int)(line.len - at),
                       (const char *)line.at + at);
    return len > 0 && len < EXPECT_PATH_MAX;
}

int expect_manifest(struct session *session, const struct tree *tree,
                    const struct expect_list *list, struct expectations *all, struct err *err)
{
    struct bytes text = list->text;
    for (uint64_t number = 1; text.len > 0; number++) {
        struct bytes line = bytes_cut(text, '\n', &text);
        if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        char path[EXPECT_PATH_MAX];
        struct expectation one = {.path = path,
                                  .list = list->name,
                                  .has_sha256 = list->digest == EXPECT_SHA256,
                                  .has_sm3 = list->digest == EXPECT_SM3,
                                  .doubtful = list->doubtful};
        if (parse_line(list, line, &one, path)) {
            if (expect(all, &one, err) < 0)
                return -1;
        } else if (!list->doubtful) {
            char detail[256];
            (void)snprintf(detail, sizeof detail, _("line %llu is no \"digest  path\""),
                           (unsigned long long)number);
            session_found(session, &(struct audit_finding){.kind = AUDIT_DAMAGED,
                                                           .target = tree->target,
                                                           .entry = list->path,
                                                           .detail = detail});
        }
    }
    return 0;
}

/* The same file's together, those of sound lists first. */
static int by_path(const void *a, const void *b)
{
    const struct expectation *left = a;
    const struct expectation *right = b;
    int order = strcmp(left->path, right->path);
    if (order == 0)
        order = (int)left->doubtful - (int)right->doubtful;
    return order != 0 ? order : (left->rank > right->rank) - (left->rank < right->rank);
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

/* Something about where, how long or whether the file is: the structure differs for that reason. */
static void misplaced(struct session *session, const struct tree *tree,
                      const struct expectation *one, const struct tree_file *file,
                      enum audit_kind kind, const char *detail)
{
    bool has_range = file != NULL && tree->fd >= 0 && file->kind == TREE_PLAIN && file->size > 0 &&
                     file->offset < tree->end;
    uint64_t room = has_range ? tree->end - file->offset : 0;
    session->misplaced++;
    session_found(
        session,
        &(struct audit_finding){
            .kind = kind,
            .target = tree->target,
            .entry = one != NULL ? one->path : file->path,
            .recording = one != NULL ? one->recording : NULL,
            .case_number = one != NULL ? one->case_number : NULL,
            .has_range = has_range,
            .first = has_range ? file->offset : 0,
            .last = has_range ? file->offset + (file->size < room ? file->size : room) - 1 : 0,
            .detail = detail});
}

static bool contradict(const struct expectation *a, const struct expectation *b)
{
    return (a->has_sha256 && b->has_sha256 &&
            memcmp(a->digests.sha256, b->digests.sha256, sizeof a->digests.sha256) != 0) ||
           (a->has_sm3 && b->has_sm3 &&
            memcmp(a->digests.sm3, b->digests.sm3, sizeof a->digests.sm3) != 0) ||
           (a->has_size && b->has_size && a->size != b->size);
}

/* Takes over what another list says of the same file. */
static void merge(struct session *session, const struct tree *tree, struct expectation *into,
                  struct expectation *from)
{
    if (!from->doubtful && contradict(into, from)) {
        char detail[256];
        (void)snprintf(detail, sizeof detail, _("%s and %s contradict each other"), into->list,
                       from->list);
        found(session, tree, into, AUDIT_DAMAGED, detail);
    }
    if (!into->has_sha256 && !into->has_sm3)
        into->list = from->list; /* the one that says something */
    /* a doubtful digest beside one that holds could only raise a false alarm */
    bool wanted = !from->doubtful || (!into->has_sha256 && !into->has_sm3);
    if (wanted && from->has_sha256 && !into->has_sha256) {
        memcpy(into->digests.sha256, from->digests.sha256, sizeof into->digests.sha256);
        into->has_sha256 = true;
    }
    if (wanted && from->has_sm3 && !into->has_sm3) {
        memcpy(into->digests.sm3, from->digests.sm3, sizeof into->digests.sm3);
        into->has_sm3 = true;
    }
    if (from->has_size && !into->has_size) {
        into->size = from->size;
        into->has_size = true;
    }
    if (from->has_offset && !into->has_offset) {
        into->offset = from->offset;
        into->has_offset = true;
    }
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

/* Large, and read at AUDIT_ALL only: what RFC 8493 calls the payload. */
static bool is_payload(const char *path)
{
    return strncmp(path, "data/", 5) == 0 || strstr(path, "/data/") != NULL;
}

/* Whether a file that is there is whole and where it should be; false where its bytes need not be
 * looked at any more. */
static bool check_place(struct session *session, const struct tree *tree,
                        const struct expectation *one, const struct tree_file *file)
{
    char detail[256];
    if (file->kind == TREE_SPECIAL) {
        misplaced(session, tree, one, file, AUDIT_DAMAGED,
                  _("a link or a special file has no place here"));
        return false;
    }
    if (file->size > 0 && file->kind == TREE_PLAIN && file->offset >= tree->end) {
        misplaced(session, tree, one, NULL, AUDIT_MISSING, _("would lie behind the end"));
        return false;
    }
    if (file->kind == TREE_PLAIN && file->size > 0 && file->size > tree->end - file->offset) {
        (void)snprintf(detail, sizeof detail, _("is cut off: %llu of %llu bytes are there"),
                       (unsigned long long)(tree->end - file->offset),
                       (unsigned long long)file->size);
        misplaced(session, tree, one, file, AUDIT_DAMAGED, detail);
        return false;
    }
    if (session->options->level != AUDIT_LISTED && one->has_size && one->size != file->size) {
        (void)snprintf(detail, sizeof detail, _("is %llu bytes long, must be %llu"),
                       (unsigned long long)file->size, (unsigned long long)one->size);
        misplaced(session, tree, one, file, AUDIT_DAMAGED, detail);
        return false;
    }
    if (one->has_offset && tree->fd >= 0 && one->offset != file->offset)
        misplaced(session, tree, one, file, AUDIT_DAMAGED,
                  _("its content does not begin where the index says"));
    return true;
}

/* What holds for a file that is there. */
static int compare_one(struct session *session, const struct tree *tree,
                       const struct expectation *one, const struct tree_file *file, struct err *err)
{
    bool wanted = session->options->level == AUDIT_ALL || !is_payload(one->path);
    if (!check_place(session, tree, one, file) || (!one->has_sha256 && !one->has_sm3) || !wanted) {
        session->report->checked++;
        return 0;
    }
    if (file->kind == TREE_SCATTERED) {
        found(session, tree, one, AUDIT_UNREADABLE,
              _("lies in several places of the image, which only other programs read"));
        session->report->checked++;
        return 0;
    }
    bool owned;
    struct err open_err;
    int fd = tree_open(tree, file, &owned, &open_err);
    if (fd < 0) {
        found(session, tree, one, AUDIT_UNREADABLE, open_err.text);
        session->report->checked++;
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

/* For progress, unless a total was known before. */
static void sum_up(struct session *session, const struct tree *tree)
{
    if (session->total_is_known)
        return;
    for (size_t i = 0; i < tree->count; i++)
        if (session->options->level == AUDIT_ALL || !is_payload(tree->files[i].path))
            session->total_bytes += tree->files[i].size;
    session->total_is_known = true;
}

/* Whether any list could be read: without one, nobody can say what belongs here. */
static bool has_list(const struct expectations *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (!all->at[i].is_single && (all->at[i].has_sha256 || all->at[i].has_sm3))
            return true;
    return false;
}

static void found_extra(struct session *session, const struct tree *tree, size_t number,
                        bool listed)
{
    const struct tree_file *file = &tree->files[number];
    bool again = number > 0 && strcmp(tree->files[number - 1].path, file->path) == 0;
    session->report->checked++;
    if (file->kind == TREE_SPECIAL)
        misplaced(session, tree, NULL, file, AUDIT_EXTRA,
                  _("a link or a special file has no place here"));
    else if (again)
        misplaced(session, tree, NULL, file, AUDIT_EXTRA, _("stands there a second time"));
    else if (listed)
        misplaced(session, tree, NULL, file, AUDIT_EXTRA, _("nothing names this file"));
    else
        misplaced(session, tree, NULL, file, AUDIT_UNREADABLE,
                  _("cannot be checked: the lists that would name it are lost"));
}

static void found_missing(struct session *session, const struct tree *tree,
                          const struct expectation *one)
{
    if (one->doubtful)
        return;
    misplaced(session, tree, one, NULL, AUDIT_MISSING, _("is not there"));
    session->report->checked++;
}

int expect_compare(struct session *session, const struct tree *tree, struct expectations *all,
                   struct err *err)
{
    merge_all(session, tree, all);
    sum_up(session, tree);
    bool listed = has_list(all);
    size_t f = 0;
    for (size_t i = 0; i < all->count || f < tree->count;) {
        int order = i == all->count    ? 1
                    : f == tree->count ? -1
                                       : strcmp(all->at[i].path, tree->files[f].path);
        if (order < 0) {
            found_missing(session, tree, &all->at[i++]);
        } else if (order > 0) {
            found_extra(session, tree, f++, listed);
        } else if (compare_one(session, tree, &all->at[i++], &tree->files[f++], err) < 0) {
            return -1;
        }
    }
    return 0;
}
