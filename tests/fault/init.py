"""An init that is killed before any of its changes: the next one begins anew and makes a whole vault;
one that fails leaves nothing."""
import errno
import shutil
import sys

from common import CASE, Folder, fail, shilu
from shim import KINDS, run

CHANGES = ("create", "write", "sync", "link", "mkdir", "rename", "unlink", "truncate")


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


with Folder(quick=True) as top:
    tried = 0
    for kind in CHANGES:
        assert kind in KINDS
        for number in (-1, errno.EIO):
            at = 1
            while try_one(top, kind, at, number):
                at += 1
            tried += at - 1
    print(f"init: {tried} tried, {tried} held")
    sys.exit(0 if tried > 50 else 1)
