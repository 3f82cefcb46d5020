"""Ingest, seal, verify, image and extraction stay below 64 MiB, whatever the size of a recording."""
import os

from common import CASE, SHILU, Folder, fail, make_recordings, make_vault, shilu

LIMIT_KB = 64 * 1024
MB = 1 << 20


def peak_kb(*command):
    """Peak resident memory of the program itself, its helpers apart, as the kernel reports it."""
    pid = os.posix_spawn(command[0], [str(c) for c in command], os.environ,
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        fail(f"exit {os.waitstatus_to_exitcode(status)}: {command}")
    return usage.ru_maxrss


with Folder() as folder:
    vault = make_vault(folder / "vault")
    card = make_recordings(folder / "card", 3, 20 * MB)
    make_recordings(folder / "big", 1, 400 * MB)
    os.rename(folder / "big" / "R000.wav", card / "big.wav")
    steps = {
        "ingest": ("ingest", card, "--case", CASE),
        "verify": ("verify",),
        "seal": ("seal", CASE),
        "verify sealed": ("verify",),
        "disc image": ("disc", "image", CASE, "-o", folder / "disc.iso"),
        "verify image": ("verify", folder / "disc.iso"),
        "extract": ("extract", CASE, "-o", folder / "out"),
    }
    for name, words in steps.items():
        peak = peak_kb(SHILU, "-C", str(vault), *words)
        print(f"{name}: {peak / 1024:.1f} MiB")
        if peak >= LIMIT_KB:
            fail(f"{name} took {peak / 1024:.1f} MiB")
