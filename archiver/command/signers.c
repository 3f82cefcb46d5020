#include "command/signers.h"

#include <assert.h>
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
        if (strcmp(signers->at[i - 1].by.key_id, key) == 0 &&
            strcmp(signers->at[i - 1].target, target) == 0)
            return true;
    return false;
}

void signers_note(struct signers *signers, const char *target, const struct custody_signer *by)
{
    if (has(signers, target, by->key_id))
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
    at[signers->count].by = *by;
    signers->count++;
}

const char *signers_single(const struct signers *signers)
{
    for (size_t i = 1; i < signers->count; i++)
        if (strcmp(signers->at[i].by.key_id, signers->at[0].by.key_id) != 0)
            return NULL;
    return signers->count > 0 && !signers->more ? signers->at[0].by.key_id : NULL;
}

void signers_print_standing(const struct custody_signer *by)
{
    if (!by->is_earlier && !by->is_vouched)
        printf("  %s\n",
               _("a key since the vault's first was lost, and has NOT signed for the one "
                 "that took its place (shilu key show): ask the bureau whether this is its "
                 "key"));
    if (by->is_earlier)
        printf("  %s\n", by->is_vouched
                             ? _("an earlier key of this vault, followed by one that it signed")
                             : _("an earlier key of this vault; since then a key was lost, and has "
                                 "NOT signed for the one that took its place (shilu key show)"));
}

static void print_key(const struct custody_signer *by)
{
    printf(_("signed by key %s\n"), by->key_id);
    signers_print_standing(by);
}

void signers_print(const struct signers *signers)
{
    const bool single = signers_single(signers) != NULL;
    for (size_t i = 0; i < signers->count && (i == 0 || !single); i++) {
        assert(signers->at != NULL);
        if (!single) {
            say_shown(signers->at[i].target);
            printf(": ");
        }
        print_key(&signers->at[i].by);
    }
    if (signers->more)
        printf(_("signed by more keys than can be listed\n"));
}

static json_t *signer_to_json(const struct signer *signer)
{
    json_t *one = json_pack("{s:s, s:s}", "target", signer->target, "key", signer->by.key_id);
    if (one != NULL && (signer->by.is_earlier || !signer->by.is_vouched) &&
        (json_object_set_new(one, "earlier", json_boolean(signer->by.is_earlier)) < 0 ||
         json_object_set_new(one, "vouched", json_boolean(signer->by.is_vouched)) < 0)) {
        json_decref(one);
        return NULL;
    }
    return one;
}

json_t *signers_to_json(const struct signers *signers)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < signers->count; i++)
        list = json_append(list, signer_to_json(&signers->at[i]));
    return list;
}
