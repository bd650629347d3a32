#!/usr/bin/env python3
"""Packs the project once more, in Python, and compares with what was published.

    millrace run get RUN --output json | check.py

Exits with 0 when the published file holds the same files, with 1 when it does not.
"""

import hashlib
import json
import pathlib
import sys
import tarfile


def main():
    run = json.load(sys.stdin)
    tasks = {task["task"]: task for task in run["taskList"]}
    published = pathlib.Path(tasks["publish"]["outputs"]["file"])
    digest = hashlib.sha256(published.read_bytes()).hexdigest()
    source = pathlib.Path(run["inputs"]["source"])
    wanted = {
        str(path.relative_to(source)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in source.rglob("*")
        if path.is_file()
    }
    found = {}
    with tarfile.open(published) as archive:
        for member in archive:
            if member.isfile():
                content = archive.extractfile(member).read()
                found[member.name.removeprefix("./")] = hashlib.sha256(content).hexdigest()
    same = found == wanted and digest == tasks["pack"]["outputs"]["digest"]
    verdict = "the same" if same else "DIFFERENT"
    print(f"{published.name}: {len(found)} files, sha256 {digest[:16]}…: {verdict}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
