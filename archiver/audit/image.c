#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/bag.h"
#include "audit/carrier.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "custody/key.h"
#include "disc/disc.h"

#include "base/banned.h"

enum { SUMS_BYTES_MAX = 64 << 20, DISC_JSON_MAX = 64 << 20, PREFIX_MAX = 4096 };

static const char sums_name[] = "SHA256SUMS";

AUTO_DEFINE(struct disc_listing *, disc_listing_release, NULL);
AUTO_DEFINE(struct disc_record *, disc_record_release, NULL);

/* ---- bags on a carrier ---- */

/* Folders that hold a bag, as prefixes. */
struct bags {
    char **at;
    size_t count;
};

static void bags_release_at(struct bags *bags)
{
    for (size_t i = 0; i < bags->count; i++)
        free(bags->at[i]);
    free(bags->at);
}

/* The length of the folder's name with its slash where the path is one of a bag's own files. */
static bool is_mark(const char *path, size_t *prefix_len)
{
    /* more than one, since the one may be missing; not one that a payload could have */
    static const char *const marks[] = {"bagit.txt", "tagmanifest-sha256.txt",
                                        "manifest-sha256.txt"};
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    *prefix_len = (size_t)(name - path);
    if (*prefix_len >= PREFIX_MAX || (*prefix_len >= 5 && strncmp(name - 5, "data/", 5) == 0 &&
                                      (*prefix_len == 5 || name[-6] == '/')))
        return false;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strcmp(name, marks[i]) == 0)
            return true;
    return false;
}

static bool bags_hold(const struct bags *bags, const char *prefix, size_t len)
{
    for (size_t i = bags->count; i > 0; i--) /* the last one, mostly */
        if (strlen(bags->at[i - 1]) == len && strncmp(bags->at[i - 1], prefix, len) == 0)
            return true;
    return false;
}

static int find_bags(const struct tree *tree, struct bags *bags, struct err *err)
{
    for (size_t i = 0; i < tree->count; i++) {
        size_t len;
        if (!is_mark(tree->files[i].path, &len) || bags_hold(bags, tree->files[i].path, len))
            continue;
        char **more = realloc(bags->at, (bags->count + 1) * sizeof *more);
        if (more == NULL)
            return err_memory(err, tree->target);
        bags->at = more;
        bags->at[bags->count] = strndup(tree->files[i].path, len);
        if (bags->at[bags->count] == NULL)
            return err_memory(err, tree->target);
        bags->count++;
    }
    return 0;
}

/* *said is of the last one; not touched where there is none. */
static int expect_bags(struct session *session, const struct tree *tree, const struct bags *bags,
                       struct expectations *all, struct bag_said *said, struct err *err)
{
    for (size_t i = 0; i < bags->count; i++)
        if (bag_expect(session, tree, bags->at[i], false, all, said, err) < 0)
            return -1;
    return 0;
}

static void check_oxums(struct session *session, const struct tree *tree, const struct bags *bags)
{
    for (size_t i = 0; i < bags->count; i++)
        bag_check_oxum(session, tree, bags->at[i]);
}

/* ---- the disc's own lists ---- */

/* disc.json and the system area's record are signed by the same key. */
struct signed_things {
    char *pem, *disc_json, *signature, *sums;
    size_t pem_len, disc_json_len, signature_len, sums_len;
};

static void signed_things_release_at(struct signed_things *things)
{
    free(things->pem);
    free(things->disc_json);
    free(things->signature);
    free(things->sums);
}

static struct bytes bytes_at(const char *at, size_t len)
{
    return (struct bytes){(const uint8_t *)at, len};
}

/* A file of the disc's root. That it is not there or cannot be read is found by expect_compare. */
static bool load(const struct tree *tree, const char *name, size_t ceiling, char **text,
                 size_t *len)
{
    struct err ignored;
    return tree_read(tree, name, ceiling, text, len, &ignored) == 0;
}

/* What every disc has at its root, named by SHA256SUMS or not. */
static int expect_root(struct expectations *all, const struct disc_record *record, struct err *err)
{
    static const char *const names[] = {"signer.pem", "disc.json", "disc.json.sig"};
    char path[PREFIX_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s", names[i]);
        if (expect(all, &(struct expectation){.path = path, .list = "disc"}, err) < 0)
            return -1;
    }
    /* the list cannot name itself; the signed record holds its digest */
    (void)snprintf(path, sizeof path, "SHA256SUMS");
    struct expectation sums = {.path = path, .list = "disc", .is_single = true};
    if (record != NULL) {
        sums.has_sha256 = true;
        memcpy(sums.digests.sha256, record->sha256sums, sizeof sums.digests.sha256);
    }
    return expect(all, &sums, err);
}

static int read_sums(struct session *session, const struct tree *tree, struct signed_things *things,
                     struct expectations *all, struct err *err)
{
    if (!load(tree, "SHA256SUMS", SUMS_BYTES_MAX, &things->sums, &things->sums_len))
        return 0;
    struct bytes sums = bytes_at(things->sums, things->sums_len);
    struct expect_list list = {.path = "SHA256SUMS",
                               .name = sums_name,
                               .prefix = "",
                               .digest = EXPECT_SHA256,
                               .doubtful = expect_denies(all, "SHA256SUMS", sums),
                               .text = sums};
    return expect_manifest(session, tree, &list, all, err);
}

/* The record's word does not count: its signature does not hold, and that is found. */
static void forget_record(struct expectations *all)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->at[i].list == sums_name)
            all->at[i].doubtful = false;
        if (strcmp(all->at[i].path, "SHA256SUMS") == 0)
            all->at[i].has_sha256 = false;
    }
}

static bool check_record(struct session *session, const struct tree *tree,
                         const struct disc_record *record, struct bytes pem)
{
    return bag_check_signature(
        session, tree,
        &(struct bag_signature){.entry = _("(record in the system area)"),
                                .message = bytes_of(record->message),
                                .signature = {record->signature, record->signature_len},
                                .pem = pem});
}

/* Where one of the things is not what was listed, that is found already. */
static void check_disc_json(struct session *session, const struct tree *tree,
                            struct signed_things *things, struct bytes pem,
                            const struct expectations *all)
{
    bool json =
        load(tree, "disc.json", DISC_JSON_MAX, &things->disc_json, &things->disc_json_len) &&
        !expect_denies(all, "disc.json", bytes_at(things->disc_json, things->disc_json_len));
    bool signature =
        load(tree, "disc.json.sig", KEY_SIGNATURE_MAX, &things->signature,
             &things->signature_len) &&
        !expect_denies(all, "disc.json.sig", bytes_at(things->signature, things->signature_len));
    if (json && signature)
        (void)bag_check_signature(
            session, tree,
            &(struct bag_signature){.entry = "disc.json.sig",
                                    .message = bytes_at(things->disc_json, things->disc_json_len),
                                    .signature = bytes_at(things->signature, things->signature_len),
                                    .pem = pem});
}

/* The disc's lists, and the signatures over them. `record` is NULL where there is none. */
static int expect_disc(struct session *session, const struct tree *tree,
                       const struct disc_record *record, bool *record_holds,
                       struct expectations *all, struct err *err)
{
    AUTO(signed_things_release) struct signed_things things = {0};
    if (expect_root(all, record, err) < 0 || read_sums(session, tree, &things, all, err) < 0)
        return -1;
    struct bytes pem = {0};
    if (load(tree, "signer.pem", KEY_PEM_MAX, &things.pem, &things.pem_len) &&
        !expect_denies(all, "signer.pem", bytes_at(things.pem, things.pem_len)))
        pem = bytes_at(things.pem, things.pem_len);
    *record_holds = record != NULL && check_record(session, tree, record, pem);
    if (!*record_holds)
        forget_record(all);
    check_disc_json(session, tree, &things, pem, all);
    return 0;
}

/* ---- a disc image ---- */

static void found_in_image(struct session *session, const char *path, enum audit_kind kind,
                           const char *detail)
{
    session_found(session, &(struct audit_finding){.kind = kind, .target = path, .detail = detail});
}

/*
 * What lies behind the end of the image. A drive is larger than what was burned on it, and burning
 * programs pad what they write with zeros: neither is a finding.
 */
static void check_behind(struct session *session, const struct tree *tree, uint64_t end,
                         uint64_t size)
{
    struct stat st;
    if (fstat(tree->fd, &st) < 0 || S_ISBLK(st.st_mode))
        return;
    for (uint64_t at = end; at < size;) {
        uint8_t some[16384];
        size_t len;
        struct err found;
        if (file_read_at(tree->fd, tree->target, at, some, sizeof some, &len, &found) < 0) {
            session_found_err(session, tree->target, NULL, &found);
            return;
        }
        for (size_t i = 0; i < len; i++)
            if (some[i] != 0) {
                session_found(session,
                              &(struct audit_finding){
                                  .kind = AUDIT_EXTRA,
                                  .target = tree->target,
                                  .has_range = true,
                                  .first = end,
                                  .last = size - 1,
                                  .detail = _("something lies behind the end of the image")});
                return;
            }
        if (len == 0)
            return; /* it became shorter meanwhile */
        at += len;
    }
}

/* What the record states of all bytes that are no file's content: told where no file showed it. */
static void check_structure(struct session *session, const struct tree *tree,
                            const struct disc_listing *listing, const struct disc_record *record,
                            bool misplaced)
{
    struct err found;
    struct digest_pair structure;
    session->report->checked++;
    check_behind(session, tree, record->image_bytes, listing->size);
    if (misplaced && listing->size >= record->image_bytes)
        return; /* else it is cut: that explains the rest */
    if (disc_structure(tree->fd, tree->target, listing, record->image_bytes, &structure, &found) <
        0)
        session_found_err(session, tree->target, NULL, &found);
    else if (!digest_equal(&structure, &record->structure))
        found_in_image(session, tree->target, AUDIT_DAMAGED,
                       _("folders, tables or padding of the image differ from what was signed"));
}

/* Extents that follow each other are one place. */
static int fill_tree(struct tree *tree, const struct disc_listing *listing, struct err *err)
{
    tree->end = listing->size;
    for (size_t i = 0; i < listing->count; i++) {
        const struct disc_file *file = &listing->files[i];
        struct tree_file one = {.path = file->path, .size = file->size};
        for (size_t k = 0; k < file->extent_count; k++) {
            if (k == 0)
                one.offset = file->extents[0].offset;
            else if (file->extents[k].offset !=
                     file->extents[k - 1].offset + file->extents[k - 1].size)
                one.kind = TREE_SCATTERED;
        }
        if (tree_add_file(tree, &one, err) < 0)
            return -1;
    }
    tree_sort(tree);
    return 0;
}

static int tell_seal(struct session *session, const struct tree *tree, struct err *err)
{
    struct seal_value seal;
    struct err why; /* whoever reads the record tells it */
    if (disc_seal_value(tree->fd, tree->target, &seal, &why) == 0)
        session_sealed(session, &seal);
    else if (why.kind == ERR_MEMORY)
        return (void)(*err = why), -1;
    return 0;
}

static int audit_disc(struct session *session, const struct tree *tree,
                      const struct disc_listing *listing, struct err *err)
{
    AUTO(expectations_release) struct expectations all = {0};
    AUTO(bags_release) struct bags bags = {0};
    struct disc_record record = {0};
    AUTO(disc_record_release) struct disc_record *to_release = &record;
    struct err found;
    struct bag_said ignored;
    bool holds;
    uint64_t findings = session->report->findings;
    uint64_t misplaced = session->misplaced;
    if (tell_seal(session, tree, err) < 0)
        return -1;
    bool has_record = disc_record_read(tree->fd, tree->target, &record, &found) == 0;
    if (!has_record && found.kind == ERR_MEMORY)
        return (void)(*err = found), -1;
    if (!has_record)
        session_found_err(session, tree->target, _("(record in the system area)"), &found);
    if (expect_disc(session, tree, has_record ? &record : NULL, &holds, &all, err) < 0 ||
        find_bags(tree, &bags, err) < 0 ||
        expect_bags(session, tree, &bags, &all, &ignored, err) < 0 ||
        expect_compare(session, tree, &all, err) < 0)
        return -1;
    content_drain(session); /* the tree's descriptor is shared */
    if (holds)
        check_structure(session, tree, listing, &record, session->misplaced != misplaced);
    if (session->report->findings == findings && session->options->level != AUDIT_LISTED)
        check_oxums(session, tree, &bags);
    return 0;
}

int carrier_image(struct session *session, int fd, const char *path, struct err *err)
{
    AUTO(tree_release) struct tree tree;
    tree_init(&tree, path);
    tree.fd = fd;
    struct err found;
    struct disc_listing listing = {0};
    AUTO(disc_listing_release) struct disc_listing *to_release = &listing;
    if (disc_listing_read(fd, path, &listing, &found) < 0) {
        if (found.kind == ERR_MEMORY)
            return (void)(*err = found), -1;
        (void)err_wrap(&found, "%s", _("the contents could not be looked at"));
        session_found_err(session, path, NULL, &found);
        return 0;
    }
    return fill_tree(&tree, &listing, err) < 0 ? -1 : audit_disc(session, &tree, &listing, err);
}

/* ---- a folder ---- */

static bool is_disc(const struct tree *tree)
{
    return tree_find(tree, "disc.json") != NULL || tree_find(tree, "disc.json.sig") != NULL ||
           tree_find(tree, "SHA256SUMS") != NULL;
}

int carrier_folder(struct session *session, int folder, const char *path, struct err *err)
{
    AUTO(tree_release) struct tree tree;
    tree_init(&tree, path);
    tree.folder = folder;
    uint64_t findings = session->report->findings;
    if (tree_add_folder(session, &tree, err) < 0)
        return -1;
    tree_sort(&tree);
    AUTO(expectations_release) struct expectations all = {0};
    AUTO(bags_release) struct bags bags = {0};
    struct bag_said said = {0};
    bool no_record;
    if (find_bags(&tree, &bags, err) < 0)
        return -1;
    if (bags.count == 0 && !is_disc(&tree))
        return err_set(err, ERR_USAGE, path, "%s",
                       _("neither a vault, nor an unpacked archive or disc"));
    if ((is_disc(&tree) && expect_disc(session, &tree, NULL, &no_record, &all, err) < 0) ||
        expect_bags(session, &tree, &bags, &all, &said, err) < 0 ||
        expect_compare(session, &tree, &all, err) < 0)
        return -1;
    content_drain(session);
    if (bags.count == 1 && !is_disc(&tree) && said.has_seal)
        session_sealed(session, &said.seal);
    if (session->report->findings == findings && session->options->level != AUDIT_LISTED)
        check_oxums(session, &tree, &bags);
    return 0;
}
