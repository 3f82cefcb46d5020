#include "command/leaving.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "acts/acts.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "command/say.h"
#include "command/tell.h"

#include "base/banned.h"

void leaving_release(struct leaving *leaving)
{
    free(leaving->at);
    *leaving = (struct leaving){.count = 0};
}

int leaving_add(struct leaving *leaving, size_t archive, const struct pack_entry *entry,
                struct err *err)
{
    struct leaving_entry *more = realloc(leaving->at, (leaving->count + 1) * sizeof *more);
    if (more == NULL)
        return err_memory(err, entry->own_id);
    leaving->at = more;
    more[leaving->count++] = (struct leaving_entry){archive, entry};
    return 0;
}

/* What is taken from one archive; NULL when memory is out. */
static json_t *detail_of(const struct leaving *leaving, size_t archive, const char *to,
                         size_t *count)
{
    AUTO(free) int64_t *numbers = calloc(leaving->count + 1, sizeof *numbers);
    size_t known = 0;
    *count = 0;
    if (numbers == NULL)
        return NULL;
    for (size_t i = 0; i < leaving->count; i++) {
        if (leaving->at[i].archive != archive)
            continue;
        ++*count;
        if (say_parse_id(leaving->at[i].entry->id, 'R', &numbers[known]))
            known++;
    }
    AUTO(free) char *shown = to != NULL ? text_shown(bytes_of(to)) : NULL;
    return json_pack("{s:o, s:o, s:s*}", "recordings", acts_numbers(numbers, known), "files",
                     json_u64(*count), "to", shown);
}

int leaving_tell(const struct command_context *context, const struct open_archives *archives,
                 const struct leaving *leaving, const char *to, struct err *err)
{
    if (leaving->count == 0 || archives->subjects[0] == NULL)
        return 0;
    size_t told_count = 0;
    AUTO(free) struct acts_told *told = calloc(archives->count, sizeof *told);
    if (told == NULL)
        return err_memory(err, context->vault);
    for (size_t i = 0; i < archives->count; i++) {
        size_t count;
        json_t *detail = detail_of(leaving, i, to, &count);
        if (count == 0 && detail != NULL) {
            json_decref(detail);
            continue;
        }
        told[told_count++] = (struct acts_told){.action = CUSTODY_EXTRACTED,
                                                .subject = strdup(archives->subjects[i]),
                                                .detail = detail};
    }
    int done = tell_vault(context->vault, told, told_count, err);
    acts_told_release(told, told_count);
    return done < 0 ? err_wrap(err, "%s", _("nothing is given out that is not logged")) : 0;
}

void leaving_note(const char *vault, const char *subject, struct json_t *detail)
{
    struct err err;
    struct acts_told told = {
        .action = CUSTODY_EXPORTED, .subject = strdup(subject), .detail = detail};
    if (tell_vault(vault, &told, 1, &err) < 0)
        say_note(_("the export is not in the vault's log: %s: %s"), err.object, err.text);
    acts_told_release(&told, 1);
}
