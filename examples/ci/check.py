#!/usr/bin/env python3
"""Checks that a run of ci.yaml did what it is there for.

    millrace run get RUN --output json | check.py

Exits with 0 when it did: at least four cells passed, the flaky step failed and then succeeded, and
the copy of the project is gone. With 1 otherwise.
"""

import json
import os
import sys


def main():
    tasks = {task["task"]: task for task in json.load(sys.stdin)["taskList"]}
    cells = [task for name, task in tasks.items() if name.startswith("test[")]
    soak = tasks["soak"]
    first = soak["attempts"][0].get("exitCode")
    claims = {
        f"{len(cells)} cells of the matrix passed": len(cells) >= 4
        and all(cell["state"] == "succeeded" for cell in cells),
        f"soak exited with {first} first and {soak['state']} in attempt {len(soak['attempts'])}":
        first == 75 and soak["state"] == "succeeded" and len(soak["attempts"]) == 2,
        "the copy of the project was removed": not os.path.exists(
            tasks["checkout"]["outputs"]["folder"]
        ),
    }
    for claim, is_true in claims.items():
        print(f"check: {claim}" if is_true else f"check: NOT TRUE: {claim}")
    sys.exit(0 if all(claims.values()) else 1)


if __name__ == "__main__":
    main()
