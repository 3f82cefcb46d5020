#include "source_run.h"

#include "probe/heif.h"
#include "probe/sources/xmp.h"

/* A TIFF structure with two directories: make and model, then time, zone, fraction and serial. */
static void exif_of(struct octets *o)
{
    static const char make[] = "ACME Corp";
    static const char time[] = "2026:01:15 12:00:00";
    static const char zone[] = "+08:00";
    static const char serial[] = "SN-0042";
    put(o, "II*\0\x08\0\0\0", 8);
    put_le(o, 2, 2); /* directory at 8: 2 entries, ends at 38 */
    put_le(o, 0x010f, 2);
    put_le(o, 2, 2);
    put_le(o, sizeof make, 4);
    put_le(o, 100, 4);
    put_le(o, 0x8769, 2);
    put_le(o, 4, 2);
    put_le(o, 1, 4);
    put_le(o, 38, 4);
    put_le(o, 0, 4);
    put_le(o, 4, 2); /* directory at 38, ends at 92 */
    put_le(o, 0x9003, 2);
    put_le(o, 2, 2);
    put_le(o, sizeof time, 4);
    put_le(o, 110, 4);
    put_le(o, 0x9011, 2);
    put_le(o, 2, 2);
    put_le(o, sizeof zone, 4);
    put_le(o, 130, 4);
    put_le(o, 0x9291, 2);
    put_le(o, 2, 2);
    put_le(o, 4, 4);
    put(o, "250", 4);
    put_le(o, 0xa431, 2);
    put_le(o, 2, 2);
    put_le(o, sizeof serial, 4);
    put_le(o, 137, 4);
    put_le(o, 0, 4);
    put(o, "\0\0\0\0\0\0\0\0", 8);
    put(o, make, sizeof make);
    put(o, time, sizeof time);
    put(o, zone, sizeof zone);
    put(o, serial, sizeof serial);
}

static void assert_exif(struct probe_report *report)
{
    assert_time(report, "exif-datetimeoriginal", "2026-01-15T12:00:00.250000+08:00", PROBE_CERTAIN);
    assert_string_equal(report->make, "ACME Corp");
    assert_string_equal(report->serial, "SN-0042");
    probe_report_free(report);
}

static void jpeg_of(struct octets *o)
{
    struct octets exif = {0};
    exif_of(&exif);
    put(o, "\xff\xd8\xff\xe0\0\4##\xff", 9); /* a segment, then a fill octet */
    put(o, "\xff\xe1", 2);
    put_be(o, 2 + 6 + exif.len, 2);
    put(o, "Exif\0\0", 6);
    put(o, exif.at, exif.len);
    put(o, "\xff\xda\0\2", 4);
}

static void a_jpeg_and_a_tiff_are_read(void **state)
{
    (void)state;
    struct octets tiff = {0};
    struct octets jpeg = {0};
    exif_of(&tiff);
    jpeg_of(&jpeg);
    assert_exif(scan_octets("picture", tiff.at, tiff.len));
    assert_exif(scan_octets("picture", jpeg.at, jpeg.len));
    assert_cuts_hold("picture", "exif-datetimeoriginal", jpeg.at, jpeg.len);
}

static void box(struct octets *o, const char *type, const struct octets *content)
{
    put_be(o, content->len + 8, 4);
    put_text(o, type);
    put(o, content->at, content->len);
}

/* HEIF with its Exif item in idat or in the file, by the version of the location box. */
static void heif_of(struct octets *o, unsigned version, unsigned method)
{
    struct octets exif = {0};
    struct octets infe = {0};
    struct octets iinf = {0};
    struct octets iloc = {0};
    struct octets idat = {0};
    struct octets meta = {0};
    put(o,
        "\0\0\0\x10"
        "ftypheic\0\0\0\0",
        16);
    put_be(&exif, 6, 4); /* the TIFF header is six octets on */
    put(&exif, "Exif\0\0", 6);
    exif_of(&exif);

    put(&infe, "\2\0\0\0\0\7\0\0Exif\0", 13);
    put(&iinf, "\0\0\0\0\0\2", 6);
    struct octets other = {0};
    put(&other, "\2\0\0\0\0\1\0\0hvc1\0", 13);
    box(&iinf, "infe", &other);
    box(&iinf, "infe", &infe);

    put_be(&iloc, (uint64_t)version << 24, 4);
    put_be(&iloc, 0x4440, 2);
    put_be(&iloc, 2, version < 2 ? 2 : 4);
    for (unsigned id = 1; id <= 7; id += 6) {
        put_be(&iloc, id, version < 2 ? 2 : 4);
        if (version > 0)
            put_be(&iloc, method, 2);
        put_be(&iloc, 0, 2);                                   /* reference */
        put_be(&iloc, id == 7 && method == 0 ? 16 + 8 : 0, 4); /* base: in mdat */
        put_be(&iloc, 1, 2);
        put_be(&iloc, 0, 4);
        put_be(&iloc, exif.len, 4);
    }
    if (method == 0)
        box(o, "mdat", &exif);
    else
        put(&idat, exif.at, exif.len);
    put_be(&meta, 0, 4);
    box(&meta, "iinf", &iinf);
    box(&meta, "iloc", &iloc);
    if (method == 1)
        box(&meta, "idat", &idat);
    box(o, "meta", &meta);
}

static void heif_in_each_version_of_its_location_box_is_read(void **state)
{
    (void)state;
    for (unsigned version = 0; version <= 2; version++) {
        for (unsigned method = 0; method <= (version > 0 ? 1U : 0U); method++) {
            struct octets o = {0};
            heif_of(&o, version, method);
            assert_exif(scan_octets("picture", o.at, o.len));
            assert_cuts_hold("picture", "exif-datetimeoriginal", o.at, o.len);
        }
    }
}

static void an_item_without_extents_is_none(void **state)
{
    (void)state;
    struct octets o = {0};
    heif_of(&o, 0, 0);
    const uint8_t *iloc = memmem(o.at, o.len, "iloc", 4);
    assert_non_null(iloc);
    size_t extents = (size_t)(iloc - o.at) + 4 + 8 + 18 + 8; /* of the second item */
    assert_int_equal(o.at[extents + 1], 1);
    o.at[extents + 1] = 0;
    struct probe_report *report = scan_octets("picture", o.at, o.len);
    assert_int_equal(report->time_count, 0);
    probe_report_free(report);
}

static void any_octet_may_be_wrong(void **state)
{
    (void)state;
    struct octets o = {0};
    heif_of(&o, 1, 1);
    for (size_t i = 0; i < o.len; i++) {
        uint8_t was = o.at[i];
        static const uint8_t wrong[] = {0x00, 0x7f, 0xff};
        for (size_t j = 0; j < sizeof wrong; j++) {
            o.at[i] = wrong[j];
            struct probe_report *report = scan_octets("picture", o.at, o.len);
            assert_true(report->time_count <= 2);
            probe_report_free(report);
        }
        o.at[i] = was;
    }
}

static void pictures_that_exiftool_tagged_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *source, *name;
    } cases[] = {{"picture", "tagged.jpg"}, {"picture", "tagged.png"}, {"riff", "tagged.webp"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        run((const char *[]){FFMPEG, "-f", "lavfi", "-i", "color=size=32x32:duration=1",
                             "-frames:v", "1", cases[i].name, NULL});
        run((const char *[]){"exiftool",
                             "-q",
                             "-overwrite_original",
                             "-DateTimeOriginal=2026:01:15 12:00:00",
                             "-OffsetTimeOriginal=+01:00",
                             "-SubSecTimeOriginal=5",
                             "-Make=ACME",
                             "-Model=Body 3",
                             "-SerialNumber=SN1",
                             "-Software=1.2",
                             "-GPSLatitude=31.2304",
                             "-GPSLatitudeRef=S",
                             "-GPSLongitude=121.4737",
                             "-GPSLongitudeRef=W",
                             "-GPSAltitude=12.5",
                             "-GPSAltitudeRef#=1",
                             "-GPSDateStamp=2026:01:15",
                             "-GPSTimeStamp=11:00:01",
                             cases[i].name,
                             NULL});
        struct probe_report *report = scan_file(cases[i].source, cases[i].name);
        assert_time(report, "exif-datetimeoriginal", "2026-01-15T12:00:00.500000+01:00",
                    PROBE_CERTAIN);
        assert_time(report, "exif-gps", "2026-01-15T11:00:01Z", PROBE_CERTAIN);
        assert_string_equal(report->make, "ACME");
        assert_string_equal(report->model, "Body 3");
        assert_string_equal(report->serial, "SN1");
        assert_string_equal(report->firmware, "1.2");
        assert_int_equal(report->position_count, 1);
        assert_float_equal(report->positions[0].fix.latitude, -31.2304, 1e-6);
        assert_float_equal(report->positions[0].fix.longitude, -121.4737, 1e-6);
        assert_float_equal(report->positions[0].fix.altitude_m, -12.5, 1e-6);
        probe_report_free(report);
    }
}

static void a_position_of_signed_fractions_and_without_lock_is_read(void **state)
{
    (void)state;
    struct octets o = {0};
    put(&o, "II*\0\x08\0\0\0", 8);
    put_le(&o, 1, 2); /* directory at 8: the pointer to that of GPS at 26 */
    put_le(&o, 0x8825, 2);
    put_le(&o, 4, 2);
    put_le(&o, 1, 4);
    put_le(&o, 26, 4);
    put_le(&o, 0, 4);
    put_le(&o, 5, 2); /* 26 to 92 */
    for (unsigned i = 0; i < 2; i++) {
        put_le(&o, 1 + 2 * i, 2);
        put_le(&o, 2, 2);
        put_le(&o, 2, 4);
        put_le(&o, i == 0 ? 'N' : 'E', 4);
        put_le(&o, 2 + 2 * i, 2);
        put_le(&o, 10, 2); /* signed fractions */
        put_le(&o, 3, 4);
        put_le(&o, 92 + 24 * i, 4);
    }
    put_le(&o, 9, 2);
    put_le(&o, 2, 2);
    put_le(&o, 2, 4);
    put_le(&o, 'V', 4);
    put_le(&o, 0, 4);
    static const unsigned parts[] = {22, 1, 31, 1, 5208, 100, 114, 1, 1, 1, 1733, 100};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        put_le(&o, parts[i], 4);
    struct probe_report *report = scan_octets("picture", o.at, o.len);
    assert_int_equal(report->position_count, 1);
    assert_float_equal(report->positions[0].fix.latitude, 22.5311333, 1e-6);
    assert_float_equal(report->positions[0].fix.longitude, 114.0214806, 1e-6);
    probe_report_free(report);
}

/* Cameras for survey put the directories behind the picture. */
static void a_tiff_with_its_directories_far_behind_is_read(void **state)
{
    (void)state;
    enum { FAR = 300000 };
    static const struct {
        const char *path;
        bool little;
    } cases[] = {{"little.tif", true}, {"big.tif", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        run((const char *[]){FFMPEG, "-f", "lavfi", "-i",
                             "nullsrc=size=400x300:duration=1,geq=random(1)*255:128:128",
                             "-frames:v", "1", "-pix_fmt", "rgb24", "-compression_algo", "raw",
                             cases[i].path, NULL});
        run((const char *[]){"exiftool", "-q", "-overwrite_original",
                             cases[i].little ? "-ExifByteOrder=II" : "-ExifByteOrder=MM",
                             "-DateTimeOriginal=2026:01:15 12:00:00", "-OffsetTimeOriginal=+01:00",
                             "-Make=ACME", "-Model=Body 3", "-GPSLatitude=31.2304",
                             "-GPSLatitudeRef=N", "-GPSLongitude=121.4737", "-GPSLongitudeRef=E",
                             cases[i].path, NULL});
        struct probe_report *report = scan_file("picture", cases[i].path);
        assert_time(report, "exif-datetimeoriginal", "2026-01-15T12:00:00+01:00", PROBE_CERTAIN);
        assert_string_equal(report->make, "ACME");
        assert_string_equal(report->model, "Body 3");
        assert_int_equal(report->position_count, 1);
        assert_float_equal(report->positions[0].fix.latitude, 31.2304, 1e-6);
        probe_report_free(report);
    }
    struct octets near = {0};
    exif_of(&near);
    uint8_t *far = calloc(1, FAR + near.len);
    assert_non_null(far);
    memcpy(far, "II*\0", 4);
    memcpy(far + FAR, near.at, near.len);
    for (int i = 0; i < 4; i++)
        far[4 + i] = (uint8_t)((FAR + 8) >> (8 * i));
    static const size_t offsets[] = {8 + 2 + 8, 8 + 2 + 12 + 8, 38 + 2 + 8, 38 + 2 + 12 + 8,
                                     38 + 2 + 36 + 8};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        uint8_t *at = far + FAR + offsets[i];
        uint32_t moved = read_le32(at) + FAR;
        for (int k = 0; k < 4; k++)
            at[k] = (uint8_t)(moved >> (8 * k));
    }
    assert_exif(scan_octets("picture", far, FAR + near.len));
    far[FAR + 8 + 2 + 12 + 2] = 13; /* the later type of offsets */
    assert_exif(scan_octets("picture", far, FAR + near.len));
    for (size_t cut = 0; cut <= near.len; cut++)
        probe_report_free(scan_octets("picture", far, FAR + cut));
    free(far);
}

static void directories_in_files_of_their_own_are_read(void **state)
{
    (void)state;
    static const char time[] = "2026:01:15 12:00:00";
    static const char make[] = "Canon";
    static const uint8_t uuid[16] = {0x85, 0xc0, 0xb6, 0x87, 0x82, 0x0f, 0x11, 0xe0,
                                     0x81, 0x11, 0xf4, 0xce, 0x46, 0x2b, 0x6a, 0x48};
    struct octets content = {0};
    struct octets uuid_box = {0};
    struct octets o = {0};
    put(&content, uuid, sizeof uuid);
    for (unsigned i = 0; i < 2; i++) {
        struct octets tiff = {0};
        put(&tiff, "MM\0*\0\0\0\x08\0\1", 10);
        put_be(&tiff, i == 0 ? 0x010f : 0x9003, 2);
        put_be(&tiff, 2, 2);
        put_be(&tiff, i == 0 ? sizeof make : sizeof time, 4);
        put_be(&tiff, 26, 4);
        put_be(&tiff, 0, 4);
        put(&tiff, i == 0 ? make : time, i == 0 ? sizeof make : sizeof time);
        box(&content, i == 0 ? "CMT1" : "CMT2", &tiff);
    }
    put(&o,
        "\0\0\0\x10"
        "ftypcrx \0\0\0\1",
        16);
    box(&uuid_box, "uuid", &content);
    box(&o, "moov", &uuid_box);
    struct probe_report *report = scan_octets("picture", o.at, o.len);
    assert_time(report, "exif-datetimeoriginal", "2026-01-15T12:00:00+08:00", PROBE_ZONE_ASSUMED);
    assert_string_equal(report->make, "Canon");
    probe_report_free(report);
    assert_cuts_hold("picture", "exif-datetimeoriginal", o.at, o.len);
}

static void full_box(struct octets *o, const char *type, unsigned flags, const struct octets *rest)
{
    struct octets content = {0};
    put_be(&content, flags, 4);
    put(&content, rest->at, rest->len);
    box(o, type, &content);
}

/* A picture put together from tiles: its own size and rotation, the tiles' coding. */
static void a_picture_of_items_is_described(void **state)
{
    (void)state;
    struct octets o = {0};
    struct octets meta = {0};
    struct octets pitm = {0};
    struct octets items = {0};
    struct octets tile = {0};
    struct octets grid = {0};
    struct octets sizes[2] = {0};
    struct octets turn = {0};
    struct octets ipco = {0};
    struct octets ipma = {0};
    struct octets iprp = {0};
    put_be(&pitm, 9, 2);
    put(&tile, "\0\1\0\0hvc1\0", 9);
    put(&grid, "\0\x09\0\0grid\0", 9);
    put_be(&items, 2, 2);
    full_box(&items, "infe", 2U << 24, &tile);
    full_box(&items, "infe", 2U << 24, &grid);
    for (unsigned i = 0; i < 2; i++) {
        put_be(&sizes[i], i == 0 ? 512 : 4032, 4);
        put_be(&sizes[i], i == 0 ? 512 : 3024, 4);
        full_box(&ipco, "ispe", 0, &sizes[i]);
    }
    put_be(&turn, 3, 1); /* three quarters counter-clockwise */
    box(&ipco, "irot", &turn);
    put(&ipma, "\0\0\0\2\0\1\1\1\0\x09\2\2\x83", 13);
    box(&iprp, "ipco", &ipco);
    full_box(&iprp, "ipma", 0, &ipma);
    full_box(&meta, "pitm", 0, &pitm);
    full_box(&meta, "iinf", 0, &items);
    box(&meta, "iprp", &iprp);
    full_box(&o, "meta", 0, &meta);
    for (size_t len = 0; len <= o.len; len++) {
        struct probe_report *report = new_report();
        struct probe_input *input = input_from_bytes((struct probe_bytes){o.at, len});
        assert_non_null(input);
        if (len == o.len)
            assert_true(heif_is_picture(input));
        heif_describe(input, report);
        assert_true(report->stream_count <= 1);
        if (len == o.len) {
            assert_int_equal(report->stream_count, 1);
            assert_int_equal(report->streams[0].type, PROBE_PICTURE);
            assert_string_equal(report->streams[0].codec, "hevc");
            assert_int_equal(report->streams[0].width, 4032);
            assert_int_equal(report->streams[0].height, 3024);
            assert_int_equal(report->streams[0].rotation_degrees, 90);
        }
        input_free(input);
        probe_report_free(report);
    }
}

/* XMP counts only where EXIF says nothing of it. */
static void xmp_by_exiftool_is_read_where_it_stands_alone(void **state)
{
    (void)state;
    static const char *const names[] = {"xmp.jpg", "xmp.png"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        run((const char *[]){FFMPEG, "-f", "lavfi", "-i", "color=size=32x32:duration=1",
                             "-frames:v", "1", names[i], NULL});
        run((const char *[]){"exiftool", "-q", "-overwrite_original",
                             "-XMP-exif:DateTimeOriginal=2026:01:15 12:00:00+01:00",
                             "-XMP-xmp:CreateDate=2026:02:02 01:00:00Z",
                             "-XMP-exif:GPSLatitude=-31.2304", "-XMP-exif:GPSLongitude=121.4737",
                             "-XMP-tiff:Make=ACME", "-XMP-tiff:Model=Body 3", names[i], NULL});
        struct probe_report *report = scan_file("picture", names[i]);
        assert_int_equal(report->time_count, 1);
        assert_time(report, "xmp-datetimeoriginal", "2026-01-15T12:00:00+01:00", PROBE_CERTAIN);
        assert_int_equal(report->position_count, 1);
        assert_float_equal(report->positions[0].fix.latitude, -31.2304, 1e-5);
        assert_float_equal(report->positions[0].fix.longitude, 121.4737, 1e-5);
        assert_string_equal(report->make, "ACME");
        assert_string_equal(report->model, "Body 3");
        probe_report_free(report);

        run((const char *[]){"exiftool", "-q", "-overwrite_original",
                             "-EXIF:DateTimeOriginal=2025:01:01 00:00:00", names[i], NULL});
        report = scan_file("picture", names[i]);
        assert_int_equal(report->time_count, 1);
        assert_null(time_of(report, "xmp-datetimeoriginal"));
        probe_report_free(report);
    }
    static const char elements[] = "<photoshop:DateCreated>2026-01-15T12:00:00Z"
                                   "</photoshop:DateCreated><exif:GPSLatitude>91,0N";
    for (size_t len = 0; len < sizeof elements; len++) {
        uint8_t *exact = malloc(len + 1);
        assert_non_null(exact);
        memcpy(exact, elements, len);
        struct probe_report *report = new_report();
        xmp_read((struct probe_bytes){exact, len}, report);
        assert_int_equal(report->time_count, len > strlen("<photoshop:DateCreated>") + 20 ? 1 : 0);
        assert_int_equal(report->position_count, 0);
        probe_report_free(report);
        free(exact);
    }
}

static void a_picture_without_exif_says_nothing(void **state)
{
    (void)state;
    run((const char *[]){FFMPEG, "-f", "lavfi", "-i", "color=size=32x32:duration=1", "-frames:v",
                         "1", "plain.jpg", NULL});
    struct probe_report *report = scan_file("picture", "plain.jpg");
    assert_int_equal(report->time_count, 0); /* above all not the present time */
    assert_null(report->make);
    probe_report_free(report);
}

static void a_c2pa_manifest_in_a_jpeg_is_told(void **state)
{
    (void)state;
    struct octets o = {0};
    struct octets jumbf = {0};
    put(&jumbf, "JP\0\1\0\0\0\1\0\0\1\0jumb\0\0\0\x1ejumd", 24);
    put(&jumbf, "c2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71", 16);
    put(&o, "\xff\xd8\xff\xeb", 4);
    put_be(&o, jumbf.len + 2, 2);
    put(&o, jumbf.at, jumbf.len);
    put(&o, "\xff\xda\0\2", 4);
    struct probe_report *report = scan_octets("picture", o.at, o.len);
    assert_non_null(content_of(report, "c2pa"));
    probe_report_free(report);
}

static void the_real_picture_agrees_with_its_truth(void **state)
{
    (void)state;
    struct probe_report *report = scan_file("picture", sample("gps.jpg"));
    assert_time(report, "exif-datetimeoriginal", "2002-07-13T15:58:28+08:00", PROBE_ZONE_ASSUMED);
    assert_string_equal(report->make, "FUJIFILM");
    assert_string_equal(report->model, "FinePixS1Pro");
    assert_int_equal(report->position_count, 1);
    assert_float_equal(report->positions[0].fix.latitude, 54.98967, 1e-4);
    assert_float_equal(report->positions[0].fix.longitude, -1.91417, 1e-4);
    probe_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_jpeg_and_a_tiff_are_read),
        cmocka_unit_test(heif_in_each_version_of_its_location_box_is_read),
        cmocka_unit_test(an_item_without_extents_is_none),
        cmocka_unit_test(any_octet_may_be_wrong),
        cmocka_unit_test(pictures_that_exiftool_tagged_are_read),
        cmocka_unit_test(a_position_of_signed_fractions_and_without_lock_is_read),
        cmocka_unit_test(a_tiff_with_its_directories_far_behind_is_read),
        cmocka_unit_test(directories_in_files_of_their_own_are_read),
        cmocka_unit_test(a_picture_of_items_is_described),
        cmocka_unit_test(xmp_by_exiftool_is_read_where_it_stands_alone),
        cmocka_unit_test(a_picture_without_exif_says_nothing),
        cmocka_unit_test(a_c2pa_manifest_in_a_jpeg_is_told),
        cmocka_unit_test(the_real_picture_agrees_with_its_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
