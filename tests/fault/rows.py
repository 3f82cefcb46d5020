"""Each value of each table changed by SQL, a row of each removed, and one added: verify finds and
names every one (exit 1)."""
import shutil
import sqlite3
from contextlib import closing

from common import CASE, PASSWORD, Folder, add_account, counted, fail, make_recordings, make_vault, shilu

# not in the log, and told so where the tables are compared: catalog/compare.c
UNTOLD = {("log_entries", "signature"), ("recordings", "sidecar_due")}
# goes with every rebuild
MAY_GO = {"passwords"}
# of SQLite's FTS5 and R*Tree, which catalog_check compares with the lines
DERIVED = ("search", "places")


def other(value):
    """A value of the same type that is not this one."""
    if value is None:
        return 7
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"x"
    if isinstance(value, str):
        return value + "x"
    return value + 1


def quoted(name):
    return '"' + name + '"'


class Tables:
    """What there is to be changed, as the catalog's own schema has it."""

    def __init__(self, path):
        with closing(sqlite3.connect(path)) as db:
            self.names = [name for (name,) in db.execute(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
                " AND name NOT IN ('sqlite_schema') ORDER BY name")
                if not name.startswith(DERIVED)]
            self.columns = {name: db.execute(
                "SELECT name, pk FROM pragma_table_info(?)", (name,)).fetchall() for name in self.names}
            self.rows = {name: db.execute(f"SELECT * FROM {quoted(name)}").fetchall()
                         for name in self.names}

    def keys(self, table):
        keys = [i for i, (_, pk) in enumerate(self.columns[table]) if pk]
        return keys or [0]

    def where(self, table, row):
        names = [self.columns[table][i][0] for i in self.keys(table)]
        return (" AND ".join(f"{quoted(name)} = ?" for name in names),
                [row[i] for i in self.keys(table)])


def cases(tables):
    """(what, table, statement, values) of each change."""
    for path in ("archives/../../victim", "recordings/no", "x"):
        yield (f"the removal of {path} added", "removals", "INSERT INTO removals VALUES (?)", [path])
    for table in tables.names:
        row = tables.rows[table][-1] if tables.rows[table] else None
        if row is None:  # of removals, which are done
            continue
        where, values = tables.where(table, row)
        for i, (column, _) in enumerate(tables.columns[table]):
            if (table, column) not in UNTOLD:
                yield (f"{table}.{column} changed", table,
                       f"UPDATE {quoted(table)} SET {quoted(column)} = ? WHERE {where}",
                       [other(row[i]), *values])
        if table not in MAY_GO:
            yield f"a row of {table} removed", table, f"DELETE FROM {quoted(table)} WHERE {where}", values
        added = [other(value) if value is not None else None for value in row]
        yield (f"a row of {table} added", table,
               f"INSERT INTO {quoted(table)} VALUES ({', '.join('?' * len(added))})", added)


with Folder(quick=True) as folder:
    vault = make_vault(folder / "vault")
    make_recordings(folder / "card", 3, 4000)
    shilu(vault, "collector", "set", "0212000001", "--name", "张三")
    shilu(vault, "device", "set", "0012345", "--make", "X")
    shilu(vault, "ingest", folder / "card", "--case", CASE, "--collector", "0212000001")
    (folder / "note.txt").write_text("x")
    shilu(vault, "attach", "R1", "--kind", "note", folder / "note.txt")
    shilu(vault, "tag", "R1", "--place", "后街", "--reason", "更正")
    shilu(vault, "hold", "set", CASE, "R1", "--reason", "复议")
    shilu(vault, "hold", "lift", CASE, "--reason", "复议终结")
    shilu(vault, "tag", "R1", "--stage", "现场检查")
    with open(vault / "shilu.conf", "a") as settings:
        settings.write("default = 1 year from capture\n")
    shilu(vault, "retention", "confirm")
    shilu(vault, "seal", CASE)
    shilu(vault, "disc", "image", CASE, "-o", folder / "disc.iso")
    for name, duty in (("wang", "archivist"), ("li", "auditor")):
        add_account(vault, name, duty)
    shilu(vault, "tag", "R2", "--captured-at", "2020-01-01T00:00:00+08:00", "--reason", "x")
    shilu(vault, "case", "close", CASE)
    shilu(vault, "dispose", "request", "R2", "--as", "wang", "--reason", "x", "--password-fd", "0",
          input=PASSWORD)
    shilu(vault, "dispose", "approve", "X1", "--as", "li", "--reason", "x", "--password-fd", "0",
          input=PASSWORD)
    shilu(None, "verify", vault)
    catalog = vault / "catalog.db"
    with closing(sqlite3.connect(catalog)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(catalog, folder / "whole.db")
    tables = Tables(catalog)
    empty = [name for name in tables.names
             if not tables.rows[name] and name != "removals"]
    if empty:
        fail(f"no row to be changed in {empty}")
    tried = 0
    for what, table, statement, values in cases(tables):
        for end in ("-wal", "-shm"):
            (vault / f"catalog.db{end}").unlink(missing_ok=True)
        shutil.copy(folder / "whole.db", catalog)
        with closing(sqlite3.connect(catalog, isolation_level=None)) as db:
            db.execute("PRAGMA foreign_keys = OFF")
            db.execute("PRAGMA ignore_check_constraints = ON")
            try:
                if db.execute(statement, values).rowcount != 1:
                    fail(f"{what}: nothing was changed")
            except sqlite3.DatabaseError as refused:
                fail(f"{what}: SQLite refuses it, choose another value: {refused}")
        done = shilu(None, "verify", "--listed", vault, status=(0, 1, 2, 3))
        if done.returncode != 1 or table not in done.stdout:
            fail(f"{what}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        tried += 1
    counted("a row changed by SQL", f"{len(tables.names)} tables", tried, tried, "found and named")
