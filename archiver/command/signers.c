#include "command/signers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/json.h"
#include "command/say.h"

#include "base/banned.h"

void signers_release(struct signers *signers)
{
    free(signers->at);
    *signers = (struct signers){0};
}

static bool has(const struct signers *signers, const char *target, const char *key)
{
    for (size_t i = signers->count; i > 0; i--) /* the last is the likeliest */
        if (strcmp(signers->at[i - 1].key, key) == 0 &&
            strcmp(signers->at[i - 1].target, target) == 0)
            return true;
    return false;
}

void signers_note(struct signers *signers, const char *target, const char *key)
{
    if (has(signers, target, key))
        return;
    struct signer *at = signers->count < SIGNERS_MAX
                            ? realloc(signers->at, (signers->count + 1) * sizeof *at)
                            : NULL;
    if (at == NULL) {
        signers->more = true;
        return;
    }
    signers->at = at;
    at[signers->count].target = target;
    (void)snprintf(at[signers->count].key, sizeof at->key, "%s", key);
    signers->count++;
}

const char *signers_single(const struct signers *signers)
{
    for (size_t i = 1; i < signers->count; i++)
        if (strcmp(signers->at[i].key, signers->at[0].key) != 0)
            return NULL;
    return signers->count > 0 && !signers->more ? signers->at[0].key : NULL;
}

void signers_print(const struct signers *signers)
{
    const char *single = signers_single(signers);
    if (single != NULL)
        printf(_("signed by key %s\n"), single);
    for (size_t i = 0; single == NULL && i < signers->count; i++) {
        say_shown(signers->at[i].target);
        printf(": ");
        printf(_("signed by key %s\n"), signers->at[i].key);
    }
    if (signers->more)
        printf(_("signed by more keys than can be listed\n"));
}

json_t *signers_to_json(const struct signers *signers)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < signers->count; i++)
        list = json_append(list, json_pack("{s:s, s:s}", "target", signers->at[i].target, "key",
                                           signers->at[i].key));
    return list;
}
