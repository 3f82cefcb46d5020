#include <fcntl.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/file.h"
#include "pack/pack.h"
#include "pack/tar.h"

/* Tars of the same bag by writers that are not ours; made in the test's own folder. */

#define LONG_NAME                                                                                  \
    "a-name-that-fits-the-old-header-alone-but-not-with-the-folders-in-front-of-it-so-writers-act.bin"

#define LONG_PATH ("BAG/data/" LONG_NAME)

static const char *const files[] = {"BAG/bagit.txt", "BAG/index.json", "BAG/data/empty", LONG_PATH};

static void run(const char *command)
{
    FILE *shell = popen(command, "re");
    assert_non_null(shell);
    char line[4096];
    while (fgets(line, sizeof line, shell) != NULL)
        ;
    if (pclose(shell) != 0)
        fail_msg("failed: %s", command);
}

static int bag_make(void **state)
{
    (void)state;
    run("rm -rf BAG t.tar && mkdir -p BAG/data && echo hello >BAG/bagit.txt && : >BAG/data/empty"
        " && head -c 512 /dev/urandom >BAG/index.json"
        " && head -c 70001 /dev/urandom >BAG/data/" LONG_NAME);
    return 0;
}

static uint8_t *content_of(const char *path, size_t *len)
{
    struct err err;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    char *text;
    assert_int_equal(file_read_all(fd, path, 1 << 26, &text, len, &err), 0);
    close(fd);
    return (uint8_t *)text;
}

static const struct pack_member *member_of(const struct pack_layout *layout, const char *name)
{
    for (size_t i = 0; i < layout->count; i++) {
        if (strcmp(layout->members[i].name, name) == 0)
            return &layout->members[i];
    }
    return NULL;
}

/* Found by looking for the files' contents in the tar, which needs no knowledge of headers. */
static void structure_by_search(const uint8_t *tar, size_t len, const struct pack_layout *layout,
                                uint8_t structure[32])
{
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestInit_ex2(sha, EVP_sha256(), NULL), 1);
    size_t at = 0;
    size_t files_seen = 0;
    for (size_t i = 0; i < layout->count; i++) {
        if (layout->members[i].is_folder)
            continue;
        files_seen++;
        size_t size;
        uint8_t *content = content_of(layout->members[i].name, &size);
        const uint8_t *found = memmem(tar + at, len - at, content, size);
        assert_non_null(found);
        if (size > 0) {
            assert_int_equal(layout->members[i].offset, found - tar);
            EVP_DigestUpdate(sha, tar + at, (size_t)(found - tar) - at);
            at = (size_t)(found - tar) + size;
        }
        assert_int_equal(layout->members[i].size, size);
        free(content);
    }
    assert_int_equal(files_seen, sizeof files / sizeof files[0]);
    EVP_DigestUpdate(sha, tar + at, len - at);
    EVP_DigestFinal_ex(sha, structure, NULL);
    EVP_MD_CTX_free(sha);
}

static void layout_hold(const char *command)
{
    run(command);
    struct err err = {.kind = ERR_NONE};
    int fd = open("t.tar", O_RDONLY | O_CLOEXEC);
    struct pack_layout layout;
    if (pack_layout_read(fd, "t.tar", &layout, &err) < 0)
        fail_msg("%s: %s", command, err.text);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        assert_non_null(member_of(&layout, files[i]));
    size_t len;
    uint8_t *tar = content_of("t.tar", &len);
    assert_int_equal(layout.size, len);
    assert_int_equal(layout.read_to, len);
    uint8_t structure[32];
    structure_by_search(tar, len, &layout, structure);
    assert_memory_equal(structure, layout.structure, 32);
    pack_layout_release(&layout);
    free(tar);
    close(fd);
}

static void tars_of_other_writers_are_read(void **state)
{
    (void)state;
    layout_hold("tar --format=gnu -cf t.tar BAG");
    layout_hold("tar --format=pax -cf t.tar BAG");
    layout_hold("tar --format=ustar -cf t.tar ./BAG");
    layout_hold("tar --format=pax --pax-option=exthdr.name=%d/%f,globexthdr.name=g,comment=x"
                " -cf t.tar BAG");
    layout_hold("bsdtar --format pax -cf t.tar BAG");
    layout_hold("bsdtar --format ustar -cf t.tar BAG");
}

static void a_size_above_8_gib_is_read(void **state)
{
    (void)state;
    static const char *const formats[] = {"gnu", "pax"};
    for (size_t i = 0; i < 2; i++) {
        char command[300];
        /* the headers as GNU tar writes them, and a hole for the content */
        int made = snprintf(command, sizeof command,
                            "rm -rf big && mkdir big && truncate -s 9000000001 big/one && "
                            "{ tar --format=%s -cf - big/one 2>/dev/null || :; } | "
                            "head -c 4096 >t.tar && rm -r big",
                            formats[i]);
        assert_true(made > 0 && (size_t)made < sizeof command);
        run(command);
        struct err err = {.kind = ERR_NONE};
        int fd = open("t.tar", O_RDWR | O_CLOEXEC);
        struct pack_layout layout;
        assert_int_equal(pack_layout_read(fd, "t.tar", &layout, &err), -1);
        assert_int_equal(err.kind, ERR_DAMAGED); /* cut */
        assert_int_equal(layout.count, 1);
        assert_int_equal(layout.members[0].size, 9000000001);
        uint64_t end = (layout.members[0].offset + 9000000001 + 511) / 512 * 512 + 1024;
        pack_layout_release(&layout);
        assert_int_equal(ftruncate(fd, (off_t)end), 0);
        assert_int_equal(pack_layout_read(fd, "t.tar", &layout, &err), 0);
        assert_int_equal(layout.read_to, end);
        pack_layout_release(&layout);
        close(fd);
    }
    unlink("t.tar");
}

static void a_tar_cut_anywhere_is_told(void **state)
{
    (void)state;
    run("bsdtar --format pax -cf t.tar BAG");
    struct stat st;
    assert_int_equal(stat("t.tar", &st), 0);
    int fd = open("t.tar", O_RDWR | O_CLOEXEC);
    for (off_t len = st.st_size - 1; len >= 0; len -= len % 512 == 0 ? 1 : len % 512) {
        /* down to the last end block but one a tar is whole to most readers; ours wants both */
        struct err err = {.kind = ERR_NONE};
        struct pack_layout layout;
        assert_int_equal(ftruncate(fd, len), 0);
        int got = pack_layout_read(fd, "t.tar", &layout, &err);
        if (got == 0) {
            assert_true(len > st.st_size - 10240 && len % 512 == 0);
            assert_int_equal(layout.read_to, len);
        } else {
            assert_int_equal(err.kind, ERR_DAMAGED);
            assert_true(layout.read_to <= (uint64_t)len);
        }
        pack_layout_release(&layout);
    }
    close(fd);
}

/* Byte `at` of a sound tar becomes `value`; with `mend` the checksum is made to hold again. */
static void header_refused(size_t at, const char *value, size_t value_len, bool mend)
{
    run("tar --format=ustar -cf t.tar BAG/bagit.txt");
    size_t len;
    uint8_t *tar = content_of("t.tar", &len);
    memcpy(tar + at, value, value_len);
    if (mend) {
        unsigned sum = 0;
        memset(tar + 148, ' ', 8);
        for (size_t i = 0; i < 512; i++)
            sum += tar[i];
        char digits[8];
        snprintf(digits, sizeof digits, "%06o", sum);
        memcpy(tar + 148, digits, 7);
    }
    struct err err = {.kind = ERR_NONE};
    int fd = open("t.tar", O_RDWR | O_CLOEXEC);
    assert_int_equal(file_write(fd, "t.tar", tar, len, &err), 0);
    struct pack_layout layout;
    if (pack_layout_read(fd, "t.tar", &layout, &err) == 0)
        fail_msg("taken: byte %zu", at);
    assert_int_equal(err.kind, ERR_DAMAGED);
    pack_layout_release(&layout);
    close(fd);
    free(tar);
}

static void headers_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    header_refused(0, "C", 1, false);             /* checksum */
    header_refused(156, "2", 1, true);            /* symbolic link */
    header_refused(156, "1", 1, true);            /* hard link */
    header_refused(156, "3", 1, true);            /* device */
    header_refused(156, "S", 1, true);            /* GNU sparse */
    header_refused(156, "5", 1, true);            /* a folder with content */
    header_refused(156, "", 1, true);             /* the type of before ustar */
    header_refused(257, "xstar", 5, true);        /* magic */
    header_refused(0, "", 1, true);               /* no name */
    header_refused(0, "a\nb", 3, true);           /* newline in a name */
    header_refused(0, "a\xff", 2, true);          /* not UTF-8 */
    header_refused(124, "0000000000x", 11, true); /* size */
    header_refused(124, "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12, true);
    header_refused(124, "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, true);
    header_refused(124, "77777777777", 11, true); /* beyond the end of the file */
    header_refused(156, "x", 1, true);            /* content that is no pax record */
    header_refused(156, "L", 1, true);
    header_refused(156, "g", 1, true);
    header_refused(3000, "x", 1, false); /* behind the end blocks */
}

/* What this process has read by system calls. */
static unsigned long long bytes_read(void)
{
    unsigned long long count = 0;
    FILE *io = fopen("/proc/self/io", "re");
    assert_non_null(io);
    assert_int_equal(fscanf(io, "rchar: %llu", &count), 1); // NOLINT(cert-err34-c)
    assert_int_equal(fclose(io), 0);
    return count;
}

static void zeros_of_any_length_are_refused_at_their_head(void **state)
{
    (void)state;
    struct err err = {.kind = ERR_NONE};
    struct pack *pack = NULL;
    run("rm -f zeros.tar && truncate -s 64M zeros.tar");
    int fd = open("zeros.tar", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    unsigned long long before = bytes_read();
    assert_int_equal(pack_open(fd, "zeros.tar", &pack, &err), -1);
    assert_true(bytes_read() - before < 1 << 20);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_string_equal(err.object, "zeros.tar");
    run("rm zeros.tar");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tars_of_other_writers_are_read),
        cmocka_unit_test(a_size_above_8_gib_is_read),
        cmocka_unit_test(a_tar_cut_anywhere_is_told),
        cmocka_unit_test(headers_that_make_no_sense_are_refused),
        cmocka_unit_test(zeros_of_any_length_are_refused_at_their_head),
    };
    return cmocka_run_group_tests(tests, bag_make, NULL);
}
