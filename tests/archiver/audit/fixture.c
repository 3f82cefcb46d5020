#include "archiver/audit/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archiver/disc/made_vault.h"
#include "archiver/disc/shell.h"
#include "base/err.h"
#include "pack/pack.h"
#include "vault/vault.h"

#include "base/banned.h"

static struct vault *the_vault;
static char the_archive[4096];
static char the_bag[256];

/* Bytes that nobody would take for anything else, and different in each recording. */
static void make_file(const char *path, unsigned seed, size_t size)
{
    FILE *file = fopen(path, "wb");
    uint32_t at = seed * 2654435761U + 1;
    assert_non_null(file);
    for (size_t i = 0; i < size; i++) {
        at = at * 1664525U + 1013904223U;
        assert_int_not_equal(fputc((int)(at >> 24), file), EOF);
    }
    assert_int_equal(fclose(file), 0);
}

int fixture_setup(void **state)
{
    struct err err;
    (void)state;
    assert_int_equal(shell("chmod -R u+w . ; rm -rf v *.mp4 *.tar *.iso u"), 0);
    the_vault = made_vault("v", FIXTURE_CASE);
    for (unsigned i = 1; i <= FIXTURE_RECORDINGS; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "r%u.mp4", i);
        make_file(path, i, i == FIXTURE_RECORDINGS ? 7 : FIXTURE_BYTES);
        made_recording(the_vault, path, path, FIXTURE_CASE);
    }
    assert_int_equal(vault_sidecars_catch_up(the_vault, &err), 0);
    return 0;
}

int fixture_setup_sealed(void **state)
{
    (void)fixture_setup(state);
    (void)fixture_seal();
    assert_int_equal(shell("cp '%s' a.tar && chmod u+w a.tar", the_archive), 0);
    return 0;
}

int fixture_teardown(void **state)
{
    (void)state;
    vault_free(the_vault);
    the_vault = NULL;
    return 0;
}

struct vault *fixture_vault(void)
{
    return the_vault;
}

const char *fixture_seal(void)
{
    struct err err;
    made_volume(the_vault, FIXTURE_CASE, the_archive, sizeof the_archive);
    assert_int_equal(vault_sidecars_catch_up(the_vault, &err), 0);
    const char *name = strrchr(the_archive, '/') + 1;
    (void)snprintf(the_bag, sizeof the_bag, "%.*s", (int)strcspn(name, "."), name);
    assert_int_equal(chmod(the_archive, 0600), 0);
    return the_archive;
}

const char *fixture_bag(void)
{
    return the_bag;
}

uint64_t fixture_offset(const char *archive, const char *id)
{
    struct pack *pack = NULL;
    struct err err;
    assert_int_equal(pack_open(open(archive, O_RDONLY | O_CLOEXEC), archive, &pack, &err), 0);
    const struct pack_entry *entry = pack_find(pack, id);
    assert_non_null(entry);
    uint64_t offset = entry->offset;
    pack_free(pack);
    return offset;
}

void fixture_flip(const char *path, uint64_t offset)
{
    uint8_t byte;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
    assert_int_equal(close(fd), 0);
}

void fixture_cut(const char *path, uint64_t size)
{
    assert_int_equal(truncate(path, (off_t)size), 0);
}

uint64_t fixture_size(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return (uint64_t)st.st_size;
}

static void keep_text(char *to, size_t room, const char *text)
{
    (void)snprintf(to, room, "%s", text != NULL ? text : "");
}

static void take(void *context, const struct audit_finding *finding)
{
    struct fixture_found *found = context;
    if (found->count == sizeof found->at / sizeof *found->at)
        return;
    struct fixture_finding *kept = &found->at[found->count++];
    assert_non_null(finding->target);
    assert_non_null(finding->detail);
    assert_true(!finding->has_range || finding->first <= finding->last);
    kept->kind = finding->kind;
    kept->has_range = finding->has_range;
    kept->first = finding->first;
    kept->last = finding->last;
    keep_text(kept->entry, sizeof kept->entry, finding->entry);
    keep_text(kept->recording, sizeof kept->recording, finding->recording);
    keep_text(kept->case_number, sizeof kept->case_number, finding->case_number);
    keep_text(kept->detail, sizeof kept->detail, finding->detail);
}

struct audit_options fixture_options(struct fixture_found *found, enum audit_level level)
{
    memset(found, 0, sizeof *found);
    return (struct audit_options){.level = level, .found = take, .context = found};
}

static void check_report(const struct fixture_found *found, enum audit_level level)
{
    assert_int_equal(found->report.level, level);
    if (found->report.findings < sizeof found->at / sizeof *found->at)
        assert_int_equal(found->report.findings, found->count);
}

void fixture_audit(const char *path, enum audit_level level, struct fixture_found *found)
{
    struct err err;
    struct audit_options options = fixture_options(found, level);
    int result = audit_path(path, &options, &found->report, &err);
    if (result < 0)
        print_message("%s\n", err.text);
    assert_int_equal(result, 0);
    check_report(found, level);
}

void fixture_audit_vault(enum audit_level level, struct fixture_found *found)
{
    struct err err;
    struct audit_options options = fixture_options(found, level);
    int result = audit_vault(the_vault, &options, &found->report, &err);
    if (result < 0)
        print_message("%s\n", err.text);
    assert_int_equal(result, 0);
    check_report(found, level);
}

size_t fixture_count(const struct fixture_found *found, enum audit_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < found->count; i++)
        count += found->at[i].kind == kind;
    return count;
}

static void show(const struct fixture_found *found)
{
    for (size_t i = 0; i < found->count; i++)
        print_message("%s: %s (%s): %s [%llu to %llu]\n", audit_kind_name(found->at[i].kind),
                      found->at[i].entry, found->at[i].recording, found->at[i].detail,
                      (unsigned long long)found->at[i].first,
                      (unsigned long long)found->at[i].last);
}

void fixture_only(const struct fixture_found *found, enum audit_kind kind, const char *entry)
{
    size_t len = strlen(found->at[0].entry);
    size_t wanted = entry != NULL ? strlen(entry) : 0;
    if (found->count != 1 || found->at[0].kind != kind || len < wanted ||
        (entry == NULL && len > 0) ||
        (entry != NULL && strcmp(found->at[0].entry + len - wanted, entry) != 0))
        show(found);
    assert_int_equal(found->count, 1);
    assert_int_equal(found->at[0].kind, kind);
    assert_true(len >= wanted && (entry != NULL || len == 0));
    if (entry != NULL)
        assert_string_equal(found->at[0].entry + len - wanted, entry);
}

void fixture_none(const struct fixture_found *found)
{
    if (found->count != 0)
        show(found);
    assert_int_equal(found->count, 0);
}
