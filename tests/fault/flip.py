"""One bit flipped anywhere in a sealed archive or a disc image is found (exit 1), each of 200 times."""
import os
import random

from common import CASE, Folder, fail, make_recordings, make_vault, shilu

PLACES = 200

with Folder() as folder:
    vault = make_vault(folder / "vault")
    # small, so that headers, lists and padding are hit about as often as contents
    make_recordings(folder / "card", 5, 4000)
    shilu(vault, "ingest", folder / "card", "--case", CASE)
    shilu(vault, "seal", CASE)
    archive = next((vault / "archives").rglob("*.tar"))
    image = folder / "disc.iso"
    shilu(vault, "disc", "image", CASE, "-o", image)
    for target in (archive, image):
        shilu(None, "verify", target)
        os.chmod(target, 0o600)
        size = target.stat().st_size
        with open(target, "r+b", buffering=0) as file:
            for _ in range(PLACES):
                place = random.randrange(size)
                bit = 1 << random.randrange(8)
                file.seek(place)
                byte = file.read(1)
                file.seek(place)
                file.write(bytes([byte[0] ^ bit]))
                done = shilu(None, "verify", target, status=(0, 1, 2, 3))
                if done.returncode != 1:
                    fail(f"{target.name}, byte {place}, bit {bit}: exit {done.returncode}\n"
                         f"{done.stdout}{done.stderr}")
                file.seek(place)
                file.write(byte)
        shilu(None, "verify", target)
        print(f"{target.name}: {PLACES} of {PLACES} flipped bits found, the sound one is sound")
