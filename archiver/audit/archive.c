#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/bag.h"
#include "audit/carrier.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "pack/pack.h"

#include "base/banned.h"

AUTO_DEFINE(struct pack_layout *, pack_layout_release, NULL);

/* Where the headers could not be read to the end, the index still tells where contents lie. */
static int add_from_index(struct tree *tree, const struct pack *pack, struct err *err)
{
    size_t count;
    const struct pack_entry *entries = pack_entries(pack, &count);
    size_t from_headers = tree->count;
    uint64_t end;
    if (file_size(tree->fd, tree->target, &end, err) < 0)
        return -1;
    tree_sort(tree);
    for (size_t i = 0; i < count; i++) {
        char path[4096];
        int len = snprintf(path, sizeof path, "%s/%s", pack_bag(pack), entries[i].name);
        struct tree headers = *tree;
        headers.count = from_headers;
        if (len < 0 || (size_t)len >= sizeof path || tree_find(&headers, path) != NULL ||
            entries[i].offset > end || entries[i].size > end - entries[i].offset)
            continue;
        if (tree_add(tree, path, entries[i].size, entries[i].offset, err) < 0)
            return -1;
    }
    return 0;
}

static void check_structure(struct session *session, const char *path, const struct pack *pack,
                            const struct pack_layout *layout)
{
    uint8_t stated[32];
    struct err err;
    session->report->checked++;
    if (json_take_hex(pack_index(pack), "structure_sha256", path, stated, sizeof stated, &err) < 0)
        session_found_err(session, path, "index.json", &err);
    else if (memcmp(stated, layout->structure, sizeof stated) != 0)
        session_found(session, &(struct audit_finding){
                                   .kind = AUDIT_DAMAGED,
                                   .target = path,
                                   .case_number = pack_case(pack),
                                   .detail = _("headers or padding between the contents differ "
                                               "from what was sealed")});
}

/* The bag's folder, from the first member, with a slash; "" where there is none. */
static void bag_prefix(const struct pack *pack, const struct pack_layout *layout, char *prefix,
                       size_t room)
{
    const char *name = pack != NULL        ? pack_bag(pack)
                       : layout->count > 0 ? layout->members[0].name
                                           : "";
    int len = snprintf(prefix, room, "%.*s/", (int)strcspn(name, "/"), name);
    if (len < 0 || (size_t)len >= room)
        prefix[0] = '\0';
}

static int audit_bag(struct session *session, struct tree *tree, const struct pack *pack,
                     const struct pack_layout *layout, struct err *err)
{
    for (size_t i = 0; i < layout->count; i++)
        if (!layout->members[i].is_folder &&
            tree_add(tree, layout->members[i].name, layout->members[i].size,
                     layout->members[i].offset, err) < 0)
            return -1;
    if (layout->read_to < layout->size && pack != NULL && add_from_index(tree, pack, err) < 0)
        return -1;
    tree_sort(tree);
    char prefix[1024];
    bag_prefix(pack, layout, prefix, sizeof prefix);
    AUTO(expectations_release) struct expectations all = {0};
    if (bag_expect(session, tree, prefix, true, &all, err) < 0 ||
        expect_compare(session, tree, &all, err) < 0)
        return -1;
    content_drain(session); /* the tree's descriptor is shared */
    return 0;
}

int carrier_archive(struct session *session, int fd, const char *path, struct err *err)
{
    AUTO(tree_release) struct tree tree;
    tree_init(&tree, path);
    tree.fd = fd;
    struct err found;
    int own = dup(fd);
    if (own < 0)
        return err_sys(err, path, _("open"));
    AUTO(pack_free) struct pack *pack = NULL;
    if (pack_open(own, path, &pack, &found) < 0)
        session_found_err(session, path, NULL, &found);

    struct pack_layout layout = {0};
    AUTO(pack_layout_release) struct pack_layout *to_release = &layout;
    if (pack_layout_read(fd, path, &layout, &found) < 0) {
        if (found.kind == ERR_MEMORY || found.kind == ERR_SYSTEM)
            return (void)(*err = found), -1;
        session_found(session,
                      &(struct audit_finding){.kind = AUDIT_DAMAGED,
                                              .target = path,
                                              .case_number = pack != NULL ? pack_case(pack) : NULL,
                                              .has_range = layout.size > layout.read_to,
                                              .first = layout.read_to,
                                              .last = layout.size - 1,
                                              .detail = found.text});
    } else if (pack != NULL) {
        check_structure(session, path, pack, &layout);
    }
    return audit_bag(session, &tree, pack, &layout, err);
}
