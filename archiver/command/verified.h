#ifndef SHILU_COMMAND_VERIFIED_H
#define SHILU_COMMAND_VERIFIED_H

#include "audit/audit.h"
#include "command/command.h"

/* What a verification has read and found right, on its way to the custody log. */
struct verified {
    int64_t *recordings, *archives;
    size_t recording_count, archive_count;
    bool failed; /* memory was out */
};
void verified_release(struct verified *verified);
static inline void verified_release_at(struct verified *verified)
{
    verified_release(verified);
}

void verified_add(struct verified *verified, enum catalog_read_kind kind, int64_t number);

/*
 * Tells the custody log of the vault. Where that cannot be, for want of the signing key, say, it is
 * noted, and false given: what was verified is verified, but the next --since begins anew.
 *   subject    "R12", "A3", a case's number; "" for the whole vault
 *   seed_size  entries of the log that a sample's seed is the root of
 */
bool verified_log(const char *vault, const char *subject, const char *level,
                  const struct verified *verified, const struct audit_choice *choice,
                  uint64_t seed_size, const struct audit_report *report);

#endif
