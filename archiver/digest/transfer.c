#include "digest/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "digest/digest.h"

#include "base/banned.h"

enum { FLUSH_BYTES = 8 << 20 };

/* Advice that is not taken costs nothing but speed. */
static void advise(const struct digest_job *job, int advice)
{
    bool to_end = job->size == DIGEST_TO_END || job->offset + job->size > INT64_MAX;
    (void)posix_fadvise(job->from, (off_t)job->offset, to_end ? 0 : (off_t)job->size, advice);
}

void transfer_begin(struct transfer *transfer, struct digest_job *job)
{
    *transfer = (struct transfer){.job = job, .direct = -1, .at = job->offset, .left = job->size};
    if (job->past_cache) {
        transfer->direct = file_open_direct(job->from, O_RDONLY);
        if (transfer->direct < 0)
            advise(job, POSIX_FADV_DONTNEED);
    } else {
        advise(job, POSIX_FADV_SEQUENTIAL);
    }
}

static void close_direct(struct transfer *transfer)
{
    if (transfer->direct >= 0)
        (void)close(transfer->direct); /* only read from */
    transfer->direct = -1;
}

/*
 * One O_DIRECT read. Place, length and buffer are multiples of the block, so it may begin before
 * `at`; what is before is left out of *got. A short count is the end of the file or an aligned
 * place to go on from, hence no loop as in file_read_at, which would ask from an odd place.
 */
static int read_direct(const struct transfer *transfer, uint8_t *buffer, struct bytes *got)
{
    size_t before = (size_t)(transfer->at % FILE_DIRECT_ALIGN);
    ssize_t n;
    do {
        n = pread(transfer->direct, buffer, TRANSFER_BYTES, (off_t)(transfer->at - before));
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -1;
    size_t len = (size_t)n;
    *got = (struct bytes){buffer + before, len > before ? len - before : 0};
    return 0;
}

/* Whole buffers, but a first that ends where one would begin in `to`: writes that straddle pages
 * cost the kernel several times as much. */
static size_t room_for(const struct transfer *transfer)
{
    const struct digest_job *job = transfer->job;
    size_t room = TRANSFER_BYTES;
    if (job->to >= 0)
        room -= (size_t)((job->to_offset + (transfer->at - job->offset)) % TRANSFER_BYTES);
    return transfer->left < room ? (size_t)transfer->left : room;
}

/* The next bytes of the file, whatever the range's end. */
static int read_some(struct transfer *transfer, uint8_t *buffer, struct bytes *got, struct err *err)
{
    const struct digest_job *job = transfer->job;
    if (transfer->direct >= 0) {
        if (read_direct(transfer, buffer, got) == 0)
            return 0;
        if (errno != EINVAL)
            return err_sys(err, job->object, _("read"));
        close_direct(transfer); /* opened, but cannot be read so: some file systems */
        advise(job, POSIX_FADV_DONTNEED);
    }
    size_t room = room_for(transfer);
    size_t len = 0;
    if (file_read_at(job->from, job->object, transfer->at, buffer, room, &len, err) < 0)
        return -1;
    *got = (struct bytes){buffer, len};
    return 0;
}

int transfer_read(struct transfer *transfer, uint8_t *buffer, struct bytes *got, struct err *err)
{
    const struct digest_job *job = transfer->job;
    *got = (struct bytes){buffer, 0};
    if (transfer->left == 0)
        return 0;
    if (transfer->at > INT64_MAX - TRANSFER_BYTES)
        return err_set(err, ERR_DAMAGED, job->object, "%s", _("an offset is beyond any file"));
    if (read_some(transfer, buffer, got, err) < 0)
        return -1;
    if (got->len > transfer->left)
        got->len = (size_t)transfer->left;
    transfer->at += got->len;
    if (job->size == DIGEST_TO_END) {
        if (got->len == 0)
            transfer->left = 0;
        return 0;
    }
    if (got->len == 0)
        return err_set(err, ERR_DAMAGED, job->object,
                       _("the file ends at byte %llu, %llu bytes early"),
                       (unsigned long long)transfer->at, (unsigned long long)transfer->left);
    transfer->left -= got->len;
    return 0;
}

int transfer_write(struct transfer *transfer, struct bytes bytes, struct err *err)
{
    const struct digest_job *job = transfer->job;
    if (job->to < 0)
        return 0;
    uint64_t written = transfer->at - bytes.len - job->offset; /* of this job, so far */
    uint64_t to;
    if (ckd_add(&to, job->to_offset, written))
        return err_set(err, ERR_USAGE, job->to_object, "%s", _("an offset is beyond any file"));
    if (file_write_at(job->to, job->to_object, to, bytes.at, bytes.len, err) < 0)
        return -1;
    written += bytes.len;
    if (job->sync && written - transfer->flushed >= FLUSH_BYTES) {
        /* begins the writing and does not wait; its errors come back from fsync */
        (void)sync_file_range(job->to, (off_t)(job->to_offset + transfer->flushed),
                              (off_t)(written - transfer->flushed), SYNC_FILE_RANGE_WRITE);
        transfer->flushed = written;
    }
    return 0;
}

void transfer_end(struct transfer *transfer)
{
    close_direct(transfer);
}
