#include "catalog/catalog_private.h"
#include "catalog/text.h"

int catalog_account_add(struct catalog *catalog, const struct catalog_account *account,
                        struct catalog_err *err)
{
    if (catalog_text_number(account->name, "account's name", err) < 0 ||
        catalog_text_needed(account->duties, CATALOG_TEXT_MAX, "duties", err) < 0)
        return -1;
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    if (catalog_change_begin(&change, catalog, err) < 0)
        return -1;
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, ACCOUNT_ADD, &statement, err) < 0)
        return -1;
    int bound = catalog_bind_text(statement, 1, account->name) |
                catalog_bind_text(statement, 2, account->duties) |
                sqlite3_bind_int64(statement, 3, account->created_us);
    if (catalog_run(catalog, statement, bound, err) < 0) {
        if (err->number == SQLITE_CONSTRAINT_PRIMARYKEY)
            return catalog_err_set(err, CATALOG_ERR_CONFLICT, account->name, "the name is taken");
        return -1;
    }
    return catalog_change_keep(&change, err);
}

static int no_account(struct catalog_err *err, const char *name)
{
    return catalog_err_set(err, CATALOG_ERR_MISSING, name, "no account of this name");
}

static void release_at(struct catalog_account *account)
{
    free(account->name);
    free(account->duties);
}

static int read_row(sqlite3_stmt *row, struct catalog_account *account, struct catalog_err *err)
{
    account->created_us = sqlite3_column_int64(row, 2);
    account->disabled = sqlite3_column_int(row, 3) != 0;
    account->has_password_sha256 = sqlite3_column_type(row, 4) != SQLITE_NULL;
    if (account->has_password_sha256 &&
        catalog_column_digest(row, 4, account->password_sha256, err) < 0)
        return -1;
    return catalog_column_text(row, 0, &account->name, err) < 0
               ? -1
               : catalog_column_text(row, 1, &account->duties, err);
}

AUTO_DEFINE(struct catalog_account *, catalog_account_free, NULL);

int catalog_account_load(struct catalog *catalog, const char *name, struct catalog_account **out,
                         struct catalog_err *err)
{
    AUTO(catalog_account_free) struct catalog_account *account = calloc(1, sizeof *account);
    if (account == NULL)
        return catalog_err_memory(err);
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, ACCOUNT_LOAD, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, catalog_bind_text(row, 1, name), err);
    if (stepped < 0)
        return -1;
    if (stepped == 0)
        return no_account(err, name);
    if (read_row(row, account, err) < 0)
        return -1;
    *out = account;
    account = NULL;
    return 0;
}

void catalog_account_free(struct catalog_account *account)
{
    if (account == NULL)
        return;
    release_at(account);
    free(account);
}

int catalog_account_each(struct catalog *catalog,
                         void (*each)(void *context, const struct catalog_account *account),
                         void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, ACCOUNT_EACH, &row, err) < 0)
        return -1;
    int stepped = catalog_step(catalog, row, err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        AUTO(release) struct catalog_account account = {.name = NULL};
        if (read_row(row, &account, err) < 0)
            return -1;
        each(context, &account);
    }
    return stepped;
}

/* One change of the account that the statement's first value names. */
static int change_one(struct catalog *catalog, sqlite3_stmt *statement, int bound, const char *name,
                      struct catalog_err *err)
{
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_run(catalog, statement, bound, err) < 0)
        return -1;
    if (sqlite3_changes(catalog->db) == 0)
        return no_account(err, name);
    return catalog_change_keep(&change, err);
}

int catalog_account_set_duties(struct catalog *catalog, const char *name, const char *duties,
                               struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_text_needed(duties, CATALOG_TEXT_MAX, "duties", err) < 0 ||
        catalog_statement(catalog, ACCOUNT_SET_DUTIES, &statement, err) < 0)
        return -1;
    int bound = catalog_bind_text(statement, 1, name) | catalog_bind_text(statement, 2, duties);
    return change_one(catalog, statement, bound, name, err);
}

int catalog_account_set_disabled(struct catalog *catalog, const char *name, bool disabled,
                                 struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, ACCOUNT_SET_DISABLED, &statement, err) < 0)
        return -1;
    int bound = catalog_bind_text(statement, 1, name) | sqlite3_bind_int(statement, 2, disabled);
    return change_one(catalog, statement, bound, name, err);
}

int catalog_account_set_password_sha256(struct catalog *catalog, const char *name,
                                        const uint8_t sha256[static 32], struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, ACCOUNT_SET_PASSWORD_SHA256, &statement, err) < 0)
        return -1;
    int bound = catalog_bind_text(statement, 1, name) | catalog_bind_digest(statement, 2, sha256);
    return change_one(catalog, statement, bound, name, err);
}

int catalog_password_set(struct catalog *catalog, const char *account, const char *encoded,
                         struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_text_needed(encoded, CATALOG_TEXT_MAX, "password", err) < 0 ||
        catalog_statement(catalog, PASSWORD_SET, &statement, err) < 0)
        return -1;
    int bound = catalog_bind_text(statement, 1, account) | catalog_bind_text(statement, 2, encoded);
    if (change_one(catalog, statement, bound, account, err) < 0)
        return err->number == SQLITE_CONSTRAINT_FOREIGNKEY ? no_account(err, account) : -1;
    return 0;
}

int catalog_password_load(struct catalog *catalog, const char *account, char **encoded,
                          struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, PASSWORD_LOAD, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, catalog_bind_text(row, 1, account), err);
    if (stepped > 0)
        return catalog_column_text(row, 0, encoded, err);
    if (stepped == 0)
        *encoded = NULL;
    return stepped;
}

int catalog_beside_passwords(struct catalog *scratch,
                             void (*each)(void *context, const char *account, const char *encoded,
                                          const uint8_t *sha256),
                             void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(scratch, BESIDE_PASSWORDS, &row, err) < 0)
        return -1;
    int stepped = catalog_step(scratch, row, err);
    for (; stepped > 0; stepped = catalog_step(scratch, row, err)) {
        uint8_t sha256[32];
        const char *account = catalog_column_view(row, 0);
        const char *encoded = catalog_column_view(row, 1);
        bool told = sqlite3_column_type(row, 2) != SQLITE_NULL;
        if (account == NULL || encoded == NULL)
            return catalog_err_memory(err);
        if (told && catalog_column_digest(row, 2, sha256, err) < 0)
            return -1;
        each(context, account, encoded, told ? sha256 : NULL);
    }
    return stepped;
}
