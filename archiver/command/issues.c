#include "command/issues.h"

#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "command/say.h"
#include "probe/probe.h"

#include "base/banned.h"

json_t *issues_to_json(const struct probe_issue *issues, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list,
                                    issues[i].detail == NULL
                                        ? json_string(issues[i].code)
                                        : json_sprintf("%s: %s", issues[i].code, issues[i].detail));
    return list;
}

/* The codes of probe/; one that is not here is shown as it is. */
static const struct {
    const char *code;
    const char *shown;
} meanings[] = {
    {"damaged", N_("damaged")},
    {"data-beyond-index", N_("media data that no index covers (repaired by the camera itself?)")},
    {"empty", N_("empty: no byte in it")},
    {"encrypted", N_("encrypted")},
    {"gap", N_("a gap in the time stamps")},
    {"jump", N_("a jump in the time stamps")},
    {"nmea-checksum", N_("its positions carry wrong checksums (GPS text altered or damaged)")},
    {"no-audio", N_("no sound")},
    {"no-streams", N_("neither sound nor picture could be found")},
    {"no-video", N_("no picture")},
    {"not-finalised", N_("not finalised: the camera did not finish writing it")},
    {"probe", N_("the probe itself")},
    {"size-mismatch", N_("length, duration and bit rate do not agree")},
    {"times-disagree", N_("its times contradict each other")},
    {"trailing-bytes", N_("bytes behind its end")},
    {"truncated", N_("cut off")},
    {"unrecognised", N_("nothing in it is known as sound or picture")},
    {"unreadable", N_("part of it could not be read")},
    {"zero-run", N_("long runs of zero bytes")},
};

/* Whether the detail only repeats what the code means. */
static bool repeats(const struct probe_issue *issue)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (strcmp(issue->code, meanings[i].code) == 0)
            return strcmp(issue->detail, meanings[i].shown) == 0;
    return false;
}

static const char *meaning(const char *code)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (strcmp(code, meanings[i].code) == 0)
            return _(meanings[i].shown);
    return code;
}

void issues_print(const struct probe_issue *issues, size_t count, const char *prefix)
{
    for (size_t i = 0; i < count; i++) {
        (void)fputs(prefix, stdout);
        say_shown(meaning(issues[i].code));
        if (issues[i].detail != NULL && !repeats(&issues[i])) {
            printf(" (");
            say_shown(issues[i].detail);
            printf(")");
        }
        (void)putchar('\n');
    }
}
