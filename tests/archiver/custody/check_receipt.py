#!/usr/bin/env python3
"""Checks a receipt as a stranger would: with Python's standard library, and OpenSSL for the signature.

  check_receipt.py RECEIPT [RECORDING]    prints the key's id; exit 0 where all holds
"""
import base64, hashlib, json, pathlib, subprocess, sys, tempfile


def sha256(data):
    return hashlib.sha256(data).digest()


path = pathlib.Path(sys.argv[1])
receipt = json.loads(path.read_bytes())
assert receipt["format"] == "shilu-receipt/1"
canonical = json.dumps(receipt, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
assert canonical.encode() == path.read_bytes(), "not in canonical form"  # the names of members are ASCII

entry = json.loads(receipt["entry"])
assert entry["action"] == "accepted" and entry["subject"] == receipt["id"] and entry["seq"] == receipt["index"]
assert {"at": entry["at"], "by": entry["actor"]} == receipt["accepted"]
for member in "name", "size", "sha256", "sm3":
    assert entry["detail"][member] == receipt[member], member

# RFC 9162, 2.1.3.2
note, lines = receipt["checkpoint"].split("\n\n")
origin, size, root = note.split("\n")[:3]
fn, sn = receipt["index"], int(size) - 1
assert fn <= sn
node = sha256(b"\0" + receipt["entry"].encode())
for step in map(base64.b64decode, receipt["proof"]):
    assert sn, "the proof is too long"
    if fn & 1 or fn == sn:
        node = sha256(b"\1" + step + node)
        while fn and not fn & 1:
            fn, sn = fn >> 1, sn >> 1
    else:
        node = sha256(b"\1" + node + step)
    fn, sn = fn >> 1, sn >> 1
assert sn == 0 and node == base64.b64decode(root), "the proof does not lead to the root"

# C2SP signed-note: four octets name the key, the signature follows
[signed] = [line.split(" ")[2] for line in lines.splitlines() if line.split(" ")[1] == origin]
with tempfile.TemporaryDirectory() as folder:
    files = {"text": (note + "\n").encode(), "sig": base64.b64decode(signed)[4:], "pem": receipt["key"].encode()}
    for name, content in files.items():
        pathlib.Path(folder, name).write_bytes(content)
    subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "pem", "-rawin", "-in", "text", "-sigfile", "sig"],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-in", "pem", "-outform", "DER"], cwd=folder, check=True,
                         capture_output=True).stdout
if len(sys.argv) > 2:
    assert hashlib.sha256(pathlib.Path(sys.argv[2]).read_bytes()).hexdigest() == receipt["sha256"], "another recording"
print(hashlib.sha256(der).hexdigest())
