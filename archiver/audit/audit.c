#include "audit/audit.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "audit/session.h"
#include "base/err.h"
#include "custody/key.h"
#include "custody/succession.h"

#include "base/banned.h"

const char *audit_kind_name(enum audit_kind kind)
{
    static const char *const names[] = {
        [AUDIT_MISSING] = "missing",     [AUDIT_DAMAGED] = "damaged",       [AUDIT_EXTRA] = "extra",
        [AUDIT_SIGNATURE] = "signature", [AUDIT_CATALOG] = "catalog",       [AUDIT_LOG] = "log",
        [AUDIT_TRANSIENT] = "transient", [AUDIT_UNREADABLE] = "unreadable", [AUDIT_SEAL] = "seal",
    };
    return names[kind];
}

int session_start(struct session *session, const struct audit_options *options,
                  struct audit_report *report, struct err *err)
{
    *session = (struct session){.options = options, .report = report};
    *report = (struct audit_report){.level = options->level};
    return digest_pool_open(&session->pool, err);
}

void session_end(struct session *session)
{
    if (session->pool == NULL)
        return;
    content_drain(session);
    digest_pool_free(session->pool);
    session->pool = NULL;
}

void session_found(struct session *session, const struct audit_finding *finding)
{
    session->report->findings++;
    if (session->watch != NULL)
        session->watch(session->watcher, finding);
    session->options->found(session->options->context, finding);
}

void session_found_err(struct session *session, const char *target, const char *entry,
                       const struct err *err)
{
    enum audit_kind kind = err->kind == ERR_DAMAGED   ? AUDIT_DAMAGED
                           : err->kind == ERR_MISSING ? AUDIT_MISSING
                                                      : AUDIT_UNREADABLE;
    session_found(session,
                  &(struct audit_finding){
                      .kind = kind, .target = target, .entry = entry, .detail = err->text});
}

/* The id that signatures' keys must have; false where any will do. */
static bool wanted_key(const struct audit_options *options, char id[static KEY_ID_TEXT])
{
    if (options->key != NULL)
        key_id(options->key, id);
    else if (options->key_id != NULL)
        (void)snprintf(id, KEY_ID_TEXT, "%s", options->key_id);
    return options->key != NULL || options->key_id != NULL;
}

bool audit_key_counts(const struct audit_options *options, const struct key *key,
                      struct custody_signer *signer)
{
    char wanted[KEY_ID_TEXT];
    *signer = (struct custody_signer){.is_vouched = options->chain == NULL ||
                                                    custody_chain_is_vouched(options->chain)};
    key_id(key, signer->key_id);
    if (!wanted_key(options, wanted) || strcmp(signer->key_id, wanted) == 0)
        return true;
    return options->chain != NULL && custody_chain_find(options->chain, signer->key_id, signer);
}

void session_sealed(struct session *session, const struct seal_value *seal)
{
    if (session->options->sealed != NULL)
        session->options->sealed(session->options->context, seal);
}

void session_signer(struct session *session, const struct custody_signer *signer)
{
    memcpy(session->report->signer, signer->key_id, sizeof session->report->signer);
    if (session->options->signed_by != NULL)
        session->options->signed_by(session->options->context, signer);
}
