"""kill -9 at random moments of ingest, seal and disc image: a rerun finishes, nothing accepted is lost,
no debris is left."""
import hashlib
import json
import os
import random
import signal
import subprocess
import time

from common import CASE, SHILU, Folder, counted, fail, lines, make_recordings, make_vault, shilu

KILLS = int(os.environ.get("SHILU_KILLS", "50"))
COUNT = 8


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run_and_kill(vault, seconds, *words):
    """What it printed, and whether it was killed."""
    process = subprocess.Popen([SHILU, "-C", str(vault), *map(str, words)], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    try:
        out, _ = process.communicate(timeout=seconds)
        return out, False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        out, _ = process.communicate()
        return out, True


def duration(vault, *words):
    start = time.monotonic()
    shilu(vault, *words)
    return time.monotonic() - start


def debris(vault):
    return [str(p) for p in (vault / "incoming").iterdir()]


def check_sound(vault, when):
    done = shilu(vault, "verify", "--json", status=(0, 1, 3))
    if done.returncode != 0:
        fail(f"{when}: verify found something\n{done.stdout}{done.stderr}")


def held(vault):
    return {json.loads(shilu(vault, "show", row["id"], "--json").stdout)["sha256"]
            for row in lines(shilu(vault, "search", "--limit", "1000", "--json"))}


def ingest(folder, card, wanted):
    whole = duration(make_vault(folder / "first"), "ingest", card, "--case", CASE)
    killed = 0
    for attempt in range(KILLS):
        vault = make_vault(folder / f"ingest{attempt}")
        out, was_killed = run_and_kill(vault, random.uniform(0, whole), "ingest", card, "--case", CASE,
                                       "--json")
        killed += was_killed
        complete = [json.loads(line) for line in out.splitlines() if line.endswith("}")]
        accepted = {row["sha256"] for row in complete if row["outcome"] == "accepted"}
        shilu(vault, "ingest", card, "--case", CASE)  # the rerun finishes
        have = held(vault)
        if not accepted <= have:
            fail(f"ingest {attempt}: accepted and lost: {accepted - have}")
        if have != wanted:
            fail(f"ingest {attempt}: the rerun did not take all")
        if debris(vault):
            fail(f"ingest {attempt}: debris: {debris(vault)}")
        check_sound(vault, f"ingest {attempt}")
    counted("killed at any moment", "ingest", KILLS, KILLS, f"{killed} of them in the middle")


def seal(folder, card, wanted):
    vault = make_vault(folder / "seal-first")
    shilu(vault, "ingest", card, "--case", CASE)
    whole = duration(vault, "seal", CASE)
    killed = 0
    for attempt in range(KILLS):
        vault = make_vault(folder / f"seal{attempt}")
        shilu(vault, "ingest", card, "--case", CASE)
        _, was_killed = run_and_kill(vault, random.uniform(0, whole * 1.1), "seal", CASE)
        killed += was_killed
        # what was sealed already has nothing left to seal: 3, and it says so
        shilu(vault, "seal", CASE, status=(0, 3))
        if held(vault) != wanted:
            fail(f"seal {attempt}: something is lost")
        if debris(vault):
            fail(f"seal {attempt}: debris: {debris(vault)}")
        check_sound(vault, f"seal {attempt}")
        archives = list((vault / "archives").rglob("*.tar"))
        loose = [p for p in (vault / "recordings").rglob("*.wav")]
        if len(archives) != 1 or loose:
            fail(f"seal {attempt}: archives {archives}, loose {loose}")
    counted("killed at any moment", "seal", KILLS, KILLS, f"{killed} of them in the middle")


def image(folder, card):
    vault = make_vault(folder / "image")
    shilu(vault, "ingest", card, "--case", CASE)
    shilu(vault, "seal", CASE)
    whole = duration(vault, "disc", "image", CASE, "-o", folder / "first.iso")
    for attempt in range(KILLS // 2):
        path = folder / f"{attempt}.iso"
        run_and_kill(vault, random.uniform(0, whole * 1.1), "disc", "image", CASE, "-o", path)
        if path.exists():
            shilu(None, "verify", path)  # whole, or not there
        else:
            shilu(vault, "disc", "image", CASE, "-o", path)
        if [p for p in folder.iterdir() if p.name.startswith(f"{attempt}.iso.")]:
            fail(f"image {attempt}: debris after a rerun")
        os.remove(path)
    check_sound(vault, "image")
    counted("killed at any moment", "disc image", KILLS // 2, KILLS // 2)


with Folder() as top:
    card = make_recordings(top / "card", COUNT, 300000)
    truth = {digest(p) for p in card.iterdir()}
    ingest(top, card, truth)
    seal(top, card, truth)
    image(top, card)
