#include "probe/probe.h"

/*
 * How common devices name their recordings. Asked from the top: what is told by its own words
 * stands before what is told by its form alone. Examples are names, not promises of the makers.
 */
static const struct probe_pattern devices[] = {
    /* NO20260101-120000-000001F: normal, event, parking, lapse; front, back, inside */
    {"70mai", "NO{time:YYYYMMDD-hhmmss}-{sequence:#}{channel:F|B|I}"},
    {"70mai", "EV{time:YYYYMMDD-hhmmss}-{sequence:#}{channel:F|B|I}"},
    {"70mai", "PA{time:YYYYMMDD-hhmmss}-{sequence:#}{channel:F|B|I}"},
    {"70mai", "LA{time:YYYYMMDD-hhmmss}-{sequence:#}{channel:F|B|I}"},
    {"70mai", "NO{time:YYYYMMDD-hhmmss}-{sequence:#}"},
    {"70mai", "EV{time:YYYYMMDD-hhmmss}-{sequence:#}"},
    {"70mai", "PA{time:YYYYMMDD-hhmmss}-{sequence:#}"},
    /* GX010123: chapter (or letters of a loop) and number; the name holds no time */
    {"gopro", "GX{*}{sequence:#4}"},
    {"gopro", "GH{*}{sequence:#4}"},
    {"gopro", "GOPR{sequence:#4}"},
    {"dji", "DJI_{time:YYYYMMDDhhmmss}_{sequence:#4}_{channel}"},
    {"dji", "DJI_{time:YYYYMMDDhhmmss}_{sequence:#4}"},
    {"dji", "DJI_{sequence:#4}"},
    {"garmin", "GRMN{sequence:#4}"},
    /* PXL_20231006_063909898.LS: UTC with milliseconds */
    {"pixel", "PXL_{time:YYYYMMDD_hhmmssZ}{*}"},
    {"insta360", "VID_{time:YYYYMMDD_hhmmss}_{channel:#2}_{sequence:#3}"},
    {"android", "VID_{time:YYYYMMDD_hhmmss}{*}"},
    {"android", "IMG_{time:YYYYMMDD_hhmmss}{*}"},
    {"android", "VID{time:YYYYMMDDhhmmss}{*}"},
    {"android", "IMG{time:YYYYMMDDhhmmss}{*}"},
    {"android", "REC_{time:YYYYMMDD_hhmmss}{*}"},
    {"iphone", "IMG_{sequence:#4}"},
    {"iphone", "IMG_E{sequence:#4}"},
    /* Axon_Body_3_Video_2021-03-26_1503 and, older, with spaces */
    {"axon", "Axon_{*}_Video_{time:YYYY-MM-DD_hhmm}{*}"},
    {"axon", "Axon {*} Video {time:YYYY-MM-DD hhmm}{*}"},
    /* WGV3-012345@20200528135800 */
    {"watchguard", "{device:#}@{time:YYYYMMDDhhmmss}{*}"},
    /* REC_2026_01_01_12_00_00_F */
    {"thinkware", "{*}_{time:YYYY_MM_DD_hh_mm_ss}_{channel:F|R|I}"},
    /* 2026_0101_120000_001F */
    {"novatek", "{time:YYYY_MMDD_hhmmss}_{sequence:#3}{channel}"},
    {"novatek", "{time:YYYY_MMDD_hhmmss}_{sequence:#}"},
    {"novatek", "{time:YYYY_MMDD_hhmmss}"},
    {"viofo", "{time:YYYYMMDDhhmmss}_{sequence:#6}{channel:F|R|I|T|PF|PR|PI|PT}"},
    /* 20260101_120000_NF: normal, event, parking, manual; front, rear, inside */
    {"blackvue", "{time:YYYYMMDD_hhmmss}_{channel:NF|NR|NI|EF|ER|EI|PF|PR|PI|MF|MR|MI}"},
    /* 192.168.1.64_01_20200101120000000_…: cameras and recorders of Hikvision and Dahua */
    {"hikvision", "{*}.{*}.{*}.{*}_{channel:#2}_{time:YYYYMMDDhhmmss}{*}"},
    {"hikvision", "ch{channel:#2}_{time:YYYYMMDDhhmmss}{*}"},
    {"dahua", "{*}_ch{channel}_main_{time:YYYYMMDDhhmmss}_{*}"},
    /* Chinese body cameras (执法记录仪): number of the device, of the officer, time, and number of
     * the recording, in several forms. Numbers hold digits: words of a person's name for a file
     * are none. */
    {"dsj", "DSJ_{device:#7}_{officer:#6}_{time:YYYYMMDDhhmmss}_{sequence:#}"},
    {"dsj", "DSJ_{device:#}_{officer:#}_{time:YYYYMMDDhhmmss}_{sequence:#}"},
    {"dsj", "DSJ_{device:#}_{time:YYYYMMDDhhmmss}_{sequence:#}"},
    {"dsj", "DSJ{device:#}_{officer:#}_{time:YYYYMMDDhhmmss}_{sequence:#}"},
    {"dsj", "DSJ{device:#}_{time:YYYYMMDDhhmmss}{*}"},
    {"dsj", "DSJ{device:#}_{time:YYYYMMDD_hhmmss}{*}"},
    {"recorder", "{device:#}_{officer:#}_{time:YYYYMMDDhhmmss}_{sequence:#}"},
    {"recorder", "{device:#}_{officer:#}_{time:YYYYMMDD_hhmmss}_{sequence:#}"},
    {"recorder", "{device:#}_{officer:#}_{time:YYYYMMDDhhmmss}"},
    {"recorder", "{device:#}_{officer:#}_{time:YYYYMMDD_hhmmss}"},
    {"recorder", "{device:#}_{time:YYYYMMDDhhmmss}_{sequence:#}"},
    {"recorder", "{time:YYYYMMDDhhmmss}_{device:#}_{officer:#}_{sequence:#}"},
    {"recorder", "{time:YYYYMMDDhhmmss}_{device:#}_{sequence:#}"},
    {"recorder", "{device:#}_{time:YYYYMMDD_hhmmss}_{sequence:#}"},
    /* V20260101120000: video, picture, audio */
    {"recorder", "V{time:YYYYMMDDhhmmss}{*}"},
    {"recorder", "V{time:YYYYMMDD_hhmmss}{*}"},
    {"recorder", "P{time:YYYYMMDDhhmmss}{*}"},
    {"recorder", "P{time:YYYYMMDD_hhmmss}{*}"},
    {"recorder", "A{time:YYYYMMDDhhmmss}{*}"},
    {"recorder", "A{time:YYYYMMDD_hhmmss}{*}"},
    {"recorder", "REC{time:YYYYMMDDhhmmss}{*}"},
    /* 20260101_120000: Samsung and others */
    {"samsung", "{time:YYYYMMDD_hhmmss}"},
    {"samsung", "{time:YYYYMMDD_hhmmss}({sequence:#})"},
    /* a date and a time between separators */
    {"dated", "{time:YYYYMMDD_hhmmss}_{*}"},
    {"dated", "{time:YYYYMMDD-hhmmss}"},
    {"dated", "{time:YYYYMMDD-hhmmss}-{*}"},
    {"dated", "{time:YYYYMMDDhhmmss}"},
    {"dated", "{time:YYYYMMDDhhmmss}_{sequence:#}"},
    {"dated", "{time:YYYYMMDDhhmmss}_{*}"},
    {"dated", "{*}_{time:YYYYMMDD_hhmmss}"},
    {"dated", "{*}_{time:YYYYMMDD-hhmmss}"},
    {"dated", "{*}_{time:YYYYMMDDhhmmss}"},
    {"dated", "{*}_{time:YYYYMMDD_hhmmss}_{*}"},
    {"dated", "{*}_{time:YYYYMMDD-hhmmss}_{*}"},
    {"dated", "{*}_{time:YYYYMMDDhhmmss}_{*}"},
    {"dated", "{*}-{time:YYYYMMDD-hhmmss}"},
    {"dated", "{*}-{time:YYYYMMDDhhmmss}"},
    {"dated", "{*} {time:YYYYMMDD_hhmmss}"},
    {"dated", "{*}_{time:YYYY-MM-DD_hh-mm-ss}"},
    {"dated", "{time:YYYY-MM-DD_hh-mm-ss}{*}"},
    {"dated", "{time:YYYY-MM-DD-hh-mm-ss}{*}"},
    {"dated", "{time:YYYY-MM-DD hh.mm.ss}{*}"},
};

const struct probe_pattern *probe_default_patterns(size_t *count)
{
    *count = sizeof devices / sizeof devices[0];
    return devices;
}
