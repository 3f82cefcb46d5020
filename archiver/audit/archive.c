#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/bag.h"
#include "audit/carrier.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "pack/pack.h"

#include "base/banned.h"

enum { TAR_BLOCK_BYTES = 512, PATH_ROOM = 4200 };

/* What is known of an archive while it is audited. */
struct opened {
    const char *path;
    int fd;
    const uint8_t *list_sha256; /* as it was sealed, or NULL */
    struct pack *pack;          /* NULL where its head cannot be read */
    struct pack_layout layout;
    bool headers_failed; /* some are damaged: found */
    bool cut;            /* the file ends before the tar does */
};

static void opened_release_at(struct opened *opened)
{
    pack_free(opened->pack);
    pack_layout_release(&opened->layout);
}

/* ---- headers ---- */

static int by_offset(const void *a, const void *b)
{
    const struct pack_entry *left = *(const struct pack_entry *const *)a;
    const struct pack_entry *right = *(const struct pack_entry *const *)b;
    return (left->offset > right->offset) - (left->offset < right->offset);
}

/* Where contents lie by the index, so that a tar inside a recording is not taken for this one. */
struct contents {
    const struct pack_entry **at; /* by offset */
    size_t count;
};

static void contents_release_at(struct contents *contents)
{
    free((void *)contents->at);
}

static int contents_init(const struct pack *pack, struct contents *contents, struct err *err)
{
    if (pack == NULL)
        return 0;
    const struct pack_entry *entries = pack_entries(pack, &contents->count);
    contents->at = calloc(contents->count + 1, sizeof(*contents->at));
    if (contents->at == NULL)
        return err_memory(err, NULL);
    for (size_t i = 0; i < contents->count; i++)
        contents->at[i] = &entries[i];
    qsort((void *)contents->at, contents->count, sizeof(*contents->at), by_offset);
    return 0;
}

/* Goes on at the first sound header behind damaged ones; `layout->read_to` is the damaged one's. */
static int resume(struct opened *opened, const struct contents *contents, bool *resumed,
                  struct err *err)
{
    struct pack_layout *layout = &opened->layout;
    uint64_t from = layout->read_to + TAR_BLOCK_BYTES;
    *resumed = false;
    for (size_t i = 0; i < contents->count && !*resumed; i++) {
        const struct pack_entry *entry = contents->at[i];
        if (entry->offset < from)
            continue;
        if (pack_layout_resume(opened->fd, opened->path, from, entry->offset, layout, resumed,
                               err) < 0)
            return -1;
        from =
            (entry->offset + entry->size + TAR_BLOCK_BYTES - 1) / TAR_BLOCK_BYTES * TAR_BLOCK_BYTES;
    }
    return *resumed ? 0
                    : pack_layout_resume(opened->fd, opened->path, from, layout->size, layout,
                                         resumed, err);
}

/* The file ends in a content, or where a header should be; by the index, where that header's
 * content would lie behind the end. */
static bool is_cut(const struct pack_layout *layout, const struct contents *contents)
{
    const struct pack_member *last = layout->count > 0 ? &layout->members[layout->count - 1] : NULL;
    if (layout->size - layout->read_to < TAR_BLOCK_BYTES ||
        (last != NULL && (last->offset > layout->size || last->size > layout->size - last->offset)))
        return true;
    size_t next = 0;
    while (next < contents->count && contents->at[next]->offset <= layout->read_to)
        next++;
    return next < contents->count && contents->at[next]->offset >= layout->size;
}

static void found_header(struct session *session, const struct opened *opened,
                         const struct err *found)
{
    const struct pack_layout *layout = &opened->layout;
    uint64_t left = layout->size - layout->read_to;
    session_found(
        session,
        &(struct audit_finding){
            .kind = found->kind == ERR_DAMAGED ? AUDIT_DAMAGED : AUDIT_UNREADABLE,
            .target = opened->path,
            .case_number = opened->pack != NULL ? pack_case(opened->pack) : NULL,
            .has_range = left > 0,
            .first = layout->read_to,
            .last = layout->read_to + (left < TAR_BLOCK_BYTES ? left : TAR_BLOCK_BYTES) - 1,
            .detail = found->text});
}

/* All headers, those behind damaged ones too. */
static int read_headers(struct session *session, struct opened *opened, struct err *err)
{
    AUTO(contents_release) struct contents contents = {0};
    struct err found;
    bool resumed = true;
    if (contents_init(opened->pack, &contents, err) < 0)
        return -1;
    int result = pack_layout_read(opened->fd, opened->path, &opened->layout, &found);
    while (result < 0) {
        if (found.kind == ERR_MEMORY) {
            *err = found;
            return -1;
        }
        if (is_cut(&opened->layout, &contents)) {
            opened->cut = true;
            return 0;
        }
        if (!resumed)
            return 0;
        found_header(session, opened, &found);
        opened->headers_failed = true;
        result = resume(opened, &contents, &resumed, &found);
        if (result == 0 && !resumed)
            return 0;
    }
    return 0;
}

/* ---- files ---- */

/* Where a header could not be read, the index still tells where its content lies. */
static int add_from_index(struct tree *tree, const struct pack *pack, struct err *err)
{
    size_t count;
    const struct pack_entry *entries = pack_entries(pack, &count);
    tree_sort(tree);
    struct tree headers = *tree;
    for (size_t i = 0; i < count; i++) {
        char path[PATH_ROOM];
        int len = snprintf(path, sizeof path, "%s/%s", pack_bag(pack), entries[i].name);
        headers.files = tree->files; /* moves as it grows; its front stays sorted */
        if (len < 0 || (size_t)len >= sizeof path || tree_find(&headers, path) != NULL ||
            entries[i].offset >= tree->end)
            continue;
        if (tree_add_file(tree,
                          &(struct tree_file){
                              .path = path, .size = entries[i].size, .offset = entries[i].offset},
                          err) < 0)
            return -1;
    }
    return 0;
}

static int fill_tree(struct tree *tree, const struct opened *opened, struct err *err)
{
    tree->end = opened->layout.size;
    for (size_t i = 0; i < opened->layout.count; i++) {
        const struct pack_member *member = &opened->layout.members[i];
        char path[PATH_ROOM];
        (void)snprintf(path, sizeof path, "%s", member->name); /* a tar's names are shorter */
        if (!member->is_folder &&
            tree_add_file(
                tree,
                &(struct tree_file){.path = path, .size = member->size, .offset = member->offset},
                err) < 0)
            return -1;
    }
    if ((opened->headers_failed || opened->cut) && opened->pack != NULL &&
        add_from_index(tree, opened->pack, err) < 0)
        return -1;
    tree_sort(tree);
    return 0;
}

/* The bag's folder, from the first member, with a slash; "" where there is none. */
static void bag_prefix(const struct opened *opened, char *prefix, size_t room)
{
    const char *name = opened->pack != NULL       ? pack_bag(opened->pack)
                       : opened->layout.count > 0 ? opened->layout.members[0].name
                                                  : "";
    size_t folder = strcspn(name, "/");
    int len = snprintf(prefix, room, "%.*s%s", (int)folder, name, folder > 0 ? "/" : "");
    if (len < 0 || (size_t)len >= room)
        prefix[0] = '\0';
}

/* ---- the whole ---- */

static void found_whole(struct session *session, const struct opened *opened, const char *detail)
{
    session_found(session, &(struct audit_finding){
                               .kind = AUDIT_DAMAGED,
                               .target = opened->path,
                               .case_number = opened->pack != NULL ? pack_case(opened->pack) : NULL,
                               .detail = detail});
}

/* What only shows in the whole, and is told only where it did not show in a part. */
static void check_whole(struct session *session, const struct opened *opened,
                        const struct bag_said *said, bool misplaced)
{
    session->report->checked++; /* what is no content */
    if (opened->cut && !misplaced) {
        found_whole(session, opened, _("the file ends before the archive does"));
        return;
    }
    if (opened->headers_failed || opened->cut || misplaced || !said->index_is_sound)
        return;
    if (memcmp(said->structure, opened->layout.structure, sizeof said->structure) != 0)
        found_whole(session, opened,
                    _("headers or padding between the contents differ from what was sealed"));
}

static int audit_bag(struct session *session, struct tree *tree, const struct opened *opened,
                     const struct err *pack_err, struct err *err)
{
    char prefix[PATH_ROOM];
    bag_prefix(opened, prefix, sizeof prefix);
    AUTO(expectations_release) struct expectations all = {0};
    struct bag_said said;
    uint64_t findings = session->report->findings;
    uint64_t misplaced = session->misplaced;
    if (fill_tree(tree, opened, err) < 0 ||
        bag_expect(session, tree, prefix, true, &all, &said, err) < 0 ||
        expect_compare(session, tree, &all, err) < 0)
        return -1;
    content_drain(session); /* the tree's descriptor is shared */
    if (said.has_seal)
        session_sealed(session, &said.seal);
    check_whole(session, opened, &said, session->misplaced != misplaced);
    if (opened->list_sha256 != NULL && said.has_list &&
        memcmp(said.seal.sha256, opened->list_sha256, sizeof said.seal.sha256) != 0)
        session_found(session,
                      &(struct audit_finding){
                          .kind = AUDIT_CATALOG,
                          .target = opened->path,
                          .case_number = opened->pack != NULL ? pack_case(opened->pack) : NULL,
                          .detail = _("not the archive that was sealed: signed, but over "
                                      "other content than the catalog says")});
    /* an index that bag_expect takes for sound may still lie about places */
    if (opened->pack == NULL && said.index_is_sound && !opened->headers_failed)
        session_found_err(session, opened->path, "index.json", pack_err);
    if (session->report->findings == findings && session->options->level != AUDIT_LISTED)
        bag_check_oxum(session, tree, prefix);
    return 0;
}

int carrier_archive(struct session *session, int fd, const char *path, const uint8_t *list_sha256,
                    struct err *err)
{
    AUTO(tree_release) struct tree tree;
    tree_init(&tree, path);
    tree.fd = fd;
    AUTO(opened_release)
    struct opened opened = {.path = path, .fd = fd, .list_sha256 = list_sha256};
    struct err pack_err;
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return err_sys(err, path, _("open"));
    if (pack_open(own, path, &opened.pack, &pack_err) < 0 && pack_err.kind == ERR_MEMORY)
        return (void)(*err = pack_err), -1;
    if (read_headers(session, &opened, err) < 0)
        return -1;
    if (opened.layout.count > 0)
        return audit_bag(session, &tree, &opened, &pack_err, err);
    if (!opened.headers_failed)
        found_whole(session, &opened, _("nothing of an archive is there"));
    return 0;
}
