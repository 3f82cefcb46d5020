#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "acts/acts.h"
#include "archiver/pack/fixture.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/progress.h"
#include "pack/history.h"
#include "pack/pack.h"
#include "pack/plan.h"

#define CASE "津西青综执〔2026〕12号"

static const int64_t sealed_us = INT64_C(1775000000000000); /* 2026-04-01T07:33:20+08:00 */

static int clips_make(void **state)
{
    (void)state;
    fixture_clips();
    return 0;
}

static struct pack_sealed seal(struct vault *vault, const char *case_number)
{
    struct err err = {.kind = ERR_NONE};
    struct pack_sealed sealed;
    if (pack_seal(vault, case_number, "os:test", sealed_us, NULL, &sealed, &err) < 0)
        fail_msg("%s", err.text);
    return sealed;
}

static enum err_kind seal_refused(struct vault *vault, const char *case_number, struct err *err)
{
    struct pack_sealed sealed = {.volume = 77};
    *err = (struct err){.kind = ERR_NONE};
    assert_int_equal(pack_seal(vault, case_number, "os:test", sealed_us, NULL, &sealed, err), -1);
    assert_int_equal(sealed.volume, 77);
    return err->kind;
}

static struct pack *pack_of(const char *path)
{
    struct err err = {.kind = ERR_NONE};
    struct pack *pack = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    if (pack_open(fd, path, &pack, &err) < 0)
        fail_msg("%s", err.text);
    return pack;
}

/* A vault with one case of five recordings and a written record, two names not portable. */
static struct vault *one_case(void)
{
    struct vault *vault = fixture_vault("V");
    fixture_case(vault, CASE);
    fixture_recording(vault, "clip.mp4", "DSJ_20260101.mp4", CASE, NULL);
    fixture_recording(vault, "clip.mkv", "现场.mkv", CASE, NULL);
    fixture_recording(vault, "clip.ts", "con.ts", CASE, NULL);
    fixture_recording(vault, "sound.wav", "a\\x0ab.wav", CASE, NULL);
    fixture_run("printf x >one-byte.bin");
    fixture_recording(vault, "one-byte.bin", "one.bin", CASE, NULL);
    fixture_run("printf '笔录' >record.txt");
    fixture_attachment(vault, 4, "record.txt", "record.txt");
    return vault;
}

/* formats.md, "Checked without Shilu", word for word, and every offset. */
static void strangers_hold(const char *tar, const char *bag)
{
    fixture_run("rm -rf out && mkdir out && tar xf '%s' -C out", tar);
    fixture_run("cd 'out/%s' && sha256sum --strict --quiet -c manifest-sha256.txt", bag);
    fixture_run("cd 'out/%s' && sha256sum --strict --quiet -c tagmanifest-sha256.txt", bag);
    fixture_run(
        "cd 'out/%s' && openssl dgst -sm3 data/* | sed 's/^SM3(\\(.*\\))= \\(.*\\)/\\2  \\1/' "
        "| LC_ALL=C sort >../sm3 && LC_ALL=C sort manifest-sm3.txt | cmp - ../sm3",
        bag);
    fixture_run("cd 'out/%s' && openssl pkeyutl -verify -pubin -inkey signer.pem -rawin "
                "-in tagmanifest-sha256.txt -sigfile tagmanifest-sha256.txt.sig",
                bag);
    fixture_run("cd 'out/%s' && python3 " CHECK_LOG " excerpt custody.ndjson checkpoint.txt", bag);
    fixture_run("cd 'out/%s' && jq -r '(.recordings+.attachments)[]|\"\\(.offset) \\(.size) "
                "\\(.sha256)  \\(.name)\"' index.json | while read o s h n; do test \"$(tail -c "
                "+$((o+1)) '%s' | head -c $s | sha256sum | cut -d' ' -f1)\" = $h && "
                "test $s = $(stat -c %%s \"$n\") && grep -qxF \"$h  $n\" manifest-sha256.txt || "
                "exit 1; done",
                bag, fixture_line("realpath '%s'", tar));
    fixture_run("cd 'out/%s' && test \"$(jq .archive_size index.json)\" = $(stat -c %%s '%s')", bag,
                fixture_line("realpath '%s'", tar));
    fixture_run("cd 'out/%s' && test \"Payload-Oxum: $(cat data/* | wc -c).$(ls data | wc -l)\" = "
                "\"$(grep Payload-Oxum bag-info.txt)\"",
                bag);
    fixture_run("bsdtar -xOf '%s' >/dev/null && bsdtar -tf '%s' >names.bsd && tar -tf '%s' | cmp - "
                "names.bsd && head -5 names.bsd | tail -1 | grep -q manifest",
                tar, tar, tar);
}

/* The catalog has the digest of the file that the signature is over. */
static void tagmanifest_is_known(struct vault *vault, const char *tar)
{
    struct catalog_err wrong;
    struct catalog_archive *archive = NULL;
    char hex[65];
    assert_int_equal(catalog_archive_load(vault_catalog(vault), 1, &archive, &wrong), 0);
    bytes_to_hex(archive->tagmanifest_sha256, 32, hex);
    catalog_archive_free(archive);
    assert_string_equal(fixture_line("tar -xOf '%s' --wildcards '*/tagmanifest-sha256.txt' "
                                     "| sha256sum | cut -c1-64",
                                     tar),
                        hex);
}

static void a_sealed_case_is_checked_by_strangers(void **state)
{
    (void)state;
    struct vault *vault = one_case();
    struct pack_sealed sealed = seal(vault, CASE);
    assert_int_equal(sealed.volume, 1);
    assert_int_equal(sealed.recordings, 5);
    char sha256[65], sm3[65];
    bytes_to_hex(sealed.digests.sha256, 32, sha256);
    bytes_to_hex(sealed.digests.sm3, 32, sm3);
    fixture_run("test $(sha256sum <'%s' | cut -c1-64) = %s", sealed.path, sha256);
    fixture_run("test $(openssl dgst -sm3 -r <'%s' | cut -c1-64) = %s", sealed.path, sm3);
    tagmanifest_is_known(vault, sealed.path);

    struct pack *pack = pack_of(sealed.path);
    strangers_hold(sealed.path, pack_bag(pack));
    assert_string_equal(pack_case(pack), CASE);
    assert_string_equal(pack_unit(pack), "杨柳青镇综合行政执法局");
    size_t count;
    const struct pack_entry *entries = pack_entries(pack, &count);
    assert_int_equal(count, 6);
    assert_string_equal(entries[0].name, "data/DSJ_20260101.mp4");
    assert_string_equal(entries[1].name, "data/R2.mkv");
    assert_string_equal(entries[1].original_name, "现场.mkv");
    assert_string_equal(entries[2].name, "data/R3.ts");
    assert_string_equal(entries[5].attachment, "transcript");
    assert_ptr_equal(pack_find(pack, "R2"), &entries[1]);
    assert_ptr_equal(pack_find(pack, "data/R2.mkv"), &entries[1]);
    assert_ptr_equal(pack_find(pack, "R2.mkv"), &entries[1]);
    assert_ptr_equal(pack_find(pack, "现场.mkv"), &entries[1]);
    assert_null(pack_find(pack, "R6"));
    assert_string_equal(entries[5].own_id, "F1");
    assert_string_equal(entries[5].id, "R4");
    assert_ptr_equal(pack_find(pack, "F1"), &entries[5]);
    assert_ptr_equal(pack_find(pack, "R4"), &entries[3]);
    fixture_run(
        "cd out/%s && grep -qx 'External-Identifier: " CASE "' bag-info.txt && "
        "grep -qx 'Case-Cause: 占路 经营' bag-info.txt && "
        "grep -qx 'Case-Opened: 2026-01-01T08:00:00+08:00' bag-info.txt && grep -qx 'Bagging-Date: "
        "2026-04-01' bag-info.txt && jq -e '.recordings[0]|.media.video==\"h264\" and "
        ".tags.place.value==\"柳口路\" and .tags.case[0].source==\"given\" and "
        ".accepted.by==\"os:test\" and .accepted.log_index==1' index.json",
        pack_bag(pack));
    pack_free(pack);

    /* loose copies are gone, sidecars stay, nothing lies about */
    assert_string_equal(fixture_line("find V/recordings -type f ! -name '*.json' | wc -l"), "0");
    assert_int_equal(fixture_count("V/incoming"), 0);
    assert_int_equal(fixture_count("V/archives"), 1);
    vault_free(vault);
}

static void the_structure_accounts_for_every_other_byte(void **state)
{
    (void)state;
    struct vault *vault = one_case();
    struct pack_sealed sealed = seal(vault, CASE);
    struct err err = {.kind = ERR_NONE};
    struct pack *pack = pack_of(sealed.path);
    struct pack_layout layout;
    assert_int_equal(pack_layout_read(pack_fd(pack), sealed.path, &layout, &err), 0);
    char hex[65];
    bytes_to_hex(layout.structure, 32, hex);
    assert_string_equal(
        fixture_line("tar -xOf '%s' --wildcards '*/index.json' | jq -r .structure_sha256",
                     sealed.path),
        hex);
    pack_layout_release(&layout);
    pack_free(pack);
    vault_free(vault);
}

static void an_entry_says_what_it_is_by_its_attributes(void **state)
{
    (void)state;
    struct vault *vault = one_case();
    struct pack_sealed sealed = seal(vault, CASE);
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    assert_int_equal(archive_read_support_format_tar(archive), ARCHIVE_OK);
    assert_int_equal(archive_read_open_filename(archive, sealed.path, 65536), ARCHIVE_OK);
    unsigned seen = 0;
    while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
        assert_int_equal(archive_entry_mtime(entry), sealed_us / 1000000);
        assert_int_equal(archive_entry_uid(entry), 0);
        if (strstr(archive_entry_pathname(entry), "/data/R2.mkv") == NULL)
            continue;
        const char *name;
        const void *value;
        size_t len;
        assert_int_equal(archive_entry_xattr_reset(entry), 5);
        while (archive_entry_xattr_next(entry, &name, &value, &len) == ARCHIVE_OK) {
            if (strcmp(name, "user.shilu.sha256") == 0) {
                char told[65] = "";
                memcpy(told, value, len < 65 ? len : 64);
                assert_string_equal(fixture_line("sha256sum clip.mkv | cut -c1-64"), told);
                seen++;
            }
            if (strcmp(name, "user.shilu.tags") == 0) {
                assert_non_null(memmem(value, len, "柳口路", strlen("柳口路")));
                seen++;
            }
            if (strcmp(name, "user.shilu.original_name") == 0) {
                assert_memory_equal(value, "现场.mkv", len);
                seen++;
            }
        }
    }
    assert_int_equal(seen, 3);
    archive_read_free(archive);
    vault_free(vault);
}

static void the_same_inputs_and_time_give_the_same_tar(void **state)
{
    (void)state;
    vault_free(one_case());
    fixture_run("rm -rf V2 && cp -a V V2");
    struct vault *first = fixture_open("V");
    struct vault *second = fixture_open("V2");
    struct pack_sealed a = seal(first, CASE);
    struct pack_sealed b = seal(second, CASE);
    fixture_run("cmp '%s' '%s'", a.path, b.path);
    vault_free(first);
    vault_free(second);
}

static void a_case_that_grows_gets_a_second_volume(void **state)
{
    (void)state;
    struct err err;
    struct vault *vault = one_case();
    struct pack_sealed first = seal(vault, CASE);
    struct pack_sealed again = seal(vault, CASE);
    assert_true(again.already);
    assert_string_equal(again.path, first.path);
    assert_memory_equal(&again.digests, &first.digests, sizeof again.digests);
    assert_int_equal(again.recordings, first.recordings);
    assert_int_equal(again.bytes, first.bytes);
    assert_int_equal(fixture_count("V/archives"), 1);
    fixture_case(vault, "nothing in it");
    assert_int_equal(seal_refused(vault, "nothing in it", &err), ERR_MISSING);
    assert_int_equal(seal_refused(vault, "no such case", &err), ERR_MISSING);

    /* an attachment alone, of a recording that is sealed already */
    fixture_run("printf 'a note' >note.txt");
    fixture_attachment(vault, 2, "note.txt", "note.txt");
    struct pack_sealed second = seal(vault, CASE);
    assert_int_equal(second.volume, 2);
    assert_false(second.already);
    assert_int_equal(second.recordings, 0);
    struct pack *pack = pack_of(second.path);
    strangers_hold(second.path, pack_bag(pack));
    pack_free(pack);
    fixture_run("tar -xOf '%s' --wildcards '*/index.json' | jq -e '.volume==2 and "
                ".previous.name==\"%s\" and .previous.sha256==\"'$(sha256sum <'%s' | "
                "cut -c1-64)'\"'",
                second.path, strrchr(first.path, '/') + 1, first.path);
    fixture_run("printf new >new.bin");
    fixture_recording(vault, "new.bin", "new.bin", CASE, NULL);
    assert_int_equal(seal(vault, CASE).volume, 3);
    vault_free(vault);
}

static void a_recording_of_two_cases_is_sealed_for_both(void **state)
{
    (void)state;
    struct vault *vault = fixture_vault("V");
    fixture_case(vault, "A");
    fixture_case(vault, "B");
    fixture_recording(vault, "clip.mp4", "both.mp4", "A", "B");
    fixture_recording(vault, "clip.ts", "only-b.ts", "B", NULL);
    struct pack_sealed a = seal(vault, "A");
    assert_string_equal(fixture_line("find V/recordings -type f ! -name '*.json' | wc -l"), "1");
    struct pack_sealed b = seal(vault, "B"); /* one of the two now lies in A's volume alone */
    assert_int_equal(b.recordings, 2);
    strangers_hold(a.path, "A-v001");
    strangers_hold(b.path, "B-v001");
    fixture_run("cmp out/B-v001/data/both.mp4 clip.mp4");
    vault_free(vault);
}

static void attachments_are_sealed_for_every_case_of_their_recording(void **state)
{
    (void)state;
    struct vault *vault = fixture_vault("V");
    fixture_case(vault, "A");
    fixture_case(vault, "B");
    fixture_recording(vault, "clip.mp4", "both.mp4", "A", "B");
    fixture_run("printf '笔录' >record.txt && printf later >later.txt");
    fixture_attachment(vault, 1, "record.txt", "record.txt");
    struct pack_sealed a = seal(vault, "A");
    assert_string_equal(fixture_line("find V/recordings -type f ! -name '*.json' | wc -l"), "0");
    struct pack_sealed b = seal(vault, "B");
    strangers_hold(a.path, "A-v001");
    strangers_hold(b.path, "B-v001");
    fixture_run("cmp out/B-v001/data/record.txt record.txt");

    /* what comes later goes to both too, once */
    fixture_attachment(vault, 1, "later.txt", "later.txt");
    b = seal(vault, "B");
    a = seal(vault, "A");
    strangers_hold(b.path, "B-v002");
    strangers_hold(a.path, "A-v002");
    fixture_run(
        "cmp out/A-v002/data/later.txt later.txt && test $(ls out/A-v002/data | wc -l) = 1");
    assert_string_equal(fixture_line("find V/recordings -type f ! -name '*.json' | wc -l"), "0");
    vault_free(vault);
}

/* Sealed for A and B; then what A's archive holds of it is damaged, and C is to be sealed. */
static void a_damaged_archive_is_passed_over_for_a_sound_one(void **state)
{
    (void)state;
    static const char *const damages[] = {
        "printf X | dd of=\"$tar\" bs=1 seek=$middle conv=notrunc 2>/dev/null",
        "truncate -s 100 \"$tar\"",
        "rm \"$tar\"",
    };
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct vault *vault = fixture_vault("V");
        struct catalog_err wrong;
        static const char *const cases[] = {"A", "B", "C"};
        for (size_t k = 0; k < 3; k++)
            fixture_case(vault, cases[k]);
        fixture_recording(vault, "clip.mp4", "both.mp4", "A", "B");
        struct pack_sealed a = seal(vault, "A");
        (void)seal(vault, "B");
        assert_int_equal(catalog_tag_set(vault_catalog(vault), 1, CATALOG_CASE, cases, 3, "given",
                                         "os:test", "a third", 5, &wrong),
                         0);
        struct pack *pack = pack_of(a.path);
        unsigned long long middle = pack_find(pack, "R1")->offset + 5000;
        pack_free(pack);
        fixture_run("tar='%s' middle=%llu; chmod u+w \"$tar\" && %s", a.path, middle, damages[i]);
        struct pack_sealed c = seal(vault, "C");
        strangers_hold(c.path, "C-v001");
        fixture_run("cmp out/C-v001/data/both.mp4 clip.mp4");
        vault_free(vault);
    }
}

/* Another process's connection to the same catalog, while the tar is written. */
struct meddling {
    struct vault *other;
    int kind;
    bool done;
};

static void told_again(struct vault *vault)
{
    struct acts_done done;
    struct err err = {.kind = ERR_NONE};
    assert_int_equal(vault_begin(vault, "os:other", &err), 0);
    assert_int_equal(
        vault_end(vault, acts_accept_again(vault, 1, "again.mp4", false, false, &done, &err), &err),
        0);
}

static void meddle(void *context, const char *what, uint64_t done, uint64_t total)
{
    struct meddling *meddling = context;
    struct catalog *catalog = vault_catalog(meddling->other);
    struct catalog_err wrong;
    const char *const other_case[] = {"other"}, *const place[] = {"elsewhere"};
    (void)what;
    (void)done;
    (void)total;
    if (meddling->done)
        return;
    meddling->done = true;
    if (meddling->kind == 0)
        assert_int_equal(catalog_tag_set(catalog, 1, CATALOG_CASE, other_case, 1, "given",
                                         "os:other", "wrong case", 5, &wrong),
                         0);
    else if (meddling->kind == 1)
        assert_int_equal(catalog_tag_set(catalog, 1, CATALOG_PLACE, place, 1, "given", "os:other",
                                         "wrong place", 5, &wrong),
                         0);
    else if (meddling->kind == 2)
        fixture_attachment(meddling->other, 1, "one-byte.bin", "late.bin");
    else
        told_again(meddling->other); /* changes nothing but the log */
}

/* Between the plan and the checkpoint. */
static void what_is_told_before_the_checkpoint_is_enclosed(void **state)
{
    (void)state;
    struct vault *vault = one_case();
    struct vault *other = fixture_open("V");
    struct err err = {.kind = ERR_NONE};
    struct plan *plan;
    struct history_texts texts = {.checkpoint = NULL};
    assert_int_equal(plan_load(vault, CASE, sealed_us, &plan, &err), 0);
    const size_t planned = plan->history.count;
    fixture_case(other, "other"); /* about none of them */
    told_again(other);
    assert_int_equal(history_print(vault, plan, &texts, &err), 0);
    assert_int_equal(plan->history.count, planned + 1);
    assert_non_null(strstr(texts.entries.at, "again.mp4"));
    history_texts_release(&texts);
    plan_free(plan);
    vault_free(other);
    vault_free(vault);
}

static void what_changes_during_a_seal_is_not_sealed_as_it_was(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct vault *vault = one_case();
        fixture_case(vault, "other");
        struct meddling meddling = {.other = fixture_open("V"), .kind = kind};
        struct progress progress = {.update = meddle, .context = &meddling};
        struct pack_sealed sealed;
        struct err err = {.kind = ERR_NONE};
        assert_int_equal(pack_seal(vault, CASE, "os:test", sealed_us, &progress, &sealed, &err),
                         -1);
        assert_true(meddling.done);
        assert_int_equal(err.kind, ERR_CONFLICT);
        assert_int_equal(fixture_count("V/archives"), 0);
        assert_int_equal(fixture_count("V/incoming"), 0);
        sealed = seal(vault, CASE);
        assert_int_equal(sealed.recordings, kind == 0 ? 4 : 5);
        vault_free(meddling.other);
        vault_free(vault);
    }
}

/* A seal takes minutes: that somebody looks at a recording meanwhile must not undo it. */
static void an_act_that_changes_nothing_does_not_stop_a_seal(void **state)
{
    (void)state;
    struct vault *vault = one_case();
    struct meddling meddling = {.other = fixture_open("V"), .kind = 3};
    struct progress progress = {.update = meddle, .context = &meddling};
    struct pack_sealed sealed;
    struct err err = {.kind = ERR_NONE};
    assert_int_equal(pack_seal(vault, CASE, "os:test", sealed_us, &progress, &sealed, &err), 0);
    assert_true(meddling.done);
    assert_int_equal(sealed.recordings, 5);
    vault_free(meddling.other);
    vault_free(vault);
}

static void odd_case_numbers_stay_in_their_folder(void **state)
{
    (void)state;
    static const char *const numbers[] = {"../../etc", "a/b", "'; rm -rf \"x\"", "-", "..", "CON"};
    struct vault *vault = fixture_vault("V");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        fixture_run("printf %zu >number.bin", i);
        fixture_case(vault, numbers[i]);
        fixture_recording(vault, "number.bin", "x.bin", numbers[i], NULL);
        struct pack_sealed sealed = seal(vault, numbers[i]);
        struct pack *pack = pack_of(sealed.path);
        assert_string_equal(pack_case(pack), numbers[i]);
        strangers_hold(sealed.path, pack_bag(pack));
        pack_free(pack);
    }
    assert_int_equal(fixture_count("V/archives/2026"), 6);
    vault_free(vault);
}

/* What is stored of R2 is made other than what was accepted. */
static void damage_holds(const char *damage)
{
    struct err err;
    struct vault *vault = one_case();
    unsigned before = fixture_count("V/recordings");
    fixture_run("f=$(find V/recordings -name \"$(sha256sum clip.mkv | cut -c1-64).mkv\") && "
                "chmod u+w \"$f\" && %s",
                damage);
    assert_int_equal(seal_refused(vault, CASE, &err), ERR_DAMAGED);
    assert_string_equal(err.object, "R2");
    assert_int_equal(fixture_count("V/recordings"), before);
    assert_int_equal(fixture_count("V/archives"), 0);
    assert_int_equal(fixture_count("V/incoming"), 0);
    /* put right, it is sealed */
    fixture_run("f=$(find V/recordings -name \"$(sha256sum clip.mkv | cut -c1-64).mkv\") && "
                "cat clip.mkv >\"$f\"");
    assert_int_equal(seal(vault, CASE).volume, 1);
    vault_free(vault);
}

static void a_recording_that_changed_stops_the_seal(void **state)
{
    (void)state;
    damage_holds("printf X | dd of=\"$f\" bs=1 seek=1000 conv=notrunc 2>/dev/null");
    damage_holds("truncate -s -1 \"$f\"");
    damage_holds("printf X >>\"$f\"");
    damage_holds(": >\"$f\"");
}

static void a_recording_that_is_gone_is_named(void **state)
{
    (void)state;
    struct err err;
    struct vault *vault = one_case();
    fixture_run("find V/recordings -name '*.mkv' -delete");
    assert_int_equal(seal_refused(vault, CASE, &err), ERR_MISSING);
    assert_non_null(strstr(err.text, "R2"));
    assert_int_equal(fixture_count("V/archives"), 0);
    assert_int_equal(fixture_count("V/incoming"), 0);
    vault_free(vault);
}

static void entry_holds(const struct pack *pack, const struct pack_entry *entry, uint64_t size)
{
    struct err err = {.kind = ERR_NONE};
    fixture_run("rm -rf x && mkdir x");
    int folder = open("x", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int got = pack_extract(pack, entry, folder, &err);
    close(folder);
    if (entry->offset + entry->size <= size) {
        assert_int_equal(got, 0);
        return;
    }
    assert_int_equal(got, -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_int_equal(fixture_count("x"), 0);
}

static void an_archive_cut_anywhere_gives_what_is_left(void **state)
{
    (void)state;
    struct vault *vault = one_case();
    struct pack_sealed sealed = seal(vault, CASE);
    vault_free(vault);
    struct pack *whole = pack_of(sealed.path);
    const struct pack_entry *first = pack_find(whole, "R1");
    const struct pack_entry *last = pack_find(whole, "R5");
    uint64_t index_end = (uint64_t)strtoull(
        fixture_line("LC_ALL=C grep -abo '\"attachments\":' '%s' | cut -d: -f1", sealed.path), NULL,
        10);
    fixture_run("cp '%s' cut.tar && chmod u+w cut.tar", sealed.path);
    srandom(7);
    for (uint64_t size = sealed.bytes - 1; size > 0;) {
        struct err err = {.kind = ERR_NONE};
        struct pack *pack = NULL;
        assert_int_equal(truncate("cut.tar", (off_t)size), 0);
        int fd = open("cut.tar", O_RDONLY | O_CLOEXEC);
        int got = pack_open(fd, "cut.tar", &pack, &err);
        if (got < 0) {
            assert_int_equal(err.kind, ERR_DAMAGED);
            assert_true(size < first->offset);
        } else {
            assert_true(size > index_end);
            if (size > first->offset && random() % 8 == 0) {
                entry_holds(pack, first, size);
                entry_holds(pack, last, size);
            }
            pack_free(pack);
        }
        /* every block of the head, then random steps through the contents */
        uint64_t step = size > first->offset + 8192 ? (uint64_t)(random() % 9000) + 1
                                                    : (uint64_t)(random() % 2 == 0 ? 511 : 1);
        size = size > step ? size - step : 0;
    }
    pack_free(whole);
}

static void extraction_stays_in_its_folder_and_overwrites_nothing(void **state)
{
    (void)state;
    struct err err = {.kind = ERR_NONE};
    struct vault *vault = one_case();
    struct pack_sealed sealed = seal(vault, CASE);
    vault_free(vault);
    struct pack *pack = pack_of(sealed.path);
    const struct pack_entry *entry = pack_find(pack, "R2");
    fixture_run("rm -rf x && mkdir x && echo mine >elsewhere && ln -s ../elsewhere x/R2.mkv");
    int folder = open("x", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(pack_extract(pack, entry, folder, &err), -1);
    assert_int_equal(err.kind, ERR_CONFLICT);
    fixture_run("test \"$(cat elsewhere)\" = mine && test -L x/R2.mkv && rm x/R2.mkv");
    assert_int_equal(pack_extract(pack, entry, folder, &err), 0);
    fixture_run("cmp x/R2.mkv clip.mkv");
    assert_int_equal(pack_extract(pack, entry, folder, &err), -1);
    assert_int_equal(err.kind, ERR_CONFLICT);
    fixture_run("cmp x/R2.mkv clip.mkv && rm x/R2.mkv");

    int to = open("cat.out", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(pack_cat(pack, entry, to, "cat.out", &err), 0);
    close(to);
    fixture_run("cmp cat.out clip.mkv");

    /* one bit of it turned: nothing is left behind */
    fixture_run("chmod u+w '%s' && printf '\\377' | dd of='%s' bs=1 seek=%llu conv=notrunc "
                "2>/dev/null",
                sealed.path, sealed.path, (unsigned long long)(entry->offset + 5000));
    assert_int_equal(pack_extract(pack, entry, folder, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_int_equal(fixture_count("x"), 0);
    close(folder);
    pack_free(pack);
}

/* The child's work; it never returns. */
static void seal_and_exit(void)
{
    struct err err;
    struct vault *vault = NULL;
    struct pack_sealed sealed;
    if (vault_open("V", VAULT_WRITE, &vault, &err) < 0)
        _exit(3);
    int got = pack_seal(vault, CASE, "os:test", sealed_us, NULL, &sealed, &err);
    _exit(got == 0 || err.kind == ERR_MISSING ? 0 : 3);
}

static void a_seal_killed_anywhere_loses_nothing(void **state)
{
    (void)state;
    enum { ROUNDS = 30 };
    srandom(11);
    fixture_run("head -c 6000000 /dev/urandom >random.bin");
    for (int round = 0; round < ROUNDS; round++) {
        struct vault *vault = one_case();
        fixture_recording(vault, "random.bin", "random.bin", CASE, NULL);
        vault_free(vault);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            seal_and_exit();
        struct timespec wait = {.tv_nsec = random() % 250000000};
        (void)nanosleep(&wait, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);

        vault = fixture_open("V"); /* finishes or undoes what was begun */
        assert_int_equal(fixture_count("V/incoming"), 0);
        struct err err = {.kind = ERR_NONE};
        struct pack_sealed sealed;
        int got = pack_seal(vault, CASE, "os:test", sealed_us, NULL, &sealed, &err);
        assert_true(got == 0 || err.kind == ERR_MISSING);
        vault_free(vault);
        const char *tar = fixture_line("find \"$PWD/V/archives\" -name '*.tar'");
        char path[4096];
        assert_true((size_t)snprintf(path, sizeof path, "%s", tar) < sizeof path);
        struct pack *pack = pack_of(path);
        strangers_hold(path, pack_bag(pack));
        size_t count;
        (void)pack_entries(pack, &count);
        assert_int_equal(count, 7);
        pack_free(pack);
        assert_int_equal(fixture_count("V/archives"), 1);
        assert_int_equal(fixture_count("V/incoming"), 0);
        assert_string_equal(fixture_line("find V/recordings -type f ! -name '*.json' | wc -l"),
                            "0");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_case_is_checked_by_strangers),
        cmocka_unit_test(the_structure_accounts_for_every_other_byte),
        cmocka_unit_test(an_entry_says_what_it_is_by_its_attributes),
        cmocka_unit_test(the_same_inputs_and_time_give_the_same_tar),
        cmocka_unit_test(a_case_that_grows_gets_a_second_volume),
        cmocka_unit_test(a_recording_of_two_cases_is_sealed_for_both),
        cmocka_unit_test(attachments_are_sealed_for_every_case_of_their_recording),
        cmocka_unit_test(a_damaged_archive_is_passed_over_for_a_sound_one),
        cmocka_unit_test(what_is_told_before_the_checkpoint_is_enclosed),
        cmocka_unit_test(what_changes_during_a_seal_is_not_sealed_as_it_was),
        cmocka_unit_test(an_act_that_changes_nothing_does_not_stop_a_seal),
        cmocka_unit_test(odd_case_numbers_stay_in_their_folder),
        cmocka_unit_test(a_recording_that_changed_stops_the_seal),
        cmocka_unit_test(a_recording_that_is_gone_is_named),
        cmocka_unit_test(an_archive_cut_anywhere_gives_what_is_left),
        cmocka_unit_test(extraction_stays_in_its_folder_and_overwrites_nothing),
        cmocka_unit_test(a_seal_killed_anywhere_loses_nothing),
    };
    return cmocka_run_group_tests(tests, clips_make, NULL);
}
