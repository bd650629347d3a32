#!/usr/bin/env python3
"""Measures the simulator on one core, and says whether it is fast enough.

One line of JSON: worlds of `scenarios/bench/ten-minutes.yaml` a second, how many times faster than real
time they go, attempts in each, the memory of the largest process, and how long one of them takes to be
replayed. Exits with 1 when a limit is broken.

  scripts/bench_sim.py [--seeds N] [--from SEED]
"""
import argparse
import json
import pathlib
import resource
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIM = ROOT / ".build/sim/release/sim"
SCENARIO = "scenarios/bench/ten-minutes.yaml"
# At least so many worlds a second, and so many times real time; replay of one within so many seconds;
# memory of a batch.
SEEDS_PER_SECOND = 10
TIMES_REAL = 300
REPLAY_SECONDS = 5
MEGABYTES = 1024


def run(words):
    answer = subprocess.run([str(SIM), *words], cwd=ROOT, capture_output=True, text=True)
    if answer.returncode != 0:
        print(answer.stdout[-2000:], answer.stderr[-2000:], file=sys.stderr)
        sys.exit(f"bench-sim: sim {' '.join(words)} ended with {answer.returncode}")
    return answer.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--from", dest="first", type=int, default=1)
    arguments = parser.parse_args()
    seeds = str(arguments.seeds)
    begun = time.monotonic()
    out = run(
        ["run", "--scenario", SCENARIO, "--from", str(arguments.first), "--seeds", seeds, "--jobs", "1",
         "--json"]
    )
    seconds = time.monotonic() - begun
    result = json.loads(out.splitlines()[-1])
    begun = time.monotonic()
    run(["replay", str(arguments.first), "--scenario", SCENARIO, "--until", "0"])
    replay = time.monotonic() - begun
    # Of the largest child, in kilobytes.
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    line = {
        "seeds_per_s": round(result["seeds"] / seconds, 2),
        "times_real": round(result["simulatedSeconds"] / seconds),
        "attempts_per_world": result["attempts"] // result["seeds"],
        "replay_s": round(replay, 2),
        "rss_mb": megabytes,
    }
    print(json.dumps(line))
    broken = [
        name
        for name, isGood in [
            (f"seeds_per_s at least {SEEDS_PER_SECOND}", line["seeds_per_s"] >= SEEDS_PER_SECOND),
            (f"times_real at least {TIMES_REAL}", line["times_real"] >= TIMES_REAL),
            (f"replay_s at most {REPLAY_SECONDS}", line["replay_s"] <= REPLAY_SECONDS),
            (f"rss_mb at most {MEGABYTES}", line["rss_mb"] <= MEGABYTES),
        ]
        if not isGood
    ]
    for name in broken:
        print(f"bench-sim: {name} is not so", file=sys.stderr)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
