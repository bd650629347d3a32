#!/usr/bin/env python3
"""Measures what keeps history, logs and files, on an installation of processes with MongoDB and S3.

usage: bench_storage.py [--jobs N] [--megabytes N] [--lines N]

One line of JSON for each measurement on standard output; exits with 1 when a limit is broken:

 - log-ingest: lines a second from a task's output until history can read the last one.
 - log-tail: milliseconds from the write of a line by the task until a follower has it.
 - search: our own processor time of a search, and how long searches take with so many jobs in
   history (that is printed and not judged: the server of the tests is a small one).
 - artifact-upload, artifact-download: bytes a second through the API, and beside it what curl gets
   from the object store itself; and the most memory that the artifact process had.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import installation_env

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TICK = os.sysconf("SC_CLK_TCK")
LINES_PER_S_MIN = 50_000
TAIL_P50_MS_MAX = 100
SEARCH_CPU_MS_MAX = 1
THROUGHPUT_RATIO_MIN = 0.8
MEMORY_MB_MAX = 256
SEARCHES = 300
TAIL_LINES = 100


def say(text):
    print(f"bench-storage: {text}", file=sys.stderr, flush=True)


class Installation:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="millrace-storage-")
        self.script = os.path.join(HERE, "infra/local/millrace.sh")
        release = os.path.join(HERE, ".build/release")
        environment = dict(
            os.environ, LOG="warning", FSYNC="on", MILLRACE=os.path.join(release, "millrace"),
            BROKERFRONT=os.path.join(release, "brokerfront"),
        )
        subprocess.run([self.script, "start", self.folder], check=True, env=environment)
        self.variables = installation_env.variables(self.folder)

    def stop(self):
        subprocess.run([self.script, "stop", self.folder], check=False)

    def process(self, name):
        with open(os.path.join(self.folder, "run", f"{name}-0.pid")) as file:
            return int(file.read())

    def processor_s(self, name):
        with open(f"/proc/{self.process(name)}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return sum(int(field) for field in fields[11:13]) / TICK

    def memory_mb(self, name):
        with open(f"/proc/{self.process(name)}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024

    def open(self, method, service, path, body=None, headers=None, timeout=600):
        request = urllib.request.Request(
            self.variables[f"{service.upper()}_URL"] + path, method=method, data=body,
            headers=dict(headers or {}),
        )
        request.add_header("Authorization", f"Bearer {self.variables['MILLRACE_TOKEN']}")
        return urllib.request.urlopen(request, timeout=timeout)

    def send(self, *arguments, **others):
        with self.open(*arguments, **others) as answer:
            return json.load(answer)

    def start(self, name, script):
        text = f"version: 1\nid: {name}\ntasks:\n  a:\n    script: |\n"
        text += "".join(f"      {line}\n" for line in script.splitlines())
        self.send(
            "POST", "workflow", "/v1/workflows", text.encode(),
            {"Content-Type": "application/yaml"},
        )
        body = json.dumps({"workflow": name}).encode()
        return self.send(
            "POST", "workflow", "/v1/runs", body, {"Content-Type": "application/json"})["id"]


def log_ingest(installation, lines):
    run = installation.start("ingest", f"seq {lines}")
    path = f"/v1/runs/{run}/tasks/a/attempts/1/logs?from={lines - 1}"
    while True:
        found = installation.send("GET", "workflow", f"/v1/runs/{run}/tasks")["items"]
        if any("startedAt" in attempt for task in found for attempt in task.get("attempts", [])):
            break
        time.sleep(0.01)
    begun = time.time()
    while True:
        with installation.open("GET", "metadata", path, headers={"Accept": "text/plain"}) as answer:
            if answer.read().strip() == str(lines).encode():
                break
        time.sleep(0.02)
    seconds = time.time() - begun
    return {
        "workload": "log-ingest", "lines": lines, "seconds": round(seconds, 2),
        "lines_per_s": round(lines / seconds),
    }


def log_tail(installation):
    run = installation.start(
        "tail", f"for n in $(seq {TAIL_LINES}); do date +%s%N; sleep 0.05; done")
    path = f"/v1/runs/{run}/tasks/a/logs?follow=true"
    delays = []
    with installation.open(
        "GET", "metadata", path, headers={"Accept": "application/x-ndjson"}
    ) as answer:
        for text in answer:
            if not text.strip():
                continue
            line = json.loads(text)
            if line.get("stream") == "out":
                delays.append(time.time() * 1000 - int(line["text"]) / 1e6)
    delays.sort()
    return {
        "workload": "log-tail", "lines": len(delays),
        "p50_ms": round(statistics.median(delays), 1),
        "p99_ms": round(delays[int(len(delays) * 0.99) - 1], 1),
    }


def fill(installation, jobs):
    """Jobs like the one that is there, written beside our own path: it is reading that counts."""
    import pymongo

    collection = pymongo.MongoClient(installation.variables["MILLRACE_MONGODB"]).millrace.jobs
    model = collection.find_one({})
    states = ["succeeded", "succeeded", "succeeded", "failed", "cancelled"]
    batch = []
    for number in range(jobs):
        word = f"word{number % 5000}"
        batch.append(
            dict(
                model, _id=f"run_{number:026d}", state=states[number % 5],
                workflow=f"flow-{number % 50}", words=[f"flow-{number % 50}", "oops", word],
                errorWords=["oops", word], createdAtUs=model["createdAtUs"] - number * 1_000_000,
                labels=[{"name": "team", "value": f"t{number % 1000}"}],
                labelPairs=[f"4:team=t{number % 1000}"],
            )
        )
        if len(batch) == 5_000 or number + 1 == jobs:
            collection.insert_many(batch, ordered=False)
            batch = []
            if number % 100_000 < 5_000:
                say(f"{number + 1} of {jobs} jobs are in history")


def search(installation, jobs):
    fill(installation, jobs)
    filters = [
        "label.team = t7", "state = failed AND workflow = flow-3", "error = word77",
        'label.team = t9 AND "oops"', "workflow = flow-9 AND took < 1h", "state IN (failed, cancelled)",
    ]
    before, delays = installation.processor_s("metadata"), []
    for number in range(SEARCHES):
        text = urllib.parse.quote(filters[number % len(filters)])
        begun = time.monotonic()
        installation.send("GET", "metadata", f"/v1/jobs?limit=20&filter={text}")
        delays.append((time.monotonic() - begun) * 1000)
    processor = installation.processor_s("metadata") - before
    delays.sort()
    return {
        "workload": "search", "jobs": jobs, "cpu_ms": round(processor * 1000 / SEARCHES, 2),
        "p50_ms": round(statistics.median(delays), 1),
        "p95_ms": round(delays[int(len(delays) * 0.95)], 1),
    }


def timed(command):
    begun = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


def artifacts(installation, megabytes):
    """The API and the object store itself, one after the other and by the same client."""
    file = os.path.join(installation.folder, "content")
    digest = hashlib.sha256()
    with open(file, "wb") as content:
        for _ in range(megabytes):
            block = os.urandom(1 << 20)
            digest.update(block)
            content.write(block)
    token = f"Authorization: Bearer {installation.variables['MILLRACE_TOKEN']}"
    body = json.dumps({"namespace": "default", "name": "bench", "size": megabytes << 20}).encode()
    artifact = installation.send(
        "POST", "artifact", "/v1/artifacts", body, {"Content-Type": "application/json"})["id"]
    url = installation.variables["ARTIFACT_URL"] + f"/v1/artifacts/{artifact}/content"
    # http://key:secret@host/bucket
    store = installation.variables["MILLRACE_S3"]
    user, place = store.removeprefix("http://").split("@")
    curl = ["curl", "-sf", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", user]
    beside = f"http://{place}/beside"
    quiet = ["curl", "-sf", "-H", token]
    ours_up = timed([*quiet, "-H", "Expect:", "-T", file, url])
    theirs_up = timed([*curl, "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "-T", file, beside])
    out = file + ".out"
    ours_down = timed([*quiet, "-o", out, url])
    with open(out, "rb") as content:
        if hashlib.file_digest(content, "sha256").digest() != digest.digest():
            sys.exit("bench-storage: the artifact came back as something else")
    theirs_down = timed([*curl, "-o", out, beside])
    memory = round(installation.memory_mb("artifact"))
    for name, ours, theirs in [
        ("artifact-upload", ours_up, theirs_up), ("artifact-download", ours_down, theirs_down),
    ]:
        yield {
            "workload": name, "megabytes": megabytes, "mb_per_s": round(megabytes / ours, 1),
            "curl_mb_per_s": round(megabytes / theirs, 1), "ratio": round(theirs / ours, 2),
            "rss_mb": memory,
        }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--megabytes", type=int, default=1_024)
    parser.add_argument("--lines", type=int, default=1_000_000)
    options = parser.parse_args()
    installation = Installation()
    broken = []
    try:
        for result in measurements(installation, options):
            print(json.dumps(result), flush=True)
            broken += flaws(result)
    finally:
        installation.stop()
    for flaw in broken:
        say(flaw)
    sys.exit(1 if broken else 0)


def measurements(installation, options):
    yield log_ingest(installation, options.lines)
    yield log_tail(installation)
    yield search(installation, options.jobs)
    yield from artifacts(installation, options.megabytes)


def flaws(result):
    limits = [
        ("lines_per_s", LINES_PER_S_MIN, True), ("ratio", THROUGHPUT_RATIO_MIN, True),
        ("cpu_ms", SEARCH_CPU_MS_MAX, False), ("rss_mb", MEMORY_MB_MAX, False),
    ]
    if result["workload"] == "log-tail":
        limits.append(("p50_ms", TAIL_P50_MS_MAX, False))
    for key, limit, is_least in limits:
        if key in result and (result[key] < limit if is_least else result[key] > limit):
            word = "at least" if is_least else "at most"
            yield f"{result['workload']}: {key} is {result[key]}, {word} {limit} is asked"


main()
