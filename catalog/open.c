#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "catalog/catalog_private.h"
#include "catalog/migrate.h"
#include "catalog/tokenizer.h"

/*
 * Opening, and why a newer or damaged file stays as it is:
 * 1. The file's head is read before SQLite sees it: whose it is, its version, its length.
 * 2. Where no -wal lies beside it, its schema is read as an immutable file: SQLite then makes
 *    neither -wal nor -shm. Where one lies there, nothing new comes into being by opening.
 * 3. Until the version has been read through the -wal too, closing makes no checkpoint.
 *
 * And what a crash left: a program that was killed between writing to the -wal and flushing it
 * leaves a commit that is seen, and that a power cut may yet undo. Whoever writes flushes it before
 * reading it, so that nothing is built on what may go.
 */

enum {
    HEADER_BYTES = 100,
    HEADER_PAGES = 28,   /* where the number of pages stands */
    HEADER_VERSION = 60, /* user_version */
    HEADER_APPLICATION = 68,
    BUSY_MS = 30000,
    BUSY_TRY_MS = 2,
    PAGES_CHECKED_BYTES = 16 << 20,
};

static uint32_t be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int version_check(const char *path, int64_t version, enum catalog_mode mode,
                         struct catalog_err *err)
{
    if (version > catalog_migration_count)
        return catalog_err_set(err, CATALOG_ERR_DAMAGED, path,
                               "a catalog of version %lld; this program knows up to %d",
                               (long long)version, catalog_migration_count);
    if (version < 1)
        return catalog_err_set(err, CATALOG_ERR_DAMAGED, path, "a catalog without a version");
    if (mode == CATALOG_READ && version < catalog_migration_count)
        return catalog_err_set(err, CATALOG_ERR_DAMAGED, path,
                               "a catalog of the older version %lld; a command that writes brings "
                               "it up to date",
                               (long long)version);
    return 0;
}

static bool wal_lies_there(const char *path)
{
    char wal[4096];
    int len = snprintf(wal, sizeof wal, "%s-wal", path);
    struct stat status;
    return len > 0 && (size_t)len < sizeof wal && stat(wal, &status) == 0 && status.st_size > 0;
}

static int flush_at(const char *file, const char *object, struct catalog_err *err)
{
    AUTO(close) int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? 0 : catalog_err_sys(err, object, "open");
    return fsync(fd) < 0 ? catalog_err_sys(err, object, "flush to disk") : 0;
}

/* The -wal that lies there, and its name. */
static int flush_wal(const char *path, struct catalog_err *err)
{
    char name[4096];
    if (!wal_lies_there(path)) /* nor is its path too long */
        return 0;
    (void)snprintf(name, sizeof name, "%s-wal", path);
    if (flush_at(name, path, err) < 0)
        return -1;
    char *slash = strrchr(name, '/');
    if (slash == NULL)
        return flush_at(".", path, err);
    slash[1] = '\0';
    return flush_at(name, path, err);
}

/* Up to `room` bytes from the beginning. */
static ssize_t read_head(int fd, uint8_t *head, size_t room)
{
    size_t got = 0;
    while (got < room) {
        ssize_t len = pread(fd, head + got, room - got, (off_t)got);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return -1;
        if (len == 0)
            break;
        got += (size_t)len;
    }
    return (ssize_t)got;
}

static int header_check(const char *path, enum catalog_mode mode, struct catalog_err *err)
{
    AUTO(close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return catalog_err_sys(err, path, "open");
    struct stat status;
    if (fstat(fd, &status) < 0)
        return catalog_err_sys(err, path, "stat");
    uint8_t head[HEADER_BYTES] = {0};
    ssize_t len = S_ISREG(status.st_mode) ? read_head(fd, head, sizeof head) : 0;
    if (len < 0)
        return catalog_err_sys(err, path, "read");
    if (len < HEADER_BYTES || memcmp(head, "SQLite format 3", 16) != 0 ||
        be32(head + HEADER_APPLICATION) != CATALOG_APPLICATION_ID)
        return catalog_err_set(err, CATALOG_ERR_DAMAGED, path, "not a catalog");

    uint64_t page = (uint64_t)head[16] << 8 | head[17];
    if (page == 1)
        page = 65536;
    uint64_t told = page * be32(head + HEADER_PAGES);
    if (!wal_lies_there(path) && (uint64_t)status.st_size < told)
        return catalog_err_set(err, CATALOG_ERR_DAMAGED, path,
                               "the catalog is cut short: %lld of %llu bytes",
                               (long long)status.st_size, (unsigned long long)told);
    return version_check(path, (int64_t)(int32_t)be32(head + HEADER_VERSION), mode, err);
}

/* The URI of a file with SQLite's parameter: "immutable=1" where nobody changes it, so that it is
 * read without locks, -wal or -shm. */
static int file_uri(const char *path, const char *parameter, char *uri, size_t room,
                    struct catalog_err *err)
{
    size_t at = (size_t)snprintf(uri, room, "file:");
    for (const char *p = path; *p != '\0'; p++) {
        if (at + 32 > room)
            return catalog_err_set(err, CATALOG_ERR_USAGE, path, "the path is too long");
        if (strchr("?#%", *p) != NULL)
            at += (size_t)snprintf(uri + at, room - at, "%%%02X", (unsigned)(unsigned char)*p);
        else
            uri[at++] = *p;
    }
    (void)snprintf(uri + at, room - at, "?%s", parameter);
    return 0;
}

/* Others are at work: SQLite's own waiting sleeps up to 100 ms between two tries, in which many
 * processes at once leave the catalog idle. */
static int wait_a_little(void *unused, int tries)
{
    static const struct timespec moment = {.tv_nsec = BUSY_TRY_MS * 1000000L};
    (void)unused;
    if (tries >= BUSY_MS / BUSY_TRY_MS)
        return 0;
    (void)nanosleep(&moment, NULL); /* a shorter one does no harm */
    return 1;
}

static int connect_file(struct catalog *catalog, const char *name, int flags,
                        struct catalog_err *err)
{
    int rc = sqlite3_open_v2(name, &catalog->db,
                             flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (catalog->db == NULL)
        return catalog_err_memory(err);
    if (rc != SQLITE_OK)
        return catalog_err_sql(err, catalog);
    (void)sqlite3_busy_handler(catalog->db, wait_a_little, NULL); /* cannot fail */
    return 0;
}

static int disconnect(struct catalog *catalog)
{
    int rc = sqlite3_close(catalog->db);
    catalog->db = NULL;
    return rc;
}

static int settings(struct catalog *catalog, enum catalog_mode mode, struct catalog_err *err)
{
    static const char common[] = "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
                                 "PRAGMA cache_size = -4096; PRAGMA cell_size_check = ON;";
    static const char writing[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                  "PRAGMA journal_size_limit = 16777216;";
    (void)sqlite3_db_config(catalog->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (sqlite3_exec(catalog->db, common, NULL, NULL, NULL) != SQLITE_OK ||
        (mode != CATALOG_READ && sqlite3_exec(catalog->db, writing, NULL, NULL, NULL) != SQLITE_OK))
        return catalog_err_sql(err, catalog);
    return catalog_tokenizer_register(catalog, err);
}

/* The first row of a table: its root, and the way down to a leaf. The name stands in the schema. */
static int root_check(struct catalog *catalog, const char *table, struct catalog_err *err)
{
    char *text = sqlite3_mprintf("SELECT 1 FROM \"%w\" LIMIT 1", table);
    if (text == NULL)
        return catalog_err_memory(err);
    int rc = sqlite3_exec(catalog->db, text, NULL, NULL, NULL);
    sqlite3_free(text);
    return rc == SQLITE_OK ? 0 : catalog_err_sql(err, catalog);
}

static int roots_check(struct catalog *catalog, struct catalog_err *err)
{
    static const char tables[] =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0";
    sqlite3_stmt *row = NULL;
    int result = 0;
    int rc = sqlite3_prepare_v2(catalog->db, tables, -1, &row, NULL);
    while (rc == SQLITE_OK && result == 0 && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(row, 0);
        result = name == NULL ? catalog_err_memory(err) : root_check(catalog, name, err);
        rc = SQLITE_OK;
    }
    if (result == 0 && rc != SQLITE_DONE)
        result = catalog_err_sql(err, catalog);
    (void)sqlite3_finalize(row); /* repeats what the step said */
    return result;
}

static int all_pages_check(struct catalog *catalog, struct catalog_err *err)
{
    sqlite3_stmt *check = NULL;
    int result = 0;
    if (sqlite3_prepare_v2(catalog->db, "PRAGMA quick_check(1)", -1, &check, NULL) != SQLITE_OK ||
        sqlite3_step(check) != SQLITE_ROW) {
        result = catalog_err_sql(err, catalog);
    } else {
        const char *found = (const char *)sqlite3_column_text(check, 0);
        if (found == NULL || strcmp(found, "ok") != 0)
            result = catalog_err_set(err, CATALOG_ERR_DAMAGED, catalog->path,
                                     "the catalog is damaged: %s", found != NULL ? found : "?");
    }
    (void)sqlite3_finalize(check); /* repeats what the step said */
    return result;
}

/*
 * Whether the pages hold together, before anything is written on top of damage. All pages of a
 * large catalog would take seconds at each opening: there each table's first row is read, and
 * catalog_check looks at the rest. Newer SQLites connect virtual tables for quick_check, so the
 * tokenizer must be known.
 */
static int pages_check(struct catalog *catalog, struct catalog_err *err)
{
    struct stat status;
    if (catalog_tokenizer_register(catalog, err) < 0 || roots_check(catalog, err) < 0)
        return -1;
    bool small = stat(catalog->path, &status) == 0 && status.st_size <= PAGES_CHECKED_BYTES;
    return small ? all_pages_check(catalog, err) : 0;
}

/* The pages can be read, without leaving anything beside the file. */
static int schema_check(const char *path, enum catalog_mode mode, struct catalog_err *err)
{
    if (wal_lies_there(path))
        return 0;
    char uri[8192];
    if (file_uri(path, "immutable=1", uri, sizeof uri, err) < 0)
        return -1;
    struct catalog probe = {.path = (char *)(uintptr_t)path};
    int result = connect_file(&probe, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
    if (result == 0 &&
        sqlite3_exec(probe.db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) != SQLITE_OK)
        result = catalog_err_sql(err, &probe);
    if (result == 0 && mode == CATALOG_WRITE)
        result = pages_check(&probe, err);
    (void)disconnect(&probe); /* has written nothing */
    return result;
}

static int create_file(const char *path, struct catalog_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return catalog_err_sys(err, path, "create");
    return close(fd) == 0 ? 0 : catalog_err_sys(err, path, "close");
}

static void remove_file(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[4096 + 8];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        int len = snprintf(name, sizeof name, "%s%s", path, ends[i]);
        if (len > 0 && (size_t)len < sizeof name)
            (void)unlink(name); /* tidying after a failure that is told already */
    }
}

/* Source: sqlite.org/backup.html. In one step, so that nobody changes it meanwhile. */
int catalog_copy(struct catalog *catalog, const char *path, struct catalog_err *err)
{
    struct catalog copy = {.path = (char *)(uintptr_t)path};
    if (create_file(path, err) < 0) /* for its owner alone: passwords are in it */
        return -1;
    int result = connect_file(&copy, path, SQLITE_OPEN_READWRITE, err);
    sqlite3_backup *backup =
        result == 0 ? sqlite3_backup_init(copy.db, "main", catalog->db, "main") : NULL;
    if (backup != NULL)
        (void)sqlite3_backup_step(backup, -1); /* repeated by what follows */
    if (result == 0 && (backup == NULL || sqlite3_backup_finish(backup) != SQLITE_OK))
        result = catalog_err_sql(err, &copy);
    if (result < 0) {
        (void)disconnect(&copy); /* what was written is of no use */
        remove_file(path);
        return -1;
    }
    return disconnect(&copy) == SQLITE_OK ? 0 : catalog_err_sys(err, path, "close");
}

int catalog_flush(struct catalog *catalog, struct catalog_err *err)
{
    return sqlite3_wal_checkpoint_v2(catalog->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) ==
                   SQLITE_OK
               ? 0
               : catalog_err_sql(err, catalog);
}

static int open_new(struct catalog *catalog, struct catalog_err *err)
{
    if (connect_file(catalog, catalog->path, SQLITE_OPEN_READWRITE, err) < 0 ||
        settings(catalog, CATALOG_CREATE, err) < 0 || catalog_migrate(catalog, err) < 0)
        return -1;
    /* whose it is, is read in the file itself, and closing does not tell that it failed */
    return catalog_flush(catalog, err);
}

/* On a medium or in a folder that cannot be written: as it lies there, where no -wal is open. */
static int open_immutable(struct catalog *catalog, struct catalog_err *err)
{
    char uri[8192];
    if (file_uri(catalog->path, "immutable=1", uri, sizeof uri, err) < 0)
        return -1;
    (void)disconnect(catalog); /* has written nothing */
    return connect_file(catalog, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
}

static int open_old(struct catalog *catalog, enum catalog_mode mode, struct catalog_err *err)
{
    if (header_check(catalog->path, mode, err) < 0 || schema_check(catalog->path, mode, err) < 0)
        return -1;
    if (mode == CATALOG_WRITE && flush_wal(catalog->path, err) < 0)
        return -1;
    int flags = mode == CATALOG_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (connect_file(catalog, catalog->path, flags, err) < 0)
        return -1;
    (void)sqlite3_db_config(catalog->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);

    int version = 0;
    if (catalog_version(catalog, &version, err) < 0 &&
        (mode != CATALOG_READ || wal_lies_there(catalog->path) ||
         open_immutable(catalog, err) < 0 || catalog_version(catalog, &version, err) < 0))
        return -1;
    if (version_check(catalog->path, version, mode, err) < 0 ||
        (mode == CATALOG_WRITE && wal_lies_there(catalog->path) && pages_check(catalog, err) < 0))
        return -1;

    (void)sqlite3_db_config(catalog->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    if (settings(catalog, mode, err) < 0)
        return -1;
    return mode == CATALOG_WRITE ? catalog_migrate(catalog, err) : 0;
}

AUTO_DEFINE(struct catalog *, catalog_free, NULL);

int catalog_open(const char *path, enum catalog_mode mode, struct catalog **out,
                 struct catalog_err *err)
{
    AUTO(catalog_free) struct catalog *catalog = calloc(1, sizeof *catalog);
    if (catalog == NULL)
        return catalog_err_memory(err);
    catalog->path = strdup(path);
    if (catalog->path == NULL)
        return catalog_err_memory(err);

    if (mode == CATALOG_CREATE) {
        if (create_file(path, err) < 0)
            return -1;
        if (open_new(catalog, err) < 0) {
            remove_file(path);
            return -1;
        }
    } else if (open_old(catalog, mode, err) < 0) {
        return -1;
    }

    *out = catalog;
    catalog = NULL;
    return 0;
}

static int run(struct catalog *catalog, enum statement name, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, name, &statement, err) < 0)
        return -1;
    return catalog_run(catalog, statement, 0, err);
}

static int scratch_settings(struct catalog *catalog, struct catalog_err *err)
{
    static const char pragmas[] = "PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;"
                                  "PRAGMA trusted_schema = OFF; PRAGMA cache_size = -32768;";
    (void)sqlite3_db_config(catalog->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return sqlite3_exec(catalog->db, pragmas, NULL, NULL, NULL) == SQLITE_OK
               ? catalog_tokenizer_register(catalog, err)
               : catalog_err_sql(err, catalog);
}

int catalog_open_scratch(struct catalog **out, struct catalog_err *err)
{
    static const char shown[] = "a scratch catalog";
    AUTO(catalog_free) struct catalog *catalog = calloc(1, sizeof *catalog);
    if (catalog == NULL || (catalog->path = strdup(shown)) == NULL)
        return catalog_err_memory(err);
    if (connect_file(catalog, "", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI,
                     err) < 0 ||
        scratch_settings(catalog, err) < 0 || catalog_migrate(catalog, err) < 0)
        return -1;
    *out = catalog;
    catalog = NULL;
    return 0;
}

static int attach(struct catalog *scratch, const char *path, const char *how,
                  struct catalog_err *err)
{
    char uri[8192];
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (file_uri(path, how, uri, sizeof uri, err) < 0 ||
        catalog_statement(scratch, BESIDE_ATTACH, &statement, err) < 0)
        return -1;
    return catalog_run(scratch, statement, catalog_bind_text(statement, 1, uri), err);
}

static int beside_size(struct catalog *scratch, uint64_t *size, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(scratch, BESIDE_LOG_SIZE, &row, err) < 0 ||
        catalog_step(scratch, row, err) < 0)
        return -1;
    *size = (uint64_t)sqlite3_column_int64(row, 0);
    return 0;
}

int catalog_beside(struct catalog *scratch, const char *path, uint64_t *log_size,
                   struct catalog_err *err)
{
    if (attach(scratch, path, "mode=ro", err) < 0)
        return -1;
    if (catalog_begin(scratch, err) < 0)
        return -1;
    if (beside_size(scratch, log_size, err) == 0)
        return 0;
    /* on a medium or in a folder that cannot be written: as open_immutable */
    if (wal_lies_there(path))
        return -1;
    catalog_rollback(scratch);
    if (run(scratch, BESIDE_DETACH, err) < 0 || attach(scratch, path, "immutable=1", err) < 0 ||
        catalog_begin(scratch, err) < 0)
        return -1;
    return beside_size(scratch, log_size, err);
}

void catalog_free(struct catalog *catalog)
{
    if (catalog == NULL)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        (void)sqlite3_finalize(catalog->statements[i]); /* repeats what the last step said */
    (void)disconnect(catalog);                          /* what was committed is durable already */
    free(catalog->path);
    free(catalog);
}

int catalog_begin(struct catalog *catalog, struct catalog_err *err)
{
    if (catalog->in_transaction)
        return catalog_err_set(err, CATALOG_ERR_USAGE, catalog->path,
                               "a transaction is open already");
    if (run(catalog, BEGIN, err) < 0)
        return -1;
    catalog->in_transaction = true;
    return 0;
}

int catalog_commit(struct catalog *catalog, struct catalog_err *err)
{
    if (!catalog->in_transaction)
        return catalog_err_set(err, CATALOG_ERR_USAGE, catalog->path, "no transaction is open");
    int result = run(catalog, COMMIT, err);
    if (result < 0)
        catalog_rollback(catalog);
    catalog->in_transaction = false;
    return result;
}

void catalog_rollback(struct catalog *catalog)
{
    struct catalog_err ignored; /* nothing more can be undone than SQLite has undone itself */
    if (catalog->in_transaction && sqlite3_get_autocommit(catalog->db) == 0)
        (void)run(catalog, ROLLBACK, &ignored);
    catalog->in_transaction = false;
}

int catalog_change_begin(struct catalog_change *change, struct catalog *catalog,
                         struct catalog_err *err)
{
    bool within = sqlite3_get_autocommit(catalog->db) == 0;
    if (run(catalog, within ? SAVEPOINT : BEGIN, err) < 0)
        return -1;
    *change = (struct catalog_change){.catalog = catalog, .within = within};
    return 0;
}

int catalog_change_keep(struct catalog_change *change, struct catalog_err *err)
{
    if (run(change->catalog, change->within ? RELEASE : COMMIT, err) < 0)
        return -1;
    change->catalog = NULL;
    return 0;
}

void catalog_change_undo_at(struct catalog_change *change)
{
    struct catalog *catalog = change->catalog;
    struct catalog_err ignored; /* the failure that led here is told */
    if (catalog == NULL || sqlite3_get_autocommit(catalog->db) != 0)
        return; /* kept, or undone by SQLite itself */
    if (!change->within) {
        (void)run(catalog, ROLLBACK, &ignored);
    } else {
        (void)run(catalog, ROLLBACK_TO, &ignored);
        (void)run(catalog, RELEASE, &ignored);
    }
}
