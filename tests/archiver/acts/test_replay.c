/* The catalog is what its log says: entries applied to an empty one give the same rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "acts/acts.h"
#include "base/err.h"
#include "base/json.h"
#include "vault/vault.h"

static void sound(int result, const struct err *err)
{
    if (result < 0)
        fail_msg("%s: %s", err->object, err->text);
}

static void run(const char *command)
{
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

static char number[] = "津西青综执〔2026〕12号";
static char given[] = "given";
static const char report[] = "{\"streams\":[]}";

static struct vault *make_vault(void)
{
    struct err err;
    struct vault_created created;
    struct vault *vault = NULL;
    run("rm -rf v again.db*");
    sound(vault_create("v", &(struct vault_new){.unit = "U", .by = "os:test"}, &created, &err),
          &err);
    sound(vault_open("v", VAULT_WRITE, &vault, &err), &err);
    return vault;
}

static void accept(struct vault *vault, uint8_t mark, bool with_position, struct acts_done *done)
{
    struct err err;
    uint8_t digest[32];
    char name[32];
    char serial[] = "0012345";
    const struct catalog_tag tags[] = {
        {.field = CATALOG_CASE, .value = number, .source = given},
        {.field = CATALOG_DEVICE, .value = serial, .source = given},
    };
    memset(digest, mark, sizeof digest);
    (void)snprintf(name, sizeof name, "%02x.mp4", mark);
    const struct catalog_new_recording new = {
        .sha256 = digest,
        .sm3 = digest,
        .size_bytes = 1000,
        .original_name = name,
        .stored_name = name,
        .report = report,
        .has_position = with_position,
        .latitude = 39.1234567,
        .longitude = -0.0,
        .duration_s = with_position ? 4.0 : (double)__builtin_nan(""),
        .tags = tags,
        .tag_count = 2,
    };
    sound(acts_accept(vault, &new, done, &err), &err);
}

/* One of each act that changes the catalog. */
static void act_all(struct vault *vault)
{
    struct err err;
    struct acts_done done;
    char procedure[] = "simple";
    char place[] = "杨柳青";
    char valid[] = "2026-01-31";
    char kind[] = "note";
    char path[] = "archives/2026/x/x-v001.tar";
    char rest_path[] = "archives/2026/x/x-v002.tar";
    const char *const places[] = {place};
    const struct catalog_case one = {.number = number, .procedure = procedure};
    const struct catalog_collector person = {
        .number = valid, .kind = CATALOG_AUXILIARY, .valid_from = valid, .team = valid};
    const struct catalog_device device = {.number = valid, .make = place};
    const struct acts_change change = {CATALOG_PLACE, places, 1};
    const struct acts_change emptied = {CATALOG_PLACE, NULL, 0};
    const struct catalog_attachment note = {.kind = kind, .name = place, .stored_name = path};
    const struct catalog_archive archive = {
        .case_number = number, .volume = 1, .path = path, .sealed_us = 1777608000123456};
    const struct catalog_disc disc = {.name = place, .image = path, .made_us = 1777608000000000};
    const int64_t recordings[] = {1, 2, 4};
    const int64_t first[] = {1};

    sound(vault_begin(vault, "os:test", &err), &err);
    sound(acts_case_open(vault, &one, &err), &err);
    sound(acts_collector_set(vault, &person, &err), &err);
    sound(acts_device_set(vault, &device, &err), &err);
    for (uint8_t mark = 1; mark <= 4; mark++) {
        accept(vault, mark, mark % 2 == 0, &done);
        assert_int_equal(done.number, mark);
    }
    sound(acts_tag(vault, 2, &change, 1, "seen", &err), &err);
    sound(acts_tag(vault, 2, &emptied, 1, "not seen", &err), &err);
    sound(acts_attach(vault, 1, &note, &err), &err);
    sound(acts_seal(vault, &archive, recordings, 3, first, 1, &done, &err), &err);
    sound(acts_accept_again(vault, 4, "again.mp4", true, true, &done, &err), &err);
    sound(acts_image(vault, &disc, first, 1, &done, &err), &err);
    sound(acts_case_close(vault, number, &err), &err);
    const struct catalog_hold held = {.case_number = number, .reason = place, .lift_reason = kind};
    const struct catalog_hold one_held = {.recording = 2, .reason = place};
    sound(acts_hold_set(vault, &held, &err), &err);
    sound(acts_hold_set(vault, &one_held, &err), &err);
    sound(acts_hold_lift(vault, &held, &err), &err);
    const struct catalog_archive rest = {.case_number = number,
                                         .volume = 2,
                                         .path = rest_path,
                                         .sealed_us = 1777608000123456,
                                         .replaces = path};
    const struct catalog_archive whole = {.number = 2, .path = rest_path};
    const struct catalog_recording gone = {.number = 1};
    sound(acts_disposal_request(vault, recordings, 1, "expired", &done, &err), &err);
    assert_int_equal(done.number, 1);
    sound(acts_disposal_withdraw(vault, 1, "not yet", &err), &err);
    sound(acts_disposal_request(vault, recordings, 2, "expired", &done, &err), &err);
    sound(acts_disposal_approve(vault, 2, "agreed", true, &err), &err);
    sound(acts_seal(vault, &rest, recordings + 2, 1, NULL, 0, &done, &err), &err);
    sound(acts_dispose(vault, &gone, 2, &err), &err);
    sound(acts_dispose_archive(vault, &whole, 2, &err), &err);
    char unassigned_path[] = "archives/2026/u/u-v001.tar";
    char month[] = "2026-11";
    const struct catalog_archive unassigned = {
        .month = month, .team = place, .volume = 1, .path = unassigned_path, .sealed_us = 1};
    sound(acts_seal(vault, &unassigned, recordings + 1, 1, NULL, 0, &done, &err), &err);
    sound(acts_retention_confirm(vault, "default = 1 year from capture\n", &err), &err);
    sound(acts_user_add(vault, "王芳", "archivist", (uint8_t[32]){1}, &err), &err);
    sound(acts_user_password(vault, "王芳", (uint8_t[32]){2}, true, &err), &err);
    sound(acts_user_password(vault, "admin", (uint8_t[32]){3}, false, &err), &err);
    sound(acts_user_switch(vault, "王芳", true, &err), &err);
    sound(acts_user_switch(vault, "admin", true, &err), &err);
    sound(acts_user_switch(vault, "admin", false, &err), &err);
    sound(acts_user_duties(vault, "王芳", "archivist,reviewer", &err), &err);
    sound(vault_commit(vault, &err), &err);
}

static int same_report(void *context, const uint8_t sha256[static 32],
                       const uint8_t report_sha256[static 32], char **text, struct err *err)
{
    (void)context;
    (void)sha256;
    assert_int_not_equal(report_sha256[0], 0);
    *text = strdup(report);
    return *text != NULL ? 0 : err_memory(err, NULL);
}

struct replay {
    struct catalog *catalog;
    struct err err;
    int result;
};

static bool replay_entry(void *context, const struct catalog_log_entry *told)
{
    static const struct acts_reports reports = {.text = same_report};
    struct replay *replay = context;
    struct acts_done done;
    struct custody_entry entry = {.root = NULL};
    const struct bytes text = {told->entry, told->entry_len};
    replay->result = custody_entry_parse(text, "entry", &entry, &replay->err);
    if (replay->result == 0)
        replay->result = acts_apply(replay->catalog, &entry, &reports, &done, &replay->err);
    custody_entry_release(&entry);
    return replay->result == 0;
}

static void entries_applied_again_give_the_same_rows(void **state)
{
    (void)state;
    struct catalog_err wrong;
    struct replay replay = {.result = 0};
    struct vault *vault = make_vault();
    act_all(vault);
    assert_int_equal(catalog_open("again.db", CATALOG_CREATE, &replay.catalog, &wrong), 0);
    assert_int_equal(catalog_log_each(vault_catalog(vault), 0, NULL, replay_entry, &replay, &wrong),
                     0);
    sound(replay.result, &replay.err);
    catalog_free(replay.catalog);
    vault_free(vault);
    run("for db in v/catalog.db again.db; do sqlite3 $db"
        " 'delete from log_entries; delete from passwords' .dump >$db.txt || exit 1;"
        " done; test $(grep -c INSERT again.db.txt) -gt 30 && diff v/catalog.db.txt again.db.txt");
}

static enum err_kind kind_of(const char *entry_text)
{
    static const struct acts_reports reports = {.text = same_report};
    struct catalog_err wrong;
    struct err err = {.kind = ERR_NONE};
    struct acts_done done;
    struct catalog *catalog = NULL;
    struct custody_entry entry = {.root = NULL};
    run("rm -f again.db*");
    assert_int_equal(catalog_open("again.db", CATALOG_CREATE, &catalog, &wrong), 0);
    sound(custody_entry_parse(bytes_of(entry_text), "entry", &entry, &err), &err);
    assert_int_equal(acts_apply(catalog, &entry, &reports, &done, &err), -1);
    custody_entry_release(&entry);
    catalog_free(catalog);
    return err.kind;
}

#define ENTRY(action, detail, subject)                                                             \
    "{\"action\":\"" action "\",\"actor\":\"os:x\",\"at\":\"2026-03-09T09:30:00+08:00\","          \
    "\"detail\":" detail ",\"role\":\"\",\"seq\":17,\"subject\":\"" subject "\"}"

static void entries_that_say_too_little_are_damaged(void **state)
{
    (void)state;
    assert_int_equal(kind_of(ENTRY("accepted", "{}", "R1")), ERR_DAMAGED);
    assert_int_equal(kind_of(ENTRY("tagged", "{\"changes\":[]}", "2026-1")), ERR_DAMAGED);
    assert_int_equal(kind_of(ENTRY("tagged", "{\"changes\":[{}]}", "R1")), ERR_DAMAGED);
    assert_int_equal(kind_of(ENTRY("collector-set", "{\"kind\":\"spy\"}", "1")), ERR_DAMAGED);
    assert_int_equal(kind_of(ENTRY("sealed", "{\"recordings\":\"3-1\"}", "a")), ERR_DAMAGED);
    assert_int_equal(kind_of(ENTRY("disposed", "{}", "X1")), ERR_DAMAGED);
    assert_int_equal(kind_of(ENTRY("disposed", "{}", "R1")), ERR_MISSING);
    assert_int_equal(kind_of(ENTRY("disposal-approved", "{\"reason\":\"x\"}", "X1")), ERR_MISSING);
    assert_int_equal(kind_of(ENTRY("hold-set", "{\"on\":\"disc\",\"reason\":\"x\"}", "R1")),
                     ERR_DAMAGED);
    assert_int_equal(kind_of(ENTRY("hold-lifted", "{\"on\":\"recording\"}", "R1")), ERR_DAMAGED);
    assert_int_equal(kind_of(ENTRY("user-changed", "{\"change\":\"added\"}", "w")), ERR_DAMAGED);
    assert_int_equal(kind_of(ENTRY("user-changed", "{\"change\":\"sold\"}", "w")), ERR_DAMAGED);
    assert_int_equal(kind_of(ENTRY("role-changed", "{\"duties\":\"officer\"}", "w")), ERR_MISSING);
    assert_int_equal(kind_of(ENTRY("case-closed", "{}", "2026-1")), ERR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_applied_again_give_the_same_rows),
        cmocka_unit_test(entries_that_say_too_little_are_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
