#include "audit/bag.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/history.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "custody/key.h"
#include "custody/succession.h"

#include "base/banned.h"

enum {
    LIST_BYTES_MAX = 64 << 20,
    INDEX_BYTES_MAX = 256 << 20,
    INFO_BYTES_MAX = 1 << 20,
    BAG_PATH_MAX = 4096
};

/* A tag file that was read, or not. */
struct tag_file {
    char path[BAG_PATH_MAX];
    char *text;
    size_t len;
};

static void tag_file_release_at(struct tag_file *file)
{
    free(file->text);
}

static struct bytes content_of(const struct tag_file *file)
{
    return (struct bytes){(const uint8_t *)file->text, file->len};
}

/* Whether somebody else will find it where it cannot be read. */
enum load_kind { LOAD_NAMED, LOAD_UNNAMED };

/* True when it is there and could be read. That it is missing is expect_compare's to find, and that
 * it cannot be read too where a list names it. */
static bool load(struct session *session, const struct tree *tree, const char *prefix,
                 const char *name, size_t ceiling, enum load_kind kind, struct tag_file *file)
{
    struct err err;
    int len = snprintf(file->path, sizeof file->path, "%s%s", prefix, name);
    if (len < 0 || (size_t)len >= sizeof file->path)
        return false;
    if (tree_read(tree, file->path, ceiling, &file->text, &file->len, &err) == 0)
        return true;
    const struct tree_file *there = tree_find(tree, file->path);
    if (there == NULL || there->kind != TREE_PLAIN || there->offset > tree->end ||
        there->size > tree->end - there->offset)
        return false; /* found by its place */
    if (kind == LOAD_UNNAMED || there->size > ceiling)
        session_found_err(session, tree->target, file->path, &err);
    return false;
}

/* The key that is relied on: the one asked for or one before it, else the enclosed one. */
static const char *judge_signature(const struct bag_signature *signature,
                                   const struct key *enclosed, const struct audit_options *options,
                                   struct custody_signer *signer, bool *holds)
{
    static const struct custody_chain none = {.links = NULL};
    const struct custody_chain *chain = options->chain != NULL ? options->chain : &none;
    struct err ignored; /* the finding says it */
    const bool counts = enclosed == NULL || audit_key_counts(options, enclosed, signer);
    *holds = enclosed != NULL && key_verify(enclosed, signature->message, signature->signature,
                                            signature->entry, &ignored) == 0;
    if (!*holds && options->key != NULL)
        *holds = custody_chain_verify(chain, options->key, signature->message, signature->signature,
                                      signature->entry, signer, &ignored) == 0;
    if (!*holds)
        return _("the signature does not hold");
    return counts                   ? NULL
           : options->key_is_vaults ? _("signed with a key that is not this vault's")
                                    : _("signed with another key than the one asked for");
}

bool bag_check_signature(struct session *session, const struct tree *tree,
                         const struct bag_signature *signature)
{
    struct err err;
    AUTO(key_free) struct key *enclosed = NULL;
    struct custody_signer signer;
    struct audit_finding finding = {
        .kind = AUDIT_SIGNATURE, .target = tree->target, .entry = signature->entry};
    session->report->checked++;
    if (signature->pem.len > 0 &&
        key_from_public_pem(signature->pem, "signer.pem", &enclosed, &err) < 0)
        finding.detail = _("the signer's public key (signer.pem) cannot be read");
    bool holds = true;
    if (enclosed != NULL || session->options->key != NULL) {
        const char *wrong = judge_signature(signature, enclosed, session->options, &signer, &holds);
        if (wrong != NULL)
            finding.detail = wrong;
        if (holds)
            session_signer(session, &signer);
    }
    if (finding.detail != NULL)
        session_found(session, &finding);
    return holds;
}

static int expect_plain(struct expectations *all, const char *prefix, const char *name,
                        const char *list, struct err *err)
{
    char path[BAG_PATH_MAX];
    int len = snprintf(path, sizeof path, "%s%s", prefix, name);
    if (len < 0 || (size_t)len >= sizeof path)
        return err_set(err, ERR_USAGE, prefix, "%s", _("the path is too long"));
    return expect(all, &(struct expectation){.path = path, .list = list}, err);
}

/* An index that is being read. */
struct index {
    const char *path; /* of index.json */
    const char *prefix, *case_number;
    bool offsets, doubtful;
    struct claims *claims;
};

/* One row of "recordings" or "attachments". */
static int expect_row(const json_t *row, const char *id_key, const struct index *index,
                      struct expectations *all, struct err *err)
{
    const char *id;
    const char *name;
    struct expectation one = {.list = "index.json",
                              .has_sha256 = true,
                              .has_sm3 = true,
                              .has_size = !index->doubtful,
                              .has_offset = index->offsets && !index->doubtful,
                              .doubtful = index->doubtful};
    if (json_take_text(row, id_key, index->path, &id, err) < 0 ||
        json_take_text(row, "name", index->path, &name, err) < 0 ||
        json_take_u64(row, "size", index->path, &one.size, err) < 0 ||
        json_take_u64(row, "offset", index->path, &one.offset, err) < 0 ||
        json_take_hex(row, "sha256", index->path, one.digests.sha256, 32, err) < 0 ||
        json_take_hex(row, "sm3", index->path, one.digests.sm3, 32, err) < 0)
        return -1;
    char path[BAG_PATH_MAX];
    char recording[64];
    char case_number[1024];
    int len = snprintf(path, sizeof path, "%s%s", index->prefix, name);
    int id_len = snprintf(recording, sizeof recording, "%s", id);
    (void)snprintf(case_number, sizeof case_number, "%s", index->case_number);
    if (len < 0 || (size_t)len >= sizeof path || id_len < 0 || (size_t)id_len >= sizeof recording)
        return err_set(err, ERR_DAMAGED, index->path, "%s", _("a name is too long"));
    one.path = path;
    one.recording = recording;
    one.case_number = case_number;
    struct claim claim = {.is_attachment = strcmp(id_key, "recording") == 0,
                          .digests = one.digests,
                          .size = one.size};
    if ((size_t)id_len >= sizeof claim.id)
        return err_set(err, ERR_DAMAGED, index->path, "%s", _("a name is too long"));
    memcpy(claim.id, recording, (size_t)id_len + 1);
    return claims_add(index->claims, &claim, row, index->path, err) < 0 ? -1
                                                                        : expect(all, &one, err);
}

static int expect_rows(const json_t *root, const char *key, const char *id_key,
                       const struct index *index, struct expectations *all, struct err *err)
{
    json_t *rows;
    if (json_take_array(root, key, index->path, &rows, err) < 0)
        return -1;
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (expect_row(json_array_get(rows, i), id_key, index, all, err) < 0)
            return -1;
    return 0;
}

static int expect_index(struct index *index, struct bytes text, struct expectations *all,
                        struct bag_said *said, struct err *err)
{
    AUTO(json_decref) json_t *root = NULL;
    if (json_read(text, index->path, &root, err) < 0 ||
        json_take_text(root, "case", index->path, &index->case_number, err) < 0 ||
        expect_rows(root, "recordings", "id", index, all, err) < 0 ||
        expect_rows(root, "attachments", "recording", index, all, err) < 0 ||
        json_take_hex(root, "structure_sha256", index->path, said->structure, 32, err) < 0)
        return -1;
    said->has_structure = true;
    return 0;
}

static int read_index(struct session *session, const struct tree *tree, const char *prefix,
                      bool offsets, struct expectations *all, struct claims *claims,
                      struct bag_said *said, struct err *err)
{
    AUTO(tag_file_release) struct tag_file file = {0};
    struct err found;
    if (!load(session, tree, prefix, "index.json", INDEX_BYTES_MAX, LOAD_NAMED, &file))
        return 0;
    struct index index = {.path = file.path,
                          .prefix = prefix,
                          .claims = claims,
                          .offsets = offsets,
                          .doubtful = expect_denies(all, file.path, content_of(&file))};
    if (expect_index(&index, content_of(&file), all, said, &found) == 0) {
        said->index_is_sound = !index.doubtful;
        return 0;
    }
    if (found.kind == ERR_MEMORY) {
        *err = found;
        return -1;
    }
    if (!index.doubtful)
        session_found_err(session, tree->target, index.path, &found);
    return 0;
}

/* A file of the bag's head that is what was signed. */
static bool load_sound(struct session *session, const struct tree *tree, const char *prefix,
                       const char *name, size_t ceiling, const struct expectations *all,
                       struct tag_file *file)
{
    return load(session, tree, prefix, name, ceiling, LOAD_NAMED, file) &&
           !expect_denies(all, file->path, content_of(file));
}

/* What the bag encloses of the custody log. Where one of its files is not what was signed, that is
 * found elsewhere. */
static int check_history(struct session *session, const struct tree *tree, const char *prefix,
                         const struct expectations *all, struct claims *claims, struct err *err)
{
    AUTO(tag_file_release) struct tag_file entries = {0};
    AUTO(tag_file_release) struct tag_file checkpoint = {0};
    AUTO(tag_file_release) struct tag_file signer = {0};
    AUTO(key_free) struct key *key = NULL;
    struct err ignored; /* found with the signature */
    if (!load_sound(session, tree, prefix, "custody.ndjson", INDEX_BYTES_MAX, all, &entries) ||
        !load_sound(session, tree, prefix, "checkpoint.txt", INFO_BYTES_MAX, all, &checkpoint) ||
        !load_sound(session, tree, prefix, "signer.pem", KEY_PEM_MAX, all, &signer) ||
        key_from_public_pem(content_of(&signer), signer.path, &key, &ignored) < 0)
        return 0;
    return history_check(session,
                         &(struct history){.target = tree->target,
                                           .entries_path = entries.path,
                                           .checkpoint_path = checkpoint.path,
                                           .entries = content_of(&entries),
                                           .checkpoint = content_of(&checkpoint),
                                           .key = key,
                                           .claims = claims},
                         err);
}

void bag_check_oxum(struct session *session, const struct tree *tree, const char *prefix)
{
    static const char label[] = "Payload-Oxum: ";
    AUTO(tag_file_release) struct tag_file info = {0};
    session->report->checked++;
    if (!load(session, tree, prefix, "bag-info.txt", INFO_BYTES_MAX, LOAD_NAMED, &info))
        return;
    const char *at = strstr(info.text, label);
    uint64_t octets = 0;
    uint64_t files = 0;
    char data[BAG_PATH_MAX];
    int len = snprintf(data, sizeof data, "%sdata/", prefix);
    for (size_t i = 0; i < tree->count; i++)
        if (len > 0 && strncmp(tree->files[i].path, data, (size_t)len) == 0) {
            octets += tree->files[i].size;
            files++;
        }
    char is[64];
    (void)snprintf(is, sizeof is, "%llu.%llu", (unsigned long long)octets,
                   (unsigned long long)files);
    size_t is_len = strlen(is);
    const char *stated = at != NULL ? at + sizeof label - 1 : "";
    if (strncmp(stated, is, is_len) == 0 && (stated[is_len] == '\n' || stated[is_len] == '\r'))
        return;
    session_found(session, &(struct audit_finding){
                               .kind = AUDIT_DAMAGED,
                               .target = tree->target,
                               .entry = info.path,
                               .detail = _("Payload-Oxum is not the sum of what is in data/")});
}

/* The list that is signed, and whether it is what was signed. */
static int read_signed_list(struct session *session, const struct tree *tree, const char *prefix,
                            struct expectations *all, struct bag_said *said, struct err *err)
{
    static const char name[] = "tagmanifest-sha256.txt";
    AUTO(tag_file_release) struct tag_file list = {0};
    AUTO(tag_file_release) struct tag_file signature = {0};
    AUTO(tag_file_release) struct tag_file signer = {0};
    if (!load(session, tree, prefix, name, LIST_BYTES_MAX, LOAD_UNNAMED, &list))
        return 0;
    size_t before = all->count;
    if (seal_value_of(SEAL_ARCHIVE, content_of(&list), &said->seal, err) < 0)
        return -1;
    said->has_seal = true;
    if (expect_manifest(session, tree,
                        &(struct expect_list){.path = list.path,
                                              .name = name,
                                              .prefix = prefix,
                                              .digest = EXPECT_SHA256,
                                              .text = content_of(&list)},
                        all, err) < 0)
        return -1;
    if (!load(session, tree, prefix, "tagmanifest-sha256.txt.sig", KEY_SIGNATURE_MAX, LOAD_UNNAMED,
              &signature))
        return 0;
    bool has_signer = load(session, tree, prefix, "signer.pem", KEY_PEM_MAX, LOAD_NAMED, &signer) &&
                      !expect_denies(all, signer.path, content_of(&signer));
    bool holds = bag_check_signature(
        session, tree,
        &(struct bag_signature){.entry = signature.path,
                                .message = content_of(&list),
                                .signature = content_of(&signature),
                                .pem = has_signer ? content_of(&signer) : (struct bytes){0}});
    for (size_t i = before; i < all->count; i++)
        all->at[i].doubtful = !holds;
    said->has_list = holds;
    return 0;
}

static int read_manifest(struct session *session, const struct tree *tree, const char *prefix,
                         const char *name, enum expect_digest digest, struct expectations *all,
                         struct err *err)
{
    AUTO(tag_file_release) struct tag_file file = {0};
    if (!load(session, tree, prefix, name, LIST_BYTES_MAX, LOAD_NAMED, &file))
        return 0;
    return expect_manifest(
        session, tree,
        &(struct expect_list){.path = file.path,
                              .name = name,
                              .prefix = prefix,
                              .digest = digest,
                              .doubtful = expect_denies(all, file.path, content_of(&file)),
                              .text = content_of(&file)},
        all, err);
}

int bag_expect(struct session *session, const struct tree *tree, const char *prefix, bool offsets,
               struct expectations *all, struct bag_said *said, struct err *err)
{
    static const char *const names[] = {"bagit.txt",
                                        "bag-info.txt",
                                        "index.json",
                                        "manifest-sha256.txt",
                                        "manifest-sm3.txt",
                                        "custody.ndjson",
                                        "checkpoint.txt",
                                        "signer.pem",
                                        "tagmanifest-sha256.txt",
                                        "tagmanifest-sha256.txt.sig"};
    AUTO(claims_release) struct claims claims = {.count = 0};
    *said = (struct bag_said){0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (expect_plain(all, prefix, names[i], "bag", err) < 0)
            return -1;
    if (read_signed_list(session, tree, prefix, all, said, err) < 0 ||
        read_manifest(session, tree, prefix, "manifest-sha256.txt", EXPECT_SHA256, all, err) < 0 ||
        read_manifest(session, tree, prefix, "manifest-sm3.txt", EXPECT_SM3, all, err) < 0)
        return -1;
    if (read_index(session, tree, prefix, offsets, all, &claims, said, err) < 0)
        return -1;
    return check_history(session, tree, prefix, all, said->index_is_sound ? &claims : NULL, err);
}
