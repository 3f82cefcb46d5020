"""Every text that a person reads is there in Chinese: scripts/messages against zh_CN.po."""
import pathlib
import subprocess
import sys
import tempfile

top = pathlib.Path(sys.argv[1])
po = top / "archiver/po/zh_CN.po"


def run(*command):
    return subprocess.run(command, cwd=top, capture_output=True, text=True)


failed = False
with tempfile.TemporaryDirectory() as folder:
    template = pathlib.Path(folder) / "shilu.pot"
    made = run("scripts/messages")
    if made.returncode != 0 or made.stderr:
        print(made.stderr)
        sys.exit(1)
    template.write_text(made.stdout, encoding="utf-8")
    # msgcmp fails for a message that is missing, fuzzy or untranslated, warns of one not used
    compared = run("msgcmp", str(po), str(template))
    if compared.returncode != 0 or compared.stderr:
        print(compared.stderr)
        failed = True
    checked = run("msgfmt", "--check", "--statistics", "-o", "/dev/null", str(po))
    print(checked.stderr)
    if checked.returncode != 0 or "fuzzy" in checked.stderr or "untranslated" in checked.stderr:
        failed = True
    unused = run("msgattrib", "--only-obsolete", str(po))
    if unused.stdout.strip():
        print("texts that the program no longer has:\n" + unused.stdout)
        failed = True

# and the program really speaks it
spoken = subprocess.run([sys.argv[2], "--help"], capture_output=True, text=True,
                        env={"LANG": "zh_CN.UTF-8", "PATH": "/usr/bin:/bin"})
if "用法" not in spoken.stdout:
    print("shilu --help does not speak Chinese:\n" + spoken.stdout)
    failed = True
sys.exit(1 if failed else 0)
