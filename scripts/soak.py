#!/usr/bin/env python3
"""Uses a stack (scripts/stack_run.py) for an hour with one fault a minute, and says whether anything
grows: memory and descriptors of every process that lives through it, what waits, and how long answers
and runs take. Everything that was acknowledged has to succeed in the end.

usage: soak.py [--minutes 60] [--runs-per-second 4] [--seed N] [--picture FILE]

MILLRACE is the program (default: the release build). Prints one line of JSON with what was measured,
and fails when a limit is broken:
  memory, descriptors   grow by at most 1 % an hour after a sixth of the time (lower 95 % bound)
  p99 of the last third at most 1.2 times that of the first, of requests and of runs
  what waits            nothing a minute after the end: lag of partitions, age of outboxes
"""

import argparse
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

RELEASE = os.path.join(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))), ".build/release"
)
for variable, product in (("MILLRACE", "millrace"), ("BROKERFRONT", "brokerfront")):
    os.environ.setdefault(variable, os.path.join(RELEASE, product))

import soak_plot
import stack_check
import stack_run

SAMPLE_EVERY_S = 10
FAULT_EVERY_S = 60
GROWTH_MAX_PERCENT = 1.0
SLOWER_MAX = 1.2
# They are killed now and then; all others have to live as long as it takes.
MORTAL = ("scheduler-1", "worker-1")


class Users(threading.Thread):
    """Starts runs at a steady pace, whatever becomes of the ones before, and times each request."""

    def __init__(self, client, per_second, until):
        super().__init__(daemon=True)
        self.client, self.per_second, self.until = client, per_second, until
        self.started, self.failure = [], None

    def run(self):
        begun, number = time.monotonic(), 0
        try:
            while time.monotonic() < self.until:
                due = begun + number / self.per_second
                time.sleep(max(0, due - time.monotonic()))
                made = self.client.document(
                    "POST", "/v1/runs", b'{"workflow": "stack-line"}', key=f"soak-{number}"
                )
                # From when it was due: who had to wait behind a slow one is not forgotten.
                self.started.append((due - begun, time.monotonic() - due, made["id"]))
                number += 1
        except stack_check.Failed as failure:
            self.failure = failure


class Faults:
    """One at a time; everything is whole again when it returns. Every third of the time has the same
    ones in the same order: what answers take longer in the last one is not chance."""

    def __init__(self, there, seed, per_third):
        self.there, self.seed, self.per_third = there, seed, max(1, per_third)
        self.done = []

    def strike(self):
        place = len(self.done) % self.per_third
        self.choose = random.Random(self.seed * 1_000_003 + place)
        kinds = [self.pause, self.kill, self.end_connections, self.cut_broker, self.pause_server]
        name = kinds[place % len(kinds)]()
        self.done.append(name)
        return name

    def pause(self):
        name = self.choose.choice(sorted(self.there.state["ports"]))
        os.kill(self.there.pid(name), signal.SIGSTOP)
        time.sleep(self.choose.uniform(0.5, 8))
        os.kill(self.there.pid(name), signal.SIGCONT)
        return f"pause {name}"

    def kill(self):
        name = self.choose.choice(MORTAL)
        os.kill(self.there.pid(name), signal.SIGKILL)
        time.sleep(self.choose.uniform(0, 5))
        self.there.launch(name)
        self.there.wait(name)
        return f"kill {name}"

    def end_connections(self):
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        subprocess.run(
            ["psql", "-qAtc", query, self.there.state["at"]["postgresql"]],
            check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        return "end connections of the database"

    def cut_broker(self):
        subprocess.run(
            [f"{stack_run.LOCAL}/kafka.sh", "cut", f"{self.there.folder}/kafka"], check=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )
        return "cut connections of the broker"

    def pause_server(self):
        part = self.choose.choice(["mongodb", "objects"])
        with open(f"{self.there.folder}/{part}/pid", encoding="ascii") as file:
            pid = int(file.readline())
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self.choose.uniform(0.5, 5))
        os.kill(pid, signal.SIGCONT)
        return f"pause {part}"


def sample(there):
    """Memory in KiB and open descriptors of every process that is there."""
    found = {}
    for name in there.state["ports"]:
        try:
            pid = there.pid(name)
            with open(f"/proc/{pid}/statm", encoding="ascii") as file:
                pages = int(file.read().split()[1])
            found[name] = (pages * 4, len(os.listdir(f"/proc/{pid}/fd")))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def growth(points):
    """Percent an hour of the mean, as the lower 95 % bound of a line through (seconds, value)."""
    count = len(points)
    if count < 3:
        return 0.0
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    rest = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points)
    error = math.sqrt(rest / (count - 2) / spread)
    return (slope - 1.96 * error) * 3_600 * 100 / mean_y


def p99(values):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))] if ordered else 0.0


def thirds(pairs, seconds):
    """p99 of the first and of the last third of (when, value)."""
    return [
        p99([value for when, value in pairs if low <= when < low + seconds / 3])
        for low in (0, seconds * 2 / 3)
    ]


def ask(there, query):
    url = f"{there.state['prometheus']}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                found = json.load(answer)["data"]["result"]
                return sum(float(one["value"][1]) for one in found)
        except (urllib.error.URLError, ConnectionError) as error:
            # It has just been started.
            if time.monotonic() > until:
                raise stack_check.Failed(f"Prometheus does not answer: {error}") from error
            time.sleep(0.5)


def soak(there, options):
    client = stack_check.Client(there)
    client.document("POST", "/v1/workflows", stack_check.FLOW.encode(), kind="application/yaml")
    seconds = options.minutes * 60
    begun = time.monotonic()
    users = Users(client, options.runs_per_second, begun + seconds)
    users.start()
    faults = Faults(there, options.seed, int(seconds / 3 / FAULT_EVERY_S))
    samples, lags = [], []
    next_fault = begun + FAULT_EVERY_S
    while (now := time.monotonic()) < begun + seconds and not users.failure:
        samples.append((now - begun, sample(there)))
        lags.append((now - begun, ask(there, "sum(millrace_partition_lag_records)")))
        if now >= next_fault:
            next_fault += FAULT_EVERY_S
            name = faults.strike()
            print(f"soak: {(now - begun) / 60:.0f} min: {name}; {len(users.started)} runs",
                  file=sys.stderr, flush=True)
        time.sleep(max(0, SAMPLE_EVERY_S - (time.monotonic() - now)))
    users.join()
    if users.failure:
        raise users.failure
    return judge(there, client, users, faults, (samples, lags, seconds), options)


def judge(there, client, users, faults, measured, options):
    samples, lags, seconds = measured
    wrong, lengths = [], []
    for when, _, run in users.started:
        found = stack_check.ended(client, run)
        if found["state"] != "succeeded":
            wrong.append(f"{run} is {found['state']}")
        lengths.append((when, (instant(found["endedAt"]) - instant(found["createdAt"]))))
    stack_check.until(
        "an end of what waits",
        lambda: ask(there, "sum(millrace_partition_lag_records)") == 0
        and ask(there, "sum(millrace_outbox_age_seconds)") == 0, 90,
    )
    grown = {}
    for name in sorted(there.state["ports"]):
        if name in MORTAL:
            continue
        late = [(when, found[name]) for when, found in samples
                if when > seconds / 6 and name in found]
        memory = growth([(when, value[0]) for when, value in late])
        descriptors = growth([(when, value[1]) for when, value in late])
        grown[name] = {"memory": round(memory, 2), "descriptors": round(descriptors, 2)}
        for what, percent in grown[name].items():
            if percent > GROWTH_MAX_PERCENT:
                wrong.append(f"{what} of {name} grows by {percent} % an hour")
    requests = [(when, took) for when, took, _ in users.started]
    slower = {}
    for what, pairs in (("requests", requests), ("runs", lengths)):
        first, last = thirds(pairs, seconds)
        slower[what] = {"first_p99_s": round(first, 3), "last_p99_s": round(last, 3)}
        if last > SLOWER_MAX * first:
            wrong.append(f"p99 of {what} was {first:.3f} s and is {last:.3f} s")
    if options.picture:
        soak_plot.draw(samples, lags, lengths, options.picture)
    print(json.dumps({
        "minutes": options.minutes, "seed": options.seed, "started": len(users.started),
        "faults": len(faults.done), "again": client.retried, "growth_percent_per_hour": grown,
        **slower, "wrong": wrong,
    }), flush=True)
    for sentence in wrong:
        print(f"soak: {sentence}", file=sys.stderr)
    return 1 if wrong else 0


def instant(text):
    """Seconds of an RFC 3339 instant in UTC."""
    import datetime

    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--runs-per-second", type=float, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture")
    options = parser.parse_args()
    scratch = tempfile.mkdtemp(prefix="millrace-soak.")
    # The database runs as somebody else.
    os.chmod(scratch, 0o755)
    there = stack_run.Stack(f"{scratch}/stack")
    try:
        there.up()
        return soak(there, options)
    except stack_check.Failed as failure:
        print(f"soak: {failure}", file=sys.stderr)
        return 1
    finally:
        there.down()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
