"""An init that is killed before any of its changes: the next one begins anew and makes a whole vault;
one that fails leaves nothing. Where there are many, some are chosen: SHILU_TORTURE_EACH of a kind."""
import errno
import os
import shutil
import sys

from common import CASE, SEED, Folder, counted, fail, shilu, some_of
from shim import run

CHANGES = ("create", "write", "sync", "link", "mkdir", "rename", "unlink", "truncate")
EACH = int(os.environ.get("SHILU_TORTURE_EACH", "5"))


def words(vault):
    return ["init", vault, "--unit", "杨柳青镇综合行政执法局"]


def try_one(folder, kind, at, number):
    """Whether there was an `at`th call of that kind."""
    vault = folder / "vault"
    when = f"{kind} {at} {'is never made' if number < 0 else 'fails'}"
    ran = run(folder, words(vault), [folder], kind, at, number)
    if number < 0 and ran.status not in (0, -9) or number >= 0 and ran.status not in (0, 3):
        fail(f"{when}: exit {ran.status}\n{ran.stdout}{ran.stderr}")
    if ran.status == 3 and vault.exists():
        fail(f"{when}: {sorted(vault.iterdir())} left by an init that failed\n{ran.stderr}")
    # killed after the vault was whole, it is one
    shilu(None, *words(vault), status=(0, 3) if ran.status == -9 and (vault / "shilu.conf").exists()
          or ran.status == 0 else (0,))
    if (vault / ".shilu-init").exists():
        fail(f"{when}: .shilu-init is left")
    shilu(vault, "case", "add", CASE)
    shilu(vault, "verify")
    shutil.rmtree(vault)
    return ran.failed > 0


def count(folder):
    """How many calls of each kind an undisturbed one makes."""
    counts = run(folder, words(folder / "vault"), [folder]).counts
    shutil.rmtree(folder / "vault")
    return counts


with Folder(quick=True) as top:
    print(f"SHILU_SEED={SEED}")
    cases = []
    for kind, calls in count(top).items():
        for number in (-1, errno.EIO) if kind in CHANGES else ():
            cases += [(kind, at, number) for at in some_of(range(1, calls + 1), EACH)]
    hit = sum(try_one(top, *case) for case in cases)
    kills = sum(number < 0 for _, _, number in cases)
    counted("killed before a call", "init", kills, kills)
    counted("a call fails with EIO", "init", len(cases) - kills, len(cases) - kills)
    sys.exit(0 if hit > len(cases) // 2 else 1)
