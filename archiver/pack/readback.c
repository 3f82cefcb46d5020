#include "pack/readback.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "custody/key.h"
#include "digest/digest.h"
#include "pack/bag.h"
#include "pack/index.h"
#include "pack/pack.h"
#include "pack/plan.h"

#include "base/banned.h"

static void pack_layout_release_at(struct pack_layout *layout)
{
    pack_layout_release(layout);
}

static int differs(const struct plan *plan, const char *what, struct err *err)
{
    return err_set(err, ERR_DAMAGED, plan->bag, _("what was read back is not what was written: %s"),
                   what);
}

static int entries_check(const struct pack *pack, const struct plan *plan, struct err *err)
{
    size_t count;
    const struct pack_entry *entries = pack_entries(pack, &count);
    if (count != plan->count || strcmp(pack_bag(pack), plan->bag) != 0)
        return differs(plan, "index.json", err);
    for (size_t i = 0; i < count; i++) {
        const struct plan_file *file = &plan->files[i];
        if (entries[i].offset != file->offset || entries[i].size != file->size ||
            strcmp(entries[i].name, file->name) != 0 ||
            !digest_equal(&entries[i].digests, &file->digests))
            return differs(plan, file->name, err);
    }
    return 0;
}

/* The tar's members, of which the tag files come first. */
struct tags {
    const struct pack_layout *layout;
    bool is_stamped;
};

/* The content of a tag file: it stands right behind the bag's folder, in their order. */
static int tag_file_read(int part, const struct plan *plan, const struct tags *tags,
                         enum bag_file file, char **text, struct bytes *content, struct err *err)
{
    const struct pack_member *member =
        &tags->layout->members[1 + bag_place(file, tags->is_stamped)];
    const char *slash = strchr(member->name, '/');
    if (slash == NULL || strcmp(slash + 1, bag_file_names[file]) != 0 ||
        member->size > INDEX_BYTES_MAX)
        return differs(plan, bag_file_names[file], err);
    AUTO(free) char *read = malloc((size_t)member->size + 1);
    if (read == NULL)
        return err_memory(err, plan->bag);
    if (file_read_exact(part, plan->bag, member->offset, read, (size_t)member->size, err) < 0)
        return -1;
    *content = (struct bytes){(uint8_t *)read, (size_t)member->size};
    *text = read;
    read = NULL;
    return 0;
}

/* The next line of the tag manifest is the digest and name of this file. */
static int line_check(int part, const struct plan *plan, const struct tags *tags,
                      enum bag_file file, struct bytes *manifest, struct err *err)
{
    AUTO(free) char *text = NULL;
    struct bytes content;
    struct digest_pair pair;
    uint8_t told[32];
    if (tag_file_read(part, plan, tags, file, &text, &content, err) < 0 ||
        digest_bytes(content, &pair, err) < 0)
        return -1;
    struct bytes line = bytes_cut(*manifest, '\n', manifest);
    struct bytes name;
    struct bytes hex = bytes_cut(line, ' ', &name);
    if (bytes_from_hex(hex, told, sizeof told) < 0 || memcmp(told, pair.sha256, 32) != 0 ||
        name.len == 0 ||
        !bytes_equal((struct bytes){name.at + 1, name.len - 1}, bytes_of(bag_file_names[file])))
        return differs(plan, bag_file_names[file], err);
    return 0;
}

static int tags_check(int part, const struct plan *plan, const struct tags *tags,
                      const struct key *key, struct err *err)
{
    AUTO(free) char *manifest_text = NULL;
    AUTO(free) char *signature_text = NULL;
    struct bytes manifest;
    struct bytes signature;
    if (tags->layout->count <= bag_place(BAG_FILES, tags->is_stamped))
        return differs(plan, "tar", err);
    if (tag_file_read(part, plan, tags, BAG_TAGS, &manifest_text, &manifest, err) < 0 ||
        tag_file_read(part, plan, tags, BAG_SIGNATURE, &signature_text, &signature, err) < 0 ||
        key_verify(key, manifest, signature, plan->bag, err) < 0)
        return -1;
    for (enum bag_file file = 0; file < BAG_TAGS; file++) {
        if ((file != BAG_TIMESTAMP || tags->is_stamped) &&
            line_check(part, plan, tags, file, &manifest, err) < 0)
            return -1;
    }
    return manifest.len == 0 ? 0 : differs(plan, bag_file_names[BAG_TAGS], err);
}

int readback_check(int part, const struct plan *plan, bool is_stamped, const struct key *key,
                   struct err *err)
{
    AUTO(pack_layout_release) struct pack_layout layout = {.members = NULL};
    AUTO(pack_free) struct pack *pack = NULL;
    int fd = fcntl(part, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return err_sys(err, plan->bag, _("open"));
    if (pack_open(fd, plan->bag, &pack, err) < 0 || entries_check(pack, plan, err) < 0 ||
        pack_layout_read(part, plan->bag, &layout, err) < 0)
        return err_wrap(err, _("read back"));
    uint8_t told[32];
    const json_t *index;
    if (pack_index(pack, &index, err) < 0)
        return err_wrap(err, _("read back"));
    if (json_take_hex(index, "structure_sha256", plan->bag, told, sizeof told, err) < 0)
        return -1;
    if (memcmp(told, layout.structure, 32) != 0)
        return differs(plan, "structure_sha256", err);
    return tags_check(part, plan, &(struct tags){&layout, is_stamped}, key, err);
}
