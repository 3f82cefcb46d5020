#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "base/durable.h"
#include "base/err.h"
#include "base/i18n.h"
#include "vault/vault.h"
#include "vault/vault_private.h"

#include "base/banned.h"

/*
 * Acceptance, seen from the disk. What must hold, else evidence is lost or debris stays:
 *  1. incoming/STORED is durable before recordings/ab/STORED exists (place).
 *  2. Both are durable before the commit that names them (place, within the transaction).
 *  3. incoming/STORED goes only after that commit, or after recordings/ab/STORED has gone
 *     (settle, recover.c).
 *  4. A file of the name that is there is replaced in one step, never removed first: a row may
 *     name it already.
 */

/* Filling the disk to see whether it is full would hurt everybody else on it: ask first. */
static int check_space(int folder, uint64_t size, struct err *err)
{
    struct statvfs fs;
    uint64_t free_bytes;
    if (fstatvfs(folder, &fs) < 0)
        return err_sys(err, "incoming", _("ask for the free space"));
    if (ckd_mul(&free_bytes, (uint64_t)fs.f_bavail, (uint64_t)fs.f_frsize))
        return 0; /* more than any file */
    if (size > free_bytes)
        return err_set(err, ERR_SPACE, "incoming",
                       _("%llu bytes are needed and %llu are free on the vault's disk"),
                       (unsigned long long)size, (unsigned long long)free_bytes);
    return 0;
}

static int set_aside(int fd, uint64_t size, struct err *err)
{
    int64_t len;
    if (ckd_add(&len, size, 0))
        return err_number(err, ENOSPC, "incoming", _("set space aside"));
    while (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)len) < 0) {
        if (errno == EINTR)
            continue;
        if (errno == EOPNOTSUPP) /* then a full disk is met while copying */
            return 0;
        return err_number(err, errno == EFBIG ? ENOSPC : errno, "incoming", _("set space aside"));
    }
    return 0;
}

int vault_incoming_open(struct vault *vault, uint64_t size, struct err *err)
{
    int folder = vault->folders[VAULT_INCOMING];
    if (size > 0 && check_space(folder, size, err) < 0)
        return -1;
    AUTO(close) int fd = durable_unnamed(folder, "incoming", VAULT_EVIDENCE_MODE, err);
    if (fd < 0)
        return -1;
    if (size > 0 && set_aside(fd, size, err) < 0)
        return -1;
    int opened = fd;
    fd = -1;
    return opened;
}

static int link_or_replace(int fd, int scratch, int folder, const char *name, struct err *err)
{
    struct err taken;
    if (durable_link_fd(fd, folder, name, &taken) == 0)
        return 0;
    if (taken.kind == ERR_CONFLICT)
        return durable_place(fd, scratch, folder, name, err);
    *err = taken;
    return -1;
}

int vault_incoming_place(struct vault *vault, int fd, const char *stored_name, struct err *err)
{
    if (!stored_name_is(stored_name))
        return err_set(err, ERR_USAGE, stored_name, _("not a name of stored bytes"));
    int incoming = vault->folders[VAULT_INCOMING];
    if (link_or_replace(fd, incoming, incoming, stored_name, err) < 0)
        return -1;
    char ab[3];
    (void)snprintf(ab, sizeof ab, "%.2s", stored_name);
    AUTO(close) int folder = durable_folder(vault->folders[VAULT_RECORDINGS], ab, err);
    if (folder < 0)
        return -1;
    return link_or_replace(fd, incoming, folder, stored_name, err);
}

int vault_incoming_settle(struct vault *vault, const char *stored_name, struct err *err)
{
    return durable_remove(vault->folders[VAULT_INCOMING], stored_name, err);
}
