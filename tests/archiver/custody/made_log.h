#ifndef SHILU_TESTS_CUSTODY_MADE_LOG_H
#define SHILU_TESTS_CUSTODY_MADE_LOG_H

#include <stdint.h>

#include "custody/custody.h"
#include "custody/key.h"

#define MADE_ORIGIN "example.com/log"

/* The same key each time, so that the same log has the same checkpoint. */
struct key *made_log_key(void);

/* A new empty folder of this name, in place of one that is there; its descriptor. */
int made_folder(const char *name);

/* A copy of a folder, in place of one that is there; its descriptor. */
int made_copy(const char *from, const char *to);

/* Runs a command made of the format; it must end with 0. */
void made_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Entry number i of every log made here; lengths vary. In a buffer of its own until the next call
 * of the same i modulo 4. */
struct bytes made_entry(uint64_t i);

/* Appends entries `from` to `to` - 1 in one call; 0 or -1 with *err. */
int made_append(struct custody_log *log, uint64_t from, uint64_t to, const struct key *key,
                struct err *err);

/* A log of `size` entries in a new folder, appended `batch` at a time. The folder's descriptor. */
int made_log(const char *name, uint64_t size, uint64_t batch);

struct custody_log *made_open(int folder);

/* A log of other entries in a new folder, opened: `text` makes each, which is freed. */
struct custody_log *made_log_of(const char *name, uint64_t count, const struct key *key,
                                char *(*text)(uint64_t seq));

/* Flips a bit of a file. */
void made_flip(int folder, const char *path, uint64_t bit);

/* Compares each entry and the root with what they must be. */
void made_compare(struct custody_log *log, uint64_t size);

#endif
