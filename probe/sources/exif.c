#include "probe/sources/exif.h"

#include <libexif/exif-data.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probe/sources/stamp.h"

static const ExifEntry *entry_of(ExifData *exif, ExifIfd ifd, unsigned tag)
{
    return exif_content_get_entry(exif->ifd[ifd], (ExifTag)tag);
}

static struct probe_bytes text_of(ExifData *exif, ExifIfd ifd, unsigned tag)
{
    const ExifEntry *entry = entry_of(exif, ifd, tag);
    if (entry == NULL || entry->data == NULL || entry->format != EXIF_FORMAT_ASCII)
        return (struct probe_bytes){0};
    return (struct probe_bytes){entry->data, strnlen((const char *)entry->data, entry->size)};
}

/* The n-th fraction of an entry; NAN where there is none. */
static double ratio_of(ExifData *exif, ExifIfd ifd, unsigned tag, unsigned n)
{
    const ExifEntry *entry = entry_of(exif, ifd, tag);
    if (entry == NULL || entry->data == NULL || n >= entry->components || entry->size / 8 <= n)
        return NAN;
    const uint8_t *at = entry->data + (size_t)n * 8;
    ExifByteOrder order = exif_data_get_byte_order(exif);
    if (entry->format == EXIF_FORMAT_SRATIONAL) { /* some phones write positions so */
        ExifSRational r = exif_get_srational(at, order);
        return r.denominator == 0 ? NAN : (double)r.numerator / r.denominator;
    }
    ExifRational r = exif_get_rational(at, order);
    return entry->format != EXIF_FORMAT_RATIONAL || r.denominator == 0
               ? NAN
               : (double)r.numerator / r.denominator;
}

/* "2026:01:15 12:00:00" with "+08:00" and "123" of their own tags. */
static void time_read(ExifData *exif, const char *source, unsigned time, unsigned offset,
                      unsigned fraction, struct probe_report *report)
{
    char text[64] = {0};
    struct probe_bytes clock = text_of(exif, EXIF_IFD_EXIF, time);
    struct probe_bytes micro = text_of(exif, EXIF_IFD_EXIF, fraction);
    struct probe_bytes zone = text_of(exif, EXIF_IFD_EXIF, offset);
    if (clock.len < 19)
        return;
    memcpy(text, clock.at, 19);
    size_t len = 19;
    if (micro.len > 0 && micro.len <= 9 && micro.at[0] >= '0' && micro.at[0] <= '9') {
        text[len++] = '.';
        memcpy(text + len, micro.at, micro.len);
        len += micro.len;
        while (text[len - 1] == ' ')
            len--;
    }
    if (zone.len >= 6 && (zone.at[0] == '+' || zone.at[0] == '-')) {
        memcpy(text + len, zone.at, 6);
        len += 6;
    }
    struct when when;
    if (when_parse((struct probe_bytes){(const uint8_t *)text, len}, &when))
        when_report(report, source, &when);
}

static double angle_of(ExifData *exif, unsigned tag, char negative)
{
    struct probe_bytes ref = text_of(exif, EXIF_IFD_GPS, tag - 1);
    if (ref.len == 0)
        return NAN;
    double seconds = ratio_of(exif, EXIF_IFD_GPS, tag, 2); /* some write degrees and minutes only */
    double value = ratio_of(exif, EXIF_IFD_GPS, tag, 0) +
                   ratio_of(exif, EXIF_IFD_GPS, tag, 1) / 60 +
                   (isfinite(seconds) ? seconds / 3600 : 0);
    return ref.at[0] == (uint8_t)negative ? -value : value;
}

/* Date and time of the fix, in UTC by definition. */
static bool gps_time(ExifData *exif, int64_t *us)
{
    struct probe_bytes date = text_of(exif, EXIF_IFD_GPS, EXIF_TAG_GPS_DATE_STAMP);
    double hour = ratio_of(exif, EXIF_IFD_GPS, EXIF_TAG_GPS_TIME_STAMP, 0);
    double minute = ratio_of(exif, EXIF_IFD_GPS, EXIF_TAG_GPS_TIME_STAMP, 1);
    double second = ratio_of(exif, EXIF_IFD_GPS, EXIF_TAG_GPS_TIME_STAMP, 2);
    if (date.len < 10 || !(hour >= 0 && hour < 24) || !(minute >= 0 && minute < 60) ||
        !(second >= 0 && second < 61))
        return false;
    char text[18];
    memcpy(text, date.at, 10);
    memcpy(text + 10, " 00:00Z", 8);
    struct when day;
    if (!when_parse((struct probe_bytes){(const uint8_t *)text, sizeof text - 1}, &day))
        return false;
    *us = day.wall_us + (int64_t)((hour * 3600 + minute * 60 + second) * 1e6);
    return true;
}

/* A status of "V" is not heeded: cameras keep it beside the position of their last measurement. */
static void position_read(ExifData *exif, struct probe_report *report)
{
    struct probe_fix fix = {
        .latitude = angle_of(exif, EXIF_TAG_GPS_LATITUDE, 'S'),
        .longitude = angle_of(exif, EXIF_TAG_GPS_LONGITUDE, 'W'),
        .altitude_m = ratio_of(exif, EXIF_IFD_GPS, EXIF_TAG_GPS_ALTITUDE, 0),
    };
    const ExifEntry *below = entry_of(exif, EXIF_IFD_GPS, EXIF_TAG_GPS_ALTITUDE_REF);
    if (below != NULL && below->data != NULL && below->size > 0 && below->data[0] == 1)
        fix.altitude_m = -fix.altitude_m;
    fix.has_time = gps_time(exif, &fix.us);
    report_add_position(report, "exif-gps", fix);
    if (fix.has_time)
        report_add_time(report, "exif-gps", fix.us, 0, PROBE_CERTAIN);
}

static void report_exif(ExifData *exif, struct probe_report *report)
{
    time_read(exif, "exif-datetimeoriginal", EXIF_TAG_DATE_TIME_ORIGINAL,
              EXIF_TAG_OFFSET_TIME_ORIGINAL, EXIF_TAG_SUB_SEC_TIME_ORIGINAL, report);
    time_read(exif, "exif-datetimedigitized", EXIF_TAG_DATE_TIME_DIGITIZED,
              EXIF_TAG_OFFSET_TIME_DIGITIZED, EXIF_TAG_SUB_SEC_TIME_DIGITIZED, report);
    report_set_text(report, REPORT_MAKE, text_of(exif, EXIF_IFD_0, EXIF_TAG_MAKE));
    report_set_text(report, REPORT_MODEL, text_of(exif, EXIF_IFD_0, EXIF_TAG_MODEL));
    report_set_text(report, REPORT_FIRMWARE, text_of(exif, EXIF_IFD_0, EXIF_TAG_SOFTWARE));
    report_set_text(report, REPORT_SERIAL,
                    text_of(exif, EXIF_IFD_EXIF, EXIF_TAG_BODY_SERIAL_NUMBER));
    position_read(exif, report);
}

void exif_read(struct probe_bytes tiff, struct probe_report *report)
{
    static const uint8_t mark[6] = "Exif\0";
    size_t len = tiff.len < EXIF_BYTES_MAX ? tiff.len : EXIF_BYTES_MAX;
    if (len < 8)
        return;
    uint8_t *block = malloc(sizeof mark + len);
    ExifData *exif = exif_data_new();
    if (block != NULL && exif != NULL) {
        memcpy(block, mark, sizeof mark);
        memcpy(block + sizeof mark, tiff.at, len);
        /* by itself libexif adds what the standard asks for, the present time among it */
        exif_data_unset_option(exif, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
        exif_data_unset_option(exif, EXIF_DATA_OPTION_IGNORE_UNKNOWN_TAGS);
        exif_data_set_option(exif, EXIF_DATA_OPTION_DONT_CHANGE_MAKER_NOTE);
        exif_data_load_data(exif, block, (unsigned)(sizeof mark + len));
        report_exif(exif, report);
    }
    if (exif != NULL)
        exif_data_unref(exif);
    free(block);
}
