"""What the fault tests share: a program to run, recordings to run it on, a seed to repeat it with."""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

SHILU = os.environ["SHILU"]
CASE = "津西青综执〔2026〕12号"
PASSWORD = "correct-horse 1\n"  # of every account, as a descriptor gives it
SEED = int(os.environ.get("SHILU_SEED", random.SystemRandom().randrange(1 << 32)))
random.seed(SEED)


def counted(fault, where, tried, held, more=""):
    """Tells what was tried, and writes it down for scripts/torture where SHILU_COUNTS names a file."""
    print(f"{where}: {fault}: {tried} tried, {more + ', ' if more else ''}{held} held", flush=True)
    if "SHILU_COUNTS" in os.environ:
        with open(os.environ["SHILU_COUNTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"fault": fault, "where": where, "tried": tried, "held": held}) + "\n")


def shilu(vault, *words, status=(0,), input=None):
    """Runs the program to its end; an exit status that is not expected ends the test."""
    command = [SHILU, *(["-C", str(vault)] if vault else []), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, input=input)
    if done.returncode not in status:
        fail(f"exit {done.returncode}, not {status}: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def fail(text):
    print(f"FAILED (SHILU_SEED={SEED}): {text}", flush=True)
    sys.exit(1)


def make_vault(path):
    made = shilu(None, "init", path, "--unit", "杨柳青镇综合行政执法局", "--json")
    shilu(path, "user", "passwd", "admin", "--password-fd", "0", "--new-password-fd", "0",
          input=json.loads(made.stdout)["password"] + "\n" + PASSWORD)
    shilu(path, "case", "add", CASE)
    return path


def add_account(vault, name, duty):
    """Made by the vault's first security administrator."""
    shilu(vault, "user", "add", name, "--role", duty, "--as", "admin", "--password-fd", "0",
          "--new-password-fd", "0", input=PASSWORD * 2)


def make_recordings(folder, count, size):
    """Recordings of about `size` bytes each: sound, so that any size is made at once."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        seconds = max(1, size // 32000)
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i",
                        f"anoisesrc=sample_rate=16000:duration={seconds}:seed={random.randrange(1 << 30)}",
                        "-c:a", "pcm_s16le", str(folder / f"R{i:03}.wav")], check=True)
    return folder


def held(vault):
    """All recordings that the vault says it has accepted, by their numbers."""
    rows = lines(shilu(vault, "search", "--limit", "10000", "--json"))
    return {row["id"] for row in rows}


def held_digests(vault):
    """The SHA-256 of all recordings that the vault says it has accepted."""
    return {json.loads(shilu(vault, "show", row["id"], "--json").stdout)["sha256"]
            for row in lines(shilu(vault, "search", "--limit", "1000", "--json"))}


def some_of(every, most):
    """All of a range, or as many as `most` of it, chosen, in order."""
    return every if len(every) <= most else sorted(random.sample(every, most))


class Folder:
    """A folder that goes with the test; `quick`: in memory where that can be had."""

    def __init__(self, quick=False):
        memory = "/dev/shm"
        self.parent = memory if quick and os.access(memory, os.W_OK) else None

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="shilu-fault-", dir=self.parent))
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)
