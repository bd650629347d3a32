#!/usr/bin/env python3
"""Plants the mutants of Simulation/Mutants, and sees whether the simulator notices each of them.

All are planted at once in a copy of the sources, which is built once: what a mutant changes depends on
`PLANTED`, and that on the environment. Prints one row for each: what was planted, which invariant killed
it, how many seeds that took. Exits with 1 when one survives.

  scripts/mutants.py [NAME...] [--seeds N] [--seconds S] [--jobs J] [--shrink]
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLACE = ROOT / ".build" / "mutants"
TREE = PLACE / "tree"
SIM = PLACE / "build" / "release" / "sim"
# Says which mutant lives: its number; none when it is not set.
VARIABLE = "MILLRACE_MUTANT"
SWITCH = """internal import Glibc

/// Which of the planted bugs lives in this process.
public enum Planted {
  private static let number = getenv("%s").flatMap { Int(String(cString: $0)) }

  public static func lives(_ wanted: Int) -> Bool { number == wanted }
}
""" % VARIABLE


class Mutant:
    """Texts that stand once in their files, and those that take their places.

    With `PLANTED` false a new text must do what the old one does.
    """

    def __init__(self, number, path):
        self.number = number
        self.name = path.stem
        head, *changes = path.read_text().split("\n\nfile: ")
        # A kind of world that is rare among those of the profiles.
        self.what, _, self.scenario = head.partition("\nscenario: ")
        self.changes = []
        for change in changes:
            file, rest = change.split("\n--- instead of\n", 1)
            old, new = rest.split("\n--- there is\n", 1)
            self.changes.append((file, old, new.removesuffix("\n")))

    def plant(self, texts):
        """Changes the texts of its files; what is wrong when that cannot be done, else None."""
        if self.scenario and not (ROOT / f"scenarios/{self.scenario}.yaml").exists():
            return f"{self.name}: there is no scenario {self.scenario}"
        for file, old, new in self.changes:
            text = texts.setdefault(file, (ROOT / file).read_text())
            count = text.count(old)
            if count != 1:
                return f"{self.name}: its text stands {count} times in {file}"
            if "PLANTED" not in new:
                return f"{self.name}: what it changes does not depend on PLANTED"
            texts[file] = text.replace(old, new.replace("PLANTED", f"Planted.lives({self.number})"))
        return None


def known():
    paths = sorted((ROOT / "Simulation" / "Mutants").glob("*.mutant"))
    return [Mutant(number + 1, path) for number, path in enumerate(paths)]


def planted(mutants):
    """The changed files by their names, and what is wrong."""
    texts = {}
    faults = [fault for fault in (mutant.plant(texts) for mutant in mutants) if fault]
    for name, text in texts.items():
        if not any(line.endswith("import Domain") for line in text.splitlines()):
            texts[name] = "internal import Domain\n" + text
    return texts, faults


def copy(texts):
    """The sources with their mutants, over those of the last time: what is equal keeps its time."""
    wanted = {"Package.swift": (ROOT / "Package.swift").read_bytes()}
    for part in ("Sources", "Simulation", "Tests"):
        for path in (ROOT / part).rglob("*"):
            if path.is_file():
                wanted[str(path.relative_to(ROOT))] = path.read_bytes()
    wanted["Sources/Domain/Planted.swift"] = SWITCH.encode()
    wanted.update((name, text.encode()) for name, text in texts.items())
    TREE.mkdir(parents=True, exist_ok=True)
    for path in TREE.rglob("*"):
        if path.is_file() and str(path.relative_to(TREE)) not in wanted:
            path.unlink()
    for name, content in wanted.items():
        place = TREE / name
        if not place.exists() or place.read_bytes() != content:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)


def build():
    answer = subprocess.run(
        [ROOT / "scripts/build_sim.sh", "--package-path", TREE],
        env={**os.environ, "SCRATCH": str(PLACE / "build")}, stdout=sys.stderr,
    )
    if answer.returncode != 0:
        sys.exit("mutants: the sources with all mutants do not compile")


def is_unchanged(seed):
    """Whether a world without a mutant goes as it does in the sources as they are."""
    traces = [
        subprocess.run(
            [program, "replay", str(seed), "--profile", "swarm", "--until", "0"],
            env={name: value for name, value in os.environ.items() if name != VARIABLE},
            capture_output=True, text=True,
        ).stdout.splitlines()[-1:]
        for program in (ROOT / ".build/sim/release/sim", SIM)
    ]
    return traces[0] == traces[1] != []


def sim(mutant, *words):
    """What `sim` with this mutant prints."""
    return subprocess.run(
        [SIM, *map(str, words)], env={**os.environ, VARIABLE: str(mutant.number)},
        capture_output=True, text=True,
    ).stdout


def hunt(mutant, arguments):
    """What became of worlds until the first that failed, and where that one is kept."""
    failures = PLACE / "failures" / mutant.name
    shutil.rmtree(failures, ignore_errors=True)
    scenario = ["--scenario", ROOT / f"scenarios/{mutant.scenario}.yaml"] if mutant.scenario else []
    out = sim(
        mutant, "run", *scenario, "--from", 1, "--seeds", arguments.seeds, "--jobs", arguments.jobs,
        "--time-limit", arguments.seconds, "--json", "--first-failure", "--no-shrink",
        "--failures", failures)
    lines = [line for line in out.splitlines() if line.startswith("{")]
    result = json.loads(lines[-1]) if lines else {"seeds": 0, "failures": [{"signature": "crash"}]}
    return result, next(failures.rglob("*.json"), None)


def shrink(mutant, bundle):
    """How many faults were left of how many; None when nothing was to be shrunk."""
    out = sim(mutant, "shrink", bundle, "--to", bundle.parent / "shrunk.json")
    found = re.search(r"(\d+) faults became (\d+)", out)
    return (int(found[1]), int(found[2])) if found else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seeds", type=int, default=5000)
    parser.add_argument("--seconds", type=int, default=1200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--shrink", action="store_true", help="also how small each failure becomes")
    parser.add_argument("--check", action="store_true", help="only whether all can be planted")
    arguments = parser.parse_args()
    mutants = known()
    unknown = set(arguments.names) - {mutant.name for mutant in mutants}
    if unknown:
        sys.exit(f"mutants: there is no {', '.join(sorted(unknown))}")
    texts, faults = planted(mutants)
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults or arguments.check:
        sys.exit(1 if faults else 0)
    copy(texts)
    build()
    if not all(is_unchanged(seed) for seed in (1, 2, 3)):
        sys.exit("mutants: without a mutant a world goes another way than in the sources as they are")
    chosen = [mutant for mutant in mutants if not arguments.names or mutant.name in arguments.names]
    took = []
    left = []
    print("| mutant | what was planted | killed by | worlds | seconds | faults |\n|---|---|---|---|---|---|")
    for mutant in chosen:
        begun = time.monotonic()
        result, bundle = hunt(mutant, arguments)
        seconds = int(time.monotonic() - begun)
        killer = f"`{result['failures'][0]['signature']}`" if result["failures"] else "**survives**"
        killer += f" in `{mutant.scenario}`" if mutant.scenario else ""
        if result["failures"]:
            took.append(result["seeds"])
        faults = shrink(mutant, bundle) if arguments.shrink and bundle else None
        if faults:
            left.append(faults[1])
        print(
            f"| `{mutant.name}` | {mutant.what} | {killer} | {result['seeds']} | {seconds} "
            f"| {'%d of %d' % faults[::-1] if faults else ''} |", flush=True)
        if bundle:
            print(f"  {VARIABLE}={mutant.number} {SIM} explain {bundle}", file=sys.stderr)
    print(
        f"mutants: {len(took)} of {len(chosen)} killed, the median after "
        f"{statistics.median(took) if took else 0:g} worlds"
        + (f"; shrunk to a median of {statistics.median(left):g} faults" if left else ""),
        file=sys.stderr)
    sys.exit(0 if len(took) == len(chosen) else 1)


if __name__ == "__main__":
    main()
