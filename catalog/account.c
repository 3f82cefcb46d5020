#include "catalog/catalog_private.h"
#include "catalog/text.h"

int catalog_account_add(struct catalog *catalog, const char *name, const char *duties,
                        const char *password, int64_t at_us, struct catalog_err *err)
{
    if (catalog_text_number(name, "account's name", err) < 0 ||
        catalog_text_needed(duties, CATALOG_TEXT_MAX, "duties", err) < 0 ||
        catalog_text_needed(password, CATALOG_TEXT_MAX, "password", err) < 0)
        return -1;
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    if (catalog_change_begin(&change, catalog, err) < 0)
        return -1;
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, ACCOUNT_ADD, &statement, err) < 0)
        return -1;
    int bound = catalog_bind_text(statement, 1, name) | catalog_bind_text(statement, 2, duties) |
                catalog_bind_text(statement, 3, password) | sqlite3_bind_int64(statement, 4, at_us);
    if (catalog_run(catalog, statement, bound, err) < 0) {
        if (err->number == SQLITE_CONSTRAINT_PRIMARYKEY)
            return catalog_err_set(err, CATALOG_ERR_CONFLICT, name, "the name is taken");
        return -1;
    }
    return catalog_change_keep(&change, err);
}
