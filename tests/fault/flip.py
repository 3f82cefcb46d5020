"""One bit flipped is found and named (exit 1): anywhere in a sealed archive or a disc image, each of
200 times, and anywhere in each other kind of file that a vault has."""
import os
import random

from common import CASE, Folder, counted, fail, make_recordings, make_vault, shilu

PLACES = int(os.environ.get("SHILU_FLIPS", 200))
PLACES_OF_A_KIND = max(5, PLACES // 10)


def flip(target, verify, places, named=(), found=(1,)):
    """Flips a bit at that many places, one at a time; `named`: of these words one must be told."""
    size = target.stat().st_size
    mode = target.stat().st_mode
    os.chmod(target, 0o600)
    with open(target, "r+b", buffering=0) as file:
        for _ in range(places):
            place = random.randrange(size)
            bit = 1 << random.randrange(8)
            file.seek(place)
            byte = file.read(1)
            file.seek(place)
            file.write(bytes([byte[0] ^ bit]))
            done = verify()
            told = done.stdout + done.stderr
            if done.returncode not in found or (named and not any(name in told for name in named)):
                fail(f"{target.name}, byte {place}, bit {bit}: exit {done.returncode}\n"
                     f"{done.stdout}{done.stderr}")
            file.seek(place)
            file.write(byte)
    os.chmod(target, mode)


def of_a_vault(vault):
    """A file of each kind, and what verify calls it."""
    recordings = vault / "recordings"
    loose = next(path for path in recordings.rglob("*.wav"))
    yield loose, (loose.name,)
    sidecar = next(path for path in recordings.rglob("*.json"))
    yield sidecar, (sidecar.name,)
    yield next((vault / "archives").rglob("*.tar")), ("archives/",)
    log = vault / "log"
    yield log / "checkpoint", ("log/checkpoint",)
    yield max((log / "tile" / "0").rglob("*/*"), key=lambda path: int(path.name)), ("tile/0",)
    yield (max((log / "tile" / "entries").rglob("*/*"), key=lambda path: int(path.name)),
           ("tile/entries",))
    yield vault / "keys" / "public.pem", ()


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
        flip(target, lambda: shilu(None, "verify", target, status=(0, 1, 2, 3)), PLACES)
        shilu(None, "verify", target)
        counted("a bit flipped", target.suffix.removeprefix("."), PLACES, PLACES)

    make_recordings(folder / "more", 2, 4000)
    shilu(vault, "ingest", folder / "more", "--receipts", folder / "receipts")
    # as an auditor does who has the public key alone: nothing is written to the vault meanwhile
    key = vault / "keys" / "signing.pem"
    key.rename(folder / "signing.pem")
    for target, names in of_a_vault(vault):
        flip(target, lambda: shilu(None, "verify", vault, status=(0, 1, 2, 3)), PLACES_OF_A_KIND,
             names)
        where = names[0] if names and "/" in names[0] else target.suffix.removeprefix(".")
        counted("a bit flipped", where, PLACES_OF_A_KIND, PLACES_OF_A_KIND, "found and named")
    settings = vault / "shilu.conf"  # 3: they cannot be read any more
    flip(settings, lambda: shilu(None, "verify", vault, status=(0, 1, 2, 3)), PLACES_OF_A_KIND,
         ("shilu.conf",), found=(1, 3))
    counted("a bit flipped", "shilu.conf", PLACES_OF_A_KIND, PLACES_OF_A_KIND, "found and named")
    (folder / "signing.pem").rename(key)
    shilu(None, "verify", vault)

    receipt = next((folder / "receipts").glob("*.json"))
    flip(receipt, lambda: shilu(vault, "verify", receipt, status=(0, 1, 2, 3)), PLACES_OF_A_KIND)
    shilu(vault, "verify", receipt)
    counted("a bit flipped", "receipt", PLACES_OF_A_KIND, PLACES_OF_A_KIND)
