#ifndef SHILU_TEST_PACK_FIXTURE_H
#define SHILU_TEST_PACK_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "vault/vault.h"

/* A real vault in the test's own folder with recordings in it, as intake would leave them. All of
 * these end the test where they fail. */

/* Runs a command by the shell; it must succeed. */
void fixture_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether a command succeeds. */
bool fixture_try(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The first line that a command prints, without its newline; lives until the next call. */
const char *fixture_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes clip.mp4, clip.mkv, clip.ts and sound.wav by ffmpeg, once. */
void fixture_clips(void);

/* A new vault at `path`; what was there goes. */
struct vault *fixture_vault(const char *path);
struct vault *fixture_open(const char *path);

void fixture_case(struct vault *vault, const char *number);

/* Enters a file under an original name into a case; its number. `second_case` may be NULL. */
int64_t fixture_recording(struct vault *vault, const char *file, const char *original_name,
                          const char *case_number, const char *second_case);
int64_t fixture_attachment(struct vault *vault, int64_t recording, const char *file,
                           const char *name);

/* How many names a folder of the vault holds, at any depth. */
unsigned fixture_count(const char *folder);

#endif
