#include "disc/cargo.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/text.h"
#include "custody/key.h"
#include "disc/bag.h"
#include "vault/vault.h"

#include "base/banned.h"

/* Archives found by the catalog; it calls back for each. */
struct search {
    struct cargo *cargo;
    size_t room;
    size_t found; /* for the case asked about */
    bool out_of_memory;
};

static bool is_planned(const struct cargo *cargo, int64_t archive)
{
    for (size_t i = 0; i < cargo->bag_count; i++) {
        if (cargo->bags[i].archive == archive)
            return true;
    }
    return false;
}

static int add_archive(struct search *search, const struct catalog_archive *archive)
{
    struct cargo *cargo = search->cargo;
    if (cargo->bag_count == search->room) {
        const size_t room = search->room == 0 ? 16 : search->room * 2;
        struct cargo_bag *more = reallocarray(cargo->bags, room, sizeof *more);
        if (more == NULL)
            return -1;
        cargo->bags = more;
        search->room = room;
    }
    struct cargo_bag *bag = &cargo->bags[cargo->bag_count++];
    *bag = (struct cargo_bag){.archive = archive->number,
                              .tar = strdup(archive->path),
                              .case_number = strdup(archive->case_number),
                              .volume = archive->volume,
                              .recordings = archive->recordings,
                              .tar_bytes = archive->size_bytes};
    memcpy(bag->tar_sha256, archive->sha256, 32);
    memcpy(bag->tagmanifest, archive->tagmanifest_sha256, 32);
    memcpy(bag->tar_sm3, archive->sm3, 32);
    return bag->tar == NULL || bag->case_number == NULL ? -1 : 0;
}

static void take_archive(void *context, const struct catalog_archive *archive)
{
    struct search *search = context;
    search->found++;
    if (!search->out_of_memory && !is_planned(search->cargo, archive->number) &&
        add_archive(search, archive) < 0)
        search->out_of_memory = true;
}

static int find_archives(struct vault *vault, const char *const *cases, size_t case_count,
                         struct cargo *cargo, struct err *err)
{
    struct search search = {.cargo = cargo};
    for (size_t i = 0; i < case_count; i++) {
        struct catalog_err from;
        search.found = 0;
        if (catalog_archive_each(vault_catalog(vault), cases[i], take_archive, &search, &from) < 0)
            return err_from_catalog(err, &from);
        if (search.out_of_memory)
            return err_memory(err, cases[i]);
        if (search.found == 0)
            return err_set(err, ERR_MISSING, cases[i], _("nothing of this case is sealed yet"));
    }
    if (cargo->bag_count == 0)
        return err_set(err, ERR_USAGE, NULL, _("no case was named"));
    return 0;
}

/* The same bags at the same time give the same name. */
static int name_disc(struct cargo *cargo, struct err *err)
{
    AUTO(text_release) struct text all;
    text_init(&all, SIZE_MAX);
    text_printf(&all, "%lld\n", (long long)cargo->made_at.us);
    for (size_t i = 0; i < cargo->bag_count; i++)
        text_append_bytes(&all, (struct bytes){cargo->bags[i].tagmanifest, 32});
    uint8_t sha256[32];
    if (text_failed(&all) || EVP_Digest(all.at, all.len, sha256, NULL, EVP_sha256(), NULL) != 1)
        return err_memory(err, NULL);
    (void)snprintf(cargo->name, sizeof cargo->name, "SHILU_%02X%02X%02X%02X", sha256[0], sha256[1],
                   sha256[2], sha256[3]);
    return 0;
}

int cargo_make(struct vault *vault, const char *const *cases, size_t case_count, int64_t made_us,
               struct cargo *cargo, struct err *err)
{
    AUTO(cargo_release)
    struct cargo made = {.root = vault_folder(vault, VAULT_ROOT),
                         .unit = vault_settings(vault)->unit,
                         .made_at = instant_now()};
    if (made_us != 0)
        made.made_at.us = made_us;
    made.made_at.us -= made.made_at.us % 1000000; /* an image's times are whole seconds */
    struct cargo_keys keys;
    if (vault_public_key(vault, &keys.key, err) < 0 || vault_key_chain(vault, &keys.chain, err) < 0)
        return -1;
    key_id(keys.key, made.key_id);
    if (find_archives(vault, cases, case_count, &made, err) < 0)
        return -1;
    for (size_t i = 0; i < made.bag_count; i++) {
        if (cargo_add_bag(&made, i, &keys, err) < 0)
            return -1;
    }
    if (name_disc(&made, err) < 0)
        return -1;
    *cargo = made;
    made = (struct cargo){0};
    return 0;
}

int cargo_add_text(struct cargo *cargo, const char *path, char *content, size_t len,
                   struct err *err)
{
    struct cargo_file file = {.path = strdup(path), .size = len, .content = content};
    if (file.path != NULL && cargo->file_count == cargo->file_room) {
        struct cargo_file *more =
            reallocarray(cargo->files, cargo->file_room + 16, sizeof *cargo->files);
        if (more != NULL) {
            cargo->files = more;
            cargo->file_room += 16;
        }
    }
    if (file.path == NULL || cargo->file_count == cargo->file_room ||
        EVP_Digest(content, len, file.sha256, NULL, EVP_sha256(), NULL) != 1) {
        free(file.path);
        free(content);
        return err_memory(err, path);
    }
    cargo->files[cargo->file_count++] = file;
    return 0;
}

void cargo_release(struct cargo *cargo)
{
    for (size_t i = 0; i < cargo->file_count; i++) {
        free(cargo->files[i].path);
        free(cargo->files[i].content);
    }
    free(cargo->files);
    for (size_t i = 0; i < cargo->bag_count; i++) {
        free(cargo->bags[i].tar);
        free(cargo->bags[i].name);
        free(cargo->bags[i].case_number);
        free(cargo->bags[i].index);
    }
    free(cargo->bags);
    *cargo = (struct cargo){0};
}
