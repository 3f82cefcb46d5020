#ifndef SHILU_TESTS_VAULT_FIXTURE_H
#define SHILU_TESTS_VAULT_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vault/vault.h"

/* A vault to test with, in the folder "v" of the test's own. Whatever goes wrong here fails the
 * test at once. */

/* cmocka's setup: a new vault; opens it for writing. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* The vault under test, and opening it anew as the next process would. */
struct vault *fixture_vault(void);
void fixture_close(void);
void fixture_reopen(void);

/* What an acceptance does, as far as asked for; `content` decides the digest. Within a transaction
 * from FIXTURE_PLACED on. Gives the recording's number, 0 where no row was added. */
enum fixture_step { FIXTURE_PLACED, FIXTURE_SIDECAR, FIXTURE_COMMITTED, FIXTURE_SETTLED };
int64_t fixture_accept(const char *content, enum fixture_step last);

/* Names of content: the recording's in recordings/, and the sidecar's. */
void fixture_stored(const char *content, char name[static VAULT_STORED_NAME]);
void fixture_sidecar(const char *content, char name[static VAULT_STORED_NAME]);

/* Whether a path below the vault is there: formatted like printf. */
bool fixture_is_there(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool fixture_stored_is_there(const char *content);
bool fixture_sidecar_is_there(const char *content);
bool fixture_intent_is_there(const char *content);

/* How many names are in incoming/. */
size_t fixture_incoming(void);

/* A loose attachment of a recording, with these bytes in recordings/. */
void fixture_attach(int64_t recording, const char *content);

/* Enters case "C" if it is not there, and an archive of it with what is given. */
int64_t fixture_archive(const char *relative, const int64_t *recordings, size_t count,
                        const int64_t *attachments, size_t attachment_count);

void fixture_begin(void);
void fixture_commit(void);

/* Runs a command line; it must succeed. */
void fixture_run(const char *command);

#endif
