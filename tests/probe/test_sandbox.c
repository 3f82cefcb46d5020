/* Each case runs in a process of its own that locks itself in and then tries something. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/sandbox.h"

enum { NOT_LOCKED = 99, FILE_FD = 3 };

#ifdef SHILU_SANITIZED
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

/* Gives what waitpid gives of a process that did `attempt` after the lock. */
static int status_of(int (*attempt)(void))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct probe_err err;
        int file = memfd_create("file", 0);
        if (write(file, "octets", 6) != 6 || dup2(file, FILE_FD) < 0)
            _exit(NOT_LOCKED);
        if (sandbox_enter(FILE_FD + 1, &err) < 0) {
            (void)dprintf(STDERR_FILENO, "%s\n", err.text);
            _exit(NOT_LOCKED);
        }
        _exit(attempt());
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void assert_killed(int status, const char *what)
{
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
        fail_msg("%s: status %x", what, (unsigned)status);
}

static void assert_well(int status)
{
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int try_reading(void)
{
    char octets[6];
    struct stat status;
    if (pread(FILE_FD, octets, 6, 0) != 6 || memcmp(octets, "octets", 6) != 0)
        return 1;
    if (fstat(FILE_FD, &status) < 0 || status.st_size != 6)
        return 2;
    char *memory = malloc(8 << 20);
    if (memory == NULL)
        return 3;
    memset(memory, 1, 8 << 20);
    free(memory);
    return write(STDOUT_FILENO, "", 0) == 0 ? 0 : 4;
}

static int ascending(const void *one, const void *other)
{
    return *(const int *)one - *(const int *)other;
}

/* glibc sorts much by merging, for which it asks how much memory there is. */
static int try_sorting(void)
{
    enum { COUNT = 5000 };
    static int numbers[COUNT];
    for (int i = 0; i < COUNT; i++)
        numbers[i] = COUNT - i;
    qsort(numbers, COUNT, sizeof numbers[0], ascending);
    return numbers[0] == 1 ? 0 : 1;
}

static int try_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 0 : 1;
}

static int try_execve(void)
{
    char *const none[] = {NULL};
    return execve("/bin/true", none, none);
}

static int try_fork(void)
{
    return (int)syscall(SYS_fork);
}

static int try_opening(void)
{
    static const int flags[] = {O_RDONLY, O_WRONLY, O_RDONLY | O_DIRECTORY, O_RDWR | O_CREAT};
    for (size_t i = 0; i < 4; i++) {
        if (open("/etc/passwd", flags[i], 0600) >= 0 || errno != EACCES)
            return 1;
        if (syscall(SYS_openat, AT_FDCWD, "/tmp", flags[i], 0600) >= 0 || errno != EACCES)
            return 2;
    }
    struct stat status;
    return stat("/etc/passwd", &status) < 0 && errno == EACCES ? 0 : 3;
}

static int try_code(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED || mprotect(at, 4096, PROT_READ | PROT_EXEC) < 0 ? 0 : 1;
}

static int try_mapping_a_file(void)
{
    return mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, FILE_FD, 0) == MAP_FAILED ? 0 : 1;
}

static int try_writing_elsewhere(void)
{
    return write(FILE_FD, "x", 1) == 1 ? 1 : 0;
}

static int try_signal(void)
{
    return kill(1, 0);
}

static int try_filter(void)
{
    return (int)syscall(SYS_seccomp, 0, 0, NULL);
}

static int try_other_descriptor(void)
{
    char octet;
    return read(FILE_FD + 7, &octet, 1) < 0 && errno == EBADF ? 0 : 1;
}

static int try_much_memory(void)
{
    return malloc((size_t)600 << 20) == NULL ? 0 : 1;
}

static int try_forever(void)
{
    volatile uint64_t spin = 0;
    for (;;)
        spin++;
    return 0;
}

static void the_file_can_be_read_and_memory_be_had(void **state)
{
    (void)state;
    assert_well(status_of(try_reading));
    assert_well(status_of(try_sorting));
}

static void a_call_that_is_not_needed_kills(void **state)
{
    (void)state;
    assert_killed(status_of(try_socket), "socket");
    assert_killed(status_of(try_execve), "execve");
    assert_killed(status_of(try_fork), "fork");
    assert_killed(status_of(try_signal), "kill");
    assert_killed(status_of(try_filter), "seccomp");
    assert_killed(status_of(try_writing_elsewhere), "write to the file");
}

static void opening_is_refused(void **state)
{
    (void)state;
    assert_well(status_of(try_opening));
}

static void code_cannot_be_made_nor_files_mapped(void **state)
{
    (void)state;
    if (sanitized)
        skip(); /* the sanitizers map memory as they like */
    assert_killed(status_of(try_code), "mprotect");
    assert_killed(status_of(try_mapping_a_file), "mmap of a file");
}

static void other_descriptors_are_closed(void **state)
{
    (void)state;
    int extra = fcntl(STDERR_FILENO, F_DUPFD, FILE_FD + 7);
    assert_true(extra >= 0);
    assert_well(status_of(try_other_descriptor));
    (void)close(extra);
}

static void memory_has_a_ceiling(void **state)
{
    (void)state;
    if (sanitized)
        skip(); /* they reserve terabytes of addresses */
    assert_well(status_of(try_much_memory));
}

static void time_has_a_ceiling(void **state)
{
    (void)state;
    int status = status_of(try_forever);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGXCPU);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_can_be_read_and_memory_be_had),
        cmocka_unit_test(a_call_that_is_not_needed_kills),
        cmocka_unit_test(opening_is_refused),
        cmocka_unit_test(code_cannot_be_made_nor_files_mapped),
        cmocka_unit_test(other_descriptors_are_closed),
        cmocka_unit_test(memory_has_a_ceiling),
        cmocka_unit_test(time_has_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
