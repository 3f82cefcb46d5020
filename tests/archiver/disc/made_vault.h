#ifndef SHILU_TESTS_DISC_MADE_VAULT_H
#define SHILU_TESTS_DISC_MADE_VAULT_H

#include <stddef.h>

struct vault;

/* A real vault for tests: made, opened for writing, with a case in its register. */
struct vault *made_vault(const char *path, const char *case_number);

/* Takes a file into the vault as a recording of the case. */
void made_recording(struct vault *vault, const char *file, const char *original_name,
                    const char *case_number);

/* Seals the case's next volume at a fixed time; `tar` receives its path. */
void made_volume(struct vault *vault, const char *case_number, char *tar, size_t room);

#endif
