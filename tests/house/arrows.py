"""Arrows point down only: every #include of every room, against the map in ARCHITECTURE.md.

A room includes its own headers, the public headers of the rooms named here, and nothing else of ours.
"""
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])

# room -> the rooms that it may use
MAY_USE = {
    "probe": [],
    "catalog": [],
    "archiver/base": ["probe", "catalog"],  # only to take over their errors
    "archiver/digest": ["archiver/base"],
    "archiver/custody": ["archiver/base", "archiver/digest"],
    "archiver/vault": ["archiver/base", "archiver/custody", "probe", "catalog"],
    "archiver/acts": ["archiver/base", "archiver/digest", "archiver/custody", "archiver/vault", "catalog"],
    "archiver/people": ["archiver/acts", "archiver/base", "archiver/custody", "archiver/vault", "catalog"],
    "archiver/keep": ["archiver/acts", "archiver/base", "archiver/people", "archiver/pack", "archiver/vault", "catalog"],
    "archiver/intake": ["archiver/acts", "archiver/base", "archiver/digest", "archiver/custody", "archiver/vault", "archiver/pack", "probe",
                        "catalog"],
    "archiver/backing": ["archiver/acts", "archiver/base", "archiver/digest", "archiver/custody", "archiver/vault", "catalog"],
    "archiver/pack": ["archiver/acts", "archiver/backing", "archiver/base", "archiver/digest", "archiver/custody", "archiver/vault", "probe", "catalog"],
    "archiver/disc": ["archiver/acts", "archiver/base", "archiver/digest", "archiver/custody", "archiver/vault", "archiver/pack", "catalog"],
    "archiver/audit": ["archiver/acts", "archiver/base", "archiver/digest", "archiver/custody", "archiver/vault", "archiver/pack",
                       "archiver/disc", "catalog"],
    "archiver/command": ["archiver/acts", "archiver/base", "archiver/digest", "archiver/custody", "archiver/vault", "archiver/intake",
                         "archiver/pack", "archiver/people", "archiver/keep", "archiver/backing", "archiver/disc", "archiver/audit",
                         "probe", "catalog"],
}
PUBLIC = {
    "archiver/base": None,  # all of them
    "archiver/digest": ["digest.h", "hash.h", "ring.h"],
    "archiver/vault": ["vault.h", "password.h", "rule.h"],
    "archiver/custody": ["custody.h", "entry.h", "excerpt.h", "key.h", "receipt.h", "seal_value.h",
                         "succession.h", "witness.h"],
}
ROOT_FOLDERS = {"archiver", "probe", "catalog", "scripts", "tests"}
IGNORED = {".git", ".ci", "build"}

faults = []


def fault(text):
    faults.append(text)


def target_of(include):
    """The room and header that an include in quotes names."""
    first = include.split("/")[0]
    if first in ("probe", "catalog"):
        return first, include.split("/", 1)[1]
    return "archiver/" + first, include.split("/", 1)[1] if "/" in include else ""


def check(room, path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not match:
            continue
        where = f"{path.relative_to(top)}:{number}"
        if "/" not in match[1]:
            continue  # a file of its own folder, made by the build
        other, header = target_of(match[1])
        if other == room:
            continue
        if other not in MAY_USE:
            fault(f"{where}: {match[1]} belongs to no room")
        elif other not in MAY_USE[room]:
            fault(f"{where}: {room} may not use {other}")
        else:
            public = PUBLIC.get(other, [other.split("/")[-1] + ".h"])
            if public is not None and header not in public:
                fault(f"{where}: {match[1]} is private to {other}")


seen = 0
for room in MAY_USE:
    for path in sorted((top / room).rglob("*.[ch]")):
        check(room, path)
        seen += 1
rooms = {str(p.relative_to(top)) for p in (top / "archiver").iterdir() if p.is_dir()}
for room in rooms - set(MAY_USE) - {"archiver/po"}:
    fault(f"{room} is not on the map of this test")
for entry in top.iterdir():
    if entry.is_dir() and entry.name not in ROOT_FOLDERS | IGNORED:
        fault(f"{entry.name}/ is one top-level folder too many")

print("\n".join(faults))
print(f"{seen} files looked at, {len(faults)} faults")
sys.exit(1 if faults or seen < 50 else 0)
