#!/usr/bin/env python3
"""Measures an installation of processes on PostgreSQL and a broker, durability on.

usage: bench.py [WORKLOAD…] [--schedulers N] [--rounds N] [--keep-history]

Each workload has an installation of its own, with nothing in it but a warm-up. One line of JSON for
each workload goes to standard output, progress to standard error. Every line is kept in
bench/history.jsonl, and bench/history.svg draws them.

What a line says: tasks_per_s from the request to the end of the last run; p50_ms and p99_ms of what
the workload is about (W1 and W5: from the offer to the end of a task; W2: a hop; W3: a run; W4: from
the request to the start); rss_mb of all processes of Millrace together, at their highest;
cpu_s_per_1k of all processes, the database, the broker and the load included, until the archive has
everything.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import bench_plot
import installation_env

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORKLOADS = ["W1-100", "W1-1000", "W1-10000", "W2", "W3-500", "W3-5000", "W4", "W5"]
TICK = os.sysconf("SC_CLK_TCK")
# A pool takes as many tasks as its workers have slots: as many as keep a worker busy while claims
# and results are on their way.
SLOTS = "1024"
ARCHIVE_LAG_MAX_S = 10


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Installation:
    def __init__(self, schedulers):
        self.folder = tempfile.mkdtemp(prefix="millrace-bench-")
        self.script = os.path.join(HERE, "infra/local/millrace.sh")
        release = os.path.join(HERE, ".build/release")
        environment = dict(
            os.environ,
            FSYNC="on",
            ARCHIVE="file",
            OBJECTS="folder",
            LOG="warning",
            SLOTS=SLOTS,
            MILLRACE=os.path.join(release, "millrace"),
            BROKERFRONT=os.path.join(release, "brokerfront"),
            PROCESSES="iam+workflow+metadata+notification+artifact"
            + " scheduler" * schedulers
            + " worker",
        )
        try:
            subprocess.run([self.script, "start", self.folder], check=True, env=environment)
        except BaseException:
            self.stop()
            raise
        self.variables = installation_env.variables(self.folder)

    def pids(self):
        run = os.path.join(self.folder, "run")
        ours = {
            int(open(os.path.join(run, name)).read())
            for name in os.listdir(run)
            if name.endswith(".pid")
        }
        servers = {int(line) for line in open(os.path.join(self.folder, "kafka/pids"))}
        servers.add(int(open(os.path.join(self.folder, "postgresql/data/postmaster.pid")).readline()))
        return ours, servers

    def usage(self):
        """Processor time by program, and the most memory of ours together."""
        ours, servers = self.pids()
        times, memory = {}, 0
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/stat") as file:
                    name, fields = file.read().rsplit(")", 1)
            except OSError:
                continue
            fields = fields.split()
            process, parent = int(entry), int(fields[1])
            if process not in ours | servers and parent not in servers:
                continue
            # Children that have ended count for those who waited for them.
            ticks = sum(int(field) for field in fields[11:15])
            label = name.split("(", 1)[1]
            if process in ours:
                label = self.name(process)
                with open(f"/proc/{entry}/status") as file:
                    memory += next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
            times[label] = times.get(label, 0) + ticks / TICK
        return times, memory / 1024

    def name(self, process):
        run = os.path.join(self.folder, "run")
        for name in os.listdir(run):
            if name.endswith(".pid") and int(open(os.path.join(run, name)).read()) == process:
                return name.removesuffix(".pid").rsplit("-", 1)[0]
        return "?"

    def stop(self):
        subprocess.run([self.script, "stop", self.folder], check=False)


class Driver:
    """The load: a process that does one workload and waits to be told to go on."""

    def __init__(self, installation, workload):
        self.process = subprocess.Popen(
            [
                os.path.join(HERE, ".build/release/bench"),
                "drive",
                workload,
                installation.variables["WORKFLOW_URL"],
                installation.variables["MILLRACE_TOKEN"],
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def line(self):
        return self.process.stdout.readline().strip()

    def finish(self):
        answer = self.process.communicate("go on\n")[0].strip()
        if self.process.returncode != 0:
            raise SystemExit("bench: the load failed")
        return json.loads(answer)


def measure(workload, schedulers):
    installation = Installation(schedulers)
    try:
        Driver(installation, "warm-up").finish()
        # What the warm-up left to do is done by then.
        time.sleep(2)
        before, _ = installation.usage()
        driver = Driver(installation, workload)
        if driver.line() != "measured":
            driver.process.wait()
            raise SystemExit(f"bench: {workload} failed; the logs are in {installation.folder}")
        after, memory = installation.usage()
        answer = driver.finish()
    finally:
        if not os.environ.get("KEEP"):
            installation.stop()
    spent = {name: round(after[name] - before.get(name, 0), 2) for name in after}
    spent["load"] = round(answer["load_cpu_s"], 2)
    tasks = answer["tasks"]
    line = {
        "peer": "millrace",
        "workload": workload,
        "tasks_per_s": round(tasks / answer["seconds"]),
        "p50_ms": answer["p50_ms"],
        "p99_ms": answer["p99_ms"],
        "rss_mb": round(memory),
        "cpu_s_per_1k": round(1000 * sum(spent.values()) / tasks, 3),
        "seconds": round(answer["seconds"], 3),
        "tasks": tasks,
    }
    shares = ", ".join(f"{name} {1000 * spent[name] / tasks:.3f}" for name in sorted(spent))
    say(f"{workload}: CPU s per 1,000 tasks: {shares}; archive after {answer['archive_lag_s']:.2f} s")
    if answer["archive_lag_s"] > ARCHIVE_LAG_MAX_S:
        say(f"{workload}: the archive was more than {ARCHIVE_LAG_MAX_S} s behind")
    return line


def revision():
    run = ["git", "-C", HERE, "describe", "--always", "--dirty", "--abbrev=10"]
    return subprocess.run(run, capture_output=True, text=True).stdout.strip()


def main():
    parser = argparse.ArgumentParser(description="Measures an installation of processes.")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=" ".join(WORKLOADS))
    parser.add_argument("--schedulers", type=int, default=1, help="scheduler processes")
    parser.add_argument("--rounds", type=int, default=1, help="the median of so many counts")
    parser.add_argument("--no-history", action="store_true", help="keep nothing in bench/")
    options = parser.parse_args()
    unknown = [name for name in options.workloads if name not in WORKLOADS]
    if unknown:
        parser.error(f"unknown {', '.join(unknown)}; known are {', '.join(WORKLOADS)}")
    lines = []
    for workload in options.workloads or WORKLOADS:
        say(workload)
        rounds = [measure(workload, options.schedulers) for _ in range(options.rounds)]
        line = sorted(rounds, key=lambda line: line["tasks_per_s"])[len(rounds) // 2]
        print(json.dumps(line), flush=True)
        lines.append(line)
    if not options.no_history:
        kept = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "revision": revision()}
        folder = os.path.join(HERE, "bench")
        os.makedirs(folder, exist_ok=True)
        history = os.path.join(folder, "history.jsonl")
        with open(history, "a") as file:
            for line in lines:
                file.write(json.dumps(kept | {"schedulers": options.schedulers} | line) + "\n")
        bench_plot.draw(history, os.path.join(folder, "history.svg"))


if __name__ == "__main__":
    main()
