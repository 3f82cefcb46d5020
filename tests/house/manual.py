"""The man page and the completion name every subcommand and every long option that --help names."""
import pathlib
import re
import subprocess
import sys

top = pathlib.Path(sys.argv[1])
program = sys.argv[2]
manual = (top / "archiver/command/shilu.1").read_text(encoding="utf-8").replace("\\-", "-")
completion = (top / "archiver/command/shilu.bash").read_text(encoding="utf-8")
env = {"LANG": "C", "PATH": "/usr/bin:/bin"}


def shown(*words):
    result = subprocess.run([program, *words, "--help"], capture_output=True, text=True, env=env)
    if result.returncode != 0:
        print(f"shilu {' '.join(words)} --help: exit {result.returncode}\n{result.stderr}")
        sys.exit(1)
    return result.stdout


faults = []
commands = re.findall(r"^  ([a-z]+) +\S", shown(), re.M)
if len(commands) < 10:
    faults.append("the help lists too few commands")
for command in commands:
    text = shown(command)
    verbs = re.search(r"one of: (.*)", text)
    pages = [[command]] if not verbs else [[command, v] for v in verbs[1].split(", ")]
    for page in pages:
        name = " ".join(page)
        if not re.search(rf"^\.(SS|B|TP) .*{name}\b|^\.B {name}\b", manual, re.M):
            faults.append(f"the man page does not have: {name}")
        for word in page:
            if not re.search(rf"\b{word}\b", completion):
                faults.append(f"the completion does not have: {word}")
        for option in re.findall(r"--([a-z][a-z-]+)", shown(*page)):
            if option in ("help", "usage"):
                continue
            if f"--{option}" not in manual:
                faults.append(f"the man page does not have --{option} of {name}")
            if f"--{option}" not in completion:
                faults.append(f"the completion does not have --{option} of {name}")
lint = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z",
                       str(top / "archiver/command/shilu.1")], capture_output=True, text=True)
if lint.stderr.strip():
    faults.append("man: " + lint.stderr)
print("\n".join(faults))
print(f"{len(commands)} commands, {len(faults)} faults")
sys.exit(1 if faults else 0)
