#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts/acts_private.h"
#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/json.h"

#include "base/banned.h"

/* Numbers of recordings, archives or discs, as bits. */
struct numbers {
    uint8_t *bits;
    size_t room; /* octets */
};

struct acts_filter {
    struct acts_wanted wanted;
    struct numbers recordings, archives, discs; /* that are asked for, as far as is known by now */
    int64_t sealed;                             /* archives so far: they are numbered by it */
};

static bool holds(const struct numbers *numbers, int64_t number)
{
    const uint64_t place = (uint64_t)number / 8;
    return place < numbers->room && (numbers->bits[place] >> (number % 8) & 1) != 0;
}

/* What an entry numbers cannot be more than the entries up to it: a log of lies takes no memory. */
static int take(struct numbers *numbers, int64_t number, uint64_t seq, struct err *err)
{
    if (number <= 0 || (uint64_t)number > seq + 1)
        return 0;
    const size_t room = (size_t)number / 8 + 1;
    if (room > numbers->room) {
        const size_t more = room * 2;
        uint8_t *grown = realloc(numbers->bits, more);
        if (grown == NULL)
            return err_memory(err, NULL);
        memset(grown + numbers->room, 0, more - numbers->room);
        numbers->bits = grown;
        numbers->room = more;
    }
    numbers->bits[number / 8] |= (uint8_t)(1U << number % 8);
    return 0;
}

int acts_filter_open(const struct acts_wanted *wanted, struct acts_filter **out, struct err *err)
{
    AUTO(acts_filter_free) struct acts_filter *filter = calloc(1, sizeof *filter);
    if (filter == NULL)
        return err_memory(err, NULL);
    filter->wanted = *wanted;
    *out = filter;
    filter = NULL;
    return 0;
}

void acts_filter_free(struct acts_filter *filter)
{
    if (filter == NULL)
        return;
    free(filter->recordings.bits);
    free(filter->archives.bits);
    free(filter->discs.bits);
    free(filter);
}

/* ---- what a recording or a case has to do with an entry ---- */

static bool is_text(const json_t *text, const char *wanted)
{
    return json_is_string(text) && strcmp(json_string_value(text), wanted) == 0;
}

static bool has_text(const json_t *list, const char *wanted)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) if (is_text(item, wanted)) return true;
    return false;
}

/* Whether an acceptance or a correction gives the recording this case. */
static bool gives_case(const struct custody_entry *entry, const char *wanted)
{
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(entry->detail, "tags"), i, one)
    {
        if (is_text(json_object_get(one, "field"), "case") &&
            is_text(json_object_get(one, "value"), wanted))
            return true;
    }
    json_array_foreach(json_object_get(entry->detail, "changes"), i, one)
    {
        if (is_text(json_object_get(one, "field"), "case") &&
            has_text(json_object_get(one, "values"), wanted))
            return true;
    }
    return false;
}

static bool subject_is(const struct custody_entry *entry, char letter, int64_t *number)
{
    uint64_t value;
    if (entry->subject[0] != letter || bytes_parse_u64(bytes_of(entry->subject + 1), &value) < 0 ||
        value > INT64_MAX)
        return false;
    *number = (int64_t)value;
    return true;
}

struct asked {
    const struct numbers *numbers;
    uint64_t most; /* no number is above */
};

static bool asked_holds(void *context, int64_t first, int64_t last)
{
    const struct asked *asked = context;
    for (int64_t number = first; number <= last && (uint64_t)number <= asked->most; number++)
        if (holds(asked->numbers, number))
            return true;
    return false;
}

static bool names_any(const struct custody_entry *entry, const char *key,
                      const struct numbers *numbers)
{
    struct asked asked = {numbers, entry->seq + 1};
    return detail_numbers_any(json_object_get(entry->detail, key), asked_holds, &asked);
}

/* Whether the entry has to do with what is asked for; what it makes of it is remembered. */
static int concerns(struct acts_filter *filter, const struct custody_entry *entry, bool *does,
                    struct err *err)
{
    const char *wanted = filter->wanted.case_number;
    int64_t number = 0;
    const bool of_recording = subject_is(entry, 'R', &number);
    if (take(&filter->recordings, filter->wanted.recording, entry->seq, err) < 0 ||
        (of_recording && wanted != NULL && gives_case(entry, wanted) &&
         take(&filter->recordings, number, entry->seq, err) < 0))
        return -1;
    *does = (of_recording && holds(&filter->recordings, number)) ||
            (wanted != NULL && (strcmp(entry->subject, wanted) == 0 ||
                                is_text(json_object_get(entry->detail, "case"), wanted) ||
                                has_text(json_object_get(entry->detail, "cases"), wanted))) ||
            names_any(entry, "recordings", &filter->recordings) ||
            names_any(entry, "archives", &filter->archives) ||
            (subject_is(entry, 'D', &number) && holds(&filter->discs, number));
    if (entry->action == CUSTODY_SEALED)
        filter->sealed++;
    if (!*does)
        return 0;
    if (entry->action == CUSTODY_SEALED)
        return take(&filter->archives, filter->sealed, entry->seq, err);
    if (entry->action == CUSTODY_DISC_IMAGED && subject_is(entry, 'D', &number))
        return take(&filter->discs, number, entry->seq, err);
    return 0;
}

int acts_filter_take(struct acts_filter *filter, const struct custody_entry *entry, bool *is_wanted,
                     struct err *err)
{
    const struct acts_wanted *wanted = &filter->wanted;
    bool does = true;
    if ((wanted->recording != 0 || wanted->case_number != NULL) &&
        concerns(filter, entry, &does, err) < 0)
        return -1;
    *is_wanted = does && (wanted->actor == NULL || strcmp(wanted->actor, entry->actor) == 0) &&
                 (wanted->subject == NULL || strcmp(wanted->subject, entry->subject) == 0) &&
                 (wanted->action == CUSTODY_ACTIONS || wanted->action == entry->action) &&
                 (wanted->from_us == 0 || entry->at.us >= wanted->from_us) &&
                 (wanted->to_us == 0 || entry->at.us < wanted->to_us);
    return 0;
}
