"""Runs the program with the shim of shim.c before it."""
import os
import pathlib
import struct
import subprocess

from common import SHILU, fail

SHIM = os.environ["SHILU_SHIM"]
KINDS = ("write", "read", "sync", "link", "rename", "unlink", "create", "allocate", "mkdir", "truncate",
         "memory")
STATE = struct.Struct(f"={len(KINDS)}QQ1024s256s")
SECONDS = 60


class Ran:
    """What a run said, how it ended, and what the shim saw: `fell` is whose code a signal ended."""

    def __init__(self, done, state):
        *counts, self.failed, path, fell = STATE.unpack(state)
        self.counts = dict(zip(KINDS, counts))
        self.path = path.rstrip(b"\0").decode(errors="replace")
        self.fell = os.path.basename(fell.rstrip(b"\0").decode(errors="replace"))
        self.status = done.returncode
        self.stdout = done.stdout
        self.stderr = done.stderr


def run(folder, words, roots, kind="", at=0, number=0, stays=False, journal=None, input=None):
    """The program with `words`; the state and the outputs lie in `folder`. Hanging ends the test."""
    state = folder / "shim.state"
    state.write_bytes(bytes(STATE.size))
    environment = dict(os.environ, LD_PRELOAD=SHIM, LC_ALL="C.UTF-8", SHIM_STATE=str(state),
                       SHIM_ROOTS=":".join(os.path.realpath(root) for root in roots), SHIM_KIND=kind,
                       SHIM_AT=str(at), SHIM_ERRNO=str(number))
    if stays:
        environment["SHIM_STAY"] = "1"
    if journal:
        environment["SHIM_JOURNAL"] = str(journal)
    with open(folder / "stdout", "w+b") as out, open(folder / "stderr", "w+b") as err:
        try:
            done = subprocess.run([SHILU, *map(str, words)], env=environment, stdout=out, stderr=err,
                                  input=(input or "").encode(), timeout=SECONDS)
        except subprocess.TimeoutExpired:
            fail(f"hangs: {' '.join(map(str, words))} with {kind} {at} failing with {number}")
        for stream, name in ((out, "stdout"), (err, "stderr")):
            stream.seek(0)
            setattr(done, name, stream.read().decode())
    return Ran(done, state.read_bytes())


def copy(source, to):
    """A copy of a folder with its hard links, modes and times."""
    subprocess.run(["cp", "-a", "--", source, to], check=True)
    return pathlib.Path(to)
