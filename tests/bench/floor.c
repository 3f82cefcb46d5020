/*
 * What the hardware allows: nothing but the bytes, both digests and, if wanted, a durable copy.
 *
 *   floor digest FILE…          SHA-256 and SM3 of each, by OpenSSL, on all cores
 *   floor copy FOLDER FILE…     the same, and each file written to FOLDER on the way; then synced
 *
 * A thread a core takes the next file, reads it in pieces that stay in the core's cache, writes
 * them and feeds both digests. No check, no name, no catalog: scripts/bench measures against it.
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 128 << 10, FLUSH = 8 << 20, THREADS_MAX = 64 };

static char **files;
static int file_count;
static int folder = -1;
static atomic_int next_file;

static void die(const char *what)
{
    perror(what);
    exit(3);
}

static void carry(int from, int to, EVP_MD_CTX *sha256, EVP_MD_CTX *sm3, uint8_t *piece)
{
    ssize_t got;
    off_t at = 0, flushed = 0;
    while ((got = read(from, piece, PIECE)) > 0) {
        if (to >= 0 && write(to, piece, (size_t)got) != got)
            die("write");
        if (EVP_DigestUpdate(sha256, piece, (size_t)got) != 1 ||
            EVP_DigestUpdate(sm3, piece, (size_t)got) != 1)
            die("digest");
        at += got;
        if (to >= 0 && at - flushed >= FLUSH) {
            (void)sync_file_range(to, flushed, at - flushed, SYNC_FILE_RANGE_WRITE);
            flushed = at;
        }
    }
    if (got < 0)
        die("read");
}

static void one_file(const char *path, EVP_MD_CTX *sha256, EVP_MD_CTX *sm3, uint8_t *piece)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    const char *slash = strrchr(path, '/');
    int to = -1;
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        die(path);
    if (folder >= 0) {
        to = openat(folder, slash == NULL ? path : slash + 1,
                    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (to < 0)
            die("create");
    }
    if (EVP_DigestInit_ex(sha256, EVP_sha256(), NULL) != 1 ||
        EVP_DigestInit_ex(sm3, EVP_sm3(), NULL) != 1)
        die("digest");
    carry(from, to, sha256, sm3, piece);
    if (EVP_DigestFinal_ex(sha256, digest, NULL) != 1 || EVP_DigestFinal_ex(sm3, digest, NULL) != 1)
        die("digest");
    if (to >= 0 && close(to) < 0)
        die("close");
    (void)close(from); /* only read from */
}

static void *run(void *unused)
{
    (void)unused;
    EVP_MD_CTX *sha256 = EVP_MD_CTX_new();
    EVP_MD_CTX *sm3 = EVP_MD_CTX_new();
    uint8_t *piece = aligned_alloc(4096, PIECE);
    if (sha256 == NULL || sm3 == NULL || piece == NULL)
        die("memory");
    for (int i = atomic_fetch_add(&next_file, 1); i < file_count;
         i = atomic_fetch_add(&next_file, 1))
        one_file(files[i], sha256, sm3, piece);
    free(piece);
    EVP_MD_CTX_free(sha256);
    EVP_MD_CTX_free(sm3);
    return NULL;
}

int main(int argc, char **argv)
{
    int first = argc > 1 && strcmp(argv[1], "copy") == 0 ? 3 : 2;
    if (argc <= first || (first == 2 && strcmp(argv[1], "digest") != 0)) {
        (void)fprintf(stderr, "usage: floor digest FILE… | floor copy FOLDER FILE…\n");
        return 2;
    }
    files = argv + first;
    file_count = argc - first;
    if (first == 3 && (folder = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        die(argv[2]);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int count = cores < 1 ? 1 : cores > THREADS_MAX ? THREADS_MAX : (int)cores;
    pthread_t thread[THREADS_MAX];
    for (int i = 0; i < count; i++)
        if (pthread_create(&thread[i], NULL, run, NULL) != 0)
            die("start a thread");
    for (int i = 0; i < count; i++)
        (void)pthread_join(thread[i], NULL); /* ours, joined once */
    if (folder >= 0 && syncfs(folder) < 0)
        die("sync");
    return 0;
}
