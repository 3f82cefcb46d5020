#ifndef SHILU_BASE_FILE_H
#define SHILU_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

struct err;

/* Read and write loops: EINTR and short counts are dealt with here and nowhere else. `object` names
 * the file in errors; errors are those of err_sys. */

/* Reads up to `room` bytes; *len is short only at the end of the file. 0, or -1 with *err. */
int file_read(int fd, const char *object, void *at, size_t room, size_t *len, struct err *err);

/* As file_read, from `offset`, without moving the descriptor's position. */
int file_read_at(int fd, const char *object, uint64_t offset, void *at, size_t room, size_t *len,
                 struct err *err);

/* Reads exactly `len` bytes from `offset`; ERR_DAMAGED where the file ends before. */
int file_read_exact(int fd, const char *object, uint64_t offset, void *at, size_t len,
                    struct err *err);

/* Writes all. 0, or -1 with *err. */
int file_write(int fd, const char *object, const void *at, size_t len, struct err *err);
int file_write_at(int fd, const char *object, uint64_t offset, const void *at, size_t len,
                  struct err *err);

/*
 * The whole of a file from its current position, with a NUL after it (not counted in *len).
 *   ceiling   more than this many bytes: ERR_DAMAGED
 *   text      the caller's, to be freed
 */
int file_read_all(int fd, const char *object, size_t ceiling, char **text, size_t *len,
                  struct err *err);

/* The length of a regular file or a drive. ERR_USAGE where it is neither. */
int file_size(int fd, const char *object, uint64_t *size, struct err *err);

/* fsync with its result. After a failure the file is suspect: do not try again. */
int file_sync(int fd, const char *object, struct err *err);

/* Closes what was written, and looks at the result. */
int file_close(int fd, const char *object, struct err *err);

/*
 * Opens a stranger's file to read it, at `folder` (AT_FDCWD for a path). A symbolic link, FIFO,
 * device or folder is refused (ERR_USAGE, says which it is), and never waited for.
 * Gives the descriptor, or -1 with *err.
 */
int file_open_regular(int folder, const char *path, struct err *err);

/* Places, lengths and buffers of what goes past the page cache are multiples of this. */
enum { FILE_DIRECT_ALIGN = 4096 };

/*
 * Opens an open file once more, with O_DIRECT (through /proc/self/fd): what is read comes from the
 * medium, whoever else holds the file in memory, and what is written goes there.
 *   access   O_RDONLY or O_WRONLY
 * The descriptor, or -1 with errno where the file system has no such thing (tmpfs, some FUSE).
 */
int file_open_direct(int fd, int access);

/* The path of something that lies at ../RELATIVE from the running program. 0 where it is there, -1
 * where not. */
int file_beside_program(const char *relative, char *path, size_t room);

#endif
