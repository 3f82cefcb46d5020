"""Each call to the system that a command makes is failed once, and once for good: it says so, loses
nothing that was accepted, and a rerun finishes. And before each call that changes something the
program is killed: the next one finishes or undoes it. Where there are many, some are chosen.

    torture.py [SCENE…] [KIND…]    these alone; of a kind and scene SHILU_TORTURE_EACH with each error,
                                   and SHILU_TORTURE_KILLS kills"""
import concurrent.futures
import errno
import os
import re
import shutil
import signal
import sys

from common import SEED, Folder, counted, fail, held, shilu, some_of
from scenes import make_scenes
from shim import KINDS, copy, run

# what a call fails with; 0: it does half
NUMBERS = {"write": (errno.EIO, errno.ENOSPC, 0), "read": (errno.EIO, 0), "sync": (errno.EIO,),
           "link": (errno.ENOSPC,), "rename": (errno.EIO,), "unlink": (errno.EIO,),
           "create": (errno.ENOSPC,), "allocate": (errno.ENOSPC,), "mkdir": (errno.ENOSPC,),
           "truncate": (errno.EIO,), "memory": (errno.ENOMEM,)}
CAUSE = re.compile("Input/output error|No space left|disk I/O error|is full"
                   "|out of memory|Cannot allocate memory"
                   "|the catalog is damaged"  # what SQLite makes of EIO when reading
                   "|unable to get the page"  # and its integrity_check
                   "|attempt to write a readonly database",  # and of no room for its journal's name
                   re.IGNORECASE)
EACH = int(os.environ.get("SHILU_TORTURE_EACH", "5"))  # cases of a kind, number and scene
KILLS = int(os.environ.get("SHILU_TORTURE_KILLS", "5"))  # of a kind and scene
KILLED = -1
CHANGES = ("write", "sync", "link", "rename", "unlink", "create", "allocate", "mkdir", "truncate")


def cases_of(scene, folder, kinds):
    """Runs it once and counts; then what is to be failed."""
    here = copy(scene.start, folder / "count")
    ran = run(folder, scene.words(here), scene.roots(here), input=scene.input)
    if ran.status != 0:
        fail(f"{scene.name}: exit {ran.status} undisturbed\n{ran.stdout}{ran.stderr}")
    scene.check_complete(here, scene.name)
    shutil.rmtree(here)
    cases = []
    for kind in KINDS:
        for number in NUMBERS[kind] if not kinds or kind in kinds else ():
            for stays in (False, True):
                cases += [(kind, at, number, stays)
                          for at in some_of(range(1, ran.counts[kind] + 1), EACH)]
        if kind in CHANGES and (not kinds or kind in kinds):
            cases += [(kind, at, KILLED, False)
                      for at in some_of(range(1, ran.counts[kind] + 1), KILLS)]
    print(f"{scene.name}: {' '.join(f'{k} {n}' for k, n in ran.counts.items() if n)}", flush=True)
    return cases


def name_of(number):
    return "kill -9" if number == KILLED else errno.errorcode.get(number, "half")


def check_told(scene, kind, ran, when):
    """The exit status fits, and the message has an object and a cause; where memory is out, libraries
    may say so in their own way, and their code may fall: then what holds for a kill holds. Ours may not."""
    if kind == "memory" and ran.status in (-signal.SIGSEGV, -signal.SIGABRT) and ran.fell not in ("", "shilu"):
        return
    if ran.status not in (0, 1, 3) and not (kind == "memory" and ran.status == 2):  # popt lost a word
        fail(f"{when}: exit {ran.status}, fell in {ran.fell!r}\n{ran.stdout}{ran.stderr}")
    if ran.status == 0:
        return
    told = ran.stderr + ran.stdout
    if not (CAUSE if kind != "memory" else re.compile(r"\w")).search(told):
        fail(f"{when}: no cause in what it says: {told!r}")
    if ran.status == 3 and kind != "memory" and not re.search(r"^shilu: \S.*: \S|^shilu: out of memory|^shilu: the output",
                                         ran.stderr, re.MULTILINE):
        fail(f"{when}: no object in what it says: {ran.stderr!r}")


def check_vault(scene, here, ran, when):
    """Nothing accepted is lost, before and after what was left is cleared."""
    vault = here / "vault"
    shilu(vault, "verify", status=(0, 1))
    accepted = scene.accepted(ran.stdout)
    if not accepted <= held(vault):
        fail(f"{when}: accepted and lost")
    shilu(vault, "case", "add", "恢复")  # any command that writes clears up
    checked = shilu(vault, "verify", status=(0, 1, 3))
    if checked.returncode != 0:
        fail(f"{when}: after the next opening\n{checked.stdout}{checked.stderr}\nit had said:"
             f"\n{ran.stdout}{ran.stderr}")
    if not accepted <= held(vault):
        fail(f"{when}: accepted and lost when clearing up")
    if os.listdir(vault / "incoming"):
        fail(f"{when}: left in incoming: {os.listdir(vault / 'incoming')}")


def try_one(scene, folder, case):
    kind, at, number, stays = case
    when = (f"{scene.name}, {kind} {at} "
            f"{'is never made' if number == KILLED else 'and all later ones fail' if stays else 'fails'} with "
            f"{name_of(number)}")
    folder.mkdir()
    here = copy(scene.start, folder / "here")
    ran = run(folder, scene.words(here), scene.roots(here), kind, at, number, stays, input=scene.input)
    when += f" ({ran.path})"
    if number != KILLED:
        check_told(scene, kind, ran, when)
    elif ran.status not in (0, -signal.SIGKILL):
        fail(f"{when}: exit {ran.status}\n{ran.stdout}{ran.stderr}")
    if number == 0 and ran.status != 0:
        fail(f"{when}: half is no failure\n{ran.stdout}{ran.stderr}")
    if ran.status == 0:
        scene.check_complete(here, f"{when}, exit 0")
    check_vault(scene, here, ran, when)
    shilu(None, *scene.words(here), status=scene.rerun_status, input=scene.input)
    scene.check_complete(here, f"{when}, rerun")
    shilu(here / "vault", "verify")
    if os.listdir(here / "vault" / "incoming"):
        fail(f"{when}: left in incoming after a rerun")
    shutil.rmtree(folder)
    return ran.failed > 0, ran.status != 0


def torture(scene, folder, kinds, pool):
    folder.mkdir()
    cases = cases_of(scene, folder, kinds)
    jobs = [(case[2], pool.submit(try_one, scene, folder / str(i), case))
            for i, case in enumerate(cases)]
    results = {number: [] for _, _, number, _ in cases}
    for number, job in jobs:
        try:
            results[number].append(job.result())
        except SystemExit:
            pass  # told already; the others may tell more
    lost = 0
    for number, ended in results.items():
        tried = sum(one == number for one, _ in jobs)
        lost += tried - len(ended)
        fault = "killed before a call" if number == KILLED else f"a call fails with {name_of(number)}"
        counted(fault, scene.name, tried, len(ended),
                f"{sum(failed for failed, _ in ended)} of them hit, {sum(up for _, up in ended)} gave up")
    return lost


with Folder(quick=True) as top:
    print(f"SHILU_SEED={SEED}")
    wanted = [word for word in sys.argv[1:] if word not in KINDS]
    kinds = [word for word in sys.argv[1:] if word in KINDS]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        failures = sum(torture(one, top / one.name, kinds, threads) for one in make_scenes(top)
                       if not wanted or one.name in wanted)
    sys.exit(1 if failures else 0)
