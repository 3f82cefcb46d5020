#include "probe/probe.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * What real recordings of the MP4 family say beside what MANIFEST.tsv holds (test_manifest.c), as
 * exiftool -ee -n prints it; for the dash cameras it does not know, as the format's notes have it.
 */
struct truth {
    const char *file;
    const char *make, *model, *serial, *firmware; /* NULL: unknown */
    int32_t offset_minutes;                       /* of the first time */
    const char *position_source, *track_source;   /* NULL: none */
    size_t fixes;
    double altitude_m;   /* of the first position; NAN where unknown */
    const char *content; /* one of those named */
};

static const struct truth TRUTHS[] = {
    {"iphone_x.mov", "Apple", "iPhone X", NULL, "12.1.2", 480, "apple-location-iso6709", NULL, 0, 0,
     NULL},
    {"iphone_4s_portrait.mov", "Apple", "iPhone 4S", NULL, "7.0.3", 60, "apple-location-iso6709",
     NULL, 0, 48.928, NULL},
    {"ipad_mini_hevc.mov", "Apple", "iPad mini", NULL, "17.0", 120, "apple-location-iso6709", NULL,
     0, 51.175, NULL},
    {"gopro_karma.mp4", "GoPro", "HERO5 Black", "C3161325750003", "HD5.02.02.00.00", 0, "gpmf",
     "gpmf", 47, 15.711, "gopro-gpmf"},
    {"gopro_hero5_trimmed.mp4", NULL, NULL, NULL, NULL, 0, "loci", "gpmf", 36, 0, "gopro-gpmf"},
    {"android_meta.mp4", NULL, NULL, NULL, NULL, 0, "udta-xyz", NULL, 0, NAN, NULL},
    {"pixel_ls_vp9.mp4", NULL, NULL, NULL, NULL, 0, "udta-xyz", NULL, 0, 0, NULL},
    {"samsung_slow_motion.mp4", NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, NAN, "samsung-sef"},
    {"pentax.mov", "PENTAX DIGITAL CAMERA", NULL, NULL, NULL, 0, NULL, NULL, 0, NAN, NULL},
    {"novatek_2e_drive.mp4", NULL, NULL, NULL, NULL, 480, "gps-freegps", "gps-freegps", 3, NAN,
     "freegps"},
    {"novatek_hevc.ts", NULL, NULL, NULL, NULL, 480, "gps-freegps", "gps-freegps", 10, NAN,
     "freegps"},
    {"thinkware.mp4", NULL, NULL, NULL, NULL, 0, "nmea-track", "nmea-track", 10, NAN, NULL},
    {"vueroid.mp4", NULL, NULL, NULL, NULL, 0, "gps-vueroid", "gps-vueroid", 60, 55, NULL},
    {"neoline_front.mp4", NULL, NULL, NULL, NULL, 0, "gps-sigmastar", "gps-sigmastar", 72, NAN,
     NULL},
    {"phone_640x360.3gp", NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, NAN, NULL},
    {"invalid_userdata.mp4", NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, NAN, NULL},
};

static void check_text(const char *file, const char *what, const char *is, const char *should)
{
    if (is == should || (is != NULL && should != NULL && strcmp(is, should) == 0))
        return;
    fail_msg("%s: %s is %s, not %s", file, what, is != NULL ? is : "unknown",
             should != NULL ? should : "unknown");
}

static bool has_content(const struct probe_report *report, const char *name)
{
    for (size_t i = 0; i < report->content_count; i++)
        if (strcmp(report->contents[i].name, name) == 0)
            return true;
    return false;
}

static void check(const struct truth *truth, const struct probe_report *report)
{
    bool placed = report->position_count > 0;
    check_text(truth->file, "make", report->make, truth->make);
    check_text(truth->file, "model", report->model, truth->model);
    check_text(truth->file, "serial", report->serial, truth->serial);
    check_text(truth->file, "firmware", report->firmware, truth->firmware);
    check_text(truth->file, "position", placed ? report->positions[0].source : NULL,
               truth->position_source);
    check_text(truth->file, "track", report->track_source, truth->track_source);
    assert_int_equal(report->track_count, truth->fixes);
    if (report->time_count > 0)
        assert_int_equal(report->times[0].offset_minutes, truth->offset_minutes);
    if (truth->content != NULL && !has_content(report, truth->content))
        fail_msg("%s: %s is not named", truth->file, truth->content);
    double altitude = placed ? report->positions[0].fix.altitude_m : NAN;
    if (isnan(altitude) != isnan(truth->altitude_m) || fabs(altitude - truth->altitude_m) > 0.01)
        fail_msg("%s: altitude is %f", truth->file, altitude);
}

static void real_recordings_say_what_other_programs_read_in_them(void **state)
{
    (void)state;
    const char *folder = getenv("SHILU_SAMPLES");
    if (folder == NULL) {
        print_message("SHILU_SAMPLES is not set: left out\n");
        skip();
    }
    const struct probe_options options = {.helper = getenv("SHILU_PROBE")};
    for (size_t i = 0; i < sizeof TRUTHS / sizeof TRUTHS[0]; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "", TRUTHS[i].file);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            fail_msg("%s cannot be opened", path);
        struct probe_report *report = NULL;
        struct probe_err err;
        assert_int_equal(probe_run(fd, TRUTHS[i].file, &options, &report, &err), 0);
        (void)close(fd);
        check(&TRUTHS[i], report);
        probe_report_free(report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_recordings_say_what_other_programs_read_in_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
