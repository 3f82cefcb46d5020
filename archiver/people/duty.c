#include <string.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "people/people.h"

#include "base/banned.h"

static const struct {
    const char *name, *shown;
} duties[PEOPLE_DUTIES] = {
    [PEOPLE_OFFICER] = {"officer", N_("officer")},
    [PEOPLE_SUPERVISOR] = {"supervisor", N_("supervisor")},
    [PEOPLE_REVIEWER] = {"reviewer", N_("legal reviewer")},
    [PEOPLE_ARCHIVIST] = {"archivist", N_("archivist")},
    [PEOPLE_AUDITOR] = {"auditor", N_("auditor")},
    [PEOPLE_SYSADMIN] = {"sysadmin", N_("system administrator")},
    [PEOPLE_SECADMIN] = {"secadmin", N_("security administrator")},
};

enum {
    OFFICER = 1 << PEOPLE_OFFICER,
    SUPERVISOR = 1 << PEOPLE_SUPERVISOR,
    REVIEWER = 1 << PEOPLE_REVIEWER,
    ARCHIVIST = 1 << PEOPLE_ARCHIVIST,
    AUDITOR = 1 << PEOPLE_AUDITOR,
    SYSADMIN = 1 << PEOPLE_SYSADMIN,
    SECADMIN = 1 << PEOPLE_SECADMIN,
    EVIDENCE = OFFICER | SUPERVISOR | REVIEWER | ARCHIVIST,
};

#define THREE_HANDS N_("the system, its security and the audit stay in three different hands")
#define NO_EVIDENCE N_("who administers or audits has no part in the evidence")
#define OWN_WORK    N_("who hands recordings in does not answer for the archive, too")

/* Each with whom it may not be joined. That a reviewer was no collector or handler of the case
 * under review is a matter of the case, not of the account. */
static const struct {
    enum people_duty one;
    people_set others;
    const char *why;
} apart[] = {
    {PEOPLE_SYSADMIN, SECADMIN | AUDITOR, THREE_HANDS},
    {PEOPLE_SECADMIN, AUDITOR, THREE_HANDS},
    {PEOPLE_SYSADMIN, EVIDENCE, NO_EVIDENCE},
    {PEOPLE_SECADMIN, EVIDENCE, NO_EVIDENCE},
    {PEOPLE_AUDITOR, EVIDENCE, NO_EVIDENCE},
    {PEOPLE_ARCHIVIST, OFFICER, OWN_WORK},
};

const char *people_duty_name(enum people_duty duty)
{
    return duties[duty].name;
}

const char *people_duty_shown(enum people_duty duty)
{
    return _(duties[duty].shown);
}

static int parse_one(struct bytes word, people_set *set)
{
    for (int i = 0; i < PEOPLE_DUTIES; i++)
        if (bytes_equal(word, bytes_of(duties[i].name))) {
            *set |= people_of((enum people_duty)i);
            return 0;
        }
    return -1;
}

int people_duties_parse(const char *text, people_set *set, struct err *err)
{
    people_set found = 0;
    struct bytes rest = bytes_of(text);
    while (rest.len > 0) {
        struct bytes word = bytes_cut(rest, ',', &rest);
        if (parse_one(word, &found) < 0)
            return err_set(err, ERR_USAGE, text,
                           _("\"%.*s\" is no duty: officer, supervisor, reviewer, archivist, "
                             "auditor, sysadmin, secadmin"),
                           (int)word.len, (const char *)word.at);
    }
    if (found == 0)
        return err_set(err, ERR_USAGE, NULL, _("an account needs a duty"));
    *set = found;
    return 0;
}

void people_duties_print(people_set set, char text[static PEOPLE_DUTIES_TEXT])
{
    size_t len = 0;
    for (int i = 0; i < PEOPLE_DUTIES; i++) {
        if ((set & people_of((enum people_duty)i)) == 0)
            continue;
        if (len > 0)
            text[len++] = ',';
        size_t more = strlen(duties[i].name);
        memcpy(text + len, duties[i].name, more);
        len += more;
    }
    text[len] = '\0';
}

int people_duties_check(people_set set, struct err *err)
{
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
        if ((set & people_of(apart[i].one)) == 0)
            continue;
        for (int other = 0; other < PEOPLE_DUTIES; other++)
            if ((set & apart[i].others & people_of((enum people_duty)other)) != 0)
                return err_set(err, ERR_CONFLICT, NULL,
                               _("one account cannot be both %s and %s: %s"),
                               people_duty_shown(apart[i].one),
                               people_duty_shown((enum people_duty)other), _(apart[i].why));
    }
    return 0;
}
