#ifndef SHILU_CUSTODY_ENTRY_H
#define SHILU_CUSTODY_ENTRY_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/instant.h"
#include "custody/custody.h"

struct err;

/*
 * One entry of the custody log: who did what to what, and when. Its bytes are an object in
 * canonical form (jcs.h) with exactly these members, and are a leaf of the tree:
 *
 *   {"action":"accepted","actor":"os:root","at":"2026-03-09T09:30:00.25+08:00",
 *    "detail":{"name":"a.mp4","sha256":"…"},"role":"","seq":17,"subject":"R12"}
 */

/* What can be done. The list is closed: an entry of any other act is none. */
enum custody_action {
    CUSTODY_VAULT_CREATED,
    CUSTODY_ACCEPTED,
    CUSTODY_REFUSED,
    CUSTODY_TAGGED,
    CUSTODY_ATTACHED,
    CUSTODY_VIEWED,
    CUSTODY_DOWNLOADED,
    CUSTODY_EXTRACTED,
    CUSTODY_EXPORTED,
    CUSTODY_SEALED,
    CUSTODY_DISC_IMAGED,
    CUSTODY_DISC_BURNED,
    CUSTODY_DISC_CHECKED,
    CUSTODY_VERIFIED,
    CUSTODY_CASE_OPENED,
    CUSTODY_CASE_CLOSED,
    CUSTODY_COLLECTOR_SET,
    CUSTODY_DEVICE_SET,
    CUSTODY_HOLD_SET,
    CUSTODY_HOLD_LIFTED,
    CUSTODY_DISPOSAL_REQUESTED,
    CUSTODY_DISPOSAL_APPROVED,
    CUSTODY_DISPOSAL_WITHDRAWN,
    CUSTODY_DISPOSED,
    CUSTODY_USER_CHANGED,
    CUSTODY_ROLE_CHANGED,
    CUSTODY_SETTINGS_CHANGED,
    CUSTODY_CATALOG_REBUILT,
    CUSTODY_WITNESSED,
    CUSTODY_BACKED,
    CUSTODY_KEY_ROTATED,
    CUSTODY_KEY_REPLACED,
    CUSTODY_KEY_PASSPHRASE_CHANGED,
    CUSTODY_LOGIN_FAILED,
    CUSTODY_ACTIONS
};

struct custody_entry {
    uint64_t seq;               /* its number in the log, from 0; at most 2^53-1 */
    enum custody_action action; /* what was done */
    struct instant at;          /* with the zone it was done in; years 1 to 9999 */
    const char *actor;          /* who: "os:root"; not empty */
    const char *role;           /* in which duty; "" where there are none */
    const char *subject;        /* to what: "R12", a case's number, a disc; "" where to all */
    json_t *detail;             /* an object; NULL for an empty one */
    json_t *root;               /* of one that was parsed: holds what is above. Else NULL */
};

/* The action's name in the log ("disc-imaged"); its number again: 0, or -1 where there is none. */
const char *custody_action_name(enum custody_action action);
int custody_action_parse(struct bytes name, enum custody_action *action);

/*
 * Prints an entry: canonical, without a newline. Actor, role and subject may be of any bytes: what
 * is no UTF-8 is written in its shown form (text_shown), so that no act goes unrecorded for a
 * name's sake; what is, as it stands, so that names the catalog holds in their shown form stay the
 * same. Names in `detail` go there by custody_entry_text.
 *
 *   text   NUL-terminated; the caller's
 *   len    its bytes, without the NUL
 *
 * ERR_USAGE: a member is out of its range above, detail has no canonical form (jcs_print), or it
 * all is longer than CUSTODY_ENTRY_MAX. ERR_MEMORY.
 */
int custody_entry_print(const struct custody_entry *entry, char **text, size_t *len,
                        struct err *err);

/* A text for `detail`, of any bytes, as custody_entry_print has it. NULL when memory is out. */
json_t *custody_entry_text(struct bytes octets);

/*
 * Reads an entry that a stranger may have written. Only what custody_entry_print would write with
 * the same bytes is one. ERR_DAMAGED names `object` and says what is wrong; ERR_MEMORY. Texts and
 * detail live until custody_entry_release.
 */
int custody_entry_parse(struct bytes text, const char *object, struct custody_entry *entry,
                        struct err *err);

void custody_entry_release(struct custody_entry *entry);

static inline void custody_entry_release_at(struct custody_entry *entry)
{
    custody_entry_release(entry);
}

#endif
