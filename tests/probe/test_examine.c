/* Whole files through the helper: sound ones of each container, and damaged ones. */
#include "tests/probe/ffmpeg.h"

#include <math.h>
#include <sys/mman.h>

#define PICTURE "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=4"
#define SOUND   "-f", "lavfi", "-i", "anoisesrc=duration=4:sample_rate=48000:amplitude=0.1"

static void every_container_is_read_and_has_no_issue(void **state)
{
    (void)state;
    static const struct {
        const char *path, *container, *video, *audio;
        const char *const arguments[20];
    } cases[] = {
        {"a.mp4", "mov,mp4,m4a,3gp,3g2,mj2", "h264", "aac", {PICTURE, SOUND, "-c:v", "libx264"}},
        {"a.mov",
         "mov,mp4,m4a,3gp,3g2,mj2",
         "h264",
         "pcm_s16le",
         {PICTURE, SOUND, "-c:v", "libx264", "-c:a", "pcm_s16le"}},
        {"frag.mp4",
         "mov,mp4,m4a,3gp,3g2,mj2",
         "h264",
         "aac",
         {PICTURE, SOUND, "-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov"}},
        {"hevc.mp4",
         "mov,mp4,m4a,3gp,3g2,mj2",
         "hevc",
         "aac",
         {PICTURE, SOUND, "-c:v", "libx265", "-x265-params", "log-level=none"}},
        {"a.avi", "avi", "mpeg4", "mp3", {PICTURE, SOUND, "-c:a", "libmp3lame"}},
        {"a.ts", "mpegts", "h264", "aac", {PICTURE, SOUND, "-c:v", "libx264", "-c:a", "aac"}},
        {"a.mts",
         "mpegts",
         "h264",
         "ac3",
         {PICTURE, SOUND, "-c:v", "libx264", "-c:a", "ac3", "-f", "mpegts", "-mpegts_m2ts_mode",
          "1"}},
        {"a.mkv",
         "matroska,webm",
         "h264",
         "aac",
         {PICTURE, SOUND, "-c:v", "libx264", "-c:a", "aac"}},
        {"a.3gp",
         "mov,mp4,m4a,3gp,3g2,mj2",
         "h264",
         "aac",
         {PICTURE, SOUND, "-c:v", "libx264", "-c:a", "aac"}},
        {"a.wmv", "asf", "wmv2", "wmav2", {PICTURE, SOUND, "-c:v", "wmv2", "-c:a", "wmav2"}},
        {"a.flv", "flv", "h264", "aac", {PICTURE, SOUND, "-c:v", "libx264", "-c:a", "aac"}},
        {"a.mpg",
         "mpeg",
         "mpeg2video",
         "mp2",
         {PICTURE, SOUND, "-c:v", "mpeg2video", "-c:a", "mp2", "-f", "vob"}},
        {"a.wav", "wav", NULL, "pcm_s16le", {SOUND}},
        {"silent.wav", "wav", NULL, "pcm_s16le", {"-f", "lavfi", "-i", "anullsrc", "-t", "4"}},
        {"a.mp3", "mp3", NULL, "mp3", {SOUND}},
        {"a.aac", "aac", NULL, "aac", {SOUND}},
        {"a.m4a", "mov,mp4,m4a,3gp,3g2,mj2", NULL, "aac", {SOUND}},
        {"a.jpg", "image2", "mjpeg", NULL, {PICTURE, "-frames:v", "1", "-update", "1"}},
        {"a.png", "image2", "png", NULL, {PICTURE, "-frames:v", "1", "-update", "1"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ffmpeg(cases[i].arguments, cases[i].path);
        struct probe_report *report = probe_path(cases[i].path);
        assert_no_issue(report, cases[i].path);
        assert_true(report->is_media);
        assert_non_null(report->container);
        assert_string_equal(report->container, cases[i].container);
        bool picture = strcmp(cases[i].container, "image2") == 0;
        if (!picture && fabs(report->duration_s - 4) > 0.3)
            fail_msg("%s: %f s", cases[i].path, report->duration_s);
        bool video = cases[i].video == NULL;
        bool audio = cases[i].audio == NULL;
        for (size_t k = 0; k < report->stream_count; k++) {
            const struct probe_stream *stream = &report->streams[k];
            if (stream->type == PROBE_VIDEO || stream->type == PROBE_PICTURE) {
                assert_string_equal(stream->codec, cases[i].video);
                assert_int_equal(stream->width, 320);
                assert_int_equal(stream->height, 240);
                if (stream->type == PROBE_VIDEO && fabs(stream->frame_rate - 25) > 0.5)
                    fail_msg("%s: %f frames a second", cases[i].path, stream->frame_rate);
                video = true;
            } else if (stream->type == PROBE_AUDIO) {
                assert_string_equal(stream->codec, cases[i].audio);
                assert_true(stream->sample_rate >= 44100);
                assert_true(stream->channels == 1 || stream->channels == 2);
                audio = true;
            }
        }
        if (!video || !audio)
            fail_msg("%s: a stream is missing", cases[i].path);
        probe_report_free(report);
    }
}

static struct probe_report *probe_octets(const void *at, size_t len, const char *name)
{
    int fd = memfd_create("octets", MFD_CLOEXEC);
    assert_true(write(fd, at, len) == (ssize_t)len);
    struct probe_report *report = probe_fd(fd, name);
    (void)close(fd);
    return report;
}

static void what_is_no_recording_is_told_whatever_its_name(void **state)
{
    (void)state;
    static const char text[] = "{\"hello\": \"nothing that moves\"}\n";
    uint8_t noise[4096];
    uint32_t seed = 20260101;
    for (size_t i = 0; i < sizeof noise; i++) {
        seed = seed * 1664525 + 1013904223;
        noise[i] = (uint8_t)(seed >> 24);
    }
    static const char *const names[] = {"a.mp4", "a.avi", "a.dat", "recording"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct probe_report *report = probe_octets(noise, sizeof noise, names[i]);
        assert_issue(report, "unrecognised");
        assert_int_equal(report->issue_count, 1);
        assert_false(report->is_media);
        probe_report_free(report);
        report = probe_octets(text, sizeof text - 1, names[i]);
        assert_issue(report, "unrecognised");
        assert_null(report->container);
        probe_report_free(report);
    }
    /* what lies beside a recording is none and is known for what it is */
    struct probe_report *report = probe_octets(text, sizeof text - 1, "a.json");
    assert_int_equal(report->issue_count, 0);
    probe_report_free(report);
}

/* Sorting the many cues asks glibc for more than most files do. */
static void many_subtitles_are_read_through(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    for (int i = 0; i < 900; i++)
        (void)fprintf(out, "%d\n00:%02d:%02d,000 --> 00:%02d:%02d,500\nline\n\n", i + 1, i / 60,
                      i % 60, i / 60, i % 60);
    assert_int_equal(fclose(out), 0);
    struct probe_report *report = probe_octets(text, len, "a.srt");
    assert_null(issue_of(report, "probe"));
    probe_report_free(report);
    free(text);
}

static void rotation_is_told_clockwise(void **state)
{
    (void)state;
    /* ffmpeg 5's tag counts the other way round: exiftool reads 90 from this file */
    ffmpeg((const char *const[]){PICTURE, "-c:v", "libx264", NULL}, "flat.mp4");
    ffmpeg((const char *const[]){"-i", "flat.mp4", "-c", "copy", "-metadata:s:v:0", "rotate=270",
                                 NULL},
           "turned.mp4");
    struct probe_report *report = probe_path("turned.mp4");
    assert_int_equal(report->streams[0].rotation_degrees, 90);
    assert_issue(report, "no-audio");
    probe_report_free(report);
}

/* A copy of a file in memory, to be damaged. */
static int copy_of(const char *path, off_t *size)
{
    int from = open_file(path);
    int copy = memfd_create("copy", MFD_CLOEXEC);
    struct stat status;
    assert_int_equal(fstat(from, &status), 0);
    char *bytes = malloc((size_t)status.st_size);
    assert_non_null(bytes);
    assert_true(read(from, bytes, (size_t)status.st_size) == status.st_size);
    assert_true(write(copy, bytes, (size_t)status.st_size) == status.st_size);
    free(bytes);
    (void)close(from);
    *size = status.st_size;
    return copy;
}

static void a_file_cut_anywhere_gives_a_report_that_says_so(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool told; /* a cut of the media data always shows */
    } cases[] = {{"a.mp4", true},     {"a.mov", true},  {"a.avi", true}, {"a.mkv", true},
                 {"a.wmv", true},     {"a.flv", false}, {"a.wav", true}, {"a.jpg", true},
                 {"frag.mp4", false}, {"a.ts", false},  {"a.mp3", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int cut = 1; cut < 10; cut++) {
            off_t size = 0;
            int fd = copy_of(cases[i].path, &size);
            assert_int_equal(ftruncate(fd, size * cut / 10 + cut), 0);
            struct probe_report *report = probe_fd(fd, cases[i].path);
            assert_null(issue_of(report, "probe"));
            assert_true(report->is_media);
            if (cases[i].told && report->issue_count == 0)
                fail_msg("%s cut at %d/10 looks well", cases[i].path, cut);
            probe_report_free(report);
            (void)close(fd);
        }
    }
}

/* The index of an MP4 by ffmpeg stands behind its media data. */
static void a_film_that_was_not_closed_is_told(void **state)
{
    (void)state;
    off_t size = 0;
    int fd = copy_of("a.mp4", &size);
    assert_int_equal(ftruncate(fd, size * 9 / 10), 0);
    struct probe_report *report = probe_fd(fd, "a.mp4");
    assert_issue(report, "not-finalised");
    assert_true(report->is_media);
    assert_int_equal(report->size_bytes, size * 9 / 10);
    probe_report_free(report);
    (void)close(fd);
}

static void a_film_cut_behind_its_index_tells_the_last_moment(void **state)
{
    (void)state;
    ffmpeg((const char *const[]){"-i", "a.mp4", "-c", "copy", "-movflags", "+faststart", NULL},
           "front.mp4");
    off_t size = 0;
    int fd = copy_of("front.mp4", &size);
    assert_int_equal(ftruncate(fd, size / 2), 0);
    struct probe_report *report = probe_fd(fd, "front.mp4");
    bool told = false;
    for (size_t i = 0; i < report->issue_count; i++) {
        const char *at = report->issues[i].detail != NULL
                             ? strstr(report->issues[i].detail, "can be read is at ")
                             : NULL;
        double moment = at != NULL ? strtod(at + strlen("can be read is at "), NULL) : 0;
        told = told || (moment > 0.5 && moment < 3.5);
    }
    assert_true(told);
    probe_report_free(report);
    (void)close(fd);
}

static void zeros_in_the_media_data_are_told_with_their_share(void **state)
{
    (void)state;
    ffmpeg((const char *const[]){PICTURE, "-c:v", "libx264", "-b:v", "4M", "-minrate", "4M", NULL},
           "big.mp4");
    off_t size = 0;
    int fd = copy_of("big.mp4", &size);
    static const char zeros[65536];
    for (off_t at = size / 4; at < size / 2; at += (off_t)sizeof zeros)
        assert_int_equal(pwrite(fd, zeros, sizeof zeros, at), sizeof zeros);
    struct probe_report *report = probe_fd(fd, "big.mp4");
    const struct probe_issue *issue = issue_of(report, "zero-run");
    assert_non_null(issue);
    double share = strtod(issue->detail, NULL);
    assert_true(share > 10 && share < 45);
    probe_report_free(report);
    (void)close(fd);
}

/* A camera that lost power wrote a short index in front of much more data. */
static void padding_of_a_tag_is_no_run_of_zeros(void **state)
{
    (void)state;
    enum { TAG = 200000 };
    off_t size = 0;
    int sound = copy_of("a.mp3", &size);
    char *bytes = calloc(1, 10 + TAG + (size_t)size);
    assert_non_null(bytes);
    memcpy(bytes, "ID3\4\0\0", 6);
    for (int i = 0; i < 4; i++)
        bytes[6 + i] = (char)(TAG >> (7 * (3 - i)) & 0x7f);
    assert_true(pread(sound, bytes + 10 + TAG, (size_t)size, 0) == size);
    struct probe_report *report = probe_octets(bytes, 10 + TAG + (size_t)size, "a.mp3");
    assert_null(issue_of(report, "zero-run"));
    assert_true(report->is_media);
    probe_report_free(report);
    free(bytes);
    (void)close(sound);
}

static void data_that_no_table_covers_is_told(void **state)
{
    (void)state;
    off_t size = 0;
    int fd = copy_of("big.mp4", &size);
    enum { MORE = 2 << 20 };
    static uint8_t noise[MORE];
    for (uint32_t i = 0, seed = 7; i < MORE; i++) {
        seed = seed * 1664525 + 1013904223;
        noise[i] = (uint8_t)(seed >> 24);
    }
    uint8_t head[8] = {0, 0x20, 0, 8, 'm', 'd', 'a', 't'};
    assert_int_equal(pwrite(fd, head, sizeof head, size), sizeof head);
    assert_int_equal(pwrite(fd, noise, sizeof noise, size + 8), sizeof noise);
    struct probe_report *report = probe_fd(fd, "big.mp4");
    assert_issue(report, "data-beyond-index");
    probe_report_free(report);
    (void)close(fd);
}

static void a_gap_in_the_timestamps_is_told(void **state)
{
    (void)state;
    static const char *const paths[] = {"gap.mp4", "gap.mkv", "gap.ts"};
    for (size_t i = 0; i < 3; i++) {
        ffmpeg((const char *const[]){PICTURE, "-vf", "setpts='if(gt(N,50),PTS+6/TB,PTS)'", "-vsync",
                                     "passthrough", "-c:v", "libx264", "-bf", "0", NULL},
               paths[i]);
        struct probe_report *report = probe_path(paths[i]);
        const struct probe_issue *issue = issue_of(report, "gap");
        if (issue == NULL)
            fail_msg("%s: no gap", paths[i]);
        assert_non_null(strstr(issue->detail, "the longest of 6.0 s at "));
        probe_report_free(report);
    }
}

static void a_film_with_sound_only_has_no_video_and_sound_alone_may(void **state)
{
    (void)state;
    ffmpeg((const char *const[]){SOUND, NULL}, "sound.mp4");
    struct probe_report *report = probe_path("sound.mp4");
    assert_issue(report, "no-video");
    probe_report_free(report);
    report = probe_path("a.m4a");
    assert_no_issue(report, "a.m4a");
    probe_report_free(report);
    ffmpeg((const char *const[]){PICTURE, "-frames:v", "5", NULL}, "moving.gif");
    report = probe_path("moving.gif");
    assert_no_issue(report, "moving.gif");
    probe_report_free(report);
    ffmpeg((const char *const[]){SOUND, "-c:a", "aac", NULL}, "voice.3gp");
    report = probe_path("voice.3gp");
    assert_no_issue(report, "voice.3gp");
    probe_report_free(report);
}

/* libavformat gives up at auxiliary data that it does not understand; whether they are damaged
 * nobody can tell without the key. */
static void an_encrypted_film_that_cannot_be_read_is_not_called_damaged(void **state)
{
    (void)state;
    ffmpeg((const char *const[]){PICTURE, "-c:v", "libx264", "-encryption_scheme", "cenc-aes-ctr",
                                 "-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb",
                                 "-encryption_kid", "a7e61c373e219033c21091fa607bf3b8", "-movflags",
                                 "frag_keyframe+empty_moov", NULL},
           "encrypted.mp4");
    off_t size = 0;
    int fd = copy_of("encrypted.mp4", &size);
    char *bytes = malloc((size_t)size);
    assert_non_null(bytes);
    assert_true(pread(fd, bytes, (size_t)size, 0) == size);
    const char *senc = memmem(bytes, (size_t)size, "senc", 4);
    assert_non_null(senc);
    assert_int_equal(pwrite(fd, "\0\0\xff\xff", 4, senc - bytes + 8), 4); /* its count */
    struct probe_report *report = probe_fd(fd, "encrypted.mp4");
    assert_issue(report, "encrypted");
    assert_issue(report, "no-streams");
    assert_null(issue_of(report, "damaged"));
    probe_report_free(report);
    free(bytes);
    (void)close(fd);
}

static void an_empty_file_is_told(void **state)
{
    (void)state;
    int fd = memfd_create("empty", MFD_CLOEXEC);
    struct probe_report *report = probe_fd(fd, "empty.mp4");
    assert_issue(report, "empty");
    assert_false(report->is_media);
    probe_report_free(report);
    (void)close(fd);
}

static void what_is_no_recording_is_not_taken_for_one(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "A plain note about the case, some lines long.\nNothing else.\n",
        "1\n00:00:01,000 --> 00:00:02,000\nA subtitle\n\n2\n00:00:03,000 --> 00:00:04,000\nMore\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile /etc/passwd\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"></svg>",
        "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\"></MPD>",
        "{\"a\":1}",
        "%PDF-1.4\n",
        "PK\x03\x04zip"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int fd = memfd_create("text", MFD_CLOEXEC);
        assert_true(write(fd, texts[i], strlen(texts[i])) > 0);
        struct probe_report *report = probe_fd(fd, "note.txt");
        assert_null(issue_of(report, "probe"));
        if (report->is_media)
            fail_msg("text %zu was taken for a recording: %s", i, report->container);
        probe_report_free(report);
        (void)close(fd);
    }
}

static void noise_ends_in_a_report(void **state)
{
    (void)state;
    static uint8_t noise[1 << 20];
    uint32_t seed = 1;
    for (int round = 0; round < 6; round++) {
        for (size_t i = 0; i < sizeof noise; i++) {
            seed = seed * 1664525 + 1013904223;
            noise[i] = (uint8_t)(seed >> 24);
        }
        /* with and without the start of something known */
        static const char *const starts[] = {"",
                                             "RIFF\0\0\0\x10"
                                             "AVI LIST",
                                             "\x1A\x45\xDF\xA3",
                                             "FLV\x01\x05",
                                             "\0\0\0\x18"
                                             "ftypisom",
                                             "\x47\x40\0\x10"};
        memcpy(noise, starts[round], round == 0 ? 0 : 4);
        int fd = memfd_create("noise", MFD_CLOEXEC);
        assert_int_equal(write(fd, noise, sizeof noise), sizeof noise);
        struct probe_report *report = probe_fd(fd, "noise.mp4");
        assert_null(issue_of(report, "probe"));
        probe_report_free(report);
        (void)close(fd);
    }
}

/* 40 GB of holes that a moov claims to be its own, and a file of nothing but tiny boxes. */
static void endless_structures_end(void **state)
{
    (void)state;
    int fd = open("endless.mp4", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    static const uint8_t head[] = {0, 0, 0, 16, 'f', 't', 'y', 'p', 'i', 's', 'o', 'm', 0, 0, 0, 0,
                                   0, 0, 0, 1,  'm', 'o', 'o', 'v', 0,   0,   0,   9,   0, 0, 0, 0};
    assert_int_equal(pwrite(fd, head, sizeof head, 0), sizeof head);
    assert_int_equal(ftruncate(fd, (off_t)40 << 30), 0);
    struct probe_report *report = probe_fd(fd, "endless.mp4");
    assert_true(report->is_media);
    assert_null(issue_of(report, "probe"));
    probe_report_free(report);

    static uint8_t tiny[4 << 20];
    for (size_t i = 0; i < sizeof tiny; i += 8)
        memcpy(tiny + i, "\0\0\0\x08moov", 8);
    assert_int_equal(ftruncate(fd, 0), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pwrite(fd, tiny, sizeof tiny, (off_t)i * (off_t)sizeof tiny), sizeof tiny);
    report = probe_fd(fd, "tiny.mp4");
    assert_true(report->is_media);
    assert_null(issue_of(report, "probe"));
    probe_report_free(report);
    (void)close(fd);
    (void)unlink("endless.mp4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_container_is_read_and_has_no_issue),
        cmocka_unit_test(what_is_no_recording_is_told_whatever_its_name),
        cmocka_unit_test(many_subtitles_are_read_through),
        cmocka_unit_test(rotation_is_told_clockwise),
        cmocka_unit_test(a_file_cut_anywhere_gives_a_report_that_says_so),
        cmocka_unit_test(a_film_that_was_not_closed_is_told),
        cmocka_unit_test(a_film_cut_behind_its_index_tells_the_last_moment),
        cmocka_unit_test(zeros_in_the_media_data_are_told_with_their_share),
        cmocka_unit_test(padding_of_a_tag_is_no_run_of_zeros),
        cmocka_unit_test(data_that_no_table_covers_is_told),
        cmocka_unit_test(a_gap_in_the_timestamps_is_told),
        cmocka_unit_test(a_film_with_sound_only_has_no_video_and_sound_alone_may),
        cmocka_unit_test(an_encrypted_film_that_cannot_be_read_is_not_called_damaged),
        cmocka_unit_test(an_empty_file_is_told),
        cmocka_unit_test(what_is_no_recording_is_not_taken_for_one),
        cmocka_unit_test(noise_ends_in_a_report),
        cmocka_unit_test(endless_structures_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
