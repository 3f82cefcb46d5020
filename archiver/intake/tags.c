#include "intake/tags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/text.h"
#include "intake/intake.h"
#include "probe/probe.h"

#include "base/banned.h"

enum { DERIVED_MAX = 3 };

static bool is_given(const struct intake_options *options, enum catalog_field field)
{
    for (size_t i = 0; i < options->tag_count; i++)
        if (options->tags[i].field == field)
            return true;
    return false;
}

/* What a stranger's file says becomes a number in a register only if it could be one; the report
 * keeps it as it is. */
static bool is_number(const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);
    if (len == 0 || len > CATALOG_NUMBER_MAX || text[0] == ' ' || text[len - 1] == ' ')
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
            return false;
    return text_is_utf8(bytes_of(text));
}

// NOLINTNEXTLINE(readability-non-const-parameter): the tag takes both texts over
static void add(struct tags *tags, enum catalog_field field, char *value, char *source)
{
    tags->at[tags->count++] =
        (struct catalog_tag){.field = field, .value = value, .source = source};
}

static void add_captured_at(struct tags *tags, const struct probe_report *report)
{
    if (report->time_count == 0)
        return;
    struct instant checked;
    const struct probe_time *time = &report->times[0];
    probe_time_print(time, tags->captured_at);
    (void)snprintf(tags->captured_source, sizeof tags->captured_source, "%s%s", time->source,
                   time->certainty == PROBE_ZONE_ASSUMED ? " (zone assumed)" : "");
    if (instant_parse(bytes_of(tags->captured_at), &checked, NULL) == 0)
        add(tags, CATALOG_CAPTURED_AT, tags->captured_at, tags->captured_source);
}

int tags_make(struct tags *tags, const struct intake_options *options,
              const struct probe_report *report, struct err *err)
{
    *tags = (struct tags){.at = calloc(options->tag_count + DERIVED_MAX, sizeof *tags->at)};
    if (tags->at == NULL)
        return err_memory(err, NULL);
    for (size_t i = 0; i < options->tag_count; i++)
        add(tags, options->tags[i].field, options->tags[i].value, text_readable("given"));
    tags->given_count = tags->count;

    const struct probe_name *name = &report->name;
    (void)snprintf(tags->name_source, sizeof tags->name_source, "name:%s",
                   name->pattern != NULL ? name->pattern : "");
    if (!is_given(options, CATALOG_CAPTURED_AT))
        add_captured_at(tags, report);
    if (!is_given(options, CATALOG_DEVICE)) {
        if (is_number(name->device))
            add(tags, CATALOG_DEVICE, text_readable(name->device), tags->name_source);
        else if (is_number(report->serial))
            add(tags, CATALOG_DEVICE, text_readable(report->serial), text_readable("serial"));
    }
    if (!is_given(options, CATALOG_COLLECTOR) && is_number(name->officer))
        add(tags, CATALOG_COLLECTOR, text_readable(name->officer), tags->name_source);
    return 0;
}

void tags_release(struct tags *tags)
{
    free(tags->at);
    tags->at = NULL;
}

const char *tags_captured_at(const struct tags *tags)
{
    for (size_t i = 0; i < tags->count; i++)
        if (tags->at[i].field == CATALOG_CAPTURED_AT)
            return tags->at[i].value;
    return NULL;
}
