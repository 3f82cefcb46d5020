#include "intake/copy.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"

#include "base/banned.h"

static enum copy_outcome refuse(struct copy *copy)
{
    copy->refused = true;
    return COPY_REFUSED;
}

static enum copy_outcome fail(struct copy *copy)
{
    (void)err_wrap(&copy->err, "%s", copy->shown != NULL ? copy->shown : "?");
    return COPY_FAILED;
}

static int keep_names(struct copy *copy, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t name = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    copy->path = strdup(path);
    copy->shown = text_shown(bytes_of(path));
    copy->shown_name = text_shown(bytes_of(path + name));
    if (copy->path == NULL || copy->shown == NULL || copy->shown_name == NULL)
        return err_memory(&copy->err, NULL);
    copy->name = copy->path + name;
    return 0;
}

enum copy_outcome copy_refuse_name(struct copy *copy, const char *name, const char *reason)
{
    if (keep_names(copy, name) < 0)
        return fail(copy);
    (void)err_set(&copy->err, ERR_USAGE, copy->shown, "%s", reason);
    return refuse(copy);
}

enum copy_outcome copy_begin(struct copy *copy, struct vault *vault, const char *path)
{
    copy->source = -1;
    copy->held = -1;
    if (keep_names(copy, path) < 0)
        return fail(copy);
    copy->source = file_open_regular(AT_FDCWD, path, &copy->err);
    if (copy->source < 0)
        return copy->err.kind == ERR_MEMORY ? fail(copy) : refuse(copy);
    if (fstat(copy->source, &copy->before) < 0) {
        (void)err_sys(&copy->err, copy->shown, _("stat"));
        return refuse(copy);
    }
    uint64_t size = (uint64_t)copy->before.st_size;
    copy->held = vault_incoming_open(vault, size, &copy->err);
    if (copy->held < 0)
        return fail(copy);
    copy->job = (struct digest_job){.from = copy->source,
                                    .size = size,
                                    .object = copy->shown,
                                    .to = copy->held,
                                    .to_object = "incoming",
                                    .sync = true,
                                    .context = copy,
                                    .err = &copy->err};
    return COPY_WELL;
}

/*
 * The descriptor shows whether the file was written to, the path whether it still leads to it: a
 * file put in its place would be cleared from the device unread. A change within one tick of the
 * file system's clock that leaves the size alone is not seen.
 */
static int check_unchanged(struct copy *copy)
{
    struct stat now;
    struct stat there;
    const struct stat *before = &copy->before;
    if (fstat(copy->source, &now) < 0 || fstatat(AT_FDCWD, copy->path, &there, AT_SYMLINK_NOFOLLOW))
        return err_sys(&copy->err, copy->shown, _("gone while it was read"));
    if (there.st_dev != before->st_dev || there.st_ino != before->st_ino)
        return err_set(&copy->err, ERR_CONFLICT, copy->shown, "%s",
                       _("another file took its place while it was read"));
    if (now.st_size != before->st_size)
        return err_set(&copy->err, ERR_CONFLICT, copy->shown,
                       _("its size changed from %lld to %lld bytes while it was read"),
                       (long long)before->st_size, (long long)now.st_size);
    if (now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != before->st_mtim.tv_nsec)
        return err_set(&copy->err, ERR_CONFLICT, copy->shown, "%s",
                       _("it was written to while it was read"));
    return 0;
}

static enum copy_outcome look_again(struct copy *copy)
{
    copy->again = true;
    copy->job.to = -1;
    copy->job.sync = false;
    copy->job.past_cache = true;
    return COPY_AGAIN;
}

enum copy_outcome copy_look(struct copy *copy, bool reread)
{
    if (copy->job.failed && copy->job.write_failed)
        return fail(copy);
    if (copy->job.failed) {
        struct err job = copy->err;
        if (check_unchanged(copy) == 0) /* else that says more than "ends early" */
            copy->err = job;
        return copy->err.kind == ERR_MEMORY ? fail(copy) : refuse(copy);
    }
    if (check_unchanged(copy) < 0)
        return refuse(copy);
    if (copy->again && !digest_equal(&copy->job.pair, &copy->digests)) {
        (void)err_set(&copy->err, ERR_DAMAGED, copy->shown, "%s",
                      _("it reads differently a second time: the card or its reader fails"));
        return refuse(copy);
    }
    copy->digests = copy->job.pair;
    return reread && !copy->again ? look_again(copy) : COPY_WELL;
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* the source was read; the copy is flushed, or given up */
    *fd = -1;
}

void copy_close(struct copy *copy)
{
    close_end(&copy->source);
    close_end(&copy->held);
}

void copy_release(struct copy *copy)
{
    copy_close(copy);
    free(copy->path);
    free(copy->shown);
    free(copy->shown_name);
}
