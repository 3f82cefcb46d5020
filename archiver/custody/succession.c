#include "custody/succession.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "custody/custody.h"
#include "custody/entry.h"
#include "custody/note.h"

#include "base/banned.h"

static const char format[] = "shilu-key-succession/1";
static const char pem_end[] = "-----END PUBLIC KEY-----\n";

/* ---- making ---- */

static int print(const char *origin, uint64_t entries, struct instant at, const struct key *old,
                 const struct key *next, struct text *body, struct err *err)
{
    char when[INSTANT_TEXT];
    AUTO(free) char *old_pem = NULL;
    AUTO(free) char *next_pem = NULL;
    if (key_public_pem(old, &old_pem, err) < 0 || key_public_pem(next, &next_pem, err) < 0)
        return -1;
    instant_print(at, when);
    text_printf(body, "%s\n%s\n%llu\n%s\n%s%s", format, origin, (unsigned long long)entries, when,
                old_pem, next_pem);
    return text_failed(body) ? err_memory(err, origin) : 0;
}

int custody_succession_make(const char *origin, uint64_t entries, struct instant at,
                            const struct key *old, const struct key *next, char **text,
                            struct err *err)
{
    AUTO(text_release) struct text made = {0};
    AUTO(text_release) struct text lines = {0};
    text_init(&made, SUCCESSION_MAX);
    text_init(&lines, SUCCESSION_MAX);
    if (print(origin, entries, at, old, next, &made, err) < 0)
        return -1;
    const struct bytes body = {(const uint8_t *)made.at, made.len};
    if ((key_is_private(old) && note_sign(body, origin, old, &lines, err) < 0) ||
        note_sign(body, origin, next, &lines, err) < 0)
        return -1;
    text_append(&made, "\n");
    text_append(&made, lines.at);
    char *whole = text_take(&made);
    if (whole == NULL)
        return err_memory(err, origin);
    *text = whole;
    return 0;
}

/* ---- reading ---- */

static int none(const char *object, struct err *err)
{
    return err_set(err, ERR_DAMAGED, object, "%s",
                   _("not a statement that one key follows another"));
}

/* Takes a PEM text off the front. */
static int take_key(struct bytes *rest, const char *object, struct key **key, struct err *err)
{
    const uint8_t *end =
        rest->len > 0 ? memmem(rest->at, rest->len, pem_end, sizeof pem_end - 1) : NULL;
    if (end == NULL)
        return none(object, err);
    const size_t len = (size_t)(end - rest->at) + sizeof pem_end - 1;
    const struct bytes pem = {rest->at, len};
    *rest = (struct bytes){rest->at + len, rest->len - len};
    return key_from_public_pem(pem, object, key, err);
}

static int take_parts(struct bytes body, const char *object, struct custody_succession *one,
                      struct err *err)
{
    struct bytes rest;
    if (!bytes_equal(bytes_cut(body, '\n', &rest), bytes_of(format)))
        return none(object, err);
    const struct bytes origin = bytes_cut(rest, '\n', &rest);
    const struct bytes entries = bytes_cut(rest, '\n', &rest);
    const struct bytes at = bytes_cut(rest, '\n', &rest);
    if (origin.len == 0 || bytes_parse_u64(entries, &one->entries) < 0 ||
        one->entries > CUSTODY_SIZE_MAX || instant_parse(at, &one->at, NULL) < 0)
        return none(object, err);
    one->origin = strndup((const char *)origin.at, origin.len);
    if (one->origin == NULL)
        return err_memory(err, object);
    if (take_key(&rest, object, &one->old, err) < 0 || take_key(&rest, object, &one->next, err) < 0)
        return -1;
    key_id(one->old, one->old_id);
    key_id(one->next, one->next_id);
    return rest.len == 0 && strcmp(one->old_id, one->next_id) != 0 ? 0 : none(object, err);
}

/* What is said in one way alone can be compared byte by byte. */
static int check_form(struct bytes body, const char *object, const struct custody_succession *one,
                      struct err *err)
{
    AUTO(text_release) struct text again = {0};
    text_init(&again, SUCCESSION_MAX);
    if (print(one->origin, one->entries, one->at, one->old, one->next, &again, err) < 0)
        return -1;
    return bytes_equal(body, (struct bytes){(const uint8_t *)again.at, again.len})
               ? 0
               : none(object, err);
}

static int check_signatures(const struct note *note, const char *object,
                            struct custody_succession *one, struct err *err)
{
    struct err why;
    if (note_verify(note, object, one->origin, one->next, &why) < 0) {
        *err = why;
        return why.kind == ERR_MISSING
                   ? err_set(err, ERR_DAMAGED, object, "%s", _("the new key has not signed it"))
                   : -1;
    }
    one->vouched = note_verify(note, object, one->origin, one->old, &why) == 0;
    if (one->vouched || why.kind == ERR_MISSING)
        return 0;
    *err = why;
    return -1;
}

int custody_succession_parse(struct bytes text, const char *object, struct custody_succession *one,
                             struct err *err)
{
    struct note note;
    AUTO(custody_succession_release) struct custody_succession parsed = {.origin = NULL};
    if (text.len > SUCCESSION_MAX)
        return none(object, err);
    if (note_parse(text, object, &note, err) < 0 ||
        take_parts(note.text, object, &parsed, err) < 0 ||
        check_form(note.text, object, &parsed, err) < 0 ||
        check_signatures(&note, object, &parsed, err) < 0)
        return -1;
    *one = parsed;
    parsed = (struct custody_succession){.origin = NULL};
    return 0;
}

void custody_succession_release(struct custody_succession *one)
{
    free(one->origin);
    key_free(one->old);
    key_free(one->next);
    *one = (struct custody_succession){.origin = NULL};
}

/* ---- chains ---- */

void custody_chain_release(struct custody_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        custody_succession_release(&chain->links[i]);
    free(chain->links);
    *chain = (struct custody_chain){.links = NULL};
}

int custody_chain_add(struct custody_chain *chain, struct custody_succession *one, struct err *err)
{
    struct custody_succession *more =
        chain->count < CHAIN_MAX ? realloc(chain->links, (chain->count + 1) * sizeof *more) : NULL;
    if (more == NULL) {
        custody_succession_release(one);
        return chain->count < CHAIN_MAX
                   ? err_memory(err, NULL)
                   : err_set(err, ERR_CONFLICT, NULL, _("more than %d keys"), CHAIN_MAX);
    }
    chain->links = more;
    more[chain->count++] = *one;
    *one = (struct custody_succession){.origin = NULL};
    return 0;
}

size_t custody_chain_settle(struct custody_chain *chain, const char *id)
{
    size_t settled = 0;
    for (size_t i = settled; i < chain->count; i++) {
        if (strcmp(chain->links[i].next_id, id) != 0)
            continue;
        const struct custody_succession link = chain->links[i];
        chain->links[i] = chain->links[settled];
        chain->links[settled] = link;
        id = chain->links[settled++].old_id;
        i = settled - 1; /* look at all that are left */
    }
    const size_t others = chain->count - settled;
    while (chain->count > settled)
        custody_succession_release(&chain->links[--chain->count]);
    return others;
}

static bool vouched(const struct custody_chain *chain, size_t links)
{
    bool all = true;
    for (size_t i = 0; i < links; i++)
        all = all && chain->links[i].vouched;
    return all;
}

bool custody_chain_is_vouched(const struct custody_chain *chain)
{
    return vouched(chain, chain->count);
}

/* The one before that is followed by the link number `at`. */
static struct custody_signer signer_of(const struct custody_chain *chain, size_t at)
{
    struct custody_signer signer = {.is_earlier = true, .is_vouched = vouched(chain, at + 1)};
    memcpy(signer.key_id, chain->links[at].old_id, sizeof signer.key_id);
    return signer;
}

static struct custody_signer signer_itself(const struct custody_chain *chain, const struct key *key)
{
    struct custody_signer signer = {.is_vouched = custody_chain_is_vouched(chain)};
    key_id(key, signer.key_id);
    return signer;
}

bool custody_chain_find(const struct custody_chain *chain, const char *id,
                        struct custody_signer *signer)
{
    for (size_t i = 0; i < chain->count; i++)
        if (strcmp(chain->links[i].old_id, id) == 0) {
            *signer = signer_of(chain, i);
            return true;
        }
    return false;
}

int custody_chain_verify(const struct custody_chain *chain, const struct key *key,
                         struct bytes message, struct bytes signature, const char *object,
                         struct custody_signer *signer, struct err *err)
{
    struct err why;
    if (key_verify(key, message, signature, object, err) == 0) {
        *signer = signer_itself(chain, key);
        return 0;
    }
    for (size_t i = 0; i < chain->count; i++)
        if (key_verify(chain->links[i].old, message, signature, object, &why) == 0) {
            *signer = signer_of(chain, i);
            return 0;
        }
    return -1;
}

int custody_chain_checkpoint(const struct custody_chain *chain, const struct key *key,
                             struct bytes text, const char *origin, const char *object,
                             struct custody_head *head, struct custody_signer *signer,
                             struct err *err)
{
    struct err why;
    struct custody_head found;
    if (custody_checkpoint_check(text, origin, key, object, head, err) == 0) {
        *signer = signer_itself(chain, key);
        return 0;
    }
    if (err->kind != ERR_MISSING)
        return -1;
    for (size_t i = 0; i < chain->count; i++) {
        const struct custody_succession *link = &chain->links[i];
        if (custody_checkpoint_check(text, origin, link->old, object, &found, &why) < 0) {
            if (why.kind == ERR_MISSING)
                continue;
            *err = why;
            return -1;
        }
        if (found.size > link->entries)
            return err_set(err, ERR_DAMAGED, object, "%s",
                           _("signed with an earlier key, after another had followed it"));
        *head = found;
        *signer = signer_of(chain, i);
        return 0;
    }
    return -1;
}

/* ---- what the log tells ---- */

/* An entry of which this is no part tells of no succession: nearly all are passed over so. */
static bool may_tell(struct bytes entry)
{
    return memmem(entry.at, entry.len, format, sizeof format - 1) != NULL;
}

static int take_told(struct custody_log *log, uint64_t seq, struct bytes text,
                     struct custody_chain *chain, struct err *err)
{
    char object[32];
    const char *statement;
    struct custody_proof proof;
    AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
    AUTO(custody_succession_release) struct custody_succession one = {.origin = NULL};
    (void)snprintf(object, sizeof object, "entry %llu", (unsigned long long)seq);
    if (custody_entry_parse(text, object, &entry, err) < 0)
        return -1;
    if (entry.action != CUSTODY_KEY_ROTATED && entry.action != CUSTODY_KEY_REPLACED)
        return 0;
    if (json_take_text(entry.detail, "statement", object, &statement, err) < 0 ||
        custody_succession_parse(bytes_of(statement), object, &one, err) < 0)
        return -1;
    if (one.entries != seq || strcmp(one.origin, custody_log_origin(log)) != 0)
        return err_set(err, ERR_DAMAGED, object, "%s",
                       _("the statement is of another log, or of another place in it"));
    return custody_log_inclusion(log, seq, custody_log_size(log), &proof, err) < 0
               ? -1
               : custody_chain_add(chain, &one, err);
}

int custody_chain_of_log(struct custody_log *log, struct custody_chain *chain, struct err *err)
{
    AUTO(custody_chain_release) struct custody_chain told = {.links = NULL};
    for (uint64_t seq = 0; seq < custody_log_size(log); seq++) {
        struct bytes entry;
        if (custody_log_entry(log, seq, &entry, err) < 0)
            return -1;
        if (may_tell(entry) && take_told(log, seq, entry, &told, err) < 0)
            return -1;
    }
    *chain = told;
    told = (struct custody_chain){.links = NULL};
    return 0;
}

/* The link by which the key of this id was followed. */
static const struct custody_succession *find_next(const struct custody_chain *chain, const char *id,
                                                  bool vouched)
{
    for (size_t i = 0; i < chain->count; i++)
        if (chain->links[i].vouched == vouched && strcmp(chain->links[i].old_id, id) == 0)
            return &chain->links[i];
    return NULL;
}

int custody_log_successor(struct custody_log *log, const struct key *known,
                          struct custody_successor *successor, struct err *err)
{
    char id[KEY_ID_TEXT];
    AUTO(custody_chain_release) struct custody_chain chain = {.links = NULL};
    struct custody_successor found = {.last = NULL};
    const struct custody_succession *link;
    AUTO(free) char *pem = NULL;
    if (custody_chain_of_log(log, &chain, err) < 0)
        return -1;
    key_id(known, id);
    const struct custody_succession *last = NULL;
    while (found.followed < chain.count && (link = find_next(&chain, id, true)) != NULL) {
        last = link;
        memcpy(id, link->next_id, sizeof id);
        found.followed++;
    }
    if ((link = find_next(&chain, id, false)) != NULL) {
        memcpy(found.unsigned_id, link->next_id, sizeof found.unsigned_id);
        found.unsigned_entry = link->entries;
    }
    if (last != NULL && (key_public_pem(last->next, &pem, err) < 0 ||
                         key_from_public_pem(bytes_of(pem), last->next_id, &found.last, err) < 0))
        return -1;
    *successor = found;
    return 0;
}
