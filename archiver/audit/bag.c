#include "audit/bag.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "vault/key.h"

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

/* true when it is there and could be read; else that was found. Memory out counts as unreadable. */
static bool load(struct session *session, const struct tree *tree, const char *prefix,
                 const char *name, size_t ceiling, struct tag_file *file)
{
    struct err err;
    int len = snprintf(file->path, sizeof file->path, "%s%s", prefix, name);
    if (len < 0 || (size_t)len >= sizeof file->path)
        return false;
    if (tree_read(tree, file->path, ceiling, &file->text, &file->len, &err) == 0)
        return true;
    session_found_err(session, tree->target, file->path, &err);
    return false;
}

void bag_check_signature(struct session *session, const struct tree *tree, const char *entry,
                         struct bytes message, struct bytes signature, struct bytes pem)
{
    struct err err;
    AUTO(key_free) struct key *enclosed = NULL;
    const struct key *wanted = session->options->key;
    struct audit_finding finding = {
        .kind = AUDIT_SIGNATURE, .target = tree->target, .entry = entry};
    if (key_from_public_pem(pem, "signer.pem", &enclosed, &err) < 0) {
        finding.detail = _("the signer's public key (signer.pem) cannot be read");
        session_found(session, &finding);
        if (wanted == NULL)
            return;
    } else if (wanted != NULL) {
        char enclosed_id[KEY_ID_TEXT];
        char wanted_id[KEY_ID_TEXT];
        key_id(enclosed, enclosed_id);
        key_id(wanted, wanted_id);
        if (strcmp(enclosed_id, wanted_id) != 0) {
            finding.detail = _("signed with another key than the one asked for");
            session_found(session, &finding);
        }
    }
    session->report->checked++;
    if (key_verify(wanted != NULL ? wanted : enclosed, message, signature, entry, &err) < 0) {
        finding.detail = _("the signature does not hold");
        session_found(session, &finding);
        return;
    }
    session_signer(session, wanted != NULL ? wanted : enclosed);
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

/* One row of "recordings" or "attachments". */
static int expect_row(const json_t *row, const char *object, const char *case_number,
                      const char *prefix, bool offsets, const char *id_key,
                      struct expectations *all, struct err *err)
{
    const char *id;
    const char *name;
    struct expectation one = {.list = "index.json",
                              .has_sha256 = true,
                              .has_sm3 = true,
                              .has_size = true,
                              .has_offset = offsets};
    if (json_take_text(row, id_key, object, &id, err) < 0 ||
        json_take_text(row, "name", object, &name, err) < 0 ||
        json_take_u64(row, "size", object, &one.size, err) < 0 ||
        json_take_u64(row, "offset", object, &one.offset, err) < 0 ||
        json_take_hex(row, "sha256", object, one.digests.sha256, 32, err) < 0 ||
        json_take_hex(row, "sm3", object, one.digests.sm3, 32, err) < 0)
        return -1;
    char path[BAG_PATH_MAX];
    char recording[64];
    int len = snprintf(path, sizeof path, "%s%s", prefix, name);
    int id_len = snprintf(recording, sizeof recording, "%s", id);
    if (len < 0 || (size_t)len >= sizeof path || id_len < 0 || (size_t)id_len >= sizeof recording)
        return err_set(err, ERR_DAMAGED, object, "%s", _("a name is too long"));
    char case_copy[1024];
    (void)snprintf(case_copy, sizeof case_copy, "%s", case_number);
    one.path = path;
    one.recording = recording;
    one.case_number = case_copy;
    return expect(all, &one, err);
}

static int expect_rows(const json_t *root, const char *key, const char *id_key, const char *object,
                       const char *case_number, const char *prefix, bool offsets,
                       struct expectations *all, struct err *err)
{
    json_t *rows;
    if (json_take_array(root, key, object, &rows, err) < 0)
        return -1;
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (expect_row(json_array_get(rows, i), object, case_number, prefix, offsets, id_key, all,
                       err) < 0)
            return -1;
    return 0;
}

static int expect_index(const struct tag_file *index, const char *prefix, bool offsets,
                        struct expectations *all, struct err *err)
{
    AUTO(json_decref) json_t *root = NULL;
    const char *case_number;
    if (json_read(content_of(index), index->path, &root, err) < 0 ||
        json_take_text(root, "case", index->path, &case_number, err) < 0 ||
        expect_rows(root, "recordings", "id", index->path, case_number, prefix, offsets, all, err) <
            0)
        return -1;
    return expect_rows(root, "attachments", "recording", index->path, case_number, prefix, offsets,
                       all, err);
}

/* Payload-Oxum: octets and files of data/, as RFC 8493 section 2.2.2 has it. */
static void check_oxum(struct session *session, const struct tree *tree, const char *prefix,
                       const struct tag_file *info)
{
    static const char label[] = "Payload-Oxum: ";
    const char *at = strstr(info->text, label);
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
                               .entry = info->path,
                               .detail = _("Payload-Oxum is not the sum of what is in data/")});
}

static void check_signed_list(struct session *session, const struct tree *tree, const char *prefix,
                              const struct tag_file *list)
{
    AUTO(tag_file_release) struct tag_file signature = {0};
    AUTO(tag_file_release) struct tag_file signer = {0};
    bool have =
        load(session, tree, prefix, "tagmanifest-sha256.txt.sig", KEY_SIGNATURE_MAX, &signature);
    have = load(session, tree, prefix, "signer.pem", KEY_PEM_MAX, &signer) && have;
    if (have)
        bag_check_signature(session, tree, signature.path, content_of(list), content_of(&signature),
                            content_of(&signer));
}

int bag_expect(struct session *session, const struct tree *tree, const char *prefix, bool offsets,
               struct expectations *all, struct err *err)
{
    static const struct {
        const char *name;
        enum expect_digest digest;
    } lists[] = {
        {"tagmanifest-sha256.txt", EXPECT_SHA256}, /* the signed one first */
        {"manifest-sha256.txt", EXPECT_SHA256},
        {"manifest-sm3.txt", EXPECT_SM3},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        AUTO(tag_file_release) struct tag_file list = {0};
        if (!load(session, tree, prefix, lists[i].name, LIST_BYTES_MAX, &list))
            continue;
        if (i == 0)
            check_signed_list(session, tree, prefix, &list);
        if (expect_manifest(session, tree, list.path, lists[i].name, prefix, lists[i].digest,
                            content_of(&list), all, err) < 0)
            return -1;
    }
    if (expect_plain(all, prefix, "tagmanifest-sha256.txt", "bag", err) < 0 ||
        expect_plain(all, prefix, "tagmanifest-sha256.txt.sig", "bag", err) < 0)
        return -1;

    AUTO(tag_file_release) struct tag_file index = {0};
    struct err found;
    if (load(session, tree, prefix, "index.json", INDEX_BYTES_MAX, &index) &&
        expect_index(&index, prefix, offsets, all, &found) < 0) {
        if (found.kind == ERR_MEMORY) {
            *err = found;
            return -1;
        }
        session_found_err(session, tree->target, index.path, &found);
    }
    AUTO(tag_file_release) struct tag_file info = {0};
    if (load(session, tree, prefix, "bag-info.txt", INFO_BYTES_MAX, &info))
        check_oxum(session, tree, prefix, &info);
    return 0;
}
