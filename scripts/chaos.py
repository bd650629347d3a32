#!/usr/bin/env python3
"""Runs an installation as real processes on a real database and a broker, lets them run work, and
meanwhile kills, pauses and restarts them; then says whether anything was lost, done twice, stuck or
done in the wrong order.

usage: chaos.py [--seconds N] [--broker noida|tansu] [--lose-broker] [--seed N] [--keep]

Besides processes, the database is crashed and its connections are ended, those of the broker are
cut or stand still, and the servers of history and of artifacts are killed or stand still. With
--lose-broker the broker is killed as well, and starts with nothing.

What is judged comes from two sides: what the API says of each run, and what the tasks themselves
wrote into files: each attempt appends a line when it begins and one when it ends.

 - Every run that was acknowledged ends, and as its shape says.
 - A task that succeeded has run to its end at least once; a task with `retry: {rules: []}` whose
   process was never killed has run once.
 - No task begins before all that it needs have ended.
 - The API's count of attempts is not smaller than what was seen to run to its end.
 - A task that takes a file of another one has the bytes that this one kept.
 - History knows every run that ended, as it ended; the log of the attempt that succeeded has every
   line once and in order, that of any other attempt no line twice. (A broker that loses its logs
   takes lines with it: then only the order is judged.)
"""

import argparse
import collections
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import installation_env

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROCESSES = "iam workflow metadata notification artifact scheduler scheduler worker worker worker"

# Every shape: its definition and the tasks that each task needs.
SHAPES = {
    "line": {"a": [], "b": ["a"], "c": ["b"]},
    "diamond": {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]},
    "wide": {"a": [], **{f"w{n}": ["a"] for n in range(12)}, "z": [f"w{n}" for n in range(12)]},
}


# A task of this shape that keeps a file, and one that takes it and fails when it is another one.
KEEPS, TAKES = ("diamond", "a"), ("diamond", "d")
# Lines that each task prints: some before its work and some after.
LINES = [f"line {number}" for number in range(1, 7)]
# Runs whose logs are read, at most.
LOGS_READ_MAX = 1_000


def definition(name, tasks, journal):
    lines = ["version: 1", f"id: {name}", "tasks:"]
    for task, needs in tasks.items():
        # Whoever cannot keep or take a file tries again.
        rules = "{on: lost, attempts: 20}"
        files = []
        before = after = ""
        if (name, task) == KEEPS:
            after = "echo $MILLRACE_RUN > note.txt; "
            files = ["    artifacts: [{path: note.txt, name: note}]"]
        if (name, task) == TAKES:
            before = '[ "$(cat note.txt)" = "$MILLRACE_RUN" ] || exit 9; '
            files = [f"    files: [{{artifact: {KEEPS[1]}/note, to: note.txt}}]"]
        if files:
            rules += ", {on: failed, attempts: 20}"
        script = before + (
            f'echo "begin $MILLRACE_RUN {task} $(date +%s%N)" >> {journal}; '
            f'printf "line %d\\\\n" 1 2 3; sleep 0.0$((RANDOM % 10)); printf "line %d\\\\n" 4 5 6; '
            f'{after}echo "end $MILLRACE_RUN {task} $(date +%s%N)" >> {journal}'
        )
        lines += [
            f"  {task}:",
            f"    needs: [{', '.join(needs)}]",
            f"    run: [bash, -c, '{script}']",
            f"    retry: {{rules: [{rules}]}}",
            *files,
        ]
    return "\n".join(lines) + "\n"


class Installation:
    def __init__(self, folder, broker):
        self.folder = folder
        self.script = os.path.join(HERE, "infra/local/millrace.sh")
        self.environment = dict(os.environ, BROKER=broker, PROCESSES=PROCESSES, LOG="info")
        subprocess.run([self.script, "start", folder], check=True, env=self.environment)
        self.variables = installation_env.variables(self.folder)
        self.token = self.variables["MILLRACE_TOKEN"]

    def url(self, service):
        return self.variables[f"{service.upper()}_URL"]

    def process(self, name):
        with open(os.path.join(self.folder, "run", f"{name}.pid")) as file:
            return int(file.read())

    def names(self):
        return sorted(
            name.removesuffix(".pid")
            for name in os.listdir(os.path.join(self.folder, "run"))
            if name.endswith(".pid")
        )

    def restart(self, name):
        subprocess.run([self.script, "restart", self.folder, name], check=True, env=self.environment)

    def stop(self):
        subprocess.run([self.script, "stop", self.folder], check=False, env=self.environment)

    def send(self, method, service, path, body=None, headers=None, timeout=10):
        request = urllib.request.Request(
            self.url(service) + path, method=method, data=body, headers=dict(headers or {})
        )
        request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)


def insist(action, until):
    """Repeats a request that is safe to repeat while nobody answers."""
    while True:
        try:
            return action()
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                raise RuntimeError(f"{error.code}: {error.read()[:300]!r}") from error
        except OSError:
            pass
        if time.monotonic() > until:
            raise TimeoutError("nobody answered until the end")
        time.sleep(0.2)


class Chaos:
    def __init__(self, installation, choose, loses_broker):
        self.installation = installation
        self.choose = choose
        self.loses_broker = loses_broker
        self.counts = collections.Counter()

    def signal(self, name, number):
        try:
            os.kill(self.installation.process(name), number)
            return True
        except ProcessLookupError:
            return False

    def kill(self, name):
        self.counts[f"kill {name.rsplit('-', 1)[0]}"] += 1
        self.signal(name, signal.SIGKILL)
        time.sleep(self.choose.uniform(0, 2))
        self.installation.restart(name)

    def pause(self, name):
        self.counts[f"pause {name.rsplit('-', 1)[0]}"] += 1
        if self.signal(name, signal.SIGSTOP):
            # Longer than a lease, now and then longer than a session.
            time.sleep(self.choose.choice([0.5, 2, 5, 12]))
            self.signal(name, signal.SIGCONT)

    def stop_politely(self, name):
        self.counts[f"stop {name.rsplit('-', 1)[0]}"] += 1
        self.signal(name, signal.SIGTERM)
        time.sleep(self.choose.uniform(0.2, 3))
        self.signal(name, signal.SIGKILL)
        self.installation.restart(name)

    def end_connections(self):
        self.counts["database: end all connections"] += 1
        subprocess.run(
            [
                "psql", "-qAt", self.installation.variables["MILLRACE_DATABASE"], "-c",
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE application_name LIKE 'millrace-%'",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )

    def restart_database(self):
        self.counts["database: crash and restart"] += 1
        folder = os.path.join(self.installation.folder, "postgresql")
        subprocess.run(
            [os.path.join(HERE, "infra/local/postgresql.sh"), "crash", folder], check=True,
            stdout=subprocess.DEVNULL,
        )

    def pids_of_broker(self):
        with open(os.path.join(self.installation.folder, "kafka/pids")) as file:
            return [int(line) for line in file]

    def cut_broker(self):
        self.counts["broker: cut all connections"] += 1
        self.ask_kafka("cut")

    def stall_broker(self):
        self.counts["broker: connections stand still"] += 1
        front = self.pids_of_broker()[-1]
        os.kill(front, signal.SIGSTOP)
        time.sleep(self.choose.choice([0.5, 2, 5]))
        os.kill(front, signal.SIGCONT)

    def lose_broker(self):
        self.counts["broker: killed, all of its logs lost"] += 1
        subprocess.run(
            [self.installation.script, "lose-broker", self.installation.folder],
            check=True, env=self.installation.environment, stdout=subprocess.DEVNULL,
        )

    def restart_archive(self):
        self.counts["archive: killed and restarted"] += 1
        self.ask_mongodb("halt")
        time.sleep(self.choose.uniform(0, 3))
        self.ask_mongodb("start")

    def stall_archive(self):
        self.counts["archive: stands still"] += 1
        self.stall("mongodb/pid")

    def restart_objects(self):
        self.counts["objects: killed and restarted"] += 1
        folder = os.path.join(self.installation.folder, "objects")
        subprocess.run(
            [os.path.join(HERE, "infra/local/objects.sh"), "crash", folder], check=True,
            stdout=subprocess.DEVNULL,
        )

    def stall_objects(self):
        self.counts["objects: stand still"] += 1
        self.stall("objects/pid")

    def stall(self, file):
        with open(os.path.join(self.installation.folder, file)) as pid:
            process = int(pid.read())
        os.kill(process, signal.SIGSTOP)
        time.sleep(self.choose.choice([0.5, 2, 5, 20]))
        os.kill(process, signal.SIGCONT)

    def ask_mongodb(self, word):
        folder = os.path.join(self.installation.folder, "mongodb")
        subprocess.run(
            [os.path.join(HERE, "infra/local/mongodb.sh"), word, folder], check=True,
            stdout=subprocess.DEVNULL,
        )

    def ask_kafka(self, word):
        folder = os.path.join(self.installation.folder, "kafka")
        subprocess.run([os.path.join(HERE, "infra/local/kafka.sh"), word, folder], check=True)

    def step(self):
        name = self.choose.choice(
            [n for n in self.installation.names() for _ in range(3 if n[:2] in ("sc", "wo") else 1)]
        )
        to_processes = [self.kill, self.pause, self.stop_politely]
        action = self.choose.choices(
            to_processes
            + [self.end_connections, self.restart_database, self.cut_broker, self.stall_broker]
            + [self.restart_archive, self.stall_archive, self.restart_objects, self.stall_objects]
            + [self.lose_broker],
            weights=[10, 8, 4, 4, 2, 3, 2, 1, 1, 1, 1, 4 if self.loses_broker else 0],
        )[0]
        action(*[name] if action in to_processes else [])

    def heal(self):
        for name in self.installation.names():
            if not self.signal(name, signal.SIGCONT):
                self.installation.restart(name)


def workload(installation, until, runs, failures, number):
    count = 0
    choose = random.Random(number)
    while time.monotonic() < until:
        shape = choose.choice(list(SHAPES))
        body = json.dumps({"workflow": shape}).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"c{number}-{count}"}
        try:
            answer = insist(
                lambda: installation.send("POST", "workflow", "/v1/runs", body, headers), until + 60
            )
            runs[answer["id"]] = shape
        except (RuntimeError, TimeoutError) as error:
            failures.append(f"a run of {shape} was not taken: {error}")
        count += 1
        time.sleep(choose.uniform(0.1, 0.8))


def judge(installation, runs, journal, settle_within):
    """What is wrong, as sentences. A run is stuck when nothing has ended for so long."""
    wrong = []
    states = {}
    deadline = time.monotonic() + settle_within
    open_runs = dict(runs)
    while open_runs and time.monotonic() < deadline:
        before = len(open_runs)
        for run in list(open_runs):
            found = insist(
                lambda: installation.send("GET", "workflow", f"/v1/runs/{run}"), deadline + 10
            )
            if found["state"] in ("succeeded", "failed", "cancelled", "timedOut", "quarantined"):
                states[run] = found
                del open_runs[run]
        if len(open_runs) < before:
            deadline = time.monotonic() + settle_within
        time.sleep(0.2)
    for run, shape in open_runs.items():
        wrong.append(f"{run} ({shape}) is stuck")
    begins, ends = collections.defaultdict(list), collections.defaultdict(list)
    with open(journal) as file:
        for line in file:
            words = line.split()
            if len(words) == 4:
                (begins if words[0] == "begin" else ends)[words[1], words[2]].append(int(words[3]))
    doubled = 0
    for run, found in states.items():
        tasks = SHAPES[runs[run]]
        if found["state"] != "succeeded":
            wrong.append(f"{run} ({runs[run]}) is {found['state']}")
            continue
        for task, needs in tasks.items():
            if not ends[run, task]:
                wrong.append(f"{run}: {task} succeeded and never ran to its end")
                continue
            doubled += len(ends[run, task]) - 1
            for other in needs:
                if ends[run, other] and min(begins[run, task]) < min(ends[run, other]):
                    wrong.append(f"{run}: {task} began before {other} had ended")
    unknown = {run for run, _ in begins} - set(runs)
    for run in unknown:
        wrong.append(f"{run} ran and was never acknowledged")
    return wrong, doubled


def judge_history(installation, runs, choose, has_every_line, settle_within):
    """What history says of runs that ended, as sentences. It may be behind: it is wrong when nothing
    more has come right for so long."""
    chosen = choose.sample(sorted(runs), min(len(runs), LOGS_READ_MAX))
    deadline = time.monotonic() + settle_within
    flaws = {run: [] for run in chosen}
    while flaws and time.monotonic() < deadline:
        before = len(flaws)
        for run in list(flaws):
            flaws[run] = flaws_in_history(installation, run, SHAPES[runs[run]], has_every_line)
            if not flaws[run]:
                del flaws[run]
        if len(flaws) < before:
            deadline = time.monotonic() + settle_within
        time.sleep(0.2)
    return [sentence for found in flaws.values() for sentence in found]


def flaws_in_history(installation, run, tasks, has_every_line):
    try:
        state = installation.send("GET", "metadata", f"/v1/jobs/{run}")["state"]
        flaws = flaws_of(run, tasks, read_logs(installation, run), has_every_line)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return [f"{run}: history does not answer: {error}"]
    return flaws if state == "succeeded" else [f"{run} is {state} in the history"] + flaws


def read_logs(installation, run):
    """The lines of a run by task and attempt."""
    request = urllib.request.Request(
        installation.url("metadata") + f"/v1/runs/{run}/logs",
        headers={
            "Authorization": f"Bearer {installation.token}", "Accept": "application/x-ndjson",
        },
    )
    logs = collections.defaultdict(list)
    with urllib.request.urlopen(request, timeout=30) as answer:
        for text in answer:
            line = json.loads(text) if text.strip() else {}
            if line.get("stream") == "out":
                logs[line["task"], line["attempt"]].append(line["text"])
    return logs


def flaws_of(run, tasks, logs, has_every_line):
    flaws = []
    for task in tasks:
        attempts = sorted(attempt for name, attempt in logs if name == task)
        for attempt in attempts:
            lines = logs[task, attempt]
            if [line for line in LINES if line in lines] != lines:
                flaws.append(f"{run}: the log of {task}, attempt {attempt}, is {lines}")
        if has_every_line and not (attempts and any(logs[task, a] == LINES for a in attempts)):
            flaws.append(f"{run}: no attempt of {task} has its whole log")
    return flaws


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--settle-seconds", type=float, default=60)
    parser.add_argument("--broker", default="noida", choices=["noida", "tansu"])
    parser.add_argument("--lose-broker", action="store_true", help="its logs as well")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", action="store_true", help="leave logs where they are")
    options = parser.parse_args()
    choose = random.Random(options.seed)
    folder = tempfile.mkdtemp(prefix="millrace-chaos-")
    journal = os.path.join(folder, "journal")
    open(journal, "w").close()
    os.chmod(journal, 0o666)
    os.chmod(folder, 0o755)
    print(f"chaos: {options.seconds:g} s on {options.broker}, seed {options.seed}", flush=True)
    installation = Installation(os.path.join(folder, "millrace"), options.broker)
    wrong = ["it was interrupted"]
    try:
        for name, tasks in SHAPES.items():
            body = definition(name, tasks, journal).encode()
            insist(
                lambda: installation.send(
                    "POST", "workflow", "/v1/workflows", body, {"Content-Type": "application/yaml"}
                ),
                time.monotonic() + 30,
            )
        start = time.monotonic()
        until = start + options.seconds
        runs, failures = {}, []
        threads = [
            # What fails here must not wait for them.
            threading.Thread(
                target=workload, args=(installation, until, runs, failures, number), daemon=True
            )
            for number in range(2)
        ]
        for thread in threads:
            thread.start()
        chaos = Chaos(installation, choose, options.lose_broker)
        shown = 0
        while time.monotonic() < until:
            time.sleep(choose.uniform(0.2, 2))
            chaos.step()
            if time.monotonic() - start >= shown:
                print(f"  {time.monotonic() - start:4.0f} s: {len(runs)} runs", flush=True)
                shown += 10
        chaos.heal()
        for thread in threads:
            thread.join()
        wrong, doubled = judge(installation, runs, journal, options.settle_seconds)
        print(f"  {len(runs)} runs have ended; reading the history of them", flush=True)
        wrong = failures + wrong
        if not wrong:
            wrong = judge_history(
                installation, runs, choose, not options.lose_broker, options.settle_seconds)
        faults = ", ".join(f"{count} × {what}" for what, count in sorted(chaos.counts.items()))
        print(f"  faults: {faults}")
        print(f"  {len(runs)} runs; {doubled} attempts ran to their end beside another one")
    finally:
        if wrong and options.keep:
            print(f"  logs are in {folder}")
        else:
            installation.stop()
            subprocess.run(["rm", "-rf", folder], check=False)
    for sentence in wrong[:20]:
        print(f"chaos: {sentence}", file=sys.stderr)
    if wrong:
        print(f"chaos: {len(wrong)} things are wrong; seed {options.seed}", file=sys.stderr)
        sys.exit(1)
    print("  nothing was lost, stuck or done in the wrong order")


main()
