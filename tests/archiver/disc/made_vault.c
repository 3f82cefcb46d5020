#include "archiver/disc/made_vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#include "acts/acts.h"
#include "archiver/disc/shell.h"
#include "base/err.h"
#include "digest/digest.h"
#include "pack/pack.h"
#include "vault/vault.h"

#include "base/banned.h"

static const char by[] = "os:tester";
static const int64_t MADE_US = INT64_C(1777608000000000); /* 2026-05-01T12:00:00+08:00 */

struct vault *made_vault(const char *path, const char *case_number)
{
    struct err err = {.kind = ERR_NONE};
    struct vault_created created;
    struct vault *vault = NULL;
    char number[256];
    (void)snprintf(number, sizeof number, "%s", case_number);
    const struct catalog_case one = {.number = number};
    assert_int_equal(shell("rm -rf '%s'", path), 0);
    assert_int_equal(vault_create(path,
                                  &(struct vault_new){.unit = "杨柳青镇综合行政执法局", .by = by},
                                  &created, &err),
                     0);
    assert_int_equal(vault_open(path, VAULT_WRITE, &vault, &err), 0);
    assert_int_equal(vault_begin(vault, by, &err), 0);
    assert_int_equal(vault_end(vault, acts_case_open(vault, &one, &err), &err), 0);
    return vault;
}

static void digests_of(const char *file, struct digest_job *job, struct err *err)
{
    struct digest_pool *pool = NULL;
    const int fd = open(file, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    *job = (struct digest_job){
        .from = fd, .size = DIGEST_TO_END, .object = file, .to = -1, .err = err};
    assert_int_equal(digest_pool_open(&pool, err), 0);
    digest_pool_put(pool, job);
    assert_ptr_equal(digest_pool_take(pool, -1, NULL), job);
    assert_false(job->failed);
    digest_pool_free(pool);
    close(fd);
}

void made_recording(struct vault *vault, const char *file, const char *original_name,
                    const char *case_number)
{
    struct err err = {.kind = ERR_NONE};
    struct digest_job job;
    char hex[65];
    char stored[100];
    char path[VAULT_STORED_PATH];
    char number_text[256];
    char given[] = "given";
    digests_of(file, &job, &err);
    bytes_to_hex(job.pair.sha256, 32, hex);
    (void)snprintf(stored, sizeof stored, "%s%s", hex, strrchr(file, '.'));
    vault_stored_path(stored, path);
    assert_int_equal(shell("mkdir -p '%s/recordings/%.2s' && cp '%s' '%s/recordings/%s'",
                           vault_path(vault), path, file, vault_path(vault), path),
                     0);
    (void)snprintf(number_text, sizeof number_text, "%s", case_number);
    const struct catalog_tag tag = {.field = CATALOG_CASE, .value = number_text, .source = given};
    const struct catalog_new_recording recording = {.sha256 = job.pair.sha256,
                                                    .sm3 = job.pair.sm3,
                                                    .size_bytes = job.done,
                                                    .original_name = original_name,
                                                    .stored_name = stored,
                                                    .report = "{\"streams\":[]}",
                                                    .duration_s = 1.0,
                                                    .tags = &tag,
                                                    .tag_count = 1};
    struct acts_done done;
    assert_int_equal(vault_begin(vault, by, &err), 0);
    assert_int_equal(vault_end(vault, acts_accept(vault, &recording, &done, &err), &err), 0);
}

void made_volume(struct vault *vault, const char *case_number, char *tar, size_t room)
{
    struct err err = {.kind = ERR_NONE};
    struct pack_sealed sealed;
    const int result = pack_seal(vault, case_number, by, MADE_US, NULL, &sealed, &err);
    if (result < 0)
        print_message("%s\n", err.text);
    assert_int_equal(result, 0);
    (void)snprintf(tar, room, "%s", sealed.path);
}
