#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/text.h"
#include "custody/excerpt.h"
#include "made_key.h"
#include "made_log.h"

#include "base/banned.h"

enum { ENTRIES = 300, PICKED = 4, EXCERPT_MAX = 1 << 20 };

static const uint64_t picked[PICKED] = {0, 17, 255, 298};

static struct custody_log *made;
static struct key *signing;
static struct err err;

static char *entry_text(uint64_t seq)
{
    char *text;
    size_t len;
    const struct custody_entry entry = {
        .seq = seq,
        .action = CUSTODY_TAGGED,
        .at = {.us = INT64_C(1774830600000000) + (int64_t)seq, .offset_minutes = 480},
        .actor = "os:张三",
        .role = "",
        .subject = "R12"};
    if (custody_entry_print(&entry, &text, &len, &err) < 0)
        fail_msg("%s", err.text);
    return text;
}

static int setup(void **state)
{
    (void)state;
    signing = made_log_key();
    made = made_log_of("excerpt.log", ENTRIES, signing, entry_text);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    custody_log_free(made);
    key_free(signing);
    return 0;
}

/* The picked entries, proved to the first `size`. */
static char *excerpt_of(uint64_t size)
{
    struct text text;
    text_init(&text, EXCERPT_MAX);
    for (size_t i = 0; i < PICKED; i++)
        if (picked[i] < size && custody_excerpt_add(made, picked[i], size, &text, &err) < 0)
            fail_msg("%s", err.text);
    assert_false(text_failed(&text));
    return text_take(&text);
}

static struct custody_head head_of(uint64_t size)
{
    struct custody_head head = {.size = size};
    assert_int_equal(custody_log_root_at(made, size, head.root, &err), 0);
    return head;
}

/* What a reader was told. */
struct told {
    uint64_t seqs[ENTRIES];
    size_t proved, wrong;
    uint64_t line;
    char detail[1024];
};

static void proved(void *context, const struct custody_entry *entry)
{
    struct told *told = context;
    told->seqs[told->proved++] = entry->seq;
    assert_string_equal(entry->subject, "R12");
}

static void wrong(void *context, uint64_t number, const char *detail)
{
    struct told *told = context;
    told->wrong++;
    told->line = number;
    (void)snprintf(told->detail, sizeof told->detail, "%s", detail);
}

static struct told check(struct bytes text, const struct custody_head *head)
{
    struct told told = {.proved = 0};
    uint64_t lines;
    const struct custody_excerpt_reader reader = {
        .proved = proved, .wrong = wrong, .context = &told};
    assert_int_equal(custody_excerpt_check(text, head, &reader, &lines, &err), 0);
    return told;
}

static void what_is_picked_is_proved_to_any_size(void **state)
{
    (void)state;
    for (uint64_t size = 299; size <= ENTRIES; size++) {
        const struct custody_head head = head_of(size);
        AUTO(free) char *text = excerpt_of(size);
        const struct told told = check(bytes_of(text), &head);
        assert_int_equal(told.wrong, 0);
        assert_int_equal(told.proved, PICKED);
        assert_memory_equal(told.seqs, picked, sizeof picked);
    }
    struct text none;
    text_init(&none, EXCERPT_MAX);
    assert_int_equal(custody_excerpt_add(made, ENTRIES, ENTRIES, &none, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    text_release(&none);
}

static void python_agrees(void **state)
{
    (void)state;
    AUTO(free) char *text = excerpt_of(ENTRIES);
    const char *checkpoint = custody_log_checkpoint_text(made);
    FILE *file = fopen("custody.ndjson", "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    file = fopen("checkpoint.txt", "we");
    assert_non_null(file);
    assert_int_equal(fwrite(checkpoint, 1, strlen(checkpoint), file), strlen(checkpoint));
    assert_int_equal(fclose(file), 0);
    made_run("python3 " CHECK_LOG " excerpt custody.ndjson checkpoint.txt");
    made_run("sed -i '1s/张三/李四/' custody.ndjson; ! python3 " CHECK_LOG
             " excerpt custody.ndjson checkpoint.txt 2>/dev/null");
}

static void every_flipped_bit_is_found(void **state)
{
    (void)state;
    const struct custody_head head = head_of(ENTRIES);
    AUTO(free) char *text = excerpt_of(ENTRIES);
    const size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        text[i] = (char)(text[i] ^ 1 << i % 8);
        const struct told told = check((struct bytes){(const uint8_t *)text, len}, &head);
        if (told.wrong == 0)
            fail_msg("byte %zu", i);
        text[i] = (char)(text[i] ^ 1 << i % 8);
    }
}

static void another_checkpoint_proves_nothing(void **state)
{
    (void)state;
    AUTO(free) char *text = excerpt_of(ENTRIES);
    const struct custody_head older = head_of(ENTRIES - 1);
    struct custody_head lying = head_of(ENTRIES - 1);
    lying.size = ENTRIES;
    assert_int_equal(check(bytes_of(text), &older).proved, 0);
    assert_int_equal(check(bytes_of(text), &lying).proved, 0);
}

static void order_and_ends_are_told_with_their_line(void **state)
{
    (void)state;
    const struct custody_head head = head_of(ENTRIES);
    AUTO(free) char *text = excerpt_of(ENTRIES);
    char *second = strchr(text, '\n') + 1;
    char *third = strchr(second, '\n') + 1;
    struct text twice, swapped;
    text_init(&twice, EXCERPT_MAX);
    text_append_bytes(&twice, (struct bytes){(const uint8_t *)text, (size_t)(second - text)});
    text_append(&twice, text);
    struct told told = check((struct bytes){(const uint8_t *)twice.at, twice.len}, &head);
    assert_int_equal(told.wrong, 1);
    assert_int_equal(told.line, 2);
    assert_int_equal(told.proved, PICKED);
    text_release(&twice);

    text_init(&swapped, EXCERPT_MAX);
    text_append_bytes(&swapped, (struct bytes){(const uint8_t *)second, (size_t)(third - second)});
    text_append_bytes(&swapped, (struct bytes){(const uint8_t *)text, (size_t)(second - text)});
    told = check((struct bytes){(const uint8_t *)swapped.at, swapped.len}, &head);
    assert_int_equal(told.wrong, 1);
    assert_int_equal(told.line, 2);
    text_release(&swapped);

    told = check((struct bytes){(const uint8_t *)text, strlen(text) - 1}, &head);
    assert_int_equal(told.wrong, 1);
    assert_int_equal(told.line, PICKED);
    assert_int_equal(check((struct bytes){(const uint8_t *)"\n", 1}, &head).wrong, 1);
    assert_int_equal(check((struct bytes){NULL, 0}, &head).wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_picked_is_proved_to_any_size),
        cmocka_unit_test(python_agrees),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(another_checkpoint_proves_nothing),
        cmocka_unit_test(order_and_ends_are_told_with_their_line),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
