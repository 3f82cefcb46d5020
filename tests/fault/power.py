"""Power cuts. Each command is run once while the shim writes down every change and every flush below the
vault, in order; then, for cuts after each of them, the disk is made as it may be found afterwards, and
the vault is opened on it: nothing reported as accepted is lost, and a rerun finishes.

What may be found of what was not flushed (POSIX promises nothing; file systems differ):
  strict   nothing: neither bytes, nor lengths, nor names
  names    all names and lengths; of the bytes nothing, they read as zeros
  empty    all names; of files nothing that was not flushed, not even their length
  random   of each folder some of the first changes, of each file any of the pages
A name that is moved is never lost on the way: file systems with a journal keep that.
"""
import concurrent.futures
import copy as duplicate
import os
import random
import shutil
import struct
import sys

from common import SEED, Folder, counted, fail, held, shilu, some_of
from scenes import make_scenes
from shim import copy, run

CHANGE = struct.Struct("=IIQQQII")
MADE, WRITTEN, CUT, GROWN, MODE, LINKED, RENAMED, UNLINKED, FOLDER, NO_FOLDER, FLUSHED, SAID = range(1, 13)
MODELS = ("strict", "names", "empty", "random")
PAGE = 4096
CUTS = int(os.environ.get("SHILU_POWER_CUTS", "10"))  # of a scene and model


def read_journal(path):
    """The changes, in order: (kind, mode, ino, offset, path, to, data)."""
    whole, at, changes = path.read_bytes(), 0, []
    while at < len(whole):
        kind, mode, ino, offset, data_len, path_len, to_len = CHANGE.unpack_from(whole, at)
        at += CHANGE.size
        ends = [at + path_len, at + path_len + to_len, at + path_len + to_len + data_len]
        changes.append((kind, mode, ino, offset, os.fsdecode(whole[at:ends[0]]),
                        os.fsdecode(whole[ends[0]:ends[1]]), whole[ends[1]:ends[2]]))
        at = ends[2]
    return changes


class File:
    """What is on the disk, and what was done since: (offset, bytes) or a new length."""

    def __init__(self, content=b"", mode=0o644):
        self.content = bytearray(content)
        self.mode = mode
        self.pending = []

    @staticmethod
    def apply(content, change, with_data=True):
        kind, offset, data = change
        if kind == CUT and offset < len(content):
            del content[offset:]
        end = offset + len(data)
        if end > len(content):
            content.extend(bytes(end - len(content)))
        if with_data:
            content[offset:end] = data

    def flush(self):
        for change in self.pending:
            self.apply(self.content, change)
        self.pending = []

    def found(self, model, dice):
        content = bytearray(self.content)
        if model in ("strict", "empty"):
            return content
        for change in self.pending:
            if model == "names" or change[0] != WRITTEN:
                self.apply(content, change, with_data=False)
                continue
            _, offset, data = change  # pages come to the disk in any order
            for at in range(0, len(data), PAGE):
                self.apply(content, (WRITTEN, offset + at, data[at:at + PAGE]), dice.random() < 0.5)
        return content


class NameChange:
    """A name that leads to something from now on, or to nothing. A move away brings its arrival."""

    def __init__(self, name, object_, arrival=None, arrived_in=None, old_name=None):
        self.name, self.object, self.arrival, self.arrived_in = name, object_, arrival, arrived_in
        self.old_name = old_name  # within the folder

    def apply(self, names):
        names.pop(self.old_name, None)
        if self.object is None:
            names.pop(self.name, None)
        else:
            names[self.name] = self.object


class Names:
    """A folder: the names on the disk, and what was done since, in order."""

    def __init__(self):
        self.names = {}
        self.pending = []

    def settle(self, count):
        """The first `count` changes reach the disk; what was moved away has reached where it went."""
        done, self.pending = self.pending[:count], self.pending[count:]
        for change in done:
            if change.arrival in (change.arrived_in.pending if change.arrival else ()):
                change.arrived_in.settle(change.arrived_in.pending.index(change.arrival) + 1)
            change.apply(self.names)

    def now(self):
        names = dict(self.names)
        for change in self.pending:
            change.apply(names)
        return names


class Disk:
    """The folders below `top`, as they are on the disk and as the program sees them."""

    def __init__(self, top):
        self.top = os.path.realpath(top)
        self.files = {}  # by the number of their inode
        self.folders = {}
        for path, folders, files in os.walk(self.top):
            here = self.folders[path] = Names()
            here.names.update({name: os.path.join(path, name) for name in folders})
            for name in files:
                status = os.lstat(os.path.join(path, name))
                if status.st_ino not in self.files:
                    with open(os.path.join(path, name), "rb") as file:
                        self.files[status.st_ino] = File(file.read(), status.st_mode & 0o7777)
                here.names[name] = self.files[status.st_ino]

    def change_name(self, path, object_, **move):
        folder, name = os.path.split(path)
        change = NameChange(name, object_, **move)
        self.folders[folder].pending.append(change)
        return change

    def rename(self, path, to):
        folder, name = os.path.split(path)
        if os.path.dirname(to) == folder:
            self.change_name(to, self.folders[folder].now()[name], old_name=name)
            return
        arrival = self.change_name(to, self.folders[folder].now()[name])
        self.change_name(path, None, arrival=arrival, arrived_in=self.folders[os.path.dirname(to)])

    def play(self, change):
        kind, mode, ino, offset, path, to, data = change
        if kind == MADE:
            self.files[ino] = File(mode=mode)
            if path:
                self.change_name(path, self.files[ino])
        elif kind in (WRITTEN, CUT, GROWN):
            self.files[ino].pending.append((kind, offset, data))
        elif kind == MODE:
            self.files[ino].mode = mode
        elif kind == LINKED:
            self.change_name(path, self.files[ino])
        elif kind == RENAMED:
            self.rename(path, to)
        elif kind in (UNLINKED, NO_FOLDER):
            self.change_name(path, None)
        elif kind == FOLDER:
            self.folders[path] = Names()
            self.change_name(path, path)
        elif kind == FLUSHED and path:
            self.folders[path].settle(len(self.folders[path].pending))
        elif kind == FLUSHED:
            self.files[ino].flush()

    def make(self, to, model, dice):
        """Writes what is found after a cut, from the top; what has no name on the disk is gone."""
        made = {}
        for folder in self.folders.values():
            count = len(folder.pending)
            folder.settle({"strict": 0, "random": dice.randint(0, count)}.get(model, count))

        def make_folder(path, at):
            os.mkdir(at)
            for name, object_ in self.folders[path].names.items():
                below = os.path.join(at, name)
                if name.endswith("-shm"):
                    continue  # SQLite makes it anew
                if isinstance(object_, str):
                    make_folder(object_, below)
                elif object_ in made:
                    os.link(made[object_], below)
                else:
                    made[object_] = below
                    with open(below, "wb") as file:
                        file.write(object_.found(model, dice))
                    os.chmod(below, object_.mode)
        make_folder(self.top, to)


def check(scene, here, said, when):
    """The vault opens; nothing that was accepted is lost; what was left is cleared; a rerun finishes."""
    vault = here / "vault"
    accepted = scene.accepted(said)
    shilu(vault, "case", "add", "恢复")  # the first command that writes clears up
    lost = accepted - held(vault)
    if lost:
        fail(f"{when}: accepted and lost: {lost}")
    checked = shilu(vault, "verify", status=(0, 1, 3))
    if checked.returncode != 0:
        fail(f"{when}: after the next opening\n{checked.stdout}{checked.stderr}")
    if os.listdir(vault / "incoming"):
        fail(f"{when}: left in incoming: {os.listdir(vault / 'incoming')}")
    shilu(None, *scene.words(here), status=scene.rerun_status, input=scene.input)
    scene.check_complete(here, f"{when}, rerun")
    shilu(vault, "verify")


def name_of(change):
    kind, _, _, offset, path, to, data = change
    words = ("", "made", "written", "cut", "grown", "mode", "linked", "renamed", "unlinked", "folder",
             "no folder", "flushed", "said")
    return f"{words[kind]} {path} {to} {offset} +{len(data)}"


def said_by(changes, stdout):
    """What was on the standard output by the end of these changes."""
    said = [change[3] for change in changes if change[0] == SAID]
    return stdout.encode()[:said[-1] if said else 0].decode(errors="ignore")


def try_cut(scene, folder, before, changes, cut, model, said, when):
    when = f"{scene.name}{when}, cut {cut} of {len(changes)} after {name_of(changes[cut - 1])}, {model}"
    disk = duplicate.deepcopy(before)
    for change in changes[:cut]:
        disk.play(change)
    folder.mkdir()
    here = folder / "here"
    disk.make(here, model, random.Random(f"{SEED} {when}"))
    check(scene, here, said, when)
    shutil.rmtree(folder)


def run_to_end(scene, folder, here):
    """What it said. The changes follow in the journal."""
    ran = run(folder, scene.words(here), scene.roots(here), journal=folder / "journal", input=scene.input)
    if ran.status not in scene.rerun_status:
        fail(f"{scene.name}: exit {ran.status} undisturbed\n{ran.stdout}{ran.stderr}")
    return ran.stdout


def cut_one_run(scene, folder, pool):
    """Cuts in a run that begins on a sound vault."""
    here = copy(scene.start, folder / "here")
    before = Disk(here)
    stdout = run_to_end(scene, folder, here)
    changes = read_journal(folder / "journal")
    flushes = sum(change[0] == FLUSHED for change in changes)
    print(f"{scene.name}: {len(changes)} changes and flushes ({flushes})", flush=True)
    return [pool.submit(try_cut, scene, folder / f"{model}{cut}", before, changes, cut, model,
                        said_by(changes[:cut], stdout), "")
            for model in MODELS
            for cut in some_of(range(1, len(changes) + 1), CUTS)]


def cut_rerun(scene, folder, pool, at):
    """Cuts in a rerun, after a run that was killed just before it would have flushed something: what
    the rerun found, it may not take for what is on the disk."""
    folder.mkdir()
    here = copy(scene.start, folder / "here")
    before = Disk(here)
    ran = run(folder, scene.words(here), scene.roots(here), "sync", at, -1, journal=folder / "journal", input=scene.input)
    if ran.status != -9:
        return None
    first = len(read_journal(folder / "journal"))
    stdout = run_to_end(scene, folder, here)
    changes = read_journal(folder / "journal")
    rest = range(first + 1, len(changes) + 1) or [len(changes)]
    told = ([n for n in rest if changes[n - 1][0] == SAID] or rest)[-1]
    cuts = [("strict", told), ("strict", random.choice(rest)), ("random", random.choice(rest))]
    return [pool.submit(try_cut, scene, folder / f"{i}", before, changes, cut, model,
                        ran.stdout + said_by(changes[first:cut], stdout),
                        f", killed before flush {at} of {ran.path} and run again")
            for i, (model, cut) in enumerate(cuts)]


def cut_reruns(scene, folder, pool):
    jobs = []
    for at in range(1, 1000):
        more = cut_rerun(scene, folder / f"killed{at}", pool, at)
        if more is None:
            return jobs
        jobs += more


def cut_power(scene, folder, pool):
    folder.mkdir()
    jobs = cut_one_run(scene, folder, pool) + cut_reruns(scene, folder, pool)
    held_count = 0
    for job in jobs:
        try:
            job.result()
            held_count += 1
        except SystemExit:
            pass  # told already; the others may tell more
    counted("power cut", scene.name, len(jobs), held_count)
    return len(jobs) - held_count


with Folder(quick=True) as top:
    print(f"SHILU_SEED={SEED}")
    wanted = sys.argv[1:]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        failures = sum(cut_power(one, top / one.name, threads) for one in make_scenes(top)
                       if one.name != "extract" and (not wanted or one.name in wanted))
    sys.exit(1 if failures else 0)
