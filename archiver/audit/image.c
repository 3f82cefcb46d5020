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
#include "base/progress.h"
#include "disc/disc.h"
#include "vault/key.h"

#include "base/banned.h"

enum { SUMS_BYTES_MAX = 64 << 20, DISC_JSON_MAX = 64 << 20, PREFIX_MAX = 4096 };

AUTO_DEFINE(struct disc_listing *, disc_listing_release, NULL);
AUTO_DEFINE(struct disc_record *, disc_record_release, NULL);

/* A bag is where a bagit.txt lies: in a folder of cases/ on a disc, at the root or one folder below
 * it elsewhere. */
static int expect_bags(struct session *session, const struct tree *tree, struct expectations *all,
                       struct err *err)
{
    static const char mark[] = "bagit.txt";
    for (size_t i = 0; i < tree->count; i++) {
        const char *path = tree->files[i].path;
        size_t len = strlen(path);
        char prefix[PREFIX_MAX];
        if (len < sizeof mark - 1 || len >= sizeof prefix ||
            strcmp(path + len - (sizeof mark - 1), mark) != 0 ||
            (len > sizeof mark - 1 && path[len - sizeof mark] != '/'))
            continue;
        memcpy(prefix, path, len - (sizeof mark - 1));
        prefix[len - (sizeof mark - 1)] = '\0';
        if (bag_expect(session, tree, prefix, false, all, err) < 0)
            return -1;
    }
    return 0;
}

/* A file of the disc's root; true when it could be read. */
static bool load(struct session *session, const struct tree *tree, const char *name, size_t ceiling,
                 char **text, size_t *len)
{
    struct err err;
    if (tree_read(tree, name, ceiling, text, len, &err) == 0)
        return true;
    session_found_err(session, tree->target, name, &err);
    return false;
}

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

static int expect_disc(struct session *session, const struct tree *tree,
                       struct signed_things *things, struct expectations *all, struct err *err)
{
    bool signer = load(session, tree, "signer.pem", KEY_PEM_MAX, &things->pem, &things->pem_len);
    bool json =
        load(session, tree, "disc.json", DISC_JSON_MAX, &things->disc_json, &things->disc_json_len);
    bool signature = load(session, tree, "disc.json.sig", KEY_SIGNATURE_MAX, &things->signature,
                          &things->signature_len);
    if (signer && json && signature)
        bag_check_signature(session, tree, "disc.json.sig",
                            bytes_at(things->disc_json, things->disc_json_len),
                            bytes_at(things->signature, things->signature_len),
                            bytes_at(things->pem, things->pem_len));
    if (load(session, tree, "SHA256SUMS", SUMS_BYTES_MAX, &things->sums, &things->sums_len) &&
        expect_manifest(session, tree, "SHA256SUMS", "SHA256SUMS", "", EXPECT_SHA256,
                        bytes_at(things->sums, things->sums_len), all, err) < 0)
        return -1;
    /* the list cannot name itself; the signed record holds its digest */
    return expect(all, &(struct expectation){.path = (char[]){"SHA256SUMS"}, .list = "disc"}, err);
}

static void found_in_record(struct session *session, const char *path, enum audit_kind kind,
                            const char *detail)
{
    session_found(session, &(struct audit_finding){
                               .kind = kind, .target = path, .entry = NULL, .detail = detail});
}

static void check_sums(struct session *session, const struct tree *tree,
                       const struct signed_things *things, const struct disc_record *record)
{
    struct digest_pair pair;
    struct err err;
    session->report->checked++;
    if (things->sums == NULL)
        return; /* found missing already */
    if (digest_bytes(bytes_at(things->sums, things->sums_len), &pair, &err) < 0)
        session_found_err(session, tree->target, "SHA256SUMS", &err);
    else if (memcmp(pair.sha256, record->sha256sums, sizeof pair.sha256) != 0)
        session_found(session,
                      &(struct audit_finding){.kind = AUDIT_DAMAGED,
                                              .target = tree->target,
                                              .entry = "SHA256SUMS",
                                              .detail = _("is not the list that was signed")});
}

/* The record in the system area, and what it states of all bytes that are no file's content. */
static int check_record(struct session *session, const struct tree *tree,
                        const struct disc_listing *listing, const struct signed_things *things,
                        struct err *err)
{
    struct err found;
    struct disc_record record = {0};
    AUTO(disc_record_release) struct disc_record *to_release = &record;
    if (disc_record_read(tree->fd, tree->target, &record, &found) < 0) {
        if (found.kind == ERR_MEMORY)
            return (void)(*err = found), -1;
        session_found_err(session, tree->target, NULL, &found);
        return 0;
    }
    if (things->pem != NULL)
        bag_check_signature(session, tree, _("(record in the system area)"),
                            bytes_of(record.message),
                            (struct bytes){record.signature, record.signature_len},
                            bytes_at(things->pem, things->pem_len));
    check_sums(session, tree, things, &record);

    struct digest_pair structure;
    session->report->checked++;
    if (disc_structure(tree->fd, tree->target, listing, record.image_bytes, &structure, &found) < 0)
        session_found_err(session, tree->target, NULL, &found);
    else if (!digest_equal(&structure, &record.structure))
        found_in_record(session, tree->target, AUDIT_DAMAGED,
                        _("folders, tables or padding of the image differ from what was signed"));
    else if (listing->size > record.image_bytes)
        found_in_record(session, tree->target, AUDIT_EXTRA,
                        _("the file goes on behind the end of the image"));
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
        if (found.kind == ERR_MEMORY || found.kind == ERR_SYSTEM)
            return (void)(*err = found), -1;
        session_found_err(session, path, NULL, &found);
        return 0;
    }
    for (size_t i = 0; i < listing.count; i++) {
        const struct disc_file *file = &listing.files[i];
        if (tree_add(&tree, file->path, file->size,
                     file->extent_count > 0 ? file->extents[0].offset : 0, err) < 0)
            return -1;
    }
    tree_sort(&tree);
    AUTO(expectations_release) struct expectations all = {0};
    AUTO(signed_things_release) struct signed_things things = {0};
    if (expect_disc(session, &tree, &things, &all, err) < 0 ||
        check_record(session, &tree, &listing, &things, err) < 0 ||
        expect_bags(session, &tree, &all, err) < 0 || expect_compare(session, &tree, &all, err) < 0)
        return -1;
    content_drain(session); /* the tree's descriptor is shared */
    return 0;
}

int carrier_folder(struct session *session, int folder, const char *path, struct err *err)
{
    AUTO(tree_release) struct tree tree;
    tree_init(&tree, path);
    tree.folder = folder;
    if (tree_add_folder(&tree, err) < 0)
        return -1;
    tree_sort(&tree);
    AUTO(expectations_release) struct expectations all = {0};
    AUTO(signed_things_release) struct signed_things things = {0};
    if (tree_find(&tree, "disc.json") != NULL &&
        expect_disc(session, &tree, &things, &all, err) < 0)
        return -1;
    if (expect_bags(session, &tree, &all, err) < 0)
        return -1;
    if (all.count == 0)
        return err_set(err, ERR_USAGE, path, "%s",
                       _("neither a vault, nor an unpacked archive or disc"));
    if (expect_compare(session, &tree, &all, err) < 0)
        return -1;
    content_drain(session);
    return 0;
}
