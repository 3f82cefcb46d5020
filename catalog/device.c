#include "catalog/catalog_private.h"
#include "catalog/text.h"

int catalog_device_set(struct catalog *catalog, const struct catalog_device *device,
                       struct catalog_err *err)
{
    if (catalog_text_number(device->number, "device's number", err) < 0 ||
        catalog_text_check(device->make, CATALOG_TEXT_MAX, "make", err) < 0 ||
        catalog_text_check(device->model, CATALOG_TEXT_MAX, "model", err) < 0 ||
        catalog_text_check(device->note, CATALOG_TEXT_MAX, "note", err) < 0)
        return -1;
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    if (catalog_change_begin(&change, catalog, err) < 0)
        return -1;
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, DEVICE_SET, &statement, err) < 0)
        return -1;
    int bound = catalog_bind_text(statement, 1, device->number) |
                catalog_bind_text(statement, 2, device->make) |
                catalog_bind_text(statement, 3, device->model) |
                catalog_bind_text(statement, 4, device->note);
    if (catalog_run(catalog, statement, bound, err) < 0)
        return -1;
    return catalog_change_keep(&change, err);
}

static void release_at(struct catalog_device *one)
{
    free(one->number);
    free(one->make);
    free(one->model);
    free(one->note);
}

int catalog_device_each(struct catalog *catalog,
                        void (*each)(void *context, const struct catalog_device *device),
                        void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, DEVICE_EACH, &row, err) < 0)
        return -1;
    int stepped = catalog_step(catalog, row, err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        AUTO(release) struct catalog_device one = {.number = NULL};
        if (catalog_column_text(row, 0, &one.number, err) < 0 ||
            catalog_column_text(row, 1, &one.make, err) < 0 ||
            catalog_column_text(row, 2, &one.model, err) < 0 ||
            catalog_column_text(row, 3, &one.note, err) < 0)
            return -1;
        each(context, &one);
    }
    return stepped;
}
