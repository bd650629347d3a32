#!/usr/bin/env python3
"""Plants each mutant of Simulation/Mutants, and sees whether the simulator notices.

Each is built in a copy of the sources that keeps its build, so that only what depends on the change
is compiled again. Prints one row for each: what was planted, which invariant killed it, how many
seeds that took. Exits with 1 when one survives.

  scripts/mutants.py [NAME...] [--seeds N] [--seconds S] [--jobs J]
"""
import argparse
import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TREE = ROOT / ".build" / "mutants"


class Mutant:
    """A file, a text that stands in it once, and the text that takes its place."""

    def __init__(self, path):
        self.name = path.stem
        text = path.read_text()
        self.what, rest = text.split("\n\nfile: ", 1)
        self.file, rest = rest.split("\n--- instead of\n", 1)
        self.old, self.new = rest.split("\n--- there is\n", 1)
        self.new = self.new.removesuffix("\n")

    def fault(self, root):
        """Why it cannot be planted; None when it can."""
        count = (root / self.file).read_text().count(self.old)
        return None if count == 1 else f"{self.name}: its text stands {count} times in {self.file}"

    def plant(self, root):
        place = root / self.file
        place.write_text(place.read_text().replace(self.old, self.new))


def mutants(names):
    found = [Mutant(path) for path in sorted((ROOT / "Simulation" / "Mutants").glob("*.mutant"))]
    unknown = set(names) - {mutant.name for mutant in found}
    if unknown:
        sys.exit(f"mutants: there is no {', '.join(sorted(unknown))}")
    return [mutant for mutant in found if not names or mutant.name in names]


def files(root):
    """What the simulator is built of, by its place below the root."""
    found = {"Package.swift": root / "Package.swift"}
    for part in ("Sources", "Simulation", "Tests"):
        for path in (root / part).rglob("*"):
            if path.is_file():
                found[str(path.relative_to(root))] = path
    return found


def copy():
    """The sources as they are, over those of the last time: what is equal keeps its time."""
    TREE.mkdir(parents=True, exist_ok=True)
    wanted = files(ROOT)
    for name, path in files(TREE).items():
        if name not in wanted and path.exists():
            path.unlink()
    for name, path in wanted.items():
        place = TREE / name
        content = path.read_bytes()
        if place.exists() and place.read_bytes() == content:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def build():
    answer = subprocess.run(
        ["swift", "build", "-c", "release", "--product", "sim"],
        cwd=TREE, capture_output=True, text=True,
    )
    return answer.returncode == 0, answer.stdout[-2000:]


def hunt(arguments):
    answer = subprocess.run(
        [
            str(TREE / ".build/release/sim"), "run", "--from", "1", "--seeds", str(arguments.seeds),
            "--jobs", str(arguments.jobs), "--time-limit", str(arguments.seconds), "--json",
            "--first-failure", "--failures", str(TREE / "failures"),
        ],
        capture_output=True, text=True,
    )
    lines = [line for line in answer.stdout.splitlines() if line.startswith("{")]
    return json.loads(lines[-1]) if lines else {"seeds": 0, "failures": [{"signature": "crash"}]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seeds", type=int, default=5000)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--check", action="store_true", help="only whether each can be planted")
    arguments = parser.parse_args()
    chosen = mutants(arguments.names)
    faults = [fault for fault in (mutant.fault(ROOT) for mutant in chosen) if fault]
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults or arguments.check:
        sys.exit(1 if faults else 0)
    survivors = 0
    print("| mutant | what was planted | killed by | seeds | seconds |\n|---|---|---|---|---|")
    for mutant in chosen:
        copy()
        mutant.plant(TREE)
        is_built, log = build()
        if not is_built:
            print(f"| `{mutant.name}` | {mutant.what} | does not compile | | |")
            print(log, file=sys.stderr)
            survivors += 1
            continue
        begun = time.monotonic()
        result = hunt(arguments)
        seconds = int(time.monotonic() - begun)
        killer = result["failures"][0]["signature"] if result["failures"] else "**survives**"
        survivors += 0 if result["failures"] else 1
        print(
            f"| `{mutant.name}` | {mutant.what} | `{killer}` | {result['seeds']} | {seconds} |",
            flush=True,
        )
    copy()
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
