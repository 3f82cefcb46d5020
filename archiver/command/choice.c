#include "command/choice.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/instant.h"
#include "command/say.h"
#include "command/span.h"

#include "base/banned.h"

static bool percent_parse(const char *text, double *percent)
{
    char *end;
    *percent = strtod(text, &end);
    return *text >= '0' && *text <= '9' && *end == '\0' && *percent > 0 && *percent <= 100;
}

int choice_read(const struct choice *given, struct audit_options *options)
{
    struct audit_choice *choice = &options->choice;
    bool unread = given->since != NULL || given->budget != NULL;
    if ((given->listed != 0) + (given->sizes != 0) + (given->quick != 0) + unread > 1)
        return say_wrong_use("verify", "%s",
                             _("--listed, --sizes, --quick, and --since with --budget: give one of "
                               "them"));
    if ((given->percent != NULL || given->seed_day != NULL) && !given->quick)
        return say_wrong_use("verify", "%s", _("--percent and --seed-day go with --quick"));
    options->level = given->listed                  ? AUDIT_LISTED
                     : given->sizes || given->quick ? AUDIT_SIZES
                                                    : AUDIT_ALL;
    choice->pick = given->quick ? AUDIT_SAMPLE : unread ? AUDIT_UNREAD : AUDIT_EVERY;
    choice->percent = 1;
    choice->unread_since_us = INT64_MAX;
    if (given->percent != NULL && !percent_parse(given->percent, &choice->percent))
        return say_wrong_use("verify", _("--percent takes a number up to 100, not %s"),
                             given->percent);
    if (given->since != NULL && !span_since(given->since, &choice->unread_since_us))
        return say_wrong_use("verify", _("--since takes a day, a time, or a span such as 30d: %s"),
                             given->since);
    if (given->budget != NULL && !span_parse(given->budget, &choice->budget_s))
        return say_wrong_use("verify", _("--budget takes a span such as 2h or 90m, not %s"),
                             given->budget);
    int64_t day_us;
    if (given->seed_day != NULL && !span_since(given->seed_day, &day_us))
        return say_wrong_use("verify", _("--seed-day takes a day such as 2026-01-31, not %s"),
                             given->seed_day);
    return EXIT_SOUND;
}

int64_t choice_seed_day_us(const struct choice *given)
{
    int64_t us = instant_now().us;
    if (given->seed_day != NULL)
        (void)span_since(given->seed_day, &us); /* it is such a text: see choice_read */
    return span_day_of(us);
}

const char *choice_name(const struct audit_options *options)
{
    static const char *const names[] = {"all", "sizes", "listed"};
    switch (options->choice.pick) {
    case AUDIT_SAMPLE:
        return "sample";
    case AUDIT_UNREAD:
        return "unread";
    case AUDIT_EVERY:
        break;
    }
    return names[options->level];
}

const char *choice_name_shown(const char *name)
{
    static const struct {
        const char *name, *shown;
    } levels[] = {
        {"all", N_("every byte read, both digests")},
        {"sizes", N_("lengths and signatures only, contents not read")},
        {"listed", N_("presence and signatures only, contents not read")},
        {"sample", N_("lengths, signatures and a sample read byte for byte")},
        {"unread", N_("what was not read for long, every byte")},
    };
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(levels[i].name, name) == 0)
            return _(levels[i].shown);
    return name;
}
