#include "archiver/intake/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/progress.h"
#include "pack/pack.h"

#include "base/banned.h"

AUTO_DEFINE(struct catalog_recording *, catalog_recording_free, NULL);

static struct catalog_recording *load(const struct fixture *fixture, int64_t number)
{
    struct catalog_recording *recording = NULL;
    struct catalog_err wrong;
    assert_int_equal(
        catalog_recording_load(vault_catalog(fixture->vault), number, &recording, &wrong), 0);
    return recording;
}

/* "VALUE (SOURCE)" of the one standing tag of a field; "" for none. */
static void standing(const struct catalog_recording *recording, enum catalog_field field,
                     char text[static 256])
{
    text[0] = '\0';
    for (size_t i = 0; i < recording->standing_count; i++)
        if (recording->tags[i].field == field)
            (void)snprintf(text, 256, "%s (%s)", recording->tags[i].value,
                           recording->tags[i].source);
}

static void a_folder_of_recordings_is_accepted_and_held(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(mkdir("DCIM", 0700), 0);
    assert_int_equal(mkdir("DCIM/100", 0700), 0);
    fixture_make("DCIM/a.mp4", 1);
    fixture_make("DCIM/b.mkv", 2);
    fixture_make("DCIM/100/c.mp4", 3);
    assert_int_equal(INGEST(fixture, PLAIN, "DCIM"), 0);
    assert_int_equal(fixture->report.accepted, 3);
    assert_int_equal(fixture->count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fixture->told[i].outcome, INTAKE_ACCEPTED);
        assert_true(fixture->told[i].clearable);
        assert_int_not_equal(fixture->told[i].number, 0);
    }
    assert_int_equal(fixture_check(fixture), 3);
    AUTO(catalog_recording_free)
    struct catalog_recording *recording =
        load(fixture, fixture_told(fixture, "DCIM/b.mkv")->number);
    assert_string_equal(recording->original_name, "b.mkv");
    assert_string_equal(recording->accepted_by, "os:tester");
    assert_true(recording->duration_s > 0.9 && recording->duration_s < 1.2);
}

static void the_same_bytes_again_are_a_duplicate_of_the_first(void **state)
{
    struct fixture *fixture = *state;
    fixture_make("a.mp4", 1);
    fixture_shell("cp a.mp4 b.mp4 && cp a.mp4 c.mov");
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4"), 0);
    int64_t first = fixture->told[0].number;
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4", "b.mp4", "c.mov"), 0);
    assert_int_equal(fixture->report.duplicate, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fixture->told[i].outcome, INTAKE_DUPLICATE);
        assert_int_equal(fixture->told[i].number, first);
        assert_true(fixture->told[i].clearable);
    }
    assert_int_equal(fixture_check(fixture), 1);
}

static void the_same_bytes_twice_in_one_run_are_accepted_once(void **state)
{
    struct fixture *fixture = *state;
    fixture_make("a.mp4", 1);
    fixture_shell("for i in 1 2 3 4 5 6 7 8 9; do cp a.mp4 b$i.mp4; done");
    assert_int_equal(INGEST(fixture, PLAIN, "."), 0);
    assert_int_equal(fixture->report.accepted, 1);
    assert_int_equal(fixture->report.duplicate, 9);
    assert_int_equal(fixture->report.refused, fixture->count - 10); /* the vault itself */
    assert_int_equal(fixture_check(fixture), 1);
}

static void what_is_no_recording_is_refused_unless_any_is_wanted(void **state)
{
    struct fixture *fixture = *state;
    fixture_write("notes.txt", "these are words\n", 16);
    fixture_write("empty.mp4", "", 0);
    fixture_write("readme", "", 0);
    assert_int_equal(INGEST(fixture, PLAIN, "notes.txt", "empty.mp4", "readme"), 0);
    assert_int_equal(fixture->report.refused, 3);
    assert_string_equal(fixture_told(fixture, "notes.txt")->reason, "not a recording");
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(strstr(fixture->told[i].reason, "not a recording"));
        assert_false(fixture->told[i].clearable);
        assert_int_equal(fixture->told[i].number, 0);
    }
    assert_int_equal(fixture_check(fixture), 0);

    struct intake_options any = PLAIN;
    any.any = true;
    assert_int_equal(INGEST(fixture, any, "notes.txt", "empty.mp4"), 0);
    assert_int_equal(fixture->report.accepted, 2);
    assert_int_equal(fixture_check(fixture), 2);
}

static void a_damaged_recording_is_evidence_with_issues(void **state)
{
    struct fixture *fixture = *state;
    fixture_make("whole.mp4", 1);
    fixture_shell("head -c 9000 whole.mp4 > cut.mp4");
    fixture_noise("noise.mp4", 50000, 1);
    assert_int_equal(INGEST(fixture, PLAIN, "cut.mp4", "noise.mp4"), 0);
    assert_int_equal(fixture->report.accepted, 2);
    assert_true(fixture_told(fixture, "cut.mp4")->warnings > 0);
    assert_int_equal(fixture_check(fixture), 2);
}

static void a_name_tells_device_and_officer_unless_they_are_given(void **state)
{
    struct fixture *fixture = *state;
    char text[256];
    fixture_make("DSJ_A123456_012345_20260101120000_0001.mp4", 1);
    fixture_make("DSJ_A123456_012345_20260101120100_0002.mp4", 2);
    assert_int_equal(INGEST(fixture, PLAIN, "DSJ_A123456_012345_20260101120000_0001.mp4"), 0);
    AUTO(catalog_recording_free)
    struct catalog_recording *told = load(fixture, fixture->told[0].number);
    standing(told, CATALOG_DEVICE, text);
    assert_string_equal(text, "A123456 (name:dsj)");
    standing(told, CATALOG_COLLECTOR, text);
    assert_string_equal(text, "012345 (name:dsj)");
    standing(told, CATALOG_CAPTURED_AT, text);
    assert_string_equal(text, "2026-01-01T12:00:00+08:00 (name:dsj (zone assumed))");
    assert_string_equal(fixture->told[0].captured_at, "2026-01-01T12:00:00+08:00");

    char collector[] = "0212000001";
    char number[] = FIXTURE_CASE;
    char captured[] = "2025-12-31T08:00:00+08:00";
    const struct catalog_tag tags[] = {
        {.field = CATALOG_COLLECTOR, .value = collector},
        {.field = CATALOG_CASE, .value = number},
        {.field = CATALOG_CAPTURED_AT, .value = captured},
    };
    struct intake_options given = PLAIN;
    given.tags = tags;
    given.tag_count = 3;
    assert_int_equal(INGEST(fixture, given, "DSJ_A123456_012345_20260101120100_0002.mp4"), 0);
    AUTO(catalog_recording_free)
    struct catalog_recording *set = load(fixture, fixture->told[0].number);
    standing(set, CATALOG_COLLECTOR, text);
    assert_string_equal(text, "0212000001 (given)");
    standing(set, CATALOG_CASE, text);
    assert_string_equal(text, FIXTURE_CASE " (given)");
    standing(set, CATALOG_CAPTURED_AT, text);
    assert_string_equal(text, "2025-12-31T08:00:00+08:00 (given)");
    standing(set, CATALOG_DEVICE, text);
    assert_string_equal(text, "A123456 (name:dsj)");
}

static void tags_that_cannot_stand_stop_the_run_before_anything_is_read(void **state)
{
    struct fixture *fixture = *state;
    char unknown[] = "no such case";
    char bad_time[] = "yesterday";
    char place[] = "somewhere";
    const struct catalog_tag wrong_case = {.field = CATALOG_CASE, .value = unknown};
    const struct catalog_tag wrong_time = {.field = CATALOG_CAPTURED_AT, .value = bad_time};
    const struct catalog_tag twice[] = {{.field = CATALOG_PLACE, .value = place},
                                        {.field = CATALOG_PLACE, .value = place}};
    const struct {
        const struct catalog_tag *tags;
        size_t count;
        enum err_kind kind;
    } cases[] = {{&wrong_case, 1, ERR_MISSING}, {&wrong_time, 1, ERR_USAGE}, {twice, 2, ERR_USAGE}};
    fixture_make("a.mp4", 1);
    for (size_t i = 0; i < 3; i++) {
        struct intake_options options = PLAIN;
        options.tags = cases[i].tags;
        options.tag_count = cases[i].count;
        assert_int_equal(INGEST(fixture, options, "a.mp4"), -1);
        assert_int_equal(fixture->err.kind, cases[i].kind);
        assert_int_equal(fixture->count, 0);
        assert_int_equal(fixture->report.bytes, 0);
    }
    assert_int_equal(fixture_check(fixture), 0);
}

static const char track[] =
    "<?xml version=\"1.0\"?><gpx version=\"1.1\" xmlns=\"http://www.topografix.com/GPX/1/1\">"
    "<trk><trkseg><trkpt lat=\"39.1373\" lon=\"117.0121\"><time>2026-01-01T04:00:00Z</time>"
    "</trkpt></trkseg></trk></gpx>\n";

static void a_companion_becomes_an_attachment_of_its_recording(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(mkdir("d", 0700), 0);
    fixture_make("d/a.mp4", 1);
    fixture_write("d/a.gpx", track, sizeof track - 1);
    fixture_write("d/other.gpx", track, sizeof track - 1);
    assert_int_equal(INGEST(fixture, PLAIN, "d"), 0);
    assert_int_equal(fixture->report.accepted, 1);
    assert_int_equal(fixture->report.refused, 1);
    const struct told *recording = fixture_told(fixture, "d/a.mp4");
    const struct told *companion = fixture_told(fixture, "d/a.gpx");
    assert_true(companion->companion && companion->clearable);
    assert_int_equal(companion->outcome, INTAKE_ACCEPTED);
    assert_int_equal(companion->number, recording->number);
    assert_string_equal(fixture_told(fixture, "d/other.gpx")->reason, "not a recording");

    AUTO(catalog_recording_free) struct catalog_recording *row = load(fixture, recording->number);
    assert_int_equal(row->attachment_count, 1);
    assert_string_equal(row->attachments[0].kind, "companion");
    assert_string_equal(row->attachments[0].name, "a.gpx");
    assert_true(row->has_position);
    assert_true(row->latitude > 39.1372 && row->latitude < 39.1374);
    assert_int_equal(fixture_check(fixture), 1);

    assert_int_equal(INGEST(fixture, PLAIN, "d"), 0);
    assert_int_equal(fixture_told(fixture, "d/a.gpx")->outcome, INTAKE_DUPLICATE);
    assert_true(fixture_told(fixture, "d/a.gpx")->clearable);
}

static void a_companion_that_comes_later_is_attached_to_what_is_held(void **state)
{
    struct fixture *fixture = *state;
    fixture_make("a.mp4", 1);
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4"), 0);
    fixture_write("a.gpx", track, sizeof track - 1);
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4"), 0);
    assert_int_equal(fixture_told(fixture, "a.mp4")->outcome, INTAKE_DUPLICATE);
    assert_int_equal(fixture_told(fixture, "a.gpx")->outcome, INTAKE_ACCEPTED);
    AUTO(catalog_recording_free)
    struct catalog_recording *row = load(fixture, fixture->told[0].number);
    assert_int_equal(row->attachment_count, 1);
    assert_int_equal(fixture_check(fixture), 1);
}

static void a_companion_of_what_is_refused_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture_write("a.txt", "words\n", 6);
    fixture_write("a.gpx", track, sizeof track - 1);
    assert_int_equal(INGEST(fixture, PLAIN, "a.txt"), 0);
    assert_int_equal(fixture_told(fixture, "a.gpx")->outcome, INTAKE_REFUSED);
    assert_false(fixture_told(fixture, "a.gpx")->clearable);
    assert_int_equal(fixture_check(fixture), 0);
}

static void a_second_reading_that_agrees_is_accepted(void **state)
{
    struct fixture *fixture = *state;
    fixture_make("a.mp4", 1);
    fixture_noise("b.mp4", 3000001, 2);
    struct intake_options reread = PLAIN;
    reread.reread = true;
    assert_int_equal(INGEST(fixture, reread, "a.mp4", "b.mp4"), 0);
    assert_int_equal(fixture->report.accepted, 2);
    struct stat st;
    assert_int_equal(stat("a.mp4", &st), 0);
    assert_int_equal(fixture->report.bytes, 2 * (3000001 + (uint64_t)st.st_size));
}

static void held_bytes_that_are_lost_are_restored_from_the_source(void **state)
{
    struct fixture *fixture = *state;
    fixture_make("a.mp4", 1);
    fixture_make("b.mp4", 2);
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4", "b.mp4"), 0);
    fixture_shell("set -e; cd V/recordings; f=$(find . -name '*.mp4' | sort); set -- $f; "
                  "rm -f \"$1\"; chmod u+w \"$2\"; truncate -s 100 \"$2\"");
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4", "b.mp4"), 0);
    assert_int_equal(fixture->report.duplicate, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(fixture->told[i].clearable);
        assert_non_null(strstr(fixture->told[i].reason, "restored"));
    }
    assert_int_equal(fixture_check(fixture), 2);
}

/* One octet of the largest file below `folder`, in its middle, becomes another one. */
static void flip(const char *folder)
{
    char command[512];
    (void)snprintf(
        command, sizeof command,
        "set -e; f=$(find %s -type f -size +1k -printf '%%s %%p\\n' | sort -n | tail -1 | "
        "cut -d' ' -f2); s=$(stat -c %%s $f); chmod u+w $f; python3 -c 'import sys; "
        "f=open(sys.argv[1],\"r+b\"); f.seek(int(sys.argv[2])); c=f.read(1); "
        "f.seek(int(sys.argv[2])); f.write(bytes([c[0]^1]))' $f $((s / 2))",
        folder);
    fixture_shell(command);
}

static void held_bytes_that_differ_are_restored_from_the_source(void **state)
{
    struct fixture *fixture = *state;
    fixture_make("a.mp4", 1);
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4"), 0);
    flip("V/recordings");
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4"), 0);
    assert_int_equal(fixture->told[0].outcome, INTAKE_DUPLICATE);
    assert_true(fixture->told[0].clearable);
    assert_non_null(strstr(fixture->told[0].reason, "restored"));
    assert_int_equal(fixture->report.archive_failed, 0);
    assert_int_equal(fixture_check(fixture), 1);
}

static void a_companion_that_differs_is_restored_from_the_source(void **state)
{
    struct fixture *fixture = *state;
    fixture_make("a.mp4", 1);
    fixture_write("a.gpx", track, sizeof track - 1);
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4"), 0);
    fixture_shell("f=$(find V/recordings -name '*.gpx'); chmod u+w $f; sed -i s/39/38/ $f");
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4"), 0);
    assert_true(fixture_told(fixture, "a.gpx")->clearable);
    assert_int_equal(fixture_check(fixture), 1);
}

static int64_t take_and_seal(struct fixture *fixture, const char *path)
{
    char number[] = FIXTURE_CASE;
    const struct catalog_tag tag = {.field = CATALOG_CASE, .value = number};
    struct intake_options options = PLAIN;
    struct pack_sealed sealed;
    options.tags = &tag;
    options.tag_count = 1;
    assert_int_equal(INGEST(fixture, options, path), 0);
    assert_int_equal(
        pack_seal(fixture->vault, FIXTURE_CASE, "os:tester", 0, NULL, &sealed, &fixture->err), 0);
    return fixture->told[0].number;
}

static void bytes_that_are_sealed_are_held_while_their_archive_is_whole(void **state)
{
    static const char *const damages[] = {NULL, "rm -r V/archives/*/*/*-v002.tar",
                                          "truncate -s 9000 V/archives/*/*/*-v003.tar"};
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 3; i++) {
        char path[16];
        (void)snprintf(path, sizeof path, "%u.mp4", i);
        fixture_make(path, i);
        int64_t number = take_and_seal(fixture, path);
        assert_int_equal(INGEST(fixture, PLAIN, path), 0);
        assert_int_equal(fixture->told[0].outcome, INTAKE_DUPLICATE);
        assert_true(fixture->told[0].clearable);
        assert_string_equal(fixture->told[0].reason, "");
        assert_int_equal(fixture->report.archive_failed, 0);
        if (damages[i] == NULL)
            flip("V/archives");
        else
            fixture_shell(damages[i]);
        assert_int_equal(INGEST(fixture, PLAIN, path), 0);
        assert_int_equal(fixture->told[0].outcome, INTAKE_DUPLICATE);
        assert_int_equal(fixture->told[0].number, number);
        assert_non_null(strstr(fixture->told[0].reason, "outside the archive"));
        assert_int_equal(fixture->report.archive_failed, 1);
        AUTO(catalog_recording_free) struct catalog_recording *row = load(fixture, number);
        assert_int_equal(row->state, CATALOG_LOOSE);
        fixture_reopen(fixture); /* what follows a crash leaves it there */
        assert_int_equal(fixture_check(fixture), i + 1);
    }
}

static void a_companion_whose_archive_is_gone_must_be_kept(void **state)
{
    struct fixture *fixture = *state;
    fixture_make("a.mp4", 1);
    fixture_write("a.gpx", track, sizeof track - 1);
    (void)take_and_seal(fixture, "a.mp4");
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4"), 0);
    assert_true(fixture_told(fixture, "a.gpx")->clearable);
    fixture_shell("mv V/archives/*/*/*.tar kept");
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4"), 0);
    assert_false(fixture_told(fixture, "a.gpx")->clearable);
    assert_int_equal(fixture->report.archive_failed, 2);
    fixture_shell("mkdir -p W && tar -xf kept -C W && cp W/*/data/*.gpx held && "
                  "d=V/recordings/$(sha256sum held | cut -c1-2) && mkdir -p $d && "
                  "cp held $d/$(sha256sum held | cut -c1-64).gpx"); /* as the last check wants it */
}

static void tags_given_with_the_same_bytes_again_are_added_where_none_stands(void **state)
{
    struct fixture *fixture = *state;
    char number[] = FIXTURE_CASE;
    char second[] = "second";
    char place[] = "柳口路";
    char other[] = "胜利街";
    char by[] = "os:tester";
    char text[256];
    const struct catalog_case one = {.number = second, .opened_us = 1, .opened_by = by};
    struct catalog_err wrong;
    assert_int_equal(catalog_case_add(vault_catalog(fixture->vault), &one, &wrong), 0);
    fixture_make("a.mp4", 1);
    const struct catalog_tag first = {.field = CATALOG_CASE, .value = number};
    struct intake_options options = PLAIN;
    options.tags = &first;
    options.tag_count = 1;
    assert_int_equal(INGEST(fixture, options, "a.mp4"), 0);

    struct catalog_tag tags[] = {{.field = CATALOG_CASE, .value = second},
                                 {.field = CATALOG_PLACE, .value = place}};
    options.tags = tags;
    options.tag_count = 2;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(INGEST(fixture, options, "a.mp4"), 0);
        assert_string_equal(fixture->told[0].reason, "");
        AUTO(catalog_recording_free)
        struct catalog_recording *row = load(fixture, fixture->told[0].number);
        size_t cases = 0;
        for (size_t k = 0; k < row->standing_count; k++)
            cases += row->tags[k].field == CATALOG_CASE;
        assert_int_equal(cases, 2);
        standing(row, CATALOG_PLACE, text);
        assert_string_equal(text, "柳口路 (given)");
    }
    tags[1].value = other;
    assert_int_equal(INGEST(fixture, options, "a.mp4"), 0);
    assert_non_null(strstr(fixture->told[0].reason, "shilu tag"));
    AUTO(catalog_recording_free)
    struct catalog_recording *row = load(fixture, fixture->told[0].number);
    standing(row, CATALOG_PLACE, text);
    assert_string_equal(text, "柳口路 (given)");
    assert_int_equal(fixture_check(fixture), 1); /* sidecars too */
}

static void one_whole_archive_of_two_is_enough(void **state)
{
    struct fixture *fixture = *state;
    char second[] = "second";
    char by[] = "os:tester";
    struct catalog_err wrong;
    struct pack_sealed sealed;
    const struct catalog_case one = {.number = second, .opened_us = 1, .opened_by = by};
    const struct catalog_tag tag = {.field = CATALOG_CASE, .value = second};
    struct intake_options options = PLAIN;
    assert_int_equal(catalog_case_add(vault_catalog(fixture->vault), &one, &wrong), 0);
    fixture_make("a.mp4", 1);
    fixture_write("a.gpx", track, sizeof track - 1);
    int64_t number = take_and_seal(fixture, "a.mp4");
    options.tags = &tag;
    options.tag_count = 1;
    assert_int_equal(INGEST(fixture, options, "a.mp4"), 0);
    assert_int_equal(
        pack_seal(fixture->vault, second, "os:tester", 0, NULL, &sealed, &fixture->err), 0);
    fixture_shell("find V/archives -name '2026-*.tar' | grep -q . && "
                  "find V/archives -name '2026-*.tar' -delete");
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4"), 0);
    assert_true(fixture_told(fixture, "a.mp4")->clearable);
    assert_true(fixture_told(fixture, "a.gpx")->clearable);
    assert_int_equal(fixture->report.archive_failed, 0);
    AUTO(catalog_recording_free) struct catalog_recording *row = load(fixture, number);
    assert_int_equal(row->state, CATALOG_SEALED);
    fixture_shell("rm -r V/archives/*"); /* so that all lies loose at the last check */
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4"), 0);
    assert_int_equal(fixture->report.archive_failed, 2);
    fixture_shell("cp a.gpx V/recordings/$(sha256sum a.gpx | cut -c1-2)/$(sha256sum a.gpx | "
                  "cut -c1-64).gpx || (d=V/recordings/$(sha256sum a.gpx | cut -c1-2); "
                  "mkdir $d && cp a.gpx $d/$(sha256sum a.gpx | cut -c1-64).gpx)");
}

struct bar {
    uint64_t last, total;
    size_t calls;
};

static void draw(void *context, const char *what, uint64_t done, uint64_t total)
{
    struct bar *bar = context;
    assert_non_null(what);
    assert_true(done >= bar->last && done <= total);
    bar->last = done;
    bar->total = total;
    bar->calls++;
}

static void ignore(void *context, const struct intake_result *result)
{
    (void)context, (void)result;
}

static void progress_runs_up_to_all_the_bytes(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(mkdir("d", 0700), 0);
    fixture_noise("d/a.mp4", 5000000, 1);
    fixture_noise("d/b.mp4", 3000000, 2);
    fixture_noise("d/c.txt", 1000000, 3);
    struct bar bar = {0};
    const struct progress progress = {.update = draw, .context = &bar};
    struct intake_options options = PLAIN;
    options.helper = getenv("SHILU_PROBE");
    const char *const paths[] = {"d"};
    assert_int_equal(intake_run(fixture->vault, paths, 1, &options, ignore, NULL, &progress,
                                &fixture->report, &fixture->err),
                     0);
    assert_int_equal(bar.total, 9000000);
    assert_int_equal(bar.last, 9000000);
    assert_int_equal(fixture->report.bytes, 9000000);
    assert_true(bar.calls >= 2);
}

static void many_small_recordings_are_each_accepted(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(mkdir("d", 0700), 0);
    for (unsigned i = 0; i < 60; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "d/%02u.mp4", i);
        fixture_noise(path, 1000 + i, i);
    }
    assert_int_equal(INGEST(fixture, PLAIN, "d"), 0);
    assert_int_equal(fixture->report.accepted, 60);
    assert_int_equal(fixture_check(fixture), 60);
}

static void real_samples_are_accepted_and_only_they(void **state)
{
    struct fixture *fixture = *state;
    const char *samples = getenv("SHILU_SAMPLES");
    if (samples == NULL) {
        print_message("SHILU_SAMPLES is not set: the real samples are left out\n");
        skip();
    }
    assert_int_equal(fixture_ingest(fixture, &samples, 1, PLAIN), 0);
    for (size_t i = 0; i < fixture->count; i++) {
        const struct told *told = &fixture->told[i];
        const char *dot = strrchr(told->path, '.');
        bool is_text = strcmp(dot, ".md") == 0 || strcmp(dot, ".tsv") == 0;
        if ((told->outcome == INTAKE_REFUSED) != is_text)
            fail_msg("%s: %s", told->path, told->reason);
    }
    assert_int_equal(fixture->report.duplicate, 1); /* one pair has the same bytes */
    assert_int_equal(fixture_check(fixture), fixture->report.accepted);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_enter, fixture_leave)
    const struct CMUnitTest tests[] = {
        TEST(a_folder_of_recordings_is_accepted_and_held),
        TEST(the_same_bytes_again_are_a_duplicate_of_the_first),
        TEST(the_same_bytes_twice_in_one_run_are_accepted_once),
        TEST(what_is_no_recording_is_refused_unless_any_is_wanted),
        TEST(a_damaged_recording_is_evidence_with_issues),
        TEST(a_name_tells_device_and_officer_unless_they_are_given),
        TEST(tags_that_cannot_stand_stop_the_run_before_anything_is_read),
        TEST(a_companion_becomes_an_attachment_of_its_recording),
        TEST(a_companion_that_comes_later_is_attached_to_what_is_held),
        TEST(a_companion_of_what_is_refused_is_refused),
        TEST(a_second_reading_that_agrees_is_accepted),
        TEST(held_bytes_that_are_lost_are_restored_from_the_source),
        TEST(held_bytes_that_differ_are_restored_from_the_source),
        TEST(a_companion_that_differs_is_restored_from_the_source),
        TEST(a_companion_whose_archive_is_gone_must_be_kept),
        TEST(tags_given_with_the_same_bytes_again_are_added_where_none_stands),
        TEST(one_whole_archive_of_two_is_enough),
        TEST(bytes_that_are_sealed_are_held_while_their_archive_is_whole),
        TEST(progress_runs_up_to_all_the_bytes),
        TEST(many_small_recordings_are_each_accepted),
        TEST(real_samples_are_accepted_and_only_they),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
