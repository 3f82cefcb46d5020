"""scripts/check-log against the vectors of RFC 6962's reference code and against brute force; then as
an auditor runs it, with the signature checked by the very commands that its help names."""
import base64
import hashlib
import importlib.machinery
import importlib.util
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(sys.argv.pop(1)) / "scripts/check-log"
sys.dont_write_bytecode = True  # nothing is left beside the script
LOADER = importlib.machinery.SourceFileLoader("check_log", str(SCRIPT))
SPEC = importlib.util.spec_from_loader("check_log", LOADER)
log = importlib.util.module_from_spec(SPEC)
LOADER.exec_module(log)

LEAVES = [log.leaf_hash(bytes.fromhex(leaf)) for leaf in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
# of the first n of them
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MOST = 70


def brute_root(leaves):
    """The same tree from below: pairs level by level, the odd one goes up as it is."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    while len(leaves) > 1:
        paired = [hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(leaves[::2], leaves[1::2])]
        leaves = paired + (leaves[-1:] if len(leaves) % 2 else [])
    return leaves[0]


def changed(digest):
    return bytes([digest[0] ^ 1]) + digest[1:]


def worse(proof):
    """Proofs that must not hold in its place."""
    yield proof + [bytes(32)]
    for i in range(len(proof)):
        yield proof[:i] + proof[i + 1:]
        yield proof[:i] + [changed(proof[i])] + proof[i + 1:]
        if i > 0 and proof[i] != proof[i - 1]:
            yield proof[:i - 1] + [proof[i], proof[i - 1]] + proof[i + 1:]


class Tree(unittest.TestCase):
    def test_roots_are_those_of_the_reference_code(self):
        for size, wanted in enumerate(ROOTS):
            self.assertEqual(log.root(LEAVES[:size]).hex(), wanted)
            self.assertEqual(brute_root(LEAVES[:size]).hex(), wanted)

    def test_proofs_hold_and_others_do_not(self):
        leaves = [log.leaf_hash(str(i).encode()) for i in range(MOST)]
        tops = [brute_root(leaves[:size]) for size in range(MOST + 1)]
        for size in range(1, MOST + 1):
            self.assertEqual(log.root(leaves[:size]), tops[size])
            for index in range(size):
                proof = log.inclusion(index, leaves[:size])
                self.assertTrue(log.included(leaves[index], index, size, tops[size], proof))
                self.assertFalse(log.included(changed(leaves[index]), index, size, tops[size], proof))
                self.assertFalse(log.included(leaves[index], size, size, tops[size], proof))
                self.assertEqual(index > 0, not log.included(leaves[index], 0, size, tops[size], proof))
                for wrong in worse(proof):
                    self.assertFalse(log.included(leaves[index], index, size, tops[size], wrong))
            for old in range(1, size + 1):
                proof = log.consistency(old, leaves[:size])
                self.assertTrue(log.consistent(old, tops[old], size, tops[size], proof))
                self.assertFalse(log.consistent(old, changed(tops[old]), size, tops[size], proof))
                self.assertFalse(log.consistent(old, tops[old], size, changed(tops[size]), proof))
                for wrong in worse(proof):
                    self.assertFalse(log.consistent(old, tops[old], size, tops[size], wrong))
            self.assertTrue(log.consistent(0, tops[0], size, tops[size], []))
            self.assertFalse(log.consistent(0, tops[1], size, tops[size], []))
            self.assertFalse(log.consistent(size, tops[size], size - 1, tops[size - 1], []))


class Program(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.entries = [b'{"seq":%d,"subject":"\xe7\x8e\xb0\xe5\x9c\xba"}' % i for i in range(11)]
        self.store("log.ndjson", self.entries)
        self.tops = [log.root([log.leaf_hash(entry) for entry in self.entries[:n]]) for n in range(12)]
        for n in range(12):
            self.store(f"checkpoint.{n}", [b"shilu.example", b"%d" % n, base64.b64encode(self.tops[n]), b"",
                                           "— shilu.example AAAA".encode()])

    def store(self, name, lines):
        (self.folder / name).write_bytes(b"".join(line + b"\n" for line in lines))

    def run_it(self, *words):
        return subprocess.run([sys.executable, SCRIPT, *words], cwd=self.folder, capture_output=True, text=True)

    def status(self, wanted, *words):
        result = self.run_it(*words)
        self.assertEqual(result.returncode, wanted, result.stdout + result.stderr)
        self.assertNotIn("Traceback", result.stderr)
        return result.stdout

    def test_the_root_of_a_file(self):
        top = self.tops[11]
        self.assertEqual(self.status(0, "root", "log.ndjson"),
                         f"11\n{top.hex()}\n{base64.b64encode(top).decode()}\n")
        self.store("empty", [])
        self.assertIn(ROOTS[0], self.status(0, "root", "empty"))

    def test_a_checkpoint_of_the_first_entries(self):
        for n in range(12):
            self.assertIn("not checked", self.status(0, "checkpoint", "log.ndjson", f"checkpoint.{n}"))
        self.store("fewer", self.entries[:10])
        self.status(0, "checkpoint", "fewer", "checkpoint.10")
        self.status(1, "checkpoint", "fewer", "checkpoint.11")
        self.store("other", self.entries[:3] + [b"{}"] + self.entries[4:])
        self.status(0, "checkpoint", "other", "checkpoint.3")
        self.status(1, "checkpoint", "other", "checkpoint.4")

    def proof(self, size, printed, **told):
        """A file with one proof as `shilu log prove` makes it."""
        told |= {"checkpoint": (self.folder / f"checkpoint.{size}").read_text(), "proof": printed.split()}
        self.store("proof", [json.dumps(told).encode()])

    def test_proofs_are_printed_and_checked(self):
        for index in range(11):
            printed = self.status(0, "inclusion", "log.ndjson", str(index))
            entry = self.entries[index].decode()
            for wanted, told in ((0, {"entry": entry, "index": index}),
                                 (1, {"entry": entry, "index": (index + 1) % 11}),
                                 (1, {"entry": entry, "index": index - 11}),
                                 (1, {"entry": entry + " ", "index": index})):
                self.proof(11, printed, **told)
                self.status(wanted, "proof", "proof")
        for old, new in ((1, 11), (4, 7), (6, 11), (8, 11), (11, 11)):
            printed = self.status(0, "consistency", "log.ndjson", str(old), str(new))
            for wanted, size, top in ((0, old, self.tops[old]), (1, old, self.tops[old - 1]),
                                      (1, old - 1 or 2, self.tops[old]), (1, -old, self.tops[old])):
                self.proof(new, printed, old_size=size, old_root=base64.b64encode(top).decode())
                self.status(wanted, "proof", "proof")

    def test_each_of_several_proofs_counts(self):
        self.proof(1, "", entry=self.entries[0].decode(), index=0)
        good = (self.folder / "proof").read_bytes()
        for wanted, text in ((0, good), (0, good + good), (1, good + good.replace(b"subject", b"object")), (1, b"")):
            (self.folder / "proof").write_bytes(text)
            self.status(wanted, "proof", "proof")

    def test_files_that_are_none_do_not_agree(self):
        self.store("cut", self.entries)
        (self.folder / "cut").write_bytes((self.folder / "cut").read_bytes()[:-1])
        self.status(1, "root", "cut")
        self.store("gap", self.entries + [b""])
        self.status(1, "root", "gap")
        for number, text in enumerate((b"", b"a\n", b"a\n-1\nAAAA\n", b"a\n 1\nAAAA\n", b"a\n1\n!\n", b"a\n1\nAAAA\n")):
            (self.folder / "none").write_bytes(text)
            with self.subTest(number):
                self.status(1, "checkpoint", "log.ndjson", "none")
        for number, text in enumerate((b"", b"[]", b"1", b"{", b'{"proof":[]}', b'{"checkpoint":1,"proof":[]}',
                                       b'{"checkpoint":"a\\n1\\nAAAA\\n\\n","proof":["!"],"old_size":1,"old_root":""}',
                                       b'{"checkpoint":"a\\n1\\nAAAA\\n\\n","proof":[],"entry":"","index":"0"}')):
            (self.folder / "none").write_bytes(text)
            with self.subTest(number):
                self.status(1, "proof", "none")

    def test_wrong_use_is_told_apart(self):
        for words in ((), ("roots", "log.ndjson"), ("root",), ("root", "log.ndjson", "more"), ("root", "nowhere"),
                      ("inclusion", "log.ndjson", "11"), ("inclusion", "log.ndjson", "-1"),
                      ("inclusion", "log.ndjson", "x"), ("consistency", "log.ndjson", "0", "3"),
                      ("consistency", "log.ndjson", "4", "3"), ("consistency", "log.ndjson", "4", "12"),
                      ("checkpoint", "log.ndjson", "nowhere")):
            with self.subTest(words):
                self.status(2, *words)

    def test_the_help_says_how_a_signature_is_checked(self):
        commands = re.findall(r"^  ((?:sed|openssl) .*)$", self.status(0, "--help"), re.M)
        self.assertEqual(len(commands), 3)
        script = "set -e\n" + "\n".join(commands).replace("CHECKPOINT", "checkpoint.11")

        def shell(text):
            return subprocess.run(["bash", "-c", text], cwd=self.folder, capture_output=True).returncode
        body = b"shilu.example\n11\n" + base64.b64encode(self.tops[11]) + b"\n"
        (self.folder / "body").write_bytes(body)
        self.assertEqual(0, shell("set -e; openssl genpkey -algorithm ED25519 -out key; "
                                  "openssl pkey -in key -pubout -out signer.pem; "
                                  "openssl pkeyutl -sign -inkey key -rawin -in body -out made"))
        line = base64.b64encode(b"\1\2\3\4" + (self.folder / "made").read_bytes())
        (self.folder / "checkpoint.11").write_bytes(
            body + "\n— shilu.example ".encode() + line + "\n— witness.example AAAA\n".encode())
        self.assertEqual(0, shell(script))
        (self.folder / "checkpoint.11").write_bytes((self.folder / "checkpoint.11").read_bytes().replace(b"11", b"10"))
        self.assertNotEqual(0, shell(script))


unittest.main()
