"""The commands that write, each with the vault it starts from and what its end looks like."""
import hashlib
import json
import pathlib

from common import CASE, PASSWORD, add_account, fail, held, held_digests, lines, make_recordings, make_vault, shilu

PLACE = "杨柳青镇估衣街"
PURPOSE = "占道经营检查"
OTHER_CASE = "津西青综执〔2026〕13号"
WHY = "核对现场记录"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Scene:
    """One command. `start` holds all it needs; words() are for a copy of that folder."""

    name = ""
    rerun_status = (0,)
    input = None  # what its descriptor 0 gives

    def __init__(self, start):
        self.start = start
        self.held = held(start / "vault")
        self.wanted = {digest(p) for p in (start / "card").iterdir() if p.suffix == ".wav"}

    def words(self, folder):
        raise NotImplementedError

    def check_complete(self, folder, when):
        """Ends the test unless all that the command does is done."""
        raise NotImplementedError

    def roots(self, folder):
        return [folder]

    def accepted(self, stdout):
        """The recordings that must be held from this output on."""
        return self.held


class Ingest(Scene):
    name = "ingest"

    def words(self, folder):
        return ["-C", folder / "vault", "ingest", folder / "card", "--case", CASE, "--json"]

    def check_complete(self, folder, when):
        have = held_digests(folder / "vault")
        if have != self.wanted:
            fail(f"{when}: {len(have)} of {len(self.wanted)} are held")
        for row in lines(shilu(folder / "vault", "search", "--json")):
            shown = shilu(folder / "vault", "show", row["id"], "--json").stdout
            if len(json.loads(shown)["attachments"]) != (row["name"] == "R000.wav"):
                fail(f"{when}: the companion is not attached\n{shown}")

    def accepted(self, stdout):
        whole = [json.loads(line) for line in stdout.splitlines() if line.endswith("}")]
        return {row["id"] for row in whole if row["outcome"] in ("accepted", "duplicate")}


class Tag(Scene):
    name = "tag"

    def words(self, folder):
        return ["-C", folder / "vault", "tag", "R1", "--place", PLACE, "--purpose", PURPOSE,
                "--reason", WHY]

    def check_complete(self, folder, when):
        shown = shilu(folder / "vault", "show", "R1", "--json").stdout
        if PLACE not in shown or PURPOSE not in shown:
            fail(f"{when}: the tags are not set\n{shown}")


class Attach(Scene):
    name = "attach"
    rerun_status = (0, 3)  # attached already, and it says so

    def words(self, folder):
        return ["-C", folder / "vault", "attach", "R1", folder / "note.txt"]

    def check_complete(self, folder, when):
        shown = shilu(folder / "vault", "show", "R1", "--json").stdout
        if "note.txt" not in shown:
            fail(f"{when}: the note is not attached\n{shown}")


class Seal(Scene):
    name = "seal"
    rerun_status = (0, 3)  # nothing left to seal, and it says so

    def words(self, folder):
        return ["-C", folder / "vault", "seal", CASE]

    def check_complete(self, folder, when):
        vault = folder / "vault"
        archives = list((vault / "archives").rglob("*.tar"))
        loose = list((vault / "recordings").rglob("*.wav"))
        if len(archives) != 1 or loose:
            fail(f"{when}: archives {archives}, loose {loose}")


class SealTwo(Seal):
    """The second one's commit follows another in the same journal of SQLite."""

    name = "seal two"

    def words(self, folder):
        return ["-C", folder / "vault", "seal", OTHER_CASE, CASE]

    def check_complete(self, folder, when):
        vault = folder / "vault"
        archives = list((vault / "archives").rglob("*.tar"))
        loose = list((vault / "recordings").rglob("*.wav"))
        if len(archives) != 2 or loose:
            fail(f"{when}: archives {archives}, loose {loose}")


class Image(Scene):
    name = "disc image"
    rerun_status = (0, 3)  # the image is there already, and it says so

    def words(self, folder):
        return ["-C", folder / "vault", "disc", "image", CASE, "-o", folder / "out" / "disc.iso"]

    def check_complete(self, folder, when):
        names = [p.name for p in (folder / "out").iterdir()]
        if names != ["disc.iso"]:
            fail(f"{when}: {names}")
        shilu(None, "verify", folder / "out" / "disc.iso")
        if len(lines(shilu(folder / "vault", "disc", "list", "--json"))) != 1:
            fail(f"{when}: the register does not name the one disc")


class Rotate(Scene):
    """The signing key is another, or the one it was: the vault can be written to with either."""

    name = "key rotate"

    def words(self, folder):
        return ["-C", folder / "vault", "key", "rotate"]

    def check_complete(self, folder, when):
        if not json.loads(shilu(folder / "vault", "key", "show", "--json").stdout)["earlier"]:
            fail(f"{when}: no key was followed by another")
        left = [p.name for p in (folder / "vault" / "keys").iterdir() if p.name.startswith("next-")]
        if left:
            fail(f"{when}: {left}")


class Extract(Scene):
    name = "extract"
    rerun_status = (0, 3)  # what is there already is left alone, and it says so

    def words(self, folder):
        return ["-C", folder / "vault", "extract", CASE, "-o", folder / "out" / "taken"]

    def check_complete(self, folder, when):
        have = {digest(p) for p in (folder / "out" / "taken").iterdir() if p.suffix == ".wav"}
        if have != self.wanted:
            fail(f"{when}: {len(have)} of {len(self.wanted)} are extracted")


def ids(vault):
    """Each recording's number by its name."""
    return {row["name"]: row["id"] for row in lines(shilu(vault, "search", "--json"))}


class Dispose(Scene):
    """R000 with its companion, and R900: one case's archive is rewritten, of the other's nothing is left."""

    name = "dispose"
    rerun_status = (0, 3)  # decided already, and it says so
    input = PASSWORD

    def words(self, folder):
        return ["-C", folder / "vault", "dispose", "approve", "X1", "--as", "li", "--reason", WHY,
                "--password-fd", "0"]

    def check_complete(self, folder, when):
        vault = folder / "vault"
        archives = [p.name for p in (vault / "archives").rglob("*.tar")]
        loose = [p for p in (vault / "recordings").rglob("*") if p.is_file() and p.suffix != ".json"]
        if len(archives) != 1 or not archives[0].endswith("-v002.tar") or loose:
            fail(f"{when}: archives {archives}, loose {loose}")
        states = {row["name"]: row["state"] for row in lines(shilu(vault, "search", "--json"))}
        if states != {"R000.wav": "disposed", "R900.wav": "disposed", "R001.wav": "sealed"}:
            fail(f"{when}: {states}")
        shilu(None, "verify", *(vault / "archives").rglob("*.tar"))


def make_disposal(vault):
    """Two sealed cases, both closed; all of their recordings are due, and two are asked for."""
    number = ids(vault)
    shilu(vault, "case", "add", OTHER_CASE)
    shilu(vault, "tag", number["R000.wav"], "--also", "--case", OTHER_CASE, "--reason", WHY)
    shilu(vault, "tag", *number.values(), "--captured-at", "2020-01-01T00:00:00+08:00", "--reason", WHY)
    shilu(vault, "seal", CASE, OTHER_CASE)
    shilu(vault, "case", "close", CASE, OTHER_CASE)
    with open(vault / "shilu.conf", "a", encoding="utf-8") as settings:
        settings.write("default = 6 months from capture\n")
    shilu(vault, "retention", "confirm")
    for name, duty in (("wang", "archivist"), ("li", "auditor")):
        add_account(vault, name, duty)
    shilu(vault, "dispose", "request", number["R000.wav"], number["R900.wav"], "--as", "wang",
          "--reason", WHY, "--password-fd", "0", input=PASSWORD)


def make_scenes(top):
    """All scenes, each with its start below `top`."""
    from shim import copy
    first = pathlib.Path(top) / "first"
    make_recordings(first / "card", 2, 40000)
    make_recordings(first / "more", 1, 400000)
    (first / "more" / "R000.wav").rename(first / "card" / "R900.wav")
    (first / "more").rmdir()
    (first / "card" / "R000.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\n占道经营，已当场改正。\n", encoding="utf-8")
    (first / "note.txt").write_text("复核意见\n", encoding="utf-8")
    (first / "out").mkdir()
    make_vault(first / "vault")
    held = copy(first, pathlib.Path(top) / "held")
    shilu(held / "vault", "ingest", held / "card", "--case", CASE)
    sealed = copy(held, pathlib.Path(top) / "sealed")
    shilu(sealed / "vault", "seal", CASE)
    two = copy(held, pathlib.Path(top) / "two")
    shilu(two / "vault", "case", "add", OTHER_CASE)
    shilu(two / "vault", "tag", "R1", "--case", OTHER_CASE, "--reason", WHY)
    disposal = copy(held, pathlib.Path(top) / "disposal")
    make_disposal(disposal / "vault")
    return [Ingest(first), Tag(held), Attach(held), Seal(held), SealTwo(two), Image(sealed), Rotate(sealed),
            Extract(sealed), Dispose(disposal)]
