#include "probe/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe/fail.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CPU_SECONDS = 10 };
static const rlim_t ADDRESS_BYTES = 512UL << 20;

#ifdef SHILU_SANITIZED
/* The sanitizers map terabytes of addresses and ask for more calls. */
static const bool wide = true;
#else
static const bool wide = false;
#endif

/* Reading, memory, the clock and the end. glibc's malloc asks for random bytes, its qsort for the
 * size of the memory (sysinfo); abort() blocks signals first. */
static const int allowed[] = {
    SCMP_SYS(read),         SCMP_SYS(pread64),      SCMP_SYS(lseek),
    SCMP_SYS(fstat),        SCMP_SYS(munmap),       SCMP_SYS(mremap),
    SCMP_SYS(brk),          SCMP_SYS(madvise),      SCMP_SYS(futex),
    SCMP_SYS(close),        SCMP_SYS(getrandom),    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(exit),         SCMP_SYS(exit_group),   SCMP_SYS(restart_syscall),
    SCMP_SYS(sysinfo),
};

static const int allowed_wide[] = {
    SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigaction),     SCMP_SYS(sched_yield), SCMP_SYS(getpid),
    SCMP_SYS(gettid),      SCMP_SYS(tgkill),           SCMP_SYS(mmap),        SCMP_SYS(mprotect),
    SCMP_SYS(prctl),       SCMP_SYS(writev),           SCMP_SYS(getrusage),   SCMP_SYS(clone),
    SCMP_SYS(wait4),       SCMP_SYS(process_vm_readv),
};

/* Refused, not killed: libavformat's MPEG-TS reader has iconv ask for tables, and lives without
 * them. Landlock refuses the same once more. */
static const int refused[] = {
    SCMP_SYS(open),      SCMP_SYS(openat),   SCMP_SYS(openat2),
    SCMP_SYS(stat),      SCMP_SYS(lstat),    SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
};

static int set_limit(__rlimit_resource_t which, rlim_t soft, rlim_t hard)
{
    return setrlimit(which, &(struct rlimit){soft, hard});
}

static int set_limits(void)
{
    if (!wide && set_limit(RLIMIT_AS, ADDRESS_BYTES, ADDRESS_BYTES) < 0)
        return -1;
    if (set_limit(RLIMIT_CPU, CPU_SECONDS, CPU_SECONDS + 1) < 0 ||
        set_limit(RLIMIT_FSIZE, 0, 0) < 0 || set_limit(RLIMIT_CORE, 0, 0) < 0)
        return -1;
    return set_limit(RLIMIT_NOFILE, 0, 0);
}

/* No file, no socket of an address, no signal, as far as this kernel knows Landlock. */
static int enter_landlock(void)
{
    /* the kernel's struct, longer than Debian's header has it */
    struct {
        uint64_t files, net, scope;
    } rules = {0};
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 0)
        return 0; /* none in this kernel: seccomp stands alone */
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    unsigned rights = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13;
    rules.files = (1ULL << rights) - 1;
    rules.net = 3;
    rules.scope = 3;
    long set = syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (set < 0)
        return -1;
    long entered = syscall(SYS_landlock_restrict_self, (int)set, 0);
    (void)close((int)set);
    return entered < 0 ? -1 : 0;
}

static int add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int failed = seccomp_rule_add(filter, action, calls[i], 0);
        if (failed < 0)
            return failed;
    }
    return 0;
}

/* Calls that are only allowed with certain arguments. */
static int add_narrow(scmp_filter_ctx filter)
{
    int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
                                  SCMP_A0(SCMP_CMP_LE, STDERR_FILENO, 0));
    if (failed == 0)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
                                  SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH, 0));
    if (failed == 0)
        failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(newfstatat), 1,
                                  SCMP_A3(SCMP_CMP_NE, AT_EMPTY_PATH, 0));
    if (failed < 0 || wide)
        return failed;
    failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                              SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
    if (failed == 0)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return failed;
}

/* Gives a negative error number of libseccomp. */
static int enter_seccomp(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (filter == NULL)
        return -ENOMEM;
    int failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (failed == 0)
        failed = add_all(filter, SCMP_ACT_ALLOW, allowed, COUNT(allowed));
    if (failed == 0)
        failed = add_all(filter, SCMP_ACT_ERRNO(EACCES), refused, COUNT(refused));
    if (failed == 0 && wide)
        failed = add_all(filter, SCMP_ACT_ALLOW, allowed_wide, COUNT(allowed_wide));
    if (failed == 0)
        failed = add_narrow(filter);
    if (failed == 0)
        failed = seccomp_load(filter);
    seccomp_release(filter);
    return failed;
}

int sandbox_enter(int first_closed, struct probe_err *err)
{
    if (close_range((unsigned)first_closed, ~0U, 0) < 0)
        return probe_fail_system(err, errno, "sandbox", "close descriptors");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return probe_fail_system(err, errno, "sandbox", "give up privileges");
    if (enter_landlock() < 0)
        return probe_fail_system(err, errno, "sandbox", "landlock");
    if (set_limits() < 0)
        return probe_fail_system(err, errno, "sandbox", "limits");
    int failed = enter_seccomp();
    if (failed < 0)
        return probe_fail_system(err, -failed, "sandbox", "seccomp");
    return 0;
}
