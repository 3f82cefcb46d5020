"""What somebody with root could do to a vault: take one entry out of the custody log as if it had never been.

  forge_log.py VAULT SEQ

The entry goes from the catalog, those after it move up, all tiles and bundles are made anew, and the new
checkpoint is signed with the vault's own key. Tree and tiles are a third implementation (RFC 9162, 2.1; C2SP
tlog-tiles, tlog-checkpoint): it shares nothing with Shilu nor with scripts/check-log.
"""
import base64
import hashlib
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

WIDTH = 256


def digest(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def levels_of(leaves):
    """Hashes of complete subtrees, level by level: what the tiles of every eighth level hold."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([digest(b"\1", below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return levels


def root_of(levels, size):
    """From the complete subtrees that make up the tree, right to left."""
    root = None
    for level, hashes in enumerate(levels):
        if size >> level & 1:
            left = hashes[(size >> level) - 1]
            root = left if root is None else digest(b"\1", left, root)
    return digest() if root is None else root


def tile_name(number, width):
    parts = [f"{number % 1000:03}"]
    while number := number // 1000:
        parts.insert(0, f"x{number % 1000:03}")
    return "/".join(parts) + ("" if width == WIDTH else f".p/{width}")


def store(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_tiles(log, entries, levels):
    shutil.rmtree(log / "tile")
    for start in range(0, len(entries), WIDTH):
        some = entries[start:start + WIDTH]
        bundle = b"".join(len(entry).to_bytes(2, "big") + entry for entry in some)
        store(log / "tile/entries" / tile_name(start // WIDTH, len(some)), bundle)
    for level in range(0, len(levels), 8):
        for start in range(0, len(levels[level]), WIDTH):
            some = levels[level][start:start + WIDTH]
            store(log / f"tile/{level // 8}" / tile_name(start // WIDTH, len(some)), b"".join(some))


def write_checkpoint(vault, size, root):
    path = vault / "log/checkpoint"
    origin, key_id = re.match(rb"(.*)\n.*\n.*\n\n\xe2\x80\x94 .* (.*)\n", path.read_bytes()).groups()
    text = b"%s\n%d\n%s\n" % (origin, size, base64.b64encode(root))
    with tempfile.NamedTemporaryFile() as message:
        message.write(text)
        message.flush()
        signature = subprocess.run(
            ["openssl", "pkeyutl", "-sign", "-inkey", vault / "keys/signing.pem", "-rawin", "-in", message.name],
            check=True, capture_output=True).stdout
    line = base64.b64encode(base64.b64decode(key_id)[:4] + signature)
    path.write_bytes(text + "\n— ".encode() + origin + b" " + line + b"\n")


def rewrite_catalog(vault, gone):
    """The entries without that one."""
    catalog = sqlite3.connect(vault / "catalog.db")
    with catalog:
        catalog.execute("DELETE FROM log_entries WHERE seq = ?", (gone,))
        for seq, entry in catalog.execute("SELECT seq, entry FROM log_entries WHERE seq > ? ORDER BY seq",
                                          (gone,)).fetchall():
            moved = re.sub(rb'"seq":%d,' % seq, b'"seq":%d,' % (seq - 1), bytes(entry))
            catalog.execute("UPDATE log_entries SET seq = ?, entry = ? WHERE seq = ?", (seq - 1, moved, seq))
    entries = [bytes(row[0]) for row in catalog.execute("SELECT entry FROM log_entries ORDER BY seq")]
    catalog.close()
    return entries


def main(vault, gone):
    entries = rewrite_catalog(vault, gone)
    levels = levels_of([digest(b"\0", entry) for entry in entries])
    write_tiles(vault / "log", entries, levels)
    write_checkpoint(vault, len(entries), root_of(levels, len(entries)))


main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
