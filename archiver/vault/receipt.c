#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "custody/custody.h"
#include "custody/key.h"
#include "custody/receipt.h"
#include "vault/vault.h"
#include "vault/vault_private.h"

#include "base/banned.h"

enum { RECEIPT_MODE = 0644 };

/* ---- the entry of a recording's acceptance ---- */

struct acceptance {
    uint64_t seq;
    bool found;
};

/* The first of a recording; the same bytes, handed in again, come later. */
static bool take_first(void *context, const struct catalog_log_entry *entry)
{
    struct acceptance *acceptance = context;
    if (strcmp(entry->action, custody_action_name(CUSTODY_ACCEPTED)) != 0)
        return true;
    acceptance->seq = entry->seq;
    acceptance->found = true;
    return false;
}

int vault_acceptance(struct vault *vault, int64_t number, uint64_t *seq, struct err *err)
{
    struct acceptance acceptance = {.found = false};
    struct catalog_err wrong;
    char id[32];
    (void)snprintf(id, sizeof id, "R%lld", (long long)number);
    if (catalog_log_each(vault->catalog, 0, id, take_first, &acceptance, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (!acceptance.found)
        return err_set(err, ERR_MISSING, id, "%s", _("the custody log tells of no such recording"));
    *seq = acceptance.seq;
    return 0;
}

int vault_receipt(struct vault *vault, int64_t number, const char *checkpoint, char **text,
                  size_t *len, struct err *err)
{
    AUTO(custody_log_free) struct custody_log *log = NULL;
    const struct key *key;
    uint64_t seq;
    if (vault_acceptance(vault, number, &seq, err) < 0 || vault_log_open(vault, &log, err) < 0 ||
        vault_public_key(vault, &key, err) < 0)
        return -1;
    return checkpoint != NULL
               ? custody_receipt_make_to(log, bytes_of(checkpoint), seq, key, text, len, err)
               : custody_receipt_make(log, seq, key, text, len, err);
}

/* ---- as a file ---- */

static int taken(const char *name, struct err *err)
{
    return err_set(err, ERR_CONFLICT, name, "%s",
                   _("something else is there: the receipt was not written"));
}

/* A receipt of the same entry, given earlier, is as good: it is left, and its bytes are given. */
static int keep_earlier(int folder, const char *name, struct bytes made, char **text, size_t *len,
                        struct err *err)
{
    AUTO(free) char *there = NULL;
    size_t there_len;
    struct err why;
    AUTO(custody_receipt_release) struct custody_receipt now = {.size_bytes = 0};
    AUTO(custody_receipt_release) struct custody_receipt earlier = {.size_bytes = 0};
    AUTO(close) int fd = file_open_regular(folder, name, &why);
    if (fd < 0 || file_read_all(fd, name, CUSTODY_RECEIPT_MAX, &there, &there_len, &why) < 0)
        return taken(name, err);
    if (custody_receipt_parse(made, name, &now, err) < 0)
        return -1;
    if (custody_receipt_parse((struct bytes){(const uint8_t *)there, there_len}, name, &earlier,
                              &why) < 0 ||
        !bytes_equal(now.leaf, earlier.leaf) || custody_receipt_prove(&earlier, name, &why) < 0 ||
        custody_receipt_signed(&earlier, name, &why) < 0)
        return taken(name, err);
    free(*text);
    *text = there;
    *len = there_len;
    there = NULL;
    return 0;
}

/* The number alone says too little where somebody has changed the catalog. */
static int check_is_of(struct bytes made, const uint8_t sha256[static 32], const char *name,
                       struct err *err)
{
    AUTO(custody_receipt_release) struct custody_receipt receipt = {.size_bytes = 0};
    if (custody_receipt_parse(made, name, &receipt, err) < 0)
        return -1;
    return memcmp(receipt.sha256, sha256, sizeof receipt.sha256) == 0
               ? 0
               : err_set(err, ERR_TAMPERED, name, "%s",
                         _("tampering: the custody log knows other bytes by this number"));
}

int vault_receipt_store(struct vault *vault, int64_t number, const uint8_t sha256[static 32],
                        int folder, const char *object, char name[static VAULT_RECEIPT_NAME],
                        struct seal_value *seal, struct err *err)
{
    AUTO(free) char *text = NULL;
    size_t len;
    char digits[17];
    bytes_to_hex(sha256, 8, digits);
    (void)snprintf(name, VAULT_RECEIPT_NAME, "R%lld-%s.receipt.json", (long long)number, digits);
    if (vault_receipt(vault, number, NULL, &text, &len, err) < 0)
        return -1;
    const struct bytes made = {(const uint8_t *)text, len};
    if (check_is_of(made, sha256, name, err) < 0)
        return -1;
    if (durable_create(folder, object, name, made, RECEIPT_MODE, err) < 0 &&
        (err->kind != ERR_CONFLICT || keep_earlier(folder, name, made, &text, &len, err) < 0))
        return -1;
    return seal_value_of(SEAL_RECEIPT, (struct bytes){(const uint8_t *)text, len}, seal, err);
}
