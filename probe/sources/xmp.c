#include "probe/sources/xmp.h"

#include <math.h>
#include <string.h>

#include "probe/scan.h"
#include "probe/sources/stamp.h"

enum { VALUE_MAX = 256 };

/* The value of a property; empty where it is not there or no simple text. */
static struct probe_bytes property(struct probe_bytes packet, const char *name)
{
    for (size_t at = scan_find(packet, 0, name); at < packet.len;
         at = scan_find(packet, at + 1, name)) {
        struct probe_bytes rest = {packet.at + at + strlen(name), packet.len - at - strlen(name)};
        struct probe_bytes value = {0};
        bool whole = false;
        if (scan_text(&rest, "=\""))
            whole = scan_until(&rest, '"', &value);
        else if (scan_text(&rest, "='"))
            whole = scan_until(&rest, '\'', &value);
        else if (scan_char(&rest, '>'))
            whole = scan_until(&rest, '<', &value);
        /* without its end mark it is cut: half a date is another */
        if (whole && value.at + value.len < packet.at + packet.len && value.len > 0 &&
            value.len <= VALUE_MAX)
            return value;
    }
    return (struct probe_bytes){0};
}

/* "31,13.824N" or "31,13,49.44N"; NAN where it is none. */
static double angle(struct probe_bytes text, char positive, char negative)
{
    double degrees = 0;
    double minutes = 0;
    double seconds = 0;
    if (!scan_decimal(&text, &degrees) || !scan_char(&text, ',') || !scan_decimal(&text, &minutes))
        return NAN;
    if (scan_char(&text, ',') && !scan_decimal(&text, &seconds))
        return NAN;
    double value = degrees + minutes / 60 + seconds / 3600;
    if (scan_char(&text, negative))
        return -value;
    return scan_char(&text, positive) ? value : NAN;
}

static void read_time(struct probe_bytes packet, struct probe_report *report)
{
    static const struct {
        const char *name, *source;
    } times[] = {
        {"exif:DateTimeOriginal", "xmp-datetimeoriginal"},
        {"photoshop:DateCreated", "xmp-datecreated"},
        {"xmp:CreateDate", "xmp-createdate"},
        {"xap:CreateDate", "xmp-createdate"}, /* its older prefix */
    };
    for (size_t i = 0; i < sizeof times / sizeof times[0] && report->time_count == 0; i++)
        (void)stamp_add_text(report, times[i].source, property(packet, times[i].name));
}

static void read_position(struct probe_bytes packet, struct probe_report *report)
{
    struct probe_fix fix = {
        .latitude = angle(property(packet, "exif:GPSLatitude"), 'N', 'S'),
        .longitude = angle(property(packet, "exif:GPSLongitude"), 'E', 'W'),
        .altitude_m = NAN,
    };
    report_add_position(report, "xmp-gps", fix);
}

void xmp_read(struct probe_bytes packet, struct probe_report *report)
{
    read_time(packet, report);
    if (report->position_count == 0)
        read_position(packet, report);
    report_set_text(report, REPORT_MAKE, property(packet, "tiff:Make"));
    report_set_text(report, REPORT_MODEL, property(packet, "tiff:Model"));
}
