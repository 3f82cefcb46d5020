#include "disc/paper.h"

#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/text.h"
#include "custody/key.h"
#include "disc/cargo.h"
#include "disc/embedded.h"

#include "base/banned.h"

#define DISC_FORMAT "shilu-disc/1"

/* Takes the text over into the cargo. */
static int add_text(struct cargo *cargo, const char *path, struct text *text, struct err *err)
{
    const size_t len = text->len;
    if (text_failed(text))
        return err_memory(err, path);
    char *content = text_take(text);
    return content == NULL ? err_memory(err, path) : cargo_add_text(cargo, path, content, len, err);
}

static int set_hex(json_t *to, const char *key, const uint8_t digest[static 32])
{
    char text[65];
    bytes_to_hex(digest, 32, text);
    return json_object_set_new(to, key, json_string(text));
}

static json_t *bag_json(const struct cargo_bag *bag)
{
    json_t *one = json_object();
    if (one == NULL || json_object_set_new(one, "bag", json_string(bag->name)) < 0 ||
        json_object_set_new(one, "folder", json_sprintf("cases/%s/", bag->name)) < 0 ||
        json_object_set_new(one, "case", json_string(bag->case_number)) < 0 ||
        json_object_set_new(one, "volume", json_integer(bag->volume)) < 0 ||
        json_object_set_new(one, "recordings", json_u64(bag->recordings)) < 0 ||
        json_object_set_new(one, "tar_bytes", json_u64(bag->tar_bytes)) < 0 ||
        set_hex(one, "tar_sha256", bag->tar_sha256) < 0 ||
        set_hex(one, "tar_sm3", bag->tar_sm3) < 0 ||
        set_hex(one, "tagmanifest_sha256", bag->tagmanifest) < 0) {
        json_decref(one);
        return NULL;
    }
    return one;
}

/* The cases, each once, in the order of the bags. */
static json_t *cases_json(const struct cargo *cargo)
{
    json_t *cases = json_array();
    for (size_t i = 0; cases != NULL && i < cargo->bag_count; i++) {
        const char *number = cargo->bags[i].case_number;
        if (i == 0 || strcmp(number, cargo->bags[i - 1].case_number) != 0)
            cases = json_append(cases, json_string(number));
    }
    return cases;
}

static json_t *bags_json(const struct cargo *cargo)
{
    json_t *bags = json_array();
    for (size_t i = 0; bags != NULL && i < cargo->bag_count; i++)
        bags = json_append(bags, bag_json(&cargo->bags[i]));
    return bags;
}

/* disc.json, and the head of the viewer's data. */
static json_t *disc_json(const struct cargo *cargo)
{
    char made_at[INSTANT_TEXT];
    instant_print(cargo->made_at, made_at);
    json_t *root = json_object();
    if (root == NULL || json_object_set_new(root, "format", json_string(DISC_FORMAT)) < 0 ||
        json_object_set_new(root, "unit", json_string(cargo->unit)) < 0 ||
        json_object_set_new(root, "disc", json_string(cargo->name)) < 0 ||
        json_object_set_new(root, "set", json_null()) < 0 ||
        json_object_set_new(root, "made_at", json_string(made_at)) < 0 ||
        json_object_set_new(root, "key_id", json_string(cargo->key_id)) < 0 ||
        json_object_set_new(root, "cases", cases_json(cargo)) < 0 ||
        json_object_set_new(root, "bags", bags_json(cargo)) < 0) {
        json_decref(root);
        return NULL;
    }
    return root;
}

/* ---- the signed description ---- */

static int add_disc_json(struct cargo *cargo, const json_t *disc, const struct key *key,
                         struct err *err)
{
    char *message = json_dumps(disc, JSON_INDENT(2));
    if (message == NULL)
        return err_memory(err, "disc.json");
    const size_t len = strlen(message);
    uint8_t octets[KEY_SIGNATURE_MAX];
    size_t octets_len = 0;
    AUTO(text_release) struct text signature;
    text_init(&signature, sizeof octets);
    const int signed_well = key_sign(key, bytes_of(message), octets, &octets_len, err);
    /* the cargo has the message from here on, whatever comes */
    if (cargo_add_text(cargo, "disc.json", message, len, err) < 0 || signed_well < 0)
        return -1;
    text_append_bytes(&signature, (struct bytes){octets, octets_len});
    return add_text(cargo, "disc.json.sig", &signature, err);
}

static int add_signer(struct cargo *cargo, const struct key *key, struct err *err)
{
    char *pem = NULL;
    if (key_public_pem(key, &pem, err) < 0)
        return -1;
    return cargo_add_text(cargo, "signer.pem", pem, strlen(pem), err);
}

/* ---- for people ---- */

static int add_readme(struct cargo *cargo, struct err *err)
{
    char made_at[INSTANT_TEXT];
    instant_print(cargo->made_at, made_at);
    AUTO(text_release) struct text text;
    text_init(&text, 1 << 20);
    /* a byte order mark and CR LF: for the editors of old Windows machines */
    text_printf(&text, "\xef\xbb\xbf%s\r\n%s\r\n%s\r\n\r\n", cargo->name, cargo->unit, made_at);
    struct bytes rest = {embedded_readme, embedded_readme_len};
    while (rest.len > 0) {
        text_append_bytes(&text, bytes_cut(rest, '\n', &rest));
        text_append(&text, "\r\n");
    }
    return add_text(cargo, "README.txt", &text, err);
}

static int add_viewer(struct cargo *cargo, struct err *err)
{
    AUTO(text_release) struct text page;
    text_init(&page, embedded_viewer_len + 1);
    text_append_bytes(&page, (struct bytes){embedded_viewer, embedded_viewer_len});
    return add_text(cargo, "index.html", &page, err);
}

/*
 * The viewer's data as a script, because a page opened from a disc may not fetch. All of it is
 * ASCII JSON, in which no text can end the script or the line.
 */
static int add_data(struct cargo *cargo, const json_t *disc, struct err *err)
{
    AUTO(free) char *head = json_dumps(disc, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (head == NULL)
        return err_memory(err, "data.js");
    AUTO(text_release) struct text script;
    text_init(&script, SIZE_MAX);
    text_printf(&script, "window.shilu = {\"disc\":%s,\n\"indexes\":[", head);
    for (size_t i = 0; i < cargo->bag_count; i++) {
        text_append(&script, i == 0 ? "\n" : ",\n");
        text_append(&script, cargo->bags[i].index);
    }
    text_append(&script, "\n]};\n");
    return add_text(cargo, "data.js", &script, err);
}

/* ---- every file's digest ---- */

static int add_sums(struct cargo *cargo, struct err *err)
{
    AUTO(text_release) struct text sums;
    text_init(&sums, SIZE_MAX);
    for (size_t i = 0; i < cargo->file_count; i++) {
        char hex[65];
        bytes_to_hex(cargo->files[i].sha256, 32, hex);
        text_printf(&sums, "%s  %s\n", hex, cargo->files[i].path);
    }
    if (add_text(cargo, "SHA256SUMS", &sums, err) < 0)
        return -1;
    memcpy(cargo->sha256sums, cargo->files[cargo->file_count - 1].sha256, 32);
    return 0;
}

int cargo_add_papers(struct cargo *cargo, const struct key *key, struct err *err)
{
    AUTO(json_decref) json_t *disc = disc_json(cargo);
    if (disc == NULL)
        return err_memory(err, "disc.json");
    if (add_readme(cargo, err) < 0 || add_viewer(cargo, err) < 0 ||
        add_data(cargo, disc, err) < 0 || add_disc_json(cargo, disc, key, err) < 0 ||
        add_signer(cargo, key, err) < 0 || add_sums(cargo, err) < 0)
        return -1;
    return 0;
}
