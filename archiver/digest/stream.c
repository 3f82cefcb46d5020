#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "digest/digest.h"
#include "digest/hash.h"
#include "digest/ring.h"

#include "base/banned.h"

enum { SLOT_BYTES = 128 << 10 };

struct digest {
    EVP_MD_CTX *contexts[HASH_ALGORITHMS]; /* each its thread's while the ring runs */
    struct ring *ring;
    uint8_t *slot; /* being filled; NULL: none yet */
    size_t used;   /* bytes in it */
    bool ended;
};

static bool hash_take(void *context, struct bytes bytes)
{
    return hash_feed(context, bytes);
}

int digest_open(struct digest **out, struct err *err)
{
    AUTO(digest_free) struct digest *digest = calloc(1, sizeof *digest);
    if (digest == NULL)
        return err_memory(err, NULL);
    struct ring_consumer hashers[HASH_ALGORITHMS];
    for (unsigned i = 0; i < HASH_ALGORITHMS; i++) {
        if (hash_open((enum hash_algorithm)i, &digest->contexts[i], err) < 0)
            return -1;
        hashers[i] = (struct ring_consumer){hash_take, digest->contexts[i]};
    }
    if (ring_open(hashers, HASH_ALGORITHMS, SLOT_BYTES, &digest->ring, err) < 0)
        return -1;
    *out = digest;
    digest = NULL;
    return 0;
}

static void pass(struct digest *digest)
{
    ring_pass(digest->ring, digest->used);
    digest->slot = NULL;
    digest->used = 0;
}

int digest_feed(struct digest *digest, struct bytes more, struct err *err)
{
    if (digest->ended)
        return err_set(err, ERR_USAGE, NULL, "%s", _("the digest is finished"));
    while (more.len > 0) {
        if (digest->slot == NULL && (digest->slot = ring_slot(digest->ring)) == NULL)
            return hash_failed(NULL, err);
        size_t part = SLOT_BYTES - digest->used;
        if (part > more.len)
            part = more.len;
        memcpy(digest->slot + digest->used, more.at, part);
        digest->used += part;
        more.at += part;
        more.len -= part;
        if (digest->used == SLOT_BYTES)
            pass(digest);
    }
    return 0;
}

int digest_finish(struct digest *digest, struct digest_pair *pair, struct err *err)
{
    if (digest->ended)
        return err_set(err, ERR_USAGE, NULL, "%s", _("the digest is finished"));
    if (digest->used > 0)
        pass(digest);
    digest->ended = true;
    struct digest_pair both;
    if (!ring_end(digest->ring) || !hash_end(digest->contexts[HASH_SHA256], both.sha256) ||
        !hash_end(digest->contexts[HASH_SM3], both.sm3))
        return hash_failed(NULL, err);
    *pair = both;
    return 0;
}

void digest_free(struct digest *digest)
{
    if (digest == NULL)
        return;
    ring_free(digest->ring);
    for (unsigned i = 0; i < HASH_ALGORITHMS; i++)
        EVP_MD_CTX_free(digest->contexts[i]);
    free(digest);
}
