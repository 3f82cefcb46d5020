#ifndef SHILU_COMMAND_GIVEN_H
#define SHILU_COMMAND_GIVEN_H

#include <stdbool.h>
#include <stdint.h>

#include "catalog/catalog.h"
#include "command/options.h"

/* The tags that a person gives: the same options for ingest and tag. */
struct given_tags {
    struct words values[CATALOG_FIELDS];
};
void given_tags_release(struct given_tags *tags);
static inline void given_tags_release_at(struct given_tags *tags)
{
    given_tags_release(tags);
}

enum { TAGS_OPTION = 1 }; /* the rows' `val`: TAGS_OPTION + enum catalog_field */

#define TAGS_ROW(name, field, help, argument)                                                      \
    {                                                                                              \
        name, '\0', POPT_ARG_STRING, NULL, TAGS_OPTION + (field), help, argument                   \
    }
#define TAGS_ROWS                                                                                  \
    TAGS_ROW("case", CATALOG_CASE, N_("case number; may be given several times"), N_("N")),        \
        TAGS_ROW("place", CATALOG_PLACE, N_("where it was recorded"), N_("TEXT")),                 \
        TAGS_ROW("purpose", CATALOG_PURPOSE, N_("what it is to prove"), N_("TEXT")),               \
        TAGS_ROW("collector", CATALOG_COLLECTOR,                                                   \
                 N_("certificate number of who recorded it; several times"), N_("NUMBER")),        \
        TAGS_ROW("device", CATALOG_DEVICE, N_("number of the camera; several times"),              \
                 N_("NUMBER")),                                                                    \
        TAGS_ROW("captured-at", CATALOG_CAPTURED_AT,                                               \
                 N_("time of capture, RFC 3339; without a zone: the vault's"), N_("TIME")),        \
        TAGS_ROW("maker", CATALOG_MAKER, N_("who made it, where that is not the collector"),       \
                 N_("TEXT")),                                                                      \
        TAGS_ROW("method", CATALOG_METHOD, N_("how it was made"), N_("TEXT")),                     \
        TAGS_ROW("stage", CATALOG_STAGE, N_("the step of the procedure that it shows"),            \
                 N_("TEXT"))

/* The field as people call it, in their language. */
const char *given_field_shown(enum catalog_field field);

/* Takes one option over; for options_read's `each` (context is the struct given_tags). Says what is
 * wrong and gives false for a second value of a field that holds one. */
bool given_tags_take(void *context, int option, char *argument);

/* Brings the time of capture to RFC 3339 with its zone; the vault is open by now. ERR_USAGE. */
int given_tags_settle(struct given_tags *tags, struct err *err);

/* Reads one end of a span of time, in the vault's zone where it says none. A day alone as its end
 * means the whole day. */
bool given_time(const char *text, bool is_end, int64_t *us);

#endif
