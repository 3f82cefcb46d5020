"""A disk that fills up in the middle of ingest, seal or image: a clear error, exit 3, nothing lost, and
it goes on after room is made."""
import os
import subprocess
import sys

from common import CASE, Folder, counted, fail, lines, make_recordings, make_vault, shilu

MB = 1 << 20

if os.geteuid() != 0:
    print("only root can mount a small disk: left out")
    sys.exit(77)


def told(done, what):
    if done.returncode != 3 or len(done.stderr.strip()) == 0:
        fail(f"{what}: exit {done.returncode}, said: {done.stderr!r}")


def sound(vault):
    """What a full disk kept from the log's files, the next command that writes completes."""
    shilu(vault, "device", "set", "0012345")
    shilu(vault, "verify")


with Folder() as folder:
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(disk)],
                             capture_output=True, text=True)
    if mounted.returncode != 0:
        print(f"no small disk can be mounted here: left out ({mounted.stderr.strip()})")
        sys.exit(77)
    try:
        vault = make_vault(disk / "vault")
        card = make_recordings(folder / "card", 6, 3 * MB)
        filler = disk / "filler"
        tried = 0
        # ingest, with ever less room
        for room in (10, 6, 4, 2, 1):
            free = os.statvfs(disk)
            filler.write_bytes(b"")
            with open(filler, "wb") as file:
                os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - room * MB)
            before = {row["id"] for row in lines(shilu(vault, "search", "--json", "--limit", "99"))}
            done = shilu(vault, "ingest", card, "--case", CASE, "--json", status=(0, 1, 2, 3))
            told(done, f"ingest with {room} MB")
            filler.unlink()
            after = {row["id"] for row in lines(shilu(vault, "search", "--json", "--limit", "99"))}
            accepted = {row["id"] for row in lines(done) if row["outcome"] == "accepted"}
            if not before | accepted <= after:
                fail(f"ingest with {room} MB: lost {before | accepted - after}")
            sound(vault)
            tried += 1
        shilu(vault, "ingest", card, "--case", CASE)
        shilu(vault, "verify")
        # seal and image need as much again
        for command in (("seal", CASE), ("disc", "image", CASE, "-o", disk / "d.iso")):
            for room in (9, 5, 1):
                free = os.statvfs(disk)
                with open(filler, "wb") as file:
                    os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - room * MB)
                told(shilu(vault, *command, status=(0, 1, 2, 3)), f"{command[0]} with {room} MB")
                filler.unlink()
                sound(vault)
                tried += 1
            if command[0] == "seal":
                shilu(vault, *command)
                shilu(vault, "verify")
        if len(lines(shilu(vault, "search", "--json", "--limit", "99"))) != 6:
            fail("not all recordings are there")
        counted("full disk", "ingest, seal, disc image", tried, tried)
    finally:
        subprocess.run(["umount", str(disk)], check=False)
