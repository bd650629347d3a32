#!/usr/bin/env python3
"""Computes what subdivisions.yaml computes, in one go and another way, and compares.

    millrace run get RUN --output json | check.py [FOLDER]

Exits with 0 when both agree, with 1 when they differ.
"""

import json
import sys
import unicodedata


def read(folder, part):
    with open(f"{folder}/iso_{part}.json", "rb") as file:
        return json.loads(file.read().decode("utf-8"))[part]


def commonest(words):
    """The word that occurs most, the first by alphabet among equals, and how often."""
    words = sorted(words)
    best, count, place = None, 0, 0
    while place < len(words):
        end = place
        while end < len(words) and words[end] == words[place]:
            end += 1
        if end - place > count:
            best, count = words[place], end - place
        place = end
    return best, count


def expected(folder):
    rows = read(folder, "3166-2")
    codes = [row["code"].partition("-")[0] for row in rows]
    country, parts = commonest(codes)
    kind, count = commonest(row["type"] for row in rows)
    text = "".join(row["name"] for row in rows)
    name = next(c["name"] for c in read(folder, "3166-1") if c["alpha_2"] == country)
    return {
        "entries": len(rows),
        "letters": sum(1 for sign in text if unicodedata.category(sign).startswith("L")),
        "countries": len(set(codes)),
        "kinds": len({row["type"] for row in rows}),
        "largest": {"country": name, "parts": parts},
        "commonest": {"kind": kind, "count": count},
        "longest": sorted((len(row["name"]), row["name"]) for row in rows)[-1][1],
    }


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/iso-codes/json"
    run = json.load(sys.stdin)
    reduce = [task for task in run["taskList"] if task["task"] == "reduce"]
    if not reduce or "result" not in reduce[0].get("outputs", {}):
        sys.exit("check: the run has no result of the task reduce")
    found, wanted = reduce[0]["outputs"]["result"], expected(folder)
    wrong = [name for name in wanted | found if found.get(name) != wanted.get(name)]
    for name in wrong:
        print(f"check: {name} is {found.get(name)!r}, expected {wanted.get(name)!r}")
    if wrong:
        sys.exit(1)
    print(f"check: all {len(wanted)} values agree")


if __name__ == "__main__":
    main()
