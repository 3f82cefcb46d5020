#include "archiver/killed.h"
#include "custody/custody.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "custody/succession.h"
#include "made_log.h"

/* ---- findings ---- */

static void print_finding(void *context, const struct custody_finding *finding)
{
    (void)context;
    print_error("%s: %s\n", finding->path, finding->detail);
}

static void assert_sound(int folder, uint64_t size)
{
    AUTO(key_free) struct key *key = made_log_key();
    struct custody_check check;
    struct err err;
    assert_int_equal(custody_log_check(folder, key, MADE_ORIGIN, print_finding, NULL, &check, &err),
                     0);
    assert_int_equal(check.findings, 0);
    assert_int_equal(check.head.size, size);
    assert_int_equal(check.entries, size);
}

/* ---- making and opening ---- */

static void a_new_log_is_empty_and_signed(void **state)
{
    (void)state;
    static const char digest_of_nothing[] =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    char root[65];
    uint8_t octets[CUSTODY_HASH];
    AUTO(close) int folder = made_log("new", 0, 1);
    AUTO(custody_log_free) struct custody_log *log = made_open(folder);
    assert_int_equal(custody_log_size(log), 0);
    assert_string_equal(custody_log_origin(log), MADE_ORIGIN);
    custody_log_root(log, octets);
    bytes_to_hex(octets, sizeof octets, root);
    assert_string_equal(root, digest_of_nothing);
    assert_memory_equal(custody_log_checkpoint_text(log), MADE_ORIGIN "\n0\n47DEQpj8HBSa+/", 32);
    made_run("test \"$(ls new)\" = checkpoint && test \"$(stat -c %%a new/checkpoint)\" = 640");
    assert_sound(folder, 0);
}

static void a_log_is_never_made_over_something(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = made_log_key();
    struct err err;
    AUTO(close) int folder = made_log("over", 3, 3);
    assert_int_equal(custody_log_create(folder, key, MADE_ORIGIN, &err), -1);
    assert_int_equal(err.kind, ERR_CONFLICT);
    made_run("rm over/checkpoint"); /* its tiles would be taken for leavings */
    assert_int_equal(custody_log_create(folder, key, MADE_ORIGIN, &err), -1);
    assert_int_equal(err.kind, ERR_CONFLICT);
    AUTO(close) int other = made_folder("over");
    assert_int_equal(custody_log_create(other, key, "no name", &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    made_run("test -z \"$(ls over)\"");
}

static void assert_refused(int folder, const struct key *key, const char *origin,
                           enum err_kind kind, const char *object)
{
    struct custody_log *log = NULL;
    struct err err;
    assert_int_equal(custody_log_open(folder, key, origin, &log, &err), -1);
    assert_null(log);
    assert_int_equal(err.kind, kind);
    assert_string_equal(err.object, object);
}

static void what_is_not_the_log_is_not_opened(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = made_log_key();
    AUTO(key_free) struct key *other = NULL;
    struct err err;
    assert_int_equal(key_generate(KEY_ED25519, &other, &err), 0);
    AUTO(close) int folder = made_log("not", 300, 300);
    assert_refused(folder, other, NULL, ERR_MISSING, "checkpoint");
    assert_refused(folder, key, "example.com/other", ERR_DAMAGED, "checkpoint");
    made_flip(folder, "tile/0/001.p/44", 7);
    assert_refused(folder, key, NULL, ERR_DAMAGED, "tile");
    made_flip(folder, "tile/0/001.p/44", 7);
    made_run("mv not/tile/1/000.p not/tile/1/away");
    assert_refused(folder, key, NULL, ERR_MISSING, "tile/1/000.p/1");
    made_run("mv not/tile/1/away not/tile/1/000.p");
    made_flip(folder, "checkpoint", 8 * 17); /* the size */
    assert_refused(folder, key, NULL, ERR_DAMAGED, "checkpoint");
    made_run("rm not/checkpoint");
    assert_refused(folder, key, NULL, ERR_MISSING, "checkpoint");
}

/* ---- sizes and batches ---- */

static void assert_proofs(struct custody_log *log, uint64_t index, uint64_t size)
{
    struct custody_proof proof;
    struct bytes entry;
    uint8_t leaf[CUSTODY_HASH], root[CUSTODY_HASH], whole[CUSTODY_HASH];
    struct err err;
    assert_int_equal(custody_log_root_at(log, size, root, &err), 0);
    assert_int_equal(custody_log_entry(log, index, &entry, &err), 0);
    assert_int_equal(custody_leaf_hash(entry, leaf, &err), 0);
    assert_int_equal(custody_log_inclusion(log, index, size, &proof, &err), 0);
    assert_int_equal(custody_inclusion_check(leaf, index, size, &proof, root, &err), 0);
    custody_log_root(log, whole);
    assert_int_equal(custody_log_consistency(log, size, custody_log_size(log), &proof, &err), 0);
    assert_int_equal(
        custody_consistency_check(size, root, custody_log_size(log), whole, &proof, &err), 0);
}

static void logs_of_many_sizes_are_whole_whatever_the_batches(void **state)
{
    (void)state;
    static const struct {
        uint64_t size, batch, other;
    } cases[] = {
        {0, 1, 1},
        {1, 1, 1},
        {2, 2, 1},
        {255, 255, 17},
        {256, 256, 100},
        {257, 257, 64},
        {600, 600, 299},
        {65536, 65536, 9973},
        {65537, 65537, 65536},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint64_t size = cases[i].size;
        AUTO(close) int folder = made_log("once", size, cases[i].batch);
        AUTO(close) int other = made_log("often", size, cases[i].other);
        /* all that the one has, the other has alike; it may have more partial tiles */
        made_run("cd once && find . -type f -exec cmp {} ../often/{} \\;");
        AUTO(custody_log_free) struct custody_log *log = made_open(other);
        made_compare(log, size);
        assert_sound(folder, size);
        assert_sound(other, size);
        for (uint64_t at = 1; at <= size; at += 1 + size / 23) {
            assert_proofs(log, at - 1, at);
            assert_proofs(log, at / 2, at);
            assert_proofs(log, at - 1, size);
        }
    }
    made_run("test \"$(find often/tile/0 -type f | wc -l)\" = 257");
    made_run("test \"$(cd often/tile && echo 1/* 1/*/* 2/*/*)\" = '1/000 1/*/* 2/000.p/1'");
    made_run("test \"$(stat -c %%a often/tile/0/000)\" = 440");
}

static void store_text(const char *name, const char *text, const char *end)
{
    FILE *file = fopen(name, "we");
    assert_non_null(file);
    assert_true(fprintf(file, "%s%s", text, end) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Python and OpenSSL, from the files alone. */
static void strangers_tools_agree(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = made_log_key();
    AUTO(free) char *pem = NULL;
    struct err err;
    AUTO(close) int older = made_log("older", 300, 300);
    AUTO(close) int folder = made_log("stranger", 700, 300);
    AUTO(custody_log_free) struct custody_log *log = made_open(folder);
    made_run("python3 -c \""
             "import struct\n"
             "out = open('entries', 'wb')\n"
             "for name in ['000', '001', '002.p/188']:\n"
             "  bundle = open('stranger/tile/entries/' + name, 'rb').read()\n"
             "  while bundle:\n"
             "    end = 2 + struct.unpack('>H', bundle[:2])[0]\n"
             "    out.write(bundle[2:end] + bytes([10]))\n"
             "    bundle = bundle[end:]\n"
             "\"");
    made_run("%s checkpoint entries stranger/checkpoint >/dev/null", CHECK_LOG);
    made_run("%s checkpoint entries older/checkpoint >/dev/null", CHECK_LOG);

    assert_int_equal(key_public_pem(key, &pem, &err), 0);
    store_text("signer.pem", pem, "");
    made_run("sed '/^$/,$d' stranger/checkpoint >text");
    made_run(
        "sed '1,/^$/d' stranger/checkpoint | cut -d' ' -f3 | base64 -d | tail -c +5 >signature");
    made_run("openssl pkeyutl -verify -pubin -inkey signer.pem -rawin -in text -sigfile signature "
             ">/dev/null");
}

/* As `shilu log export` prints it. */
static void export_log(struct custody_log *log, const char *name)
{
    struct err err;
    FILE *file = fopen(name, "we");
    assert_non_null(file);
    for (uint64_t i = 0; i < custody_log_size(log); i++) {
        struct bytes entry;
        assert_int_equal(custody_log_entry(log, i, &entry, &err), 0);
        assert_true(fprintf(file, "%.*s\n", (int)entry.len, (const char *)entry.at) > 0);
    }
    assert_int_equal(fclose(file), 0);
}

/* The script finds the very hashes that the proof holds, and that they lead to the root. */
static void assert_script_agrees(const char *proof, const char *how)
{
    store_text("proof.json", proof, "\n");
    made_run("%s proof proof.json >/dev/null", CHECK_LOG);
    made_run("jq -r '.proof[]' proof.json >ours && %s %s >theirs && cmp ours theirs", CHECK_LOG,
             how);
    made_run("! sed 's/\"proof\":\\[/&\"AAAA\",/' proof.json | %s proof /dev/stdin >/dev/null 2>&1",
             CHECK_LOG);
}

static void the_script_agrees_on_logs_of_all_sizes(void **state)
{
    static const uint64_t sizes[] = {1, 2, 255, 256, 257, 65537};
    (void)state;
    AUTO(key_free) struct key *key = made_log_key();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const uint64_t size = sizes[i];
        const uint64_t places[] = {0, size / 3, size - 1};
        AUTO(close) int folder = made_log("sized", size, size);
        AUTO(custody_log_free) struct custody_log *log = made_open(folder);
        export_log(log, "entries");
        made_run("%s checkpoint entries sized/checkpoint >/dev/null", CHECK_LOG);
        for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
            struct err err;
            char how[128];
            AUTO(free) char *inclusion = NULL;
            AUTO(free) char *consistency = NULL;
            const unsigned long long place = places[k];
            assert_int_equal(custody_proof_inclusion(log, place, key, &inclusion, &err), 0);
            (void)snprintf(how, sizeof how, "inclusion entries %llu", place);
            assert_script_agrees(inclusion, how);
            assert_int_equal(custody_proof_consistency(log, place + 1, key, &consistency, &err), 0);
            (void)snprintf(how, sizeof how, "consistency entries %llu %llu", place + 1,
                           (unsigned long long)size);
            assert_script_agrees(consistency, how);
        }
    }
}

static void what_is_not_in_the_log_is_not_asked_for(void **state)
{
    (void)state;
    struct custody_proof proof;
    struct bytes entry;
    uint8_t root[CUSTODY_HASH];
    struct err err;
    AUTO(close) int folder = made_log("asked", 5, 5);
    AUTO(custody_log_free) struct custody_log *log = made_open(folder);
    assert_int_equal(custody_log_entry(log, 5, &entry, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(custody_log_inclusion(log, 3, 3, &proof, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(custody_log_inclusion(log, 3, 6, &proof, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(custody_log_consistency(log, 3, 6, &proof, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(custody_log_consistency(log, 4, 3, &proof, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(custody_log_root_at(log, 6, root, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(custody_log_consistency(log, 0, 5, &proof, &err), 0);
    assert_int_equal(proof.count, 0);
}

static void a_proof_from_a_damaged_tile_is_not_given(void **state)
{
    (void)state;
    struct custody_proof proof;
    struct err err;
    AUTO(close) int folder = made_log("damaged", 600, 600);
    AUTO(custody_log_free) struct custody_log *log = made_open(folder);
    made_flip(folder, "tile/0/000", 8 * 32 * 9);
    assert_int_equal(custody_log_inclusion(log, 3, 600, &proof, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_int_equal(custody_log_consistency(log, 9, 600, &proof, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_int_equal(custody_log_inclusion(log, 300, 600, &proof, &err), 0);
}

/* ---- appending ---- */

static void only_the_log_s_key_appends(void **state)
{
    (void)state;
    AUTO(key_free) struct key *other = NULL;
    AUTO(key_free) struct key *half = NULL;
    AUTO(key_free) struct key *key = made_log_key();
    AUTO(free) char *pem = NULL;
    struct err err;
    AUTO(close) int folder = made_log("key", 5, 5);
    AUTO(custody_log_free) struct custody_log *log = made_open(folder);
    assert_int_equal(key_generate(KEY_ED25519, &other, &err), 0);
    assert_int_equal(made_append(log, 5, 6, other, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(key_public_pem(key, &pem, &err), 0);
    assert_int_equal(key_from_public_pem(bytes_of(pem), "pem", &half, &err), 0);
    assert_int_equal(made_append(log, 5, 6, half, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(custody_log_append(log, NULL, 0, key, &err), 0);
    assert_sound(folder, 5);
    assert_int_equal(made_append(log, 5, 6, key, &err), 0);
    made_compare(log, 6);
    assert_sound(folder, 6);
}

static void a_handle_that_is_behind_does_not_append(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = made_log_key();
    struct err err;
    AUTO(close) int folder = made_log("behind", 5, 5);
    AUTO(custody_log_free) struct custody_log *log = made_open(folder);
    AUTO(custody_log_free) struct custody_log *other = made_open(folder);
    assert_int_equal(made_append(log, 5, 7, key, &err), 0);
    assert_int_equal(made_append(other, 5, 6, key, &err), -1);
    assert_int_equal(err.kind, ERR_CONFLICT);
    assert_int_equal(made_append(log, 7, 8, key, &err), 0);
    made_compare(log, 8);
    assert_sound(folder, 8);
}

static void nothing_is_built_on_a_damaged_edge(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = made_log_key();
    struct err err;
    AUTO(close) int folder = made_log("edge", 300, 300);
    AUTO(custody_log_free) struct custody_log *log = made_open(folder);
    made_flip(folder, "tile/entries/001.p/44", 8 * 30);
    assert_int_equal(made_append(log, 300, 301, key, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_string_equal(err.object, "tile/entries/001.p/44");
    assert_int_equal(custody_log_size(log), 300);
    made_flip(folder, "tile/entries/001.p/44", 8 * 30);
    assert_int_equal(made_append(log, 300, 301, key, &err), 0);
    assert_sound(folder, 301);
}

/* ---- crashes ---- */

/* The old checkpoint with the tiles of an append that was cut off; other entries then go on. */
static void an_append_that_was_cut_off_is_replaced(void **state)
{
    (void)state;
    static const struct {
        uint64_t old_size, cut_off;
    } cases[] = {{0, 3}, {0, 600}, {100, 130}, {100, 256}, {100, 700}, {256, 513}, {500, 512}};
    AUTO(key_free) struct key *key = made_log_key();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err;
        AUTO(close) int folder = made_log("cut", cases[i].old_size, 1000);
        AUTO(close) int kept = made_copy("cut", "kept");
        AUTO(custody_log_free) struct custody_log *log = made_open(folder);
        const uint64_t count = cases[i].cut_off - cases[i].old_size;
        struct bytes *lost = calloc(count, sizeof *lost); /* not what made_compare expects */
        assert_non_null(lost);
        for (uint64_t at = 0; at < count; at++)
            lost[at] = bytes_of("an entry that was never signed for");
        assert_int_equal(custody_log_append(log, lost, count, key, &err), 0);
        free(lost);
        custody_log_free(log);
        made_run("cp kept/checkpoint cut/checkpoint");

        log = made_open(folder); /* where partial tiles have gone the full ones serve */
        made_compare(log, cases[i].old_size);
        assert_sound(folder, cases[i].old_size);
        assert_int_equal(made_append(log, cases[i].old_size, cases[i].old_size + 1, key, &err), 0);
        made_compare(log, cases[i].old_size + 1);
        assert_sound(folder, cases[i].old_size + 1);
        assert_int_equal(made_append(log, cases[i].old_size + 1, 800, key, &err), 0);
        made_compare(log, 800);
        assert_sound(folder, 800);
    }
}

/* Appends in a process that ends before its call number `at`. False once it lives to the end. */
static bool append_and_crash(int folder, uint64_t from, uint64_t to, unsigned at)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct err err;
        struct key *key = made_log_key();
        struct custody_log *log = made_open(folder);
        killed_at = at;
        int done = made_append(log, from, to, key, &err);
        custody_log_free(log);
        key_free(key);
        _exit(done == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == KILLED_STATUS || WEXITSTATUS(status) == 0);
    return WEXITSTATUS(status) == KILLED_STATUS;
}

static void a_crash_anywhere_leaves_the_old_log_or_the_new_one(void **state)
{
    (void)state;
    static const struct {
        uint64_t from, to;
    } cases[] = {{0, 1}, {250, 251}, {250, 256}, {250, 520}};
    AUTO(key_free) struct key *key = made_log_key();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint64_t from = cases[i].from, to = cases[i].to;
        bool crashed = true, was_old = false, was_new = false;
        AUTO(close) int whole = made_log("whole", from, 100);
        AUTO(close) int after = made_log("after", to + 10, 2000);
        for (unsigned at = 1; crashed; at++) {
            struct err err;
            AUTO(close) int folder = made_copy("whole", "crash");
            crashed = append_and_crash(folder, from, to, at);
            AUTO(custody_log_free) struct custody_log *log = made_open(folder);
            const uint64_t size = custody_log_size(log);
            assert_true(size == from || size == to);
            assert_true(crashed || size == to);
            was_old = was_old || size == from;
            was_new = was_new || size == to;
            made_compare(log, size);
            assert_sound(folder, size);
            assert_int_equal(made_append(log, size, to + 10, key, &err), 0);
            assert_sound(folder, to + 10);
            made_run("cd after && find . -type f -exec cmp {} ../crash/{} \\;");
            made_run("test \"$(ls crash | tr '\\n' ' ')\" = 'checkpoint tile '");
        }
        assert_true(was_old && was_new);
    }
}

/* What custody_log_extends says of the checkpoint of the log in a folder. */
static enum err_kind kind_of_older(struct custody_log *log, int folder, const struct key *key)
{
    struct err err = {.kind = ERR_NONE};
    AUTO(custody_log_free) struct custody_log *other = made_open(folder);
    const struct bytes text = bytes_of(custody_log_checkpoint_text(other));
    struct custody_head old;
    struct custody_signer signer;
    const int done = custody_log_extends(log, text, key, "older", &old, &signer, &err);
    assert_int_equal(done, err.kind == ERR_NONE ? 0 : -1);
    return err.kind;
}

static void a_log_extends_its_older_checkpoints_and_no_others(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = made_log_key();
    struct err err;
    AUTO(close) int folder = made_log("log", 300, 300);
    AUTO(custody_log_free) struct custody_log *log = made_open(folder);
    for (uint64_t size = 1; size <= 300; size += 23) {
        AUTO(close) int older = made_log("older", size, size);
        assert_int_equal(kind_of_older(log, older, key), ERR_NONE);
    }
    AUTO(close) int longer = made_log("longer", 301, 301);
    assert_int_equal(kind_of_older(log, longer, key), ERR_DAMAGED);

    AUTO(close) int forked = made_log("forked", 5, 5);
    AUTO(custody_log_free) struct custody_log *fork = made_open(forked);
    assert_int_equal(made_append(fork, 6, 8, key, &err), 0); /* entry 5 is another's */
    assert_int_equal(kind_of_older(log, forked, key), ERR_DAMAGED);

    AUTO(key_free) struct key *stranger = NULL;
    assert_int_equal(key_generate(KEY_ED25519, &stranger, &err), 0);
    assert_int_equal(kind_of_older(log, folder, stranger), ERR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_log_is_empty_and_signed),
        cmocka_unit_test(a_log_extends_its_older_checkpoints_and_no_others),
        cmocka_unit_test(a_log_is_never_made_over_something),
        cmocka_unit_test(what_is_not_the_log_is_not_opened),
        cmocka_unit_test(logs_of_many_sizes_are_whole_whatever_the_batches),
        cmocka_unit_test(strangers_tools_agree),
        cmocka_unit_test(the_script_agrees_on_logs_of_all_sizes),
        cmocka_unit_test(what_is_not_in_the_log_is_not_asked_for),
        cmocka_unit_test(a_proof_from_a_damaged_tile_is_not_given),
        cmocka_unit_test(only_the_log_s_key_appends),
        cmocka_unit_test(a_handle_that_is_behind_does_not_append),
        cmocka_unit_test(nothing_is_built_on_a_damaged_edge),
        cmocka_unit_test(an_append_that_was_cut_off_is_replaced),
        cmocka_unit_test(a_crash_anywhere_leaves_the_old_log_or_the_new_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
