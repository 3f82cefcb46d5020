#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "catalog/catalog_private.h"

/*
 * A catalog beside another that says what it must be, in one connection: "main" is the scratch one,
 * "beside" the one that is looked at. Tables, columns and keys are taken from the scratch one's
 * schema, so that no table is forgotten: these statements alone are not in statements.c.
 */

enum { SQL_ROOM = 16384, COLUMNS_MAX = 64, KEY_ROOM = 512 };

/* What the log does not tell: passwords, of which it has the digests, what is yet to be written to
 * disk, and the signatures of rows, without which none comes into the log. */
static const struct {
    const char *table, *column; /* column NULL: all of the table */
} untold[] = {
    {"passwords", NULL},
    {"removals", NULL},
    {"recordings", "sidecar_due"},
    {"log_entries", "signature"},
};

static bool is_untold(const char *table, const char *column)
{
    for (size_t i = 0; i < sizeof untold / sizeof *untold; i++)
        if (strcmp(untold[i].table, table) == 0 &&
            (untold[i].column == NULL || (column != NULL && strcmp(untold[i].column, column) == 0)))
            return true;
    return false;
}

AUTO_DEFINE(sqlite3_stmt *, sqlite3_finalize, NULL);

static int prepare(struct catalog *catalog, const char *sql, sqlite3_stmt **out,
                   struct catalog_err *err)
{
    return sqlite3_prepare_v2(catalog->db, sql, -1, out, NULL) == SQLITE_OK
               ? 0
               : catalog_err_sql(err, catalog);
}

/* ---- a table's form ---- */

struct column {
    char name[64];
    bool is_key;
    bool is_compared;
};

struct form {
    const char *table;
    struct column columns[COLUMNS_MAX];
    int count;
    int recording; /* the column that says which recording; -1: none */
    int name;      /* the column that people know the row by; -1: none */
};

static bool is_name(const char *column)
{
    return strcmp(column, "path") == 0 || strcmp(column, "name") == 0 ||
           strcmp(column, "number") == 0;
}

static int column_add(struct form *form, sqlite3_stmt *row, struct catalog_err *err)
{
    const char *name = catalog_column_view(row, 0);
    if (name == NULL || form->count == COLUMNS_MAX || strlen(name) >= sizeof form->columns[0].name)
        return catalog_err_set(err, CATALOG_ERR_MEMORY, form->table,
                               "too many or too long columns");
    struct column *column = &form->columns[form->count];
    (void)snprintf(column->name, sizeof column->name, "%s", name);
    column->is_key = sqlite3_column_int(row, 1) > 0;
    column->is_compared = !is_untold(form->table, name);
    if (strcmp(name, strcmp(form->table, "recordings") == 0 ? "number" : "recording") == 0)
        form->recording = form->count;
    if (form->name < 0 && !column->is_key && is_name(name))
        form->name = form->count;
    form->count++;
    return 0;
}

static int form_read(struct catalog *scratch, const char *table, struct form *form,
                     struct catalog_err *err)
{
    AUTO(sqlite3_finalize) sqlite3_stmt *row = NULL;
    bool has_key = false;
    *form = (struct form){.table = table, .recording = -1, .name = -1};
    if (prepare(scratch, "SELECT name, pk FROM pragma_table_info(?1, 'main')", &row, err) < 0)
        return -1;
    int stepped = catalog_first(scratch, row, catalog_bind_text(row, 1, table), err);
    for (; stepped > 0; stepped = catalog_step(scratch, row, err)) {
        if (column_add(form, row, err) < 0)
            return -1;
        has_key = has_key || form->columns[form->count - 1].is_key;
    }
    if (!has_key) /* sqlite_sequence: a row per table */
        form->columns[0].is_key = true;
    return stepped;
}

/* ---- statements ---- */

struct sql {
    char text[SQL_ROOM];
    size_t len; /* SQL_ROOM - 1 where it did not fit */
};

__attribute__((format(printf, 2, 3))) static void sql_add(struct sql *sql, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(sql->text + sql->len, sizeof sql->text - sql->len, format, args);
    va_end(args);
    size_t room = sizeof sql->text - sql->len;
    sql->len += len >= 0 && (size_t)len < room ? (size_t)len : room - 1;
}

static void sql_columns(struct sql *sql, const struct form *form, const char *of)
{
    for (int i = 0; i < form->count; i++)
        sql_add(sql, "%s%s.\"%s\"", i > 0 ? ", " : "", of, form->columns[i].name);
}

static void sql_same_key(struct sql *sql, const struct form *form)
{
    bool first = true;
    for (int i = 0; i < form->count; i++)
        if (form->columns[i].is_key) {
            sql_add(sql, "%sa.\"%s\" = b.\"%s\"", first ? "" : " AND ", form->columns[i].name,
                    form->columns[i].name);
            first = false;
        }
}

static const char *first_key(const struct form *form)
{
    for (int i = 0; i < form->count; i++)
        if (form->columns[i].is_key)
            return form->columns[i].name;
    return "";
}

/* Rows beside that are not, or not so, in the scratch one. */
static void sql_changed(struct sql *sql, const struct form *form)
{
    sql_add(sql, "SELECT ");
    sql_columns(sql, form, "a");
    sql_add(sql, ", ");
    sql_columns(sql, form, "b");
    sql_add(sql, ", b.\"%s\" IS NOT NULL FROM beside.\"%s\" a LEFT JOIN main.\"%s\" b ON ",
            first_key(form), form->table, form->table);
    sql_same_key(sql, form);
    sql_add(sql, " WHERE b.\"%s\" IS NULL", first_key(form));
    for (int i = 0; i < form->count; i++)
        if (form->columns[i].is_compared)
            sql_add(sql, " OR a.\"%s\" IS NOT b.\"%s\" COLLATE BINARY", form->columns[i].name,
                    form->columns[i].name);
}

/* Rows of the scratch one that are not beside. */
static void sql_removed(struct sql *sql, const struct form *form)
{
    sql_add(sql, "SELECT ");
    sql_columns(sql, form, "b");
    sql_add(sql, " FROM main.\"%s\" b WHERE NOT EXISTS (SELECT 1 FROM beside.\"%s\" a WHERE ",
            form->table, form->table);
    sql_same_key(sql, form);
    sql_add(sql, ")");
}

/* ---- differences ---- */

struct comparison {
    struct catalog *scratch;
    void (*found)(void *context, const struct catalog_difference *difference);
    void *context;
};

/* A value as a person can read it; long ones are cut. */
static void show(sqlite3_stmt *row, int at, char shown[static CATALOG_SHOWN])
{
    enum { HEX_MAX = 32, CUT = 80 };
    if (sqlite3_column_type(row, at) == SQLITE_BLOB) {
        const uint8_t *blob = sqlite3_column_blob(row, at);
        int len = sqlite3_column_bytes(row, at);
        size_t used = 0;
        for (int i = 0; i < len && i < HEX_MAX; i++)
            used += (size_t)snprintf(shown + used, CATALOG_SHOWN - used, "%02x", blob[i]);
        (void)snprintf(shown + used, CATALOG_SHOWN - used, "%s", len > HEX_MAX ? "…" : "");
        return;
    }
    const char *text = catalog_column_view(row, at);
    size_t len = text != NULL ? strlen(text) : 0;
    size_t cut = len <= CUT ? len : CUT;
    while (cut < len && cut > 0 && ((uint8_t)text[cut] & 0xC0U) == 0x80U)
        cut--;
    (void)snprintf(shown, CATALOG_SHOWN, "%.*s%s", (int)cut, text != NULL ? text : "",
                   cut < len ? "…" : "");
}

static void key_of(const struct form *form, sqlite3_stmt *row, int from, char key[static KEY_ROOM])
{
    char shown[CATALOG_SHOWN];
    size_t used = 0;
    for (int i = 0; i < form->count; i++) {
        if (!form->columns[i].is_key)
            continue;
        show(row, from + i, shown);
        int len = snprintf(key + used, KEY_ROOM - used, "%s%s", used > 0 ? ", " : "", shown);
        used += len > 0 && (size_t)len < KEY_ROOM - used ? (size_t)len : 0;
    }
    if (form->name >= 0) {
        show(row, from + form->name, shown);
        (void)snprintf(key + used, KEY_ROOM - used, " (%s)", shown);
    }
}

static void tell_row(const struct comparison *comparison, const struct form *form,
                     sqlite3_stmt *row, enum catalog_difference_kind kind)
{
    char key[KEY_ROOM];
    key_of(form, row, 0, key);
    comparison->found(
        comparison->context,
        &(struct catalog_difference){
            .kind = kind,
            .table = form->table,
            .key = key,
            .recording = form->recording >= 0 ? sqlite3_column_int64(row, form->recording) : 0});
}

static bool is_same(sqlite3_stmt *row, int a, int b)
{
    int len = sqlite3_column_bytes(row, a); /* as text or blob: what a STRICT column holds alone */
    if (sqlite3_column_type(row, a) != sqlite3_column_type(row, b))
        return false;
    if (sqlite3_column_type(row, a) == SQLITE_FLOAT) {
        double left = sqlite3_column_double(row, a);
        double right = sqlite3_column_double(row, b);
        return memcmp(&left, &right, sizeof left) == 0;
    }
    const void *left = sqlite3_column_blob(row, a);
    return len == sqlite3_column_bytes(row, b) &&
           (len == 0 || memcmp(left, sqlite3_column_blob(row, b), (size_t)len) == 0);
}

static void tell_values(const struct comparison *comparison, const struct form *form,
                        sqlite3_stmt *row)
{
    char key[KEY_ROOM];
    char is[CATALOG_SHOWN];
    char told[CATALOG_SHOWN];
    key_of(form, row, 0, key);
    for (int i = 0; i < form->count; i++) {
        if (!form->columns[i].is_compared || is_same(row, i, form->count + i))
            continue;
        show(row, i, is);
        show(row, form->count + i, told);
        comparison->found(
            comparison->context,
            &(struct catalog_difference){
                .kind = CATALOG_CHANGED,
                .table = form->table,
                .key = key,
                .recording = form->recording >= 0 ? sqlite3_column_int64(row, form->recording) : 0,
                .column = form->columns[i].name,
                .is = is,
                .told = told});
    }
}

static int compare_changed(const struct comparison *comparison, const struct form *form,
                           struct catalog_err *err)
{
    AUTO(sqlite3_finalize) sqlite3_stmt *row = NULL;
    struct sql sql = {.len = 0};
    sql_changed(&sql, form);
    if (prepare(comparison->scratch, sql.text, &row, err) < 0)
        return -1;
    int stepped = catalog_step(comparison->scratch, row, err);
    for (; stepped > 0; stepped = catalog_step(comparison->scratch, row, err)) {
        if (sqlite3_column_int(row, 2 * form->count) == 0)
            tell_row(comparison, form, row, CATALOG_ADDED);
        else
            tell_values(comparison, form, row);
    }
    return stepped;
}

static int compare_removed(const struct comparison *comparison, const struct form *form,
                           struct catalog_err *err)
{
    AUTO(sqlite3_finalize) sqlite3_stmt *row = NULL;
    struct sql sql = {.len = 0};
    sql_removed(&sql, form);
    if (prepare(comparison->scratch, sql.text, &row, err) < 0)
        return -1;
    int stepped = catalog_step(comparison->scratch, row, err);
    for (; stepped > 0; stepped = catalog_step(comparison->scratch, row, err))
        tell_row(comparison, form, row, CATALOG_REMOVED);
    return stepped;
}

static int compare_table(const struct comparison *comparison, const char *table,
                         struct catalog_err *err)
{
    struct form form;
    if (form_read(comparison->scratch, table, &form, err) < 0 ||
        compare_changed(comparison, &form, err) < 0)
        return -1;
    return compare_removed(comparison, &form, err);
}

/* Tables, indexes and triggers: what a hand added could act on its own. */
static int compare_schema(const struct comparison *comparison, struct catalog_err *err)
{
    static const char sql[] =
        "SELECT type || ' ' || name, 1 FROM (SELECT type, name, sql FROM beside.sqlite_schema"
        " EXCEPT SELECT type, name, sql FROM main.sqlite_schema)"
        " UNION ALL SELECT type || ' ' || name, 0 FROM (SELECT type, name, sql FROM"
        " main.sqlite_schema EXCEPT SELECT type, name, sql FROM beside.sqlite_schema)";
    AUTO(sqlite3_finalize) sqlite3_stmt *row = NULL;
    if (prepare(comparison->scratch, sql, &row, err) < 0)
        return -1;
    int stepped = catalog_step(comparison->scratch, row, err);
    for (; stepped > 0; stepped = catalog_step(comparison->scratch, row, err))
        comparison->found(comparison->context,
                          &(struct catalog_difference){.kind = sqlite3_column_int(row, 1) != 0
                                                                   ? CATALOG_ADDED
                                                                   : CATALOG_REMOVED,
                                                       .table = "sqlite_schema",
                                                       .key = catalog_column_view(row, 0)});
    return stepped;
}

/* Files noted as to be removed, each of which a disposal of the log must explain. That they are
 * removed and no longer noted is no difference. */
static int compare_removals(const struct comparison *comparison, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(comparison->scratch, BESIDE_REMOVAL_STRANGE, &row, err) < 0)
        return -1;
    int stepped = catalog_step(comparison->scratch, row, err);
    for (; stepped > 0; stepped = catalog_step(comparison->scratch, row, err)) {
        const char *path = catalog_column_view(row, 0);
        if (path == NULL)
            return catalog_err_memory(err);
        comparison->found(
            comparison->context,
            &(struct catalog_difference){.kind = CATALOG_ADDED, .table = "removals", .key = path});
    }
    return stepped;
}

int catalog_compare(struct catalog *scratch,
                    void (*found)(void *context, const struct catalog_difference *difference),
                    void *context, struct catalog_err *err)
{
    /* the tables of virtual ones are catalog_check's; one that is missing is found in the schema */
    static const char tables[] =
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND name <> 'sqlite_schema'"
        " AND (name = 'sqlite_sequence' OR name IN (SELECT name FROM beside.sqlite_schema))"
        " ORDER BY name";
    const struct comparison comparison = {scratch, found, context};
    AUTO(sqlite3_finalize) sqlite3_stmt *row = NULL;
    if (compare_schema(&comparison, err) < 0 || prepare(scratch, tables, &row, err) < 0)
        return -1;
    int stepped = catalog_step(scratch, row, err);
    for (; stepped > 0; stepped = catalog_step(scratch, row, err)) {
        const char *name = catalog_column_view(row, 0);
        if (name == NULL)
            return catalog_err_memory(err);
        if (!is_untold(name, NULL) && compare_table(&comparison, name, err) < 0)
            return -1;
    }
    return stepped < 0 ? -1 : compare_removals(&comparison, err);
}
