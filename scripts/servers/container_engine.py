#!/usr/bin/env python3
"""A stand-in for the program of a container engine, for tests: no container, the same words.

    engine WORD…

Knows what Millrace says to `docker` and `podman`: version, run, kill, rm, ps. A program runs on this
machine in a session of its own, its folder where the container's would be; the folder `state` beside
the name by which it is called has in `boxes` a file for each container, named like it, and in `calls`
one line of JSON for each call.

`state/lie` names how it lies: `down` (no server answers), `gone` (none answers from the first `run`
on), `125`, `126`, `127` (what `run` ends with), `hangs` (`run` does nothing for ever), `deaf`
(everything but `version` hangs), `keeps` (`rm` fails and removes nothing).
"""

import json
import os
import pathlib
import signal
import stat
import subprocess
import sys
import time

STATE = pathlib.Path(sys.argv[0]).parent / "state"
BOXES = STATE / "boxes"
ALONE = {"--rm", "--read-only", "--all", "--force", "--volumes"}


def main(verb, *words):
    BOXES.mkdir(exist_ok=True)
    options, rest = parse(words)
    record = {"verb": verb, "words": list(words)}
    if "--env-file" in options:
        file = options["--env-file"][0]
        record["environment"] = open(file, encoding="utf-8").read().splitlines()
        record["mode"] = stat.S_IMODE(os.stat(file).st_mode)
    with open(STATE / "calls", "a", encoding="utf-8") as calls:
        calls.write(json.dumps(record) + "\n")
    lie = (STATE / "lie").read_text() if (STATE / "lie").exists() else ""
    if lie == "gone" and verb == "run":
        (STATE / "lie").write_text("down")
        lie = "down"
    if lie == "down":
        fail("Cannot connect to the server. Is it running?", 125 if verb == "run" else 1)
    if lie == "deaf" and verb != "version" or lie == "hangs" and verb == "run":
        time.sleep(3600)
    if lie.isdigit() and verb == "run":
        fail("no container was made", int(lie))
    if lie == "keeps" and verb == "rm":
        fail("the container cannot be removed", 1)
    globals()["do_" + verb](options, rest)


def parse(words):
    """Options with their values, and what stands behind them."""
    options, place = {}, 0
    while place < len(words) and words[place].startswith("--"):
        word = words[place]
        place += 1
        if word in ALONE:
            options[word] = []
        else:
            options.setdefault(word, []).append(words[place])
            place += 1
    return options, words[place:]


def do_version(options, rest):
    print("a stand-in")


def do_run(options, rest):
    name = options["--name"][0]
    if (BOXES / name).exists():
        fail(f"the name {name} is taken", 125)
    mount = dict(part.split("=", 1) for part in options["--mount"][0].split(","))

    def outside(text):
        return text.replace(mount["target"], mount["source"])

    environment = {"PATH": os.environ["PATH"]}
    for line in open(options["--env-file"][0], encoding="utf-8"):
        key, value = line.rstrip("\n").split("=", 1)
        environment[key] = outside(value)
    argv = [options["--entrypoint"][0]] + [outside(word) for word in rest[1:]]
    try:
        program = subprocess.Popen(
            argv, env=environment, cwd=outside(options["--workdir"][0]), start_new_session=True)
    except FileNotFoundError:
        fail("the program is not there", 127)
    except PermissionError:
        fail("the program cannot be executed", 126)
    (BOXES / name).write_text(str(program.pid))
    code = program.wait()
    end(name)
    sys.exit(128 - code if code < 0 else code)


def do_kill(options, rest):
    number = getattr(signal, "SIG" + options["--signal"][0])
    try:
        os.killpg(int((BOXES / rest[0]).read_text()), number)
    except (OSError, ValueError):
        fail(f"there is no container {rest[0]}", 1)


def do_rm(options, rest):
    if not (BOXES / rest[0]).exists():
        fail(f"there is no container {rest[0]}", 1)
    end(rest[0])


def do_ps(options, rest):
    wanted = options["--filter"][0].removeprefix("name=")
    for box in sorted(BOXES.iterdir()):
        if wanted in box.name:
            print(box.name)


def end(name):
    """A container takes all its processes with it."""
    try:
        os.killpg(int((BOXES / name).read_text()), signal.SIGKILL)
    except (OSError, ValueError):
        pass
    (BOXES / name).unlink(missing_ok=True)


def fail(text, code):
    print(text, file=sys.stderr, flush=True)
    sys.exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
