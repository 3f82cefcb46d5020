#include "probe/sources/tag_value.h"

#include "probe/iso6709.h"
#include "probe/scan.h"
#include "probe/sources/stamp.h"

enum meaning { TIME, POSITION, MAKE, MODEL, SERIAL, FIRMWARE, CONTENT };

struct tag {
    const char *key;
    enum meaning meaning;
    const char *source; /* of a time or position; the name of a content */
};

/* The most telling first: the report keeps the first make, model and so on. */
static const struct tag TAGS[] = {
    {"com.apple.quicktime.creationdate", TIME, "apple-creationdate"},
    {"com.apple.quicktime.location.ISO6709", POSITION, "apple-location-iso6709"},
    {"com.apple.quicktime.make", MAKE, NULL},
    {"com.apple.quicktime.model", MODEL, NULL},
    {"com.apple.quicktime.software", FIRMWARE, NULL},
    {"com.apple.proapps.manufacturer", MAKE, NULL},
    {"com.apple.proapps.modelname", MODEL, NULL},
    {"com.apple.proapps.serialno", SERIAL, NULL},
    {"com.android.manufacturer", MAKE, NULL},
    {"com.android.model", MODEL, NULL},
    {"com.android.version", CONTENT, "android-version"},
    {"com.android.capture.fps", CONTENT, "capture-fps"},
    {"com.samsung.android.utc_offset", CONTENT, "utc-offset"},
    /* what ffmpeg's use_metadata_tags makes of other containers' tags */
    {"creation_time", TIME, "key-creation-time"},
    {"date", TIME, "key-date"},
    {"location", POSITION, "key-location"},
    {"location-eng", POSITION, "key-location"},
    {"make", MAKE, NULL},
    {"model", MODEL, NULL},
    /* QuickTime's user data, and the same in iTunes' list */
    {"\251xyz", POSITION, "udta-xyz"},
    {"\251day", TIME, "udta-day"},
    {"\251mak", MAKE, NULL},
    {"\251mod", MODEL, NULL},
    {"\251mdl", MODEL, NULL}, /* DJI */
    {"\251swr", FIRMWARE, NULL},
    {"@xyz", POSITION, "udta-xyz"}, /* Ricoh writes @ for the copyright sign */
    {"@day", TIME, "udta-day"},
    {"@mak", MAKE, NULL},
    {"@mod", MODEL, NULL},
    {"@swr", FIRMWARE, NULL},
    {"manu", MAKE, NULL},
    {"modl", MODEL, NULL},
    {"slno", SERIAL, NULL},
    {"SNum", SERIAL, NULL},
    {"CNMN", MODEL, NULL}, /* Canon */
    {"CNFV", FIRMWARE, NULL},
    {"mdln", MODEL, NULL}, /* Samsung */
};

/* Programs that write a file anew sign in the place of the camera's software. */
static bool is_rewriter(struct probe_bytes value)
{
    return scan_find(value, 0, "Lavf") == 0 || scan_find(value, 0, "HandBrake") == 0;
}

static void report_tag(struct probe_report *report, const struct tag *tag, struct probe_bytes value)
{
    struct probe_fix fix;
    switch (tag->meaning) {
    case TIME:
        (void)stamp_add_text(report, tag->source, value); /* a year alone is no time of capture */
        break;
    case POSITION:
        if (iso6709_parse(value, &fix))
            report_add_position(report, tag->source, fix);
        break;
    case MAKE:
        report_set_text(report, REPORT_MAKE, value);
        break;
    case MODEL:
        report_set_text(report, REPORT_MODEL, value);
        break;
    case SERIAL:
        report_set_text(report, REPORT_SERIAL, value);
        break;
    case FIRMWARE:
        if (!is_rewriter(value))
            report_set_text(report, REPORT_FIRMWARE, value);
        break;
    case CONTENT:
        report_add_content(report, tag->source, "%.*s", (int)(value.len < 200 ? value.len : 200),
                           (const char *)value.at);
        break;
    }
}

void tag_value_report(struct probe_report *report, struct probe_bytes key, struct probe_bytes value)
{
    while (value.len > 0 && value.at[value.len - 1] == 0)
        value.len--;
    if (value.len == 0)
        return;
    for (size_t i = 0; i < sizeof TAGS / sizeof TAGS[0]; i++) {
        if (scan_is(key, TAGS[i].key)) {
            report_tag(report, &TAGS[i], value);
            return;
        }
    }
}
