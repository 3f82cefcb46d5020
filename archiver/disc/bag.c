#include "disc/bag.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "custody/key.h"
#include "custody/succession.h"
#include "disc/cargo.h"
#include "pack/pack.h"

#include "base/banned.h"

#define TAG_MANIFEST  "tagmanifest-sha256.txt"
#define TAG_SIGNATURE TAG_MANIFEST ".sig"

enum { TAG_MANIFEST_MAX = 1 << 20, READ_BYTES = 1 << 16 };

struct bag {
    struct cargo *cargo;
    size_t at;
    const char *tar;
    int fd;
    const struct pack *pack;
    const struct pack_layout *layout;
    struct bytes tag_manifest;
    size_t next_entry; /* members come in the order of the index, as a rule */
};

static int damaged(const struct bag *bag, const char *name, const char *what, struct err *err)
{
    return err_set(err, ERR_DAMAGED, bag->tar, "%s: %s", name, what);
}

/* The name of a member below the bag, or NULL where it is not in the bag. */
static const char *below_bag(const struct bag *bag, const struct pack_member *member)
{
    const char *name = pack_bag(bag->pack);
    const size_t len = strlen(name);
    if (strncmp(member->name, name, len) != 0 || member->name[len] != '/')
        return NULL;
    return member->name + len + 1;
}

static const struct pack_member *find_member(const struct bag *bag, const char *name)
{
    for (size_t i = 0; i < bag->layout->count; i++) {
        const char *below = below_bag(bag, &bag->layout->members[i]);
        if (below != NULL && strcmp(below, name) == 0)
            return &bag->layout->members[i];
    }
    return NULL;
}

/* A small member's whole content; *content is the caller's. */
static int load_member(const struct bag *bag, const char *name, char **content, size_t *len,
                       struct err *err)
{
    const struct pack_member *member = find_member(bag, name);
    if (member == NULL || member->is_folder || member->size > TAG_MANIFEST_MAX)
        return damaged(bag, name, _("missing, or too large"), err);
    AUTO(free) char *made = malloc((size_t)member->size + 1);
    if (made == NULL)
        return err_memory(err, bag->tar);
    if (file_read_exact(bag->fd, bag->tar, member->offset, made, (size_t)member->size, err) < 0)
        return -1;
    made[member->size] = '\0';
    *content = made;
    *len = (size_t)member->size;
    made = NULL;
    return 0;
}

static int check_signature(const struct bag *bag, const struct cargo_keys *keys, struct err *err)
{
    struct custody_signer signer;
    AUTO(free) char *signature = NULL;
    size_t len = 0;
    if (load_member(bag, TAG_SIGNATURE, &signature, &len, err) < 0)
        return -1;
    const struct bytes octets = {(const uint8_t *)signature, len};
    return custody_chain_verify(keys->chain, keys->key, bag->tag_manifest, octets, bag->tar,
                                &signer, err);
}

/* The digest that the tag manifest states for a name; -1 where it has no line for it. */
static int stated_digest(struct bytes manifest, const char *name, uint8_t sha256[static 32])
{
    while (manifest.len > 0) {
        const struct bytes line = bytes_cut(manifest, '\n', &manifest);
        if (line.len <= 66 || line.at[64] != ' ' || line.at[65] != ' ' ||
            !bytes_equal((struct bytes){line.at + 66, line.len - 66}, bytes_of(name)))
            continue;
        return bytes_from_hex((struct bytes){line.at, 64}, sha256, 32);
    }
    return -1;
}

AUTO_DEFINE(EVP_MD_CTX *, EVP_MD_CTX_free, NULL);

static int range_sha256(const struct bag *bag, const struct pack_member *member,
                        uint8_t sha256[static 32], struct err *err)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *digest = EVP_MD_CTX_new();
    AUTO(free) uint8_t *buffer = malloc(READ_BYTES);
    if (digest == NULL || buffer == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
        return err_memory(err, bag->tar);
    for (uint64_t done = 0; done < member->size;) {
        const uint64_t left = member->size - done;
        const size_t piece = left < READ_BYTES ? (size_t)left : READ_BYTES;
        if (file_read_exact(bag->fd, bag->tar, member->offset + done, buffer, piece, err) < 0)
            return -1;
        if (EVP_DigestUpdate(digest, buffer, piece) != 1)
            return err_memory(err, bag->tar);
        done += piece;
    }
    return EVP_DigestFinal_ex(digest, sha256, NULL) == 1 ? 0 : err_memory(err, bag->tar);
}

static const struct pack_entry *find_entry(struct bag *bag, const char *name)
{
    size_t count = 0;
    const struct pack_entry *entries = pack_entries(bag->pack, &count);
    if (bag->next_entry < count && strcmp(entries[bag->next_entry].name, name) == 0)
        return &entries[bag->next_entry++];
    return pack_find(bag->pack, name);
}

/* Recordings and attachments: their digest is the index's, checked when their bytes are copied. */
static int data_digest(struct bag *bag, const struct pack_member *member, const char *name,
                       uint8_t sha256[static 32], struct err *err)
{
    const struct pack_entry *entry = find_entry(bag, name);
    if (entry == NULL || strcmp(entry->name, name) != 0)
        return damaged(bag, name, _("not in the index"), err);
    if (entry->offset != member->offset || entry->size != member->size)
        return damaged(bag, name, _("not where the index says"), err);
    memcpy(sha256, entry->digests.sha256, 32);
    return 0;
}

static int member_digest(struct bag *bag, const struct pack_member *member, const char *name,
                         uint8_t sha256[static 32], struct err *err)
{
    if (strncmp(name, "data/", 5) == 0)
        return data_digest(bag, member, name, sha256, err);
    if (range_sha256(bag, member, sha256, err) < 0)
        return -1;
    if (strcmp(name, TAG_MANIFEST) == 0 || strcmp(name, TAG_SIGNATURE) == 0)
        return 0; /* what the signature vouches for, and the signature */
    uint8_t stated[32];
    if (stated_digest(bag->tag_manifest, name, stated) < 0)
        return damaged(bag, name, _("not in the tag manifest"), err);
    if (memcmp(stated, sha256, 32) != 0)
        return damaged(bag, name, _("its SHA-256 is not the tag manifest's"), err);
    return 0;
}

static int add_member(struct bag *bag, const struct pack_member *member, struct err *err)
{
    if (member->is_folder)
        return 0;
    struct cargo *cargo = bag->cargo;
    const char *name = below_bag(bag, member);
    if (name == NULL)
        return damaged(bag, member->name, _("not in the bag"), err);
    struct cargo_file file = {.archive = bag->at, .offset = member->offset, .size = member->size};
    if (member_digest(bag, member, name, file.sha256, err) < 0)
        return -1;
    /* what is put on a disc must be what was sealed, not only something that is signed */
    if (strcmp(name, TAG_MANIFEST) == 0 &&
        memcmp(cargo->bags[bag->at].tagmanifest, file.sha256, 32) != 0)
        return damaged(bag, name, _("not the archive that was sealed"), err);
    if (cargo->file_count == cargo->file_room) {
        const size_t room = cargo->file_room == 0 ? 64 : cargo->file_room * 2;
        struct cargo_file *more = reallocarray(cargo->files, room, sizeof *more);
        if (more == NULL)
            return err_memory(err, bag->tar);
        cargo->files = more;
        cargo->file_room = room;
    }
    if (asprintf(&file.path, "cases/%s", member->name) < 0)
        return err_memory(err, bag->tar);
    cargo->files[cargo->file_count++] = file;
    return 0;
}

/* Every entry of the index must have come as a member. */
static int check_complete(const struct bag *bag, size_t first_file, struct err *err)
{
    size_t entries = 0;
    size_t members = 0;
    (void)pack_entries(bag->pack, &entries);
    for (size_t i = first_file; i < bag->cargo->file_count; i++) {
        const char *below =
            bag->cargo->files[i].path + strlen("cases/") + strlen(pack_bag(bag->pack)) + 1;
        members += strncmp(below, "data/", 5) == 0;
    }
    if (members != entries)
        return err_set(err, ERR_DAMAGED, bag->tar, _("the index names %zu files, %zu are there"),
                       entries, members);
    return 0;
}

static int add_members(struct bag *bag, const struct cargo_keys *keys, struct err *err)
{
    AUTO(free) char *manifest = NULL;
    size_t len = 0;
    if (load_member(bag, TAG_MANIFEST, &manifest, &len, err) < 0)
        return -1;
    bag->tag_manifest = (struct bytes){(const uint8_t *)manifest, len};
    if (check_signature(bag, keys, err) < 0)
        return -1;
    const size_t first_file = bag->cargo->file_count;
    for (size_t i = 0; i < bag->layout->count; i++) {
        if (add_member(bag, &bag->layout->members[i], err) < 0)
            return -1;
    }
    return check_complete(bag, first_file, err);
}

static void pack_layout_release_at(struct pack_layout *layout)
{
    pack_layout_release(layout);
}

/* The index outlives the pack that read it, as text: the viewer shows it. */
static int keep_index(struct cargo_bag *planned, const struct pack *pack, struct err *err)
{
    const json_t *index;
    if (pack_index(pack, &index, err) < 0)
        return -1;
    planned->name = strdup(pack_bag(pack));
    planned->index = json_dumps(index, JSON_COMPACT | JSON_ENSURE_ASCII);
    return planned->name == NULL || planned->index == NULL ? err_memory(err, planned->tar) : 0;
}

int cargo_add_bag(struct cargo *cargo, size_t at, const struct cargo_keys *keys, struct err *err)
{
    struct cargo_bag *planned = &cargo->bags[at];
    const int fd = file_open_regular(cargo->root, planned->tar, err);
    if (fd < 0)
        return -1;
    AUTO(pack_free) struct pack *pack = NULL;
    if (pack_open(fd, planned->tar, &pack, err) < 0)
        return -1;
    AUTO(pack_layout_release) struct pack_layout layout = {0};
    if (pack_layout_read(pack_fd(pack), planned->tar, &layout, err) < 0)
        return -1;
    if (layout.size != planned->tar_bytes)
        return err_set(err, ERR_DAMAGED, planned->tar, _("%llu bytes long, %llu were sealed"),
                       (unsigned long long)layout.size, (unsigned long long)planned->tar_bytes);
    if (keep_index(planned, pack, err) < 0)
        return -1;
    struct bag bag = {.cargo = cargo,
                      .at = at,
                      .tar = planned->tar,
                      .fd = pack_fd(pack),
                      .pack = pack,
                      .layout = &layout};
    return add_members(&bag, keys, err);
}
