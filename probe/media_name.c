#include <string.h>
#include <strings.h>

#include "probe/probe.h"

static const char *const media_extensions[] = {
    "3g2",  "3gp",  "aac", "ac3", "amr",  "asf",  "avi",  "bmp",  "dav",  "divx",  "dv",
    "f4v",  "flac", "flv", "gif", "h264", "h265", "hevc", "heic", "heif", "insv",  "jpe",
    "jpeg", "jpg",  "lrv", "m1v", "m2t",  "m2ts", "m2v",  "m4a",  "m4v",  "mjpeg", "mjpg",
    "mka",  "mkv",  "mov", "mp2", "mp3",  "mp4",  "mpe",  "mpeg", "mpg",  "mpv",   "mts",
    "mxf",  "oga",  "ogg", "ogv", "opus", "png",  "ps",   "qt",   "rm",   "rmvb",  "thm",
    "tif",  "tiff", "tod", "trp", "ts",   "vob",  "wav",  "webm", "webp", "wma",   "wmv",
};

static const char *const companion_extensions[] = {"gps", "gpx", "json", "log", "nmea", "srt"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_one_of(const char *extension, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(extension, list[i]) == 0)
            return true;
    }
    return false;
}

bool probe_is_companion(const char *extension)
{
    return is_one_of(extension, companion_extensions, COUNT(companion_extensions));
}

bool probe_is_media_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && dot != name &&
           is_one_of(dot + 1, media_extensions, COUNT(media_extensions));
}
