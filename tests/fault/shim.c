/*
 * Preloaded into `shilu`: counts its calls to the system below some folders, fails the Nth of one
 * kind, and writes down what was changed and flushed, in order, so that a power cut can be played.
 *
 *   SHIM_STATE    a file of sizeof(struct state) zeros: receives the counts and what was failed
 *   SHIM_ROOTS    the folders, resolved, separated by ':'
 *   SHIM_KIND     which kind of call fails; see kind_names
 *   SHIM_AT       the Nth call of that kind, from 1; 0: none
 *   SHIM_ERRNO    what it fails with; 0: it does half of what was asked (read, write); -1: it is
 *                 never made, the program is killed
 *   SHIM_STAY     set: all later ones fail too
 *   SHIM_JOURNAL  a file to append the changes to; see struct change and power.py
 *
 * The real calls are made directly, not through the C library: there is nothing to look up, and
 * nothing that could call back. Processes that the program starts are left alone.
 */
#undef _FILE_OFFSET_BITS /* open and open64 are two functions here */
#undef _FORTIFY_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum kind {
    WRITE,
    READ,
    SYNC,
    LINK,
    RENAME,
    UNLINK,
    CREATE,
    ALLOCATE,
    MKDIR,
    TRUNCATE,
    MEMORY,
    KINDS,
};

static const char *const kind_names[KINDS] = {"write",  "read",     "sync",   "link",
                                              "rename", "unlink",   "create", "allocate",
                                              "mkdir",  "truncate", "memory"};

/* As torture.py reads it. */
struct state {
    _Atomic uint64_t counts[KINDS];
    _Atomic uint64_t failed;
    char path[1024]; /* of the call that failed first */
    char fell[256];  /* the file whose code a signal ended, when it was memory that failed */
};

enum change_kind {
    MADE = 1,  /* a file: ino, mode; path unless it has no name yet */
    WRITTEN,   /* ino, offset, data */
    CUT,       /* ino, offset: its new length */
    GROWN,     /* ino, offset: its least length */
    MODE,      /* ino, mode */
    LINKED,    /* ino, path */
    RENAMED,   /* path, to */
    UNLINKED,  /* path */
    FOLDER,    /* path */
    NO_FOLDER, /* path */
    FLUSHED,   /* ino, or path of a folder */
    SAID,      /* offset: standard output so far */
};

/* As power.py reads it; then path, to, data. */
struct change {
    uint32_t kind, mode;
    uint64_t ino, offset, data_len;
    uint32_t path_len, to_len;
};

enum { ROOM = 4096, ROOTS_MAX = 4 };

static struct state *state;
static char roots[ROOM];
static const char *root[ROOTS_MAX];
static size_t root_count;
static enum kind failing = KINDS;
static uint64_t fail_at;
static int fail_errno;
static bool fail_stays;
static int journal = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* a call and its entry are one */
static int (*real_fflush)(FILE *);

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value != NULL ? value : "";
}

static int real_open(int folder, const char *path, int flags, mode_t mode)
{
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

/* Notes whose code it was: ours, or that of a library which does not look at what malloc gives. */
static void note_fall(int number, siginfo_t *info, void *context)
{
    (void)info;
    const mcontext_t *at = &((const ucontext_t *)context)->uc_mcontext;
#if defined(__x86_64__)
    void *code = (void *)at->gregs[REG_RIP]; // NOLINT(performance-no-int-to-ptr)
#elif defined(__aarch64__)
    void *code = (void *)at->pc; // NOLINT(performance-no-int-to-ptr)
#endif
    Dl_info found;
    if (dladdr(code, &found) != 0)
        (void)strncpy(state->fell, found.dli_fname, sizeof state->fell - 1);
    (void)signal(number, SIG_DFL); /* the same instruction again ends it */
}

static void watch_falls(void)
{
    const struct sigaction watch = {.sa_sigaction = note_fall, .sa_flags = SA_SIGINFO};
    (void)sigaction(SIGSEGV, &watch, NULL);
    (void)sigaction(SIGABRT, &watch, NULL);
}

__attribute__((constructor)) static void start(void)
{
    if (strcmp(program_invocation_short_name, "shilu") != 0 || *setting("SHIM_STATE") == '\0')
        return;
    void *found = dlsym(RTLD_NEXT, "fflush");
    memcpy(&real_fflush, &found, sizeof found);
    (void)snprintf(roots, sizeof roots, "%s", setting("SHIM_ROOTS"));
    for (char *at = roots; *at != '\0' && root_count < ROOTS_MAX;) {
        root[root_count++] = at;
        char *end = strchr(at, ':');
        if (end == NULL)
            break;
        *end = '\0';
        at = end + 1;
    }
    for (enum kind kind = 0; kind < KINDS; kind++)
        if (strcmp(kind_names[kind], setting("SHIM_KIND")) == 0)
            failing = kind;
    fail_at = strtoull(setting("SHIM_AT"), NULL, 10);
    fail_errno = (int)strtol(setting("SHIM_ERRNO"), NULL, 10);
    fail_stays = *setting("SHIM_STAY") != '\0';
    if (*setting("SHIM_JOURNAL") != '\0')
        journal = real_open(AT_FDCWD, setting("SHIM_JOURNAL"),
                            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int fd = real_open(AT_FDCWD, setting("SHIM_STATE"), O_RDWR | O_CLOEXEC, 0);
    void *mapped = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd < 0 || mapped == MAP_FAILED)
        abort();
    (void)close(fd);
    if (failing == MEMORY)
        watch_falls();
    state = mapped; /* from here on it counts */
}

/* ---- where ---- */

static bool is_below(const char *path)
{
    for (size_t i = 0; i < root_count; i++) {
        size_t len = strlen(root[i]);
        if (strncmp(path, root[i], len) == 0 && (path[len] == '/' || path[len] == '\0'))
            return true;
    }
    return false;
}

static bool path_of_fd(int fd, char path[static ROOM])
{
    char link[32];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, ROOM - 1);
    if (len < 0)
        return false;
    path[len] = '\0';
    return true;
}

static bool fd_is_ours(int fd, char path[static ROOM])
{
    return state != NULL && path_of_fd(fd, path) && is_below(path);
}

static bool name_is_ours(int folder, const char *name, char path[static ROOM])
{
    if (state == NULL)
        return false;
    if (name[0] == '/') {
        (void)snprintf(path, ROOM, "%s", name);
        return is_below(path);
    }
    char base[ROOM];
    bool known = folder == AT_FDCWD ? getcwd(base, sizeof base) != NULL : path_of_fd(folder, base);
    if (!known || strlen(base) + strlen(name) + 2 > ROOM)
        return false;
    (void)memcpy(path, base, strlen(base) + 1);
    (void)strncat(path, "/", 2);
    (void)strncat(path, name, ROOM - strlen(path) - 1);
    return is_below(path);
}

/* ---- failing ---- */

static void hold(void)
{
    if (journal >= 0)
        (void)pthread_mutex_lock(&lock);
}

static void let_go(void)
{
    if (journal >= 0)
        (void)pthread_mutex_unlock(&lock);
}

/* Killed, when no other thread is between a call and its entry. */
static void end_here(void)
{
    hold();
    (void)kill(getpid(), SIGKILL);
}

/* Counts this call; true where it is the one that fails. */
static bool fails(enum kind kind, const char *path)
{
    uint64_t number = atomic_fetch_add(&state->counts[kind], 1) + 1;
    if (kind != failing || fail_at == 0 || number < fail_at || (number > fail_at && !fail_stays))
        return false;
    if (atomic_fetch_add(&state->failed, 1) == 0)
        (void)strncpy(state->path, path, sizeof state->path - 1);
    if (fail_errno < 0)
        end_here();
    errno = fail_errno;
    return true;
}

/* As `fails`; where it shall do half, it goes on with half of *len. */
static bool fails_or_halves(enum kind kind, const char *path, size_t *len)
{
    if (!fails(kind, path))
        return false;
    if (fail_errno != 0)
        return true;
    *len = *len > 1 ? *len / 2 : *len;
    return false;
}

/* ---- writing down ---- */

static void put(const void *at, size_t len)
{
    for (size_t done = 0; done < len;) {
        long n = syscall(SYS_write, journal, (const char *)at + done, len - done);
        if (n <= 0)
            abort();
        done += (size_t)n;
    }
}

static void note(struct change change, const char *path, const char *to, const void *data)
{
    int number = errno;
    change.path_len = (uint32_t)strlen(path);
    change.to_len = (uint32_t)strlen(to);
    put(&change, sizeof change);
    put(path, change.path_len);
    put(to, change.to_len);
    put(data, change.data_len);
    errno = number;
}

static uint64_t ino_of(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* ---- files ---- */

static int open_at(int folder, const char *name, int flags, mode_t mode)
{
    char path[ROOM];
    bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
    struct stat st;
    if (((flags & O_CREAT) == 0 && !unnamed) || !name_is_ours(folder, name, path))
        return real_open(folder, name, flags, mode);
    if (fails(CREATE, path))
        return -1;
    hold();
    bool is_new = unnamed || fstatat(folder, name, &st, 0) < 0;
    int fd = real_open(folder, name, flags, mode);
    if (fd >= 0 && journal >= 0 && fstat(fd, &st) == 0) {
        if (is_new)
            note((struct change){.kind = MADE, .ino = st.st_ino, .mode = st.st_mode & 07777},
                 unnamed ? "" : path, "", NULL);
        else if ((flags & O_TRUNC) != 0)
            note((struct change){.kind = CUT, .ino = st.st_ino}, "", "", NULL);
    }
    let_go();
    return fd;
}

static mode_t mode_of(int flags, va_list args)
{
    bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    return makes ? va_arg(args, mode_t) : 0;
}

#define DEFINE_OPEN(name)                                                                          \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        mode_t mode = mode_of(flags, args);                                                        \
        va_end(args);                                                                              \
        return open_at(AT_FDCWD, path, flags, mode);                                               \
    }

#define DEFINE_OPENAT(name)                                                                        \
    int name(int folder, const char *path, int flags, ...)                                         \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        mode_t mode = mode_of(flags, args);                                                        \
        va_end(args);                                                                              \
        return open_at(folder, path, flags, mode);                                                 \
    }

DEFINE_OPEN(open)
DEFINE_OPEN(open64)
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

ssize_t read(int fd, void *at, size_t len)
{
    char path[ROOM];
    if (fd_is_ours(fd, path) && fails_or_halves(READ, path, &len))
        return -1;
    return (ssize_t)syscall(SYS_read, fd, at, len);
}

static ssize_t read_at(int fd, void *at, size_t len, off64_t offset)
{
    char path[ROOM];
    if (fd_is_ours(fd, path) && fails_or_halves(READ, path, &len))
        return -1;
    return (ssize_t)syscall(SYS_pread64, fd, at, len, offset);
}

ssize_t pread(int fd, void *at, size_t len, off_t offset)
{
    return read_at(fd, at, len, offset);
}

ssize_t pread64(int fd, void *at, size_t len, off64_t offset)
{
    return read_at(fd, at, len, offset);
}

static void note_written(int fd, off64_t offset, const void *at, ssize_t len)
{
    if (journal >= 0 && len > 0)
        note((struct change){.kind = WRITTEN,
                             .ino = ino_of(fd),
                             .offset = (uint64_t)offset,
                             .data_len = (uint64_t)len},
             "", "", at);
}

ssize_t write(int fd, const void *at, size_t len)
{
    char path[ROOM];
    if (!fd_is_ours(fd, path))
        return (ssize_t)syscall(SYS_write, fd, at, len);
    if (fails_or_halves(WRITE, path, &len))
        return -1;
    hold();
    off64_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t done = (ssize_t)syscall(SYS_write, fd, at, len);
    note_written(fd, offset, at, done);
    let_go();
    return done;
}

static ssize_t write_at(int fd, const void *at, size_t len, off64_t offset)
{
    char path[ROOM];
    if (!fd_is_ours(fd, path))
        return (ssize_t)syscall(SYS_pwrite64, fd, at, len, offset);
    if (fails_or_halves(WRITE, path, &len))
        return -1;
    hold();
    ssize_t done = (ssize_t)syscall(SYS_pwrite64, fd, at, len, offset);
    note_written(fd, offset, at, done);
    let_go();
    return done;
}

ssize_t pwrite(int fd, const void *at, size_t len, off_t offset)
{
    return write_at(fd, at, len, offset);
}

ssize_t pwrite64(int fd, const void *at, size_t len, off64_t offset)
{
    return write_at(fd, at, len, offset);
}

static int flush(int fd, long call)
{
    char path[ROOM];
    struct stat st;
    if (!fd_is_ours(fd, path))
        return (int)syscall(call, fd);
    if (fails(SYNC, path))
        return -1;
    hold();
    int done = (int)syscall(call, fd);
    if (done == 0 && journal >= 0 && fstat(fd, &st) == 0)
        note((struct change){.kind = FLUSHED, .ino = st.st_ino}, S_ISDIR(st.st_mode) ? path : "",
             "", NULL);
    let_go();
    return done;
}

int fsync(int fd)
{
    return flush(fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return flush(fd, SYS_fdatasync);
}

static int cut(int fd, off64_t len)
{
    char path[ROOM];
    if (!fd_is_ours(fd, path))
        return (int)syscall(SYS_ftruncate, fd, len);
    if (fails(TRUNCATE, path))
        return -1;
    hold();
    int done = (int)syscall(SYS_ftruncate, fd, len);
    if (done == 0 && journal >= 0)
        note((struct change){.kind = CUT, .ino = ino_of(fd), .offset = (uint64_t)len}, "", "",
             NULL);
    let_go();
    return done;
}

int ftruncate(int fd, off_t len)
{
    return cut(fd, len);
}

int ftruncate64(int fd, off64_t len)
{
    return cut(fd, len);
}

static int allocate(int fd, int mode, off64_t offset, off64_t len)
{
    char path[ROOM];
    if (!fd_is_ours(fd, path))
        return (int)syscall(SYS_fallocate, fd, mode, offset, len);
    if (fails(ALLOCATE, path))
        return -1;
    hold();
    int done = (int)syscall(SYS_fallocate, fd, mode, offset, len);
    if (done == 0 && journal >= 0 && (mode & FALLOC_FL_KEEP_SIZE) == 0)
        note((struct change){.kind = GROWN, .ino = ino_of(fd), .offset = (uint64_t)(offset + len)},
             "", "", NULL);
    let_go();
    return done;
}

int fallocate(int fd, int mode, off_t offset, off_t len)
{
    return allocate(fd, mode, offset, len);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t len)
{
    return allocate(fd, mode, offset, len);
}

int posix_fallocate(int fd, off_t offset, off_t len)
{
    return allocate(fd, 0, offset, len) < 0 ? errno : 0;
}

int posix_fallocate64(int fd, off64_t offset, off64_t len)
{
    return allocate(fd, 0, offset, len) < 0 ? errno : 0;
}

int fchmod(int fd, mode_t mode)
{
    char path[ROOM];
    hold();
    int done = (int)syscall(SYS_fchmod, fd, mode);
    if (done == 0 && journal >= 0 && fd_is_ours(fd, path))
        note((struct change){.kind = MODE, .ino = ino_of(fd), .mode = mode}, "", "", NULL);
    let_go();
    return done;
}

/* ---- names ---- */

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    char path[ROOM];
    struct stat st;
    if (!name_is_ours(to_folder, to, path))
        return (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
    if (fails(LINK, path))
        return -1;
    hold();
    int done = (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
    if (done == 0 && journal >= 0 && fstatat(to_folder, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
        note((struct change){.kind = LINKED, .ino = st.st_ino}, path, "", NULL);
    let_go();
    return done;
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    char path[ROOM];
    char to_path[ROOM];
    if (!name_is_ours(from_folder, from, path) || !name_is_ours(to_folder, to, to_path))
        return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    if (fails(RENAME, to_path))
        return -1;
    hold();
    int done = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    if (done == 0 && journal >= 0)
        note((struct change){.kind = RENAMED}, path, to_path, NULL);
    let_go();
    return done;
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return renameat2(from_folder, from, to_folder, to, 0);
}

int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int folder, const char *name, int flags)
{
    char path[ROOM];
    if (!name_is_ours(folder, name, path))
        return (int)syscall(SYS_unlinkat, folder, name, flags);
    if (fails(UNLINK, path))
        return -1;
    hold();
    int done = (int)syscall(SYS_unlinkat, folder, name, flags);
    if (done == 0 && journal >= 0)
        note((struct change){.kind = (flags & AT_REMOVEDIR) != 0 ? NO_FOLDER : UNLINKED}, path, "",
             NULL);
    let_go();
    return done;
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

int rmdir(const char *name)
{
    return unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}

int mkdirat(int folder, const char *name, mode_t mode)
{
    char path[ROOM];
    if (!name_is_ours(folder, name, path))
        return (int)syscall(SYS_mkdirat, folder, name, mode);
    if (fails(MKDIR, path))
        return -1;
    hold();
    int done = (int)syscall(SYS_mkdirat, folder, name, mode);
    if (done == 0 && journal >= 0)
        note((struct change){.kind = FOLDER, .mode = mode}, path, "", NULL);
    let_go();
    return done;
}

int mkdir(const char *name, mode_t mode)
{
    return mkdirat(AT_FDCWD, name, mode);
}

/* ---- what was told ---- */

int fflush(FILE *stream)
{
    if (real_fflush == NULL) {
        void *found = dlsym(RTLD_NEXT, "fflush");
        memcpy(&real_fflush, &found, sizeof found);
    }
    hold();
    int done = real_fflush(stream);
    if (journal >= 0 && stream == stdout && done == 0) {
        off64_t said = lseek(STDOUT_FILENO, 0, SEEK_CUR);
        if (said >= 0)
            note((struct change){.kind = SAID, .offset = (uint64_t)said}, "", "", NULL);
    }
    let_go();
    return done;
}

/* ---- memory ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static bool memory_is_out(void)
{
    return state != NULL && fails(MEMORY, "");
}

void *malloc(size_t size)
{
    return memory_is_out() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return memory_is_out() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *at, size_t size)
{
    return memory_is_out() ? NULL : __libc_realloc(at, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memory_is_out() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **at, size_t alignment, size_t size)
{
    void *found = aligned_alloc(alignment, size);
    if (found == NULL)
        return ENOMEM;
    *at = found;
    return 0;
}
