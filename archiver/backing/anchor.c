#include <stdlib.h>
#include <string.h>

#include "backing/backing.h"
#include "backing/fetch.h"
#include "backing/kept.h"
#include "backing/stamp.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/text.h"
#include "custody/custody.h"
#include "custody/entry.h"
#include "digest/hash.h"
#include "vault/vault.h"

#include "base/banned.h"

/* The checkpoint that is to be stamped. */
struct wanted {
    uint64_t size;
    char *checkpoint;
    bool is_stamped; /* it is already, and nothing is new */
};

static void wanted_release_at(struct wanted *wanted)
{
    free(wanted->checkpoint);
}

static int no_authority(const struct vault *vault, struct err *err)
{
    return err_set(err, ERR_USAGE, vault_path(vault), "%s",
                   _("no timestamp authority stands in the settings: [custody] timestamp = URL and "
                     "timestamp_ca = FILE"));
}

/* Where a cosigned one was kept last and nothing is new since, that one, with its cosignatures;
 * else the log's newest. */
static int load_wanted(struct vault *vault, struct wanted *wanted, struct err *err)
{
    struct kept_last last;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (vault_log_open(vault, &log, err) < 0 ||
        kept_last(vault, custody_log_size(log), &last, err) < 0)
        return -1;
    if (last.checkpoint != NULL) {
        *wanted = (struct wanted){last.size, last.checkpoint, last.is_stamped};
        return 0;
    }
    wanted->size = custody_log_size(log);
    wanted->checkpoint = strdup(custody_log_checkpoint_text(log));
    return wanted->checkpoint != NULL ? 0 : err_memory(err, "log");
}

static int keep(struct vault *vault, const char *by, const struct wanted *wanted,
                struct bytes response, const char *object, struct backing_anchored *anchored,
                struct err *err)
{
    char ca[BACKING_PATH];
    int64_t at_us;
    struct backing_known known;
    backing_known_of(vault, ca, &known);
    if (known.ca_path == NULL)
        return no_authority(vault, err);
    if (stamp_check(response, object, bytes_of(wanted->checkpoint), ca, &at_us, err) < 0 ||
        vault_begin(vault, by, err) < 0 ||
        vault_end(vault, kept_tell(vault, wanted->size, wanted->checkpoint, &response, err), err) <
            0)
        return -1;
    anchored->size = wanted->size;
    anchored->at_us = at_us;
    return 0;
}

int backing_anchor(struct vault *vault, const char *by, struct backing_anchored *anchored,
                   struct err *err)
{
    const char *url = vault_settings(vault)->timestamp_url;
    AUTO(wanted_release) struct wanted wanted = {.checkpoint = NULL};
    AUTO(free) uint8_t *request = NULL;
    AUTO(text_release) struct text answer;
    size_t len;
    text_init(&answer, STAMP_MAX + 1);
    if (url == NULL)
        return no_authority(vault, err);
    *anchored = (struct backing_anchored){.size = 0};
    if (load_wanted(vault, &wanted, err) < 0)
        return -1;
    anchored->already = wanted.is_stamped;
    if (wanted.is_stamped)
        return 0;
    if (stamp_request(bytes_of(wanted.checkpoint), &request, &len, err) < 0 ||
        fetch_stamp(url, (struct bytes){request, len}, &answer, err) < 0)
        return -1;
    return keep(vault, by, &wanted, (struct bytes){(const uint8_t *)answer.at, answer.len}, url,
                anchored, err);
}

/* ---- by courier ---- */

int backing_request(struct vault *vault, const char *by, uint8_t **request, size_t *len,
                    struct err *err)
{
    AUTO(wanted_release) struct wanted wanted = {.checkpoint = NULL};
    uint64_t seq;
    if (load_wanted(vault, &wanted, err) < 0 ||
        stamp_request(bytes_of(wanted.checkpoint), request, len, err) < 0)
        return -1;
    AUTO(json_decref)
    json_t *detail =
        json_pack("{s:s, s:o, s:o}", "what", "timestamp-request", "size", json_u64(wanted.size),
                  "checkpoint", custody_entry_text(bytes_of(wanted.checkpoint)));
    if (detail == NULL)
        return err_memory(err, "log");
    if (vault_begin(vault, by, err) < 0)
        return -1;
    return vault_end(vault, vault_log(vault, CUSTODY_EXPORTED, kept_subject, detail, &seq, err),
                     err);
}

/* The request that a response answers, among all that left. */
struct asking {
    const uint8_t *sha256;
    struct wanted *wanted;
    struct err *err;
    bool failed;
};

static int compare(struct asking *asking, const struct custody_entry *entry)
{
    uint8_t sha256[32];
    const char *checkpoint = json_string_value(json_object_get(entry->detail, "checkpoint"));
    if (entry->action != CUSTODY_EXPORTED || checkpoint == NULL)
        return 0;
    if (hash_of(HASH_SHA256, bytes_of(checkpoint), sha256, asking->err) < 0)
        return -1;
    if (memcmp(sha256, asking->sha256, sizeof sha256) != 0)
        return 0;
    asking->wanted->checkpoint = strdup(checkpoint);
    if (asking->wanted->checkpoint == NULL)
        return err_memory(asking->err, kept_subject);
    return json_take_u64(entry->detail, "size", kept_subject, &asking->wanted->size, asking->err);
}

static bool ask(void *context, const struct catalog_log_entry *entry)
{
    struct asking *asking = context;
    AUTO(custody_entry_release) struct custody_entry parsed = {.root = NULL};
    asking->failed = custody_entry_parse((struct bytes){entry->entry, entry->entry_len},
                                         kept_subject, &parsed, asking->err) < 0 ||
                     compare(asking, &parsed) < 0;
    return !asking->failed && asking->wanted->checkpoint == NULL;
}

int backing_response(struct vault *vault, const char *by, struct bytes response, const char *object,
                     struct backing_anchored *anchored, struct err *err)
{
    uint8_t sha256[32];
    struct catalog_err wrong;
    AUTO(wanted_release) struct wanted wanted = {.checkpoint = NULL};
    struct asking asking = {.sha256 = sha256, .wanted = &wanted, .err = err};
    *anchored = (struct backing_anchored){.size = 0};
    if (stamp_imprint(response, object, sha256, err) < 0)
        return -1;
    if (catalog_log_each(vault_catalog(vault), 0, kept_subject, ask, &asking, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (asking.failed)
        return -1;
    return wanted.checkpoint != NULL
               ? keep(vault, by, &wanted, response, object, anchored, err)
               : err_set(err, ERR_DAMAGED, object, "%s",
                         _("the timestamp is over nothing that this vault asked for"));
}
