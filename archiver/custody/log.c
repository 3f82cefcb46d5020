#include "custody/custody.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "custody/checkpoint.h"
#include "custody/grow.h"
#include "custody/key.h"
#include "custody/log.h"
#include "custody/succession.h"
#include "custody/tiles.h"

#include "base/banned.h"

/*
 * What is promised. *Must*: else a signed checkpoint names what is not there. *Should*: else room
 * is lost.
 *
 *  1. Must. A checkpoint is replaced only after every tile and bundle of its size is durable, with
 *     their folders (grow_write).
 *  2. Must. No file that the checkpoint at hand needs is changed before the next one is durable:
 * new tiles are wider, and so have other names. Where a full tile serves for a partial one that is
 *     gone, it is replaced in one step by one that begins with the same hashes.
 *  3. Must. The right edge is compared with the signed root before anything is built on it.
 *  4. Must. One writer at a time: flock on the folder, and the checkpoint is still the one that the
 *     handle knows.
 *  5. Should. Partial tiles that full ones have replaced go after that (grow_tidy).
 *
 * So there are two states, and a crash leaves one of them:
 *
 *   at rest     checkpoint of S entries, its tiles; perhaps partial tiles that are not needed
 *   under way   the same, and tiles beyond S; the way out: a new checkpoint, or the next append,
 * which replaces what lies at the places it needs
 */

const char log_checkpoint_name[] = "checkpoint";

enum { CHECKPOINT_MODE = 0640 };

struct custody_log {
    int folder;
    struct tiles *tiles;
    char *text; /* the checkpoint */
    char *origin;
    struct custody_head head;
    char key_id[KEY_ID_TEXT];
};

/* ---- opening ---- */

int log_checkpoint_read(int folder, char **text, size_t *len, struct err *err)
{
    AUTO(close) int fd = file_open_regular(folder, log_checkpoint_name, err);
    if (fd < 0)
        return -1;
    return file_read_all(fd, log_checkpoint_name, NOTE_MAX, text, len, err);
}

/* The frontier of the whole log, which gives the signed root. */
static int sound_frontier(struct custody_log *log, struct tree_frontier *frontier, struct err *err)
{
    uint8_t root[CUSTODY_HASH];
    if (tiles_frontier(log->tiles, log->head.size, frontier, err) < 0 ||
        tree_root(tiles_sha(log->tiles), frontier, root, err) < 0)
        return -1;
    if (memcmp(root, log->head.root, sizeof root) != 0)
        return err_set(err, ERR_DAMAGED, "tile", "%s",
                       _("the last tiles do not give the root that the checkpoint is signed for"));
    return 0;
}

static int take_checkpoint(struct custody_log *log, const struct key *key, const char *origin,
                           struct err *err)
{
    struct checkpoint checkpoint;
    size_t len;
    if (log_checkpoint_read(log->folder, &log->text, &len, err) < 0 ||
        (key != NULL ? checkpoint_open((struct bytes){(const uint8_t *)log->text, len},
                                       log_checkpoint_name, origin, key, &checkpoint, err)
                     : checkpoint_parse((struct bytes){(const uint8_t *)log->text, len},
                                        log_checkpoint_name, &checkpoint, err)) < 0)
        return -1;
    log->head = checkpoint.head;
    log->origin = strndup((const char *)checkpoint.origin.at, checkpoint.origin.len);
    return log->origin == NULL ? err_memory(err, log_checkpoint_name) : 0;
}

int custody_log_open(int folder, const struct key *key, const char *origin,
                     struct custody_log **out, struct err *err)
{
    AUTO(custody_log_free) struct custody_log *log = calloc(1, sizeof *log);
    if (log == NULL)
        return err_memory(err, NULL);
    if (key != NULL)
        key_id(key, log->key_id);
    log->folder = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (log->folder < 0)
        return err_sys(err, "log", _("open"));
    struct tree_frontier frontier;
    if (take_checkpoint(log, key, origin, err) < 0 ||
        tiles_open(log->folder, &log->tiles, err) < 0 || sound_frontier(log, &frontier, err) < 0)
        return -1;
    *out = log;
    log = NULL;
    return 0;
}

void custody_log_free(struct custody_log *log)
{
    if (log == NULL)
        return;
    tiles_free(log->tiles);
    close_at(&log->folder);
    free(log->text);
    free(log->origin);
    free(log);
}

uint64_t custody_log_size(const struct custody_log *log)
{
    return log->head.size;
}

void custody_log_root(const struct custody_log *log, uint8_t root[static CUSTODY_HASH])
{
    memcpy(root, log->head.root, CUSTODY_HASH);
}

const char *custody_log_origin(const struct custody_log *log)
{
    return log->origin;
}

const char *custody_log_checkpoint_text(const struct custody_log *log)
{
    return log->text;
}

/* ---- a new log ---- */

static int check_empty(int folder, struct err *err)
{
    const int empty = durable_holds_only(folder, NULL, 0, false);
    if (empty < 0)
        return err_sys(err, "log", _("read"));
    return empty ? 0 : err_set(err, ERR_CONFLICT, "log", "%s", _("the log's folder is not empty"));
}

int custody_log_create(int folder, const struct key *signing, const char *origin, struct err *err)
{
    const struct tree_frontier none = {0};
    struct custody_head head = {0};
    AUTO(tiles_free) struct tiles *tiles = NULL;
    AUTO(free) char *text = NULL;
    if (check_empty(folder, err) < 0 || tiles_open(folder, &tiles, err) < 0 ||
        tree_root(tiles_sha(tiles), &none, head.root, err) < 0 ||
        checkpoint_make(origin, &head, signing, &text, err) < 0)
        return -1;
    return durable_create(folder, "log", log_checkpoint_name, bytes_of(text), CHECKPOINT_MODE, err);
}

/* ---- appending ---- */

/* Another may have appended, before this handle had the lock. */
static int check_current(struct custody_log *log, struct err *err)
{
    AUTO(free) char *text = NULL;
    size_t len;
    if (log_checkpoint_read(log->folder, &text, &len, err) < 0)
        return -1;
    if (!bytes_equal((struct bytes){(const uint8_t *)text, len}, bytes_of(log->text)))
        return err_set(err, ERR_CONFLICT, log_checkpoint_name, "%s",
                       _("the log has grown since it was opened"));
    return 0;
}

static int append_locked(struct custody_log *log, const struct bytes *entries, size_t count,
                         const struct key *signing, struct err *err)
{
    const uint64_t before = log->head.size;
    struct tree_frontier frontier;
    struct custody_head head;
    AUTO(free) char *text = NULL;
    if (check_current(log, err) < 0 || sound_frontier(log, &frontier, err) < 0 ||
        grow_write(log->tiles, &frontier, entries, count, err) < 0)
        return -1;
    head.size = frontier.size;
    if (tree_root(tiles_sha(log->tiles), &frontier, head.root, err) < 0 ||
        checkpoint_make(log->origin, &head, signing, &text, err) < 0 ||
        durable_store(log->folder, log_checkpoint_name, bytes_of(text), CHECKPOINT_MODE, err) < 0)
        return -1;
    free(log->text);
    log->text = text;
    text = NULL;
    log->head = head;
    grow_tidy(log->folder, before, head.size);
    return 0;
}

int custody_log_append(struct custody_log *log, const struct bytes *entries, size_t count,
                       const struct key *signing, struct err *err)
{
    char id[KEY_ID_TEXT];
    key_id(signing, id);
    if (strcmp(id, log->key_id) != 0)
        return err_set(err, ERR_USAGE, id, "%s", _("not the key of this log"));
    if (count == 0)
        return 0;
    if (flock(log->folder, LOCK_EX) < 0)
        return err_sys(err, "log", _("lock"));
    int done = append_locked(log, entries, count, signing, err);
    (void)flock(log->folder, LOCK_UN); /* goes with the descriptor otherwise */
    return done;
}

static int sign_again_locked(struct custody_log *log, const struct key *signing, struct err *err)
{
    struct checkpoint checkpoint;
    struct err why;
    AUTO(text_release) struct text text = {0};
    text_init(&text, NOTE_MAX);
    if (check_current(log, err) < 0 ||
        checkpoint_parse(bytes_of(log->text), log_checkpoint_name, &checkpoint, err) < 0)
        return -1;
    if (note_verify(&checkpoint.note, log_checkpoint_name, log->origin, signing, &why) == 0)
        return 0;
    text_append(&text, log->text);
    if (note_sign(checkpoint.note.text, log->origin, signing, &text, err) < 0)
        return -1;
    AUTO(free) char *whole = text_take(&text);
    if (whole == NULL)
        return err_memory(err, log_checkpoint_name);
    if (durable_store(log->folder, log_checkpoint_name, bytes_of(whole), CHECKPOINT_MODE, err) < 0)
        return -1;
    free(log->text);
    log->text = whole;
    whole = NULL;
    return 0;
}

int custody_log_sign_again(struct custody_log *log, const struct key *signing, struct err *err)
{
    if (flock(log->folder, LOCK_EX) < 0)
        return err_sys(err, "log", _("lock"));
    int done = sign_again_locked(log, signing, err);
    (void)flock(log->folder, LOCK_UN); /* goes with the descriptor otherwise */
    return done;
}

/* ---- reading and proving ---- */

static int no_entry(uint64_t index, struct err *err)
{
    return err_set(err, ERR_USAGE, NULL, _("the log has no entry %llu"), (unsigned long long)index);
}

static int check_size(const struct custody_log *log, uint64_t size, struct err *err)
{
    if (size <= log->head.size)
        return 0;
    return err_set(err, ERR_USAGE, NULL, _("the log has %llu entries, not %llu"),
                   (unsigned long long)log->head.size, (unsigned long long)size);
}

int custody_log_entry(struct custody_log *log, uint64_t index, struct bytes *entry, struct err *err)
{
    if (index >= log->head.size)
        return no_entry(index, err);
    return tiles_entry(log->tiles, log->head.size, index, entry, err);
}

/* From the tiles of the log as it is, also for older sizes: their partial tiles may be gone. */
static int log_hash(void *context, unsigned level, uint64_t index,
                    uint8_t hash[static CUSTODY_HASH], struct err *err)
{
    const struct custody_log *log = context;
    return tiles_hash(log->tiles, log->head.size, level, index, hash, err);
}

int custody_log_root_at(struct custody_log *log, uint64_t size, uint8_t root[static CUSTODY_HASH],
                        struct err *err)
{
    struct tree_frontier frontier;
    if (check_size(log, size, err) < 0)
        return -1;
    if (size == log->head.size) {
        memcpy(root, log->head.root, CUSTODY_HASH);
        return 0;
    }
    struct tree_source source = {log_hash, log};
    if (tree_frontier_load(&source, size, &frontier, err) < 0)
        return -1;
    return tree_root(tiles_sha(log->tiles), &frontier, root, err);
}

/* A proof of what was signed must hold; where it does not, a tile on its way is to blame. */
static int blame(struct err *err)
{
    if (err->kind != ERR_DAMAGED)
        return -1;
    return err_set(err, ERR_DAMAGED, "tile", "%s",
                   _("the tiles do not lead to the root that the checkpoint is signed for"));
}

int custody_log_inclusion(struct custody_log *log, uint64_t index, uint64_t size,
                          struct custody_proof *proof, struct err *err)
{
    struct tree_source source = {log_hash, log};
    struct custody_proof made;
    uint8_t leaf[CUSTODY_HASH];
    if (check_size(log, size, err) < 0)
        return -1;
    if (index >= size)
        return no_entry(index, err);
    if (tree_inclusion(tiles_sha(log->tiles), &source, index, size, &made, err) < 0)
        return -1;
    if (size == log->head.size) {
        if (log_hash(log, 0, index, leaf, err) < 0)
            return -1;
        if (custody_inclusion_check(leaf, index, size, &made, log->head.root, err) < 0)
            return blame(err);
    }
    *proof = made;
    return 0;
}

int custody_log_consistency(struct custody_log *log, uint64_t old_size, uint64_t new_size,
                            struct custody_proof *proof, struct err *err)
{
    struct tree_source source = {log_hash, log};
    struct custody_proof made;
    uint8_t old_root[CUSTODY_HASH];
    if (check_size(log, new_size, err) < 0)
        return -1;
    if (old_size > new_size)
        return err_set(err, ERR_USAGE, NULL, _("the older log has %llu entries, the newer %llu"),
                       (unsigned long long)old_size, (unsigned long long)new_size);
    if (tree_consistency(tiles_sha(log->tiles), &source, old_size, new_size, &made, err) < 0)
        return -1;
    if (new_size == log->head.size) {
        if (custody_log_root_at(log, old_size, old_root, err) < 0)
            return -1;
        if (custody_consistency_check(old_size, old_root, new_size, log->head.root, &made, err) < 0)
            return blame(err);
    }
    *proof = made;
    return 0;
}

/* The log is read for earlier keys only where the key itself has not signed. */
static int check_older(struct custody_log *log, struct bytes text, const struct key *key,
                       const char *object, struct custody_head *old, struct custody_signer *signer,
                       struct err *err)
{
    char id[KEY_ID_TEXT];
    AUTO(custody_chain_release) struct custody_chain chain = {.links = NULL};
    if (custody_chain_checkpoint(&chain, key, text, log->origin, object, old, signer, err) == 0)
        return 0;
    if (err->kind != ERR_MISSING || custody_chain_of_log(log, &chain, err) < 0)
        return -1;
    key_id(key, id);
    (void)custody_chain_settle(&chain, id);
    return custody_chain_checkpoint(&chain, key, text, log->origin, object, old, signer, err);
}

int custody_log_extends(struct custody_log *log, struct bytes text, const struct key *key,
                        const char *object, struct custody_head *old, struct custody_signer *signer,
                        struct err *err)
{
    struct custody_proof proof;
    if (check_older(log, text, key, object, old, signer, err) < 0)
        return -1;
    if (old->size > log->head.size)
        return err_set(err, ERR_DAMAGED, object, "%s",
                       _("the log has fewer entries than this checkpoint signed: some were taken "
                         "away"));
    if (custody_log_consistency(log, old->size, log->head.size, &proof, err) < 0)
        return -1;
    if (custody_consistency_check(old->size, old->root, log->head.size, log->head.root, &proof,
                                  err) == 0)
        return 0;
    return err->kind != ERR_DAMAGED
               ? -1
               : err_set(err, ERR_DAMAGED, object, "%s",
                         _("the log does not begin with what this checkpoint signed: its entries "
                           "were rewritten"));
}
