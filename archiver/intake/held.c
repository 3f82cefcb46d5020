#include "intake/held.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/file.h"
#include "digest/digest.h"
#include "pack/pack.h"
#include "vault/vault.h"

#include "base/banned.h"

/* What cannot be opened or read is not held; only our own want of memory says nothing of it. */
static int absent(const struct err *why, struct err *err)
{
    if (why->kind != ERR_MEMORY)
        return 0;
    *err = *why;
    return -1;
}

/* ---- loose ---- */

static int find_loose(const struct vault *vault, const struct held *held, struct digest_job *job,
                      struct err *err)
{
    struct err why;
    AUTO(close) int fd = vault_open_stored(vault, held->stored_name, &why);
    uint64_t size;
    if (fd < 0 || file_size(fd, held->stored_name, &size, &why) < 0)
        return absent(&why, err);
    if (size == held->size) {
        job->from = fd;
        fd = -1;
    }
    return 0;
}

/* ---- in archives ---- */

struct search {
    size_t at;
    bool found;
    char path[4096];
};

static void take_path(void *context, const struct catalog_archive *archive)
{
    struct search *search = context;
    if (search->at-- != 0)
        return;
    search->found = true;
    (void)snprintf(search->path, sizeof search->path, "%s", archive->path);
}

static int find_archive(struct vault *vault, const struct held *held, size_t at,
                        struct search *search, struct err *err)
{
    struct catalog_err wrong;
    *search = (struct search){.at = at};
    struct catalog *catalog = vault_catalog(vault);
    int asked =
        held->attachment != 0
            ? catalog_archive_of_attachment(catalog, held->attachment, take_path, search, &wrong)
            : catalog_archive_of(catalog, held->recording, take_path, search, &wrong);
    return asked < 0 ? err_from_catalog(err, &wrong) : 0;
}

static int find_entry(const struct vault *vault, const struct held *held, const char *path,
                      struct digest_job *job, struct err *err)
{
    struct err why;
    AUTO(pack_free) struct pack *pack = NULL;
    int fd = file_open_regular(vault_folder(vault, VAULT_ROOT), path, &why);
    if (fd < 0 || pack_open(fd, path, &pack, &why) < 0)
        return absent(&why, err);
    size_t count;
    const struct pack_entry *entries = pack_entries(pack, &count);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].size != held->size ||
            memcmp(entries[i].digests.sha256, held->sha256, sizeof entries[i].digests.sha256) != 0)
            continue;
        job->from = fcntl(pack_fd(pack), F_DUPFD_CLOEXEC, 0);
        job->offset = entries[i].offset;
        return job->from < 0 ? err_sys(err, path, "dup") : 0;
    }
    return 0;
}

/* ---- both ---- */

int held_find(struct vault *vault, const struct held *held, size_t at, struct digest_job *job,
              bool *more, struct err *err)
{
    *job = (struct digest_job){.from = -1, .size = held->size, .to = -1, .only_sha256 = true};
    if (held->stored_name != NULL) {
        *more = at == 0;
        return at == 0 ? find_loose(vault, held, job, err) : 0;
    }
    struct search search;
    if (find_archive(vault, held, at, &search, err) < 0)
        return -1;
    *more = search.found;
    return search.found ? find_entry(vault, held, search.path, job, err) : 0;
}

bool held_agrees(const struct digest_job *job, const uint8_t sha256[static 32])
{
    return !job->failed && memcmp(job->pair.sha256, sha256, sizeof job->pair.sha256) == 0;
}

static int read_place(const struct held *held, struct digest_job *job, bool *sound, struct err *err)
{
    struct err why;
    AUTO(digest_pool_free) struct digest_pool *pool = NULL;
    if (digest_pool_open(&pool, err) < 0)
        return -1;
    job->object = held->stored_name != NULL ? held->stored_name : "archive";
    job->err = &why;
    digest_pool_put(pool, job);
    (void)digest_pool_take(pool, -1, NULL); /* the one job */
    *sound = held_agrees(job, held->sha256);
    return job->failed ? absent(&why, err) : 0;
}

int held_check(struct vault *vault, const struct held *held, bool *sound, struct err *err)
{
    bool more = true;
    *sound = false;
    for (size_t at = 0; more && !*sound; at++) {
        struct digest_job job;
        if (held_find(vault, held, at, &job, &more, err) < 0)
            return -1;
        AUTO(close) int from = job.from;
        if (from >= 0 && read_place(held, &job, sound, err) < 0)
            return -1;
    }
    return 0;
}
