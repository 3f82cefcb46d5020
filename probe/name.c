#include "probe/name.h"

#include <stdio.h>
#include <string.h>

#include "probe/pattern.h"

/* The name without its last extension; a name that starts with its only dot has none. */
static struct probe_bytes stem_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    size_t len = dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);
    return (struct probe_bytes){(const uint8_t *)name, len};
}

static void keep_match(struct probe_report *report, const char *name,
                       const struct pattern_match *match)
{
    const struct probe_bytes *fields = match->fields;
    report->name = (struct probe_name){
        .pattern = report_keep(report, (struct probe_bytes){(const uint8_t *)name, strlen(name)}),
        .device = report_keep(report, fields[PATTERN_DEVICE]),
        .officer = report_keep(report, fields[PATTERN_OFFICER]),
        .sequence = report_keep(report, fields[PATTERN_SEQUENCE]),
        .channel = report_keep(report, fields[PATTERN_CHANNEL]),
    };
    if (!match->has_time)
        return;
    char source[256];
    (void)snprintf(source, sizeof source, "name:%s", name); /* a long name is cut */
    if (match->is_utc)
        report_add_time(report, source, match->wall_us, 0, PROBE_CERTAIN);
    else
        report_add_local(report, source, match->wall_us);
}

void name_read(const char *name, const struct probe_pattern *patterns, size_t count,
               struct probe_report *report)
{
    struct probe_bytes stem = stem_of(name);
    for (size_t i = 0; i < count; i++) {
        struct pattern pattern;
        struct pattern_match match;
        struct probe_err err;
        if (pattern_parse(patterns[i].name, patterns[i].pattern, &pattern, &err) == 0 &&
            pattern_match(&pattern, stem, &match)) {
            keep_match(report, patterns[i].name, &match);
            return;
        }
    }
}
