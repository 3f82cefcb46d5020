#include "intake/again.h"

#include <stdlib.h>
#include <string.h>

#include "acts/acts.h"
#include "base/auto.h"
#include "base/err.h"
#include "catalog/catalog.h"
#include "intake/tags.h"

#include "base/banned.h"

/* The values that a field is to have. */
struct values {
    const char **at;
    size_t count;
    size_t standing; /* of these, the first ones */
};

static void values_add(struct values *values, const char *value)
{
    for (size_t i = 0; i < values->count; i++)
        if (strcmp(values->at[i], value) == 0)
            return;
    values->at[values->count++] = value;
}

static void values_gather(struct values *values, const struct catalog_recording *recording,
                          const struct tags *tags, enum catalog_field field)
{
    for (size_t i = 0; i < recording->standing_count; i++)
        if (recording->tags[i].field == field)
            values_add(values, recording->tags[i].value);
    values->standing = values->count;
    for (size_t i = 0; i < tags->given_count; i++)
        if (tags->at[i].field == field)
            values_add(values, tags->at[i].value);
}

int again_tag(struct vault *vault, const struct catalog_recording *recording,
              const struct tags *tags, bool *left_out, struct err *err)
{
    AUTO(free)
    const char **room = calloc(recording->standing_count + tags->given_count + 1, sizeof *room);
    if (room == NULL)
        return err_memory(err, NULL);
    *left_out = false;
    for (size_t i = 0; i < CATALOG_FIELDS; i++) {
        enum catalog_field field = (enum catalog_field)i;
        struct values values = {.at = room};
        values_gather(&values, recording, tags, field);
        if (values.count == values.standing)
            continue;
        if (values.standing > 0 && field != CATALOG_CASE) {
            *left_out = true;
            continue;
        }
        const struct acts_change change = {field, values.at, values.count};
        if (acts_tag(vault, recording->number, &change, 1, NULL, err) < 0)
            return -1;
    }
    return 0;
}
