#!/usr/bin/env python3
"""A drill of a disaster. A stack (scripts/stack_run.py) is backed up at three moments while it is
in use, and killed with all of its servers; then it is restored on new ones, with records, history
and objects each from another moment, by the steps of docs/operations.md.

usage: restore_check.py [--all] [--runs-per-second 5] [--seconds-between 12] [--keep]

MILLRACE is the program (default: the debug build). Without --all, four combinations of moments;
with it all six in which no two stores are from the same one, and one in which all three are. With
--keep the folders of what failed stay. Prints one line of JSON with what was found, and fails when
one of these does not hold for a combination:

 - `admin reconcile` finds differences and changes nothing, mends them with --repair, and says
   nothing that different moments do not explain. In the end nothing is left to be mended.
 - Every run that was acknowledged before the backup of the records began is there; it succeeds,
   but for those whose file is gone because the objects are older than the records.
 - Every run of the restored records ends. History says the same of it, and shows nothing going on
   that the records do not know.
 - No log has a line twice, and that of an attempt after the restore has every line.
 - Every artifact that is listed has its bytes, and every run that succeeded has its artifact, but
   for those that are gone with older objects.
 - A new run works, and so does one that needs a secret from before.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import datetime
import http.client
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import stack_check
import stack_run
from stack_check import Failed

FAILURES = (
    Failed, RuntimeError, OSError, http.client.HTTPException, subprocess.SubprocessError
)
LINES = [f"line {number}" for number in range(1, 7)]
FINAL = ("succeeded", "failed", "cancelled", "timedOut", "quarantined")
ENDED_WITHIN_S = 120
SETTLED_WITHIN_S = 60
SENTENCES_MAX = 20
SEQUENCES = [(0, 2, 1), (2, 0, 1), (1, 2, 0), (2, 1, 0)]
# What moments explain and no repair takes away.
EXPLAINED = {"run-unknown-ended", "logs-lost", "run-history-lost"}
UNEXPLAINED = {"run-contradicts", "content-differs"}
KINDS = EXPLAINED | UNEXPLAINED | {
    "run-missing-in-history", "run-ahead-in-history", "run-unknown-live", "end-unheard",
    "logs-ahead", "content-missing", "object-unknown",
}
QUICK, SLOW, SEALED = "restore-quick", "restore-slow", "restore-sealed"
SECRET = ("DRILL_WORD", "seven rivers run east")
# What each task does: it prints numbered lines, some of them after a while.
PRINTS = """
      seq -f 'line %g' 1 3
      sleep {seconds}
      seq -f 'line %g' 4 6
"""
KEEP = f"""
  keep:
    artifacts: [{{path: note.txt, name: note}}]
    script: |
      echo "$MILLRACE_RUN" > note.txt{PRINTS.format(seconds=0.1)}"""
WAIT = f"""
  wait:
    needs: [keep]
    script: |{PRINTS.format(seconds=5)}"""
TAKE = f"""
  take:
    needs: NEEDS
    files: [{{artifact: keep/note, to: note.txt}}]
    script: |
      test "$(cat note.txt)" = "$MILLRACE_RUN"{PRINTS.format(seconds=0.1)}"""
OPEN = f"""
  open:
    env: {{WORD: "${{{{ secrets.{SECRET[0]} }}}}"}}
    script: |
      test "$WORD" = '{SECRET[1]}'{PRINTS.format(seconds=0.1)}"""
# Whoever cannot keep or take a file tries again, and so does whoever was lost with its worker.
HEAD = """version: 1
id: NAME
secrets: SECRETS
defaults:
  retry:
    backoff: {initial: 200ms, max: 2s}
    rules: [{on: lost, attempts: 20}, {on: failed, attempts: 20}]
tasks:
"""


def definition(name, *tasks, secrets=""):
    head = HEAD.replace("NAME", name).replace("SECRETS", f"[{secrets}]")
    return head + "".join(tasks)


WORKFLOWS = [
    definition(QUICK, KEEP, TAKE.replace("NEEDS", "[keep]")),
    definition(SLOW, KEEP, WAIT, TAKE.replace("NEEDS", "[keep, wait]")),
    definition(SEALED, OPEN, secrets=SECRET[0]),
]


def say(text):
    print(f"restore-check: {text}", file=sys.stderr, flush=True)


def instant(text):
    """Seconds of an RFC 3339 instant in UTC."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


# Before the disaster.


class Users(threading.Thread):
    """Starts runs at a steady pace, and keeps when each of them was acknowledged."""

    def __init__(self, client, per_second):
        super().__init__(daemon=True)
        self.client, self.per_second = client, per_second
        self.acknowledged, self.failure = {}, None
        self.over = threading.Event()

    def run(self):
        begun = answered = time.monotonic()
        number = 0
        while not self.over.wait(max(0, begun + number / self.per_second - time.monotonic())):
            body = json.dumps({"workflow": QUICK if number % 3 else SLOW}).encode()
            try:
                made = self.client.document(
                    "POST", "/v1/runs", body, key=f"restore-{number}", within=2
                )
            except (Failed, http.client.HTTPException) as failure:
                if time.monotonic() > answered + 30:
                    self.failure = failure
                    return
                time.sleep(0.2)
                continue
            self.acknowledged[made["id"]] = time.time()
            answered = time.monotonic()
            number += 1


def postgresql(program):
    """A program that comes with the server."""
    folder = os.environ.get("POSTGRESQL_PROGRAMS")
    if not folder:
        parent = "/usr/lib/postgresql"
        newest = max(os.listdir(parent), key=lambda name: [int(part) for part in name.split(".")])
        folder = f"{parent}/{newest}/bin"
    return f"{folder}/{program}"


def threads(pid):
    """The states of a process's threads."""
    states = set()
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            with open(f"/proc/{pid}/task/{thread}/stat", encoding="ascii") as file:
                states.add(file.read().rsplit(")", 1)[1].split()[0])
    return states


@contextlib.contextmanager
def standing_still(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        stack_check.until(f"a standstill of process {pid}", lambda: threads(pid) == {"T"}, 10)
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def back_up(there, folder):
    """Copies every store, records first; answers when that began. A server that stands still while
    its files are copied gives what a snapshot of its volume gives."""
    os.makedirs(folder)
    began = time.time()
    subprocess.run(
        [postgresql("pg_dump"), "--format=custom", f"--file={folder}/records",
         f"--dbname={there.state['at']['postgresql']}"],
        check=True,
    )
    for part in ("mongodb", "objects"):
        [pid] = stack_run.pids(f"{there.folder}/{part}/pid")
        with standing_still(pid):
            copy(f"{there.folder}/{part}/data", f"{folder}/{part}")
    return began


def copy(source, target):
    subprocess.run(["cp", "-a", source, target], check=True)


# After it.


class Restored:
    """A stack on new servers, whose stores are from three moments."""

    def __init__(self, drill, moments):
        self.drill, self.moments = drill, moments
        self.there = stack_run.Stack(f"{drill.scratch}/restored-{'-'.join(map(str, moments))}")
        self.client = None
        self.wrong = []
        self.counts = {}
        # Runs that the restored records know, and those whose file is gone with older objects.
        self.known, self.bereft = set(), set()
        self.started = 0.0

    def check(self):
        self.restore()
        self.reconcile()
        self.started = time.time()
        self.there.start_services()
        self.there.start_gateway()
        self.there.sign_in()
        self.client = stack_check.Client(self.there)
        self.judge_runs()
        self.judge_history()
        self.judge_new_runs()
        self.judge_peace()

    # The steps of a restore.

    def restore(self):
        records, history, objects = (self.drill.backup(moment) for moment in self.moments)
        there = self.there
        there.make_folders()
        for part, backup in (("mongodb", history), ("objects", objects)):
            os.makedirs(f"{there.folder}/{part}")
            copy(f"{backup}/{part}", f"{there.folder}/{part}/data")
        there.start_servers()
        shutil.copytree(f"{self.drill.scratch}/secrets", there.secrets, dirs_exist_ok=True)
        there.write_addresses()
        there.state["password"] = self.drill.password
        there.make_roles()
        owner = there.state["at"]["postgresql"]
        subprocess.run(
            [postgresql("pg_restore"), "--exit-on-error", f"--dbname={owner}",
             f"{records}/records"],
            check=True,
        )
        there.make_topics()
        there.migrate()
        self.known = set(
            stack_run.output(
                "psql", "-qAtc", "SELECT run FROM workflow.workflow_run_request", owner
            ).split()
        )

    def reconciled(self, *options):
        """How the stores were compared: the exit code and the lines."""
        at = self.there.state["at"]
        with open(f"{self.there.folder}/reconcile.log", "a", encoding="utf-8") as log:
            done = subprocess.run(
                [stack_run.PROGRAM, "admin", "reconcile", "--database", at["postgresql"],
                 "--mongodb", at["mongodb"], "--s3", at["s3"], *options],
                stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, text=True,
                timeout=ENDED_WITHIN_S, check=False,
            )
            log.write(done.stdout)
        lines = sorted(line for line in done.stdout.splitlines() if line)
        for line in lines:
            kind, sentence = line.split()[0], f"reconcile says: {line}"
            if (kind in UNEXPLAINED or kind not in KINDS) and sentence not in self.wrong:
                self.wrong.append(sentence)
        if done.returncode and not lines:
            raise Failed(f"reconcile failed: see {self.there.folder}/reconcile.log")
        return done.returncode, lines

    def reconcile(self):
        code, lines = self.reconciled()
        self.counts["differences"] = dict(
            sorted(collections.Counter(line.split()[0] for line in lines).items())
        )
        if code != 1 and len(set(self.moments)) > 1:
            self.wrong.append(f"reconcile ended with {code} before anything was mended")
        if self.reconciled() != (code, lines):
            self.wrong.append("a second reconcile without --repair says something else")
        self.bereft = {
            run for line in lines if line.startswith("content-missing ")
            for run in re.findall(r"\brun_\w+", line)
        }
        records, _, objects = self.moments
        if self.bereft and objects >= records:
            self.wrong.append(f"files are gone, and objects are not older: {sorted(self.bereft)}")
        code, _ = self.reconciled("--repair", "--delete-objects", "--forget-lost")
        if code != 0:
            self.wrong.append(f"reconcile with --repair ended with {code}")

    # What has to hold.

    def judge_runs(self):
        began = self.drill.began[self.moments[0]]
        acknowledged = self.drill.acknowledged
        early = {run for run, moment in acknowledged.items() if moment < began}
        for run in sorted(early - self.known):
            self.wrong.append(f"{run} was acknowledged before the backup and is not in the records")
        runs = self.ended()
        for run, found in sorted(runs.items()):
            state = found["state"]
            if state not in FINAL:
                self.wrong.append(f"{run} is {state} {ENDED_WITHIN_S} s after the restore")
            elif state != "succeeded" and not (state == "failed" and run in self.bereft):
                self.wrong.append(f"{run} is {state}")
        self.wrong += settled(
            lambda run: self.flaws(run, runs[run]),
            [run for run in sorted(runs) if runs[run]["state"] in FINAL],
        )
        self.counts.update(
            acknowledged=len(acknowledged), kept=len(acknowledged.keys() & self.known),
            ended_after=sum(self.has_ended_here(found) for found in runs.values()),
            failed_without_file=sum(found["state"] == "failed" for found in runs.values()),
        )

    def ended(self):
        """Every run of the records: as it has ended, or as it was seen last."""
        found = {run: {"state": "not there"} for run in self.known}
        until = time.monotonic() + ENDED_WITHIN_S
        while True:
            waiting = [run for run in sorted(found) if found[run]["state"] not in FINAL]
            if not waiting or time.monotonic() > until:
                return found
            for run in waiting:
                status, content = self.client.ask("GET", f"/v1/runs/{run}", within=10)
                if status == 200:
                    found[run] = json.loads(content)
            time.sleep(0.2)

    def has_ended_here(self, run):
        return "endedAt" in run and instant(run["endedAt"]) > self.started

    def flaws(self, run, found):
        """What is wrong with a run that has ended, in history and artifacts."""
        try:
            return [
                f"{run}: {flaw}" for flaw in
                self.flaws_of_history(run, found) + self.flaws_of_artifacts(run, found)
            ]
        except (Failed, http.client.HTTPException, ValueError) as failure:
            return [f"{run}: {failure}"]

    def flaws_of_history(self, run, found):
        status, content = self.client.ask("GET", f"/v1/jobs/{run}", within=10)
        shown = json.loads(content)["state"] if status == 200 else f"answered with {status}"
        flaws = []
        if shown != found["state"]:
            flaws.append(f"it is {found['state']}, and {shown} in the history")
        logs = self.logs(run)
        for (task, attempt), lines in sorted(logs.items()):
            if [line for line in LINES if line in lines] != lines:
                flaws.append(f"the log of {task}, attempt {attempt}, is {lines}")
        if not self.has_ended_here(found):
            return flaws
        for task in self.client.document("GET", f"/v1/runs/{run}/tasks?limit=200")["items"]:
            if task["state"] != "succeeded":
                continue
            last = max(task["attempts"], key=lambda attempt: attempt["attempt"])
            lines = logs.get((task["task"], last["attempt"]), [])
            if lines != LINES and self.has_log(last):
                flaws.append(f"the log of {task['task']}, which has succeeded, is {lines}")
        return flaws

    def has_log(self, attempt):
        """Whether nothing explains that lines of an attempt that has succeeded are not there."""
        records, history, _ = self.moments
        return history > records or instant(attempt["startedAt"]) > self.started

    def logs(self, run):
        """The lines of a run by task and attempt."""
        status, content = self.client.ask(
            "GET", f"/v1/runs/{run}/logs", within=10, more={"Accept": "application/x-ndjson"}
        )
        if status != 200:
            raise Failed(f"its log is answered with {status}")
        logs = collections.defaultdict(list)
        for text in content.splitlines():
            line = json.loads(text) if text.strip() else {}
            if line.get("stream") == "out":
                logs[line["task"], line["attempt"]].append(line["text"])
        return logs

    def flaws_of_artifacts(self, run, found):
        flaws = []
        listed = self.client.document("GET", f"/v1/runs/{run}/artifacts?limit=200")["items"]
        for artifact in listed:
            path = f"/v1/artifacts/{artifact['id']}/content"
            status, content = self.client.ask("GET", path, within=10)
            if status != 200 or content.decode(errors="replace").strip() != run:
                flaws.append(f"{artifact['id']} is answered with {status} {content[:100]!r}")
        if found["state"] == "succeeded" and not listed and run not in self.bereft:
            flaws.append("it has succeeded, and has no artifact")
        return flaws

    def judge_history(self):
        query = {"limit": 200}
        while True:
            page = self.client.document("GET", f"/v1/jobs?{urllib.parse.urlencode(query)}")
            for job in page["items"]:
                if job["id"] not in self.known and job["state"] not in FINAL:
                    self.wrong.append(
                        f"{job['id']} is {job['state']} in the history, and in no record"
                    )
            if "nextCursor" not in page:
                return
            query["cursor"] = page["nextCursor"]

    def judge_new_runs(self):
        for workflow in (QUICK, SLOW, SEALED):
            made = self.client.document(
                "POST", "/v1/runs", json.dumps({"workflow": workflow}).encode(),
                key=f"new-{workflow}",
            )
            found = stack_check.ended(self.client, made["id"])
            if found["state"] != "succeeded":
                self.wrong.append(f"a new run of {workflow} is {found['state']}")
            elif workflow != SEALED:
                self.wrong += settled(lambda run, found=found: self.flaws(run, found), [made["id"]])

    def judge_peace(self):
        """Services copy history while they run: nothing is left to be mended soon after."""
        until = time.monotonic() + SETTLED_WITHIN_S
        while True:
            code, lines = self.reconciled()
            left = [line for line in lines if line.split()[0] not in EXPLAINED]
            if code == 0 and not left:
                return
            if time.monotonic() > until:
                self.wrong.append(f"reconcile ended with {code} in the end: {left[:5]}")
                return
            time.sleep(1)


def settled(flaws, runs):
    """What is wrong with runs and does not pass."""
    until = time.monotonic() + SETTLED_WITHIN_S
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        while True:
            found = dict(zip(runs, pool.map(flaws, runs)))
            runs = [run for run in runs if found[run]]
            if not runs or time.monotonic() > until:
                return [sentence for run in runs for sentence in found[run]]
            time.sleep(0.5)


class Drill:
    def __init__(self, scratch, options):
        self.scratch, self.options = scratch, options
        # When the backup of the records began, by moment.
        self.began = []
        self.acknowledged, self.password = {}, None
        self.wrong, self.combinations = [], []

    def backup(self, moment):
        return f"{self.scratch}/backup-{moment}"

    def run(self):
        self.lose()
        orders = SEQUENCES
        if self.options.all:
            orders = [*itertools.permutations(range(3)), (1, 1, 1)]
        for moments in orders:
            self.restore(moments)
        print(json.dumps({
            "runs": len(self.acknowledged), "combinations": self.combinations,
            "wrong": len(self.wrong),
        }), flush=True)
        return 1 if self.wrong else 0

    def lose(self):
        """Makes the backups of a stack in use, and kills it."""
        there = stack_run.Stack(f"{self.scratch}/lost")
        try:
            there.up()
            client = stack_check.Client(there)
            client.document(
                "PUT", f"/v1/namespaces/default/secrets/{SECRET[0]}",
                json.dumps({"value": SECRET[1]}).encode(),
            )
            for definition in WORKFLOWS:
                client.document(
                    "POST", "/v1/workflows", definition.encode(), kind="application/yaml"
                )
            shutil.copytree(there.secrets, f"{self.scratch}/secrets")
            self.password = there.state["password"]
            users = Users(client, self.options.runs_per_second)
            users.start()
            for moment in range(3):
                time.sleep(self.options.seconds_between)
                begun = time.monotonic()
                self.began.append(back_up(there, self.backup(moment)))
                say(f"moment {moment}: every store is backed up after "
                    f"{time.monotonic() - begun:.1f} s; {len(users.acknowledged)} runs")
            time.sleep(self.options.seconds_between)
        finally:
            there.strike()
        users.over.set()
        users.join(40)
        if users.failure or users.is_alive():
            raise Failed(f"runs could not be started: {users.failure}")
        self.acknowledged = users.acknowledged
        say(f"everything was killed; {len(self.acknowledged)} runs were acknowledged")
        if not self.options.keep:
            shutil.rmtree(there.folder, ignore_errors=True)

    def restore(self, moments):
        begun = time.monotonic()
        restored = Restored(self, moments)
        name = "records {}, history {}, objects {}".format(*moments)
        try:
            restored.check()
        except FAILURES as failure:
            restored.wrong.append(f"it was not finished: {failure}")
        finally:
            restored.there.strike()
            if not (self.options.keep and restored.wrong):
                shutil.rmtree(restored.there.folder, ignore_errors=True)
        counts = {**restored.counts, "seconds": round(time.monotonic() - begun, 1)}
        self.combinations.append(
            {"moments": moments, **counts, "wrong": restored.wrong[:SENTENCES_MAX]}
        )
        self.wrong += [f"{name}: {sentence}" for sentence in restored.wrong]
        differences = counts.get("differences", {})
        found = ", ".join(f"{count} {kind}" for kind, count in differences.items()) or "none"
        say(
            f"{name}: differences: {found}; {counts.get('kept', 0)} of {len(self.acknowledged)} "
            f"runs kept, {counts.get('ended_after', 0)} ended after the restore, "
            f"{counts.get('failed_without_file', 0)} failed without their file; "
            f"{len(restored.wrong)} things are wrong; {counts['seconds']} s"
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true", help="every combination of moments")
    parser.add_argument("--runs-per-second", type=float, default=5)
    parser.add_argument("--seconds-between", type=float, default=12)
    parser.add_argument("--keep", action="store_true", help="leave what failed where it is")
    options = parser.parse_args()
    scratch = tempfile.mkdtemp(prefix="millrace-restore.")
    # The database runs as somebody else.
    os.chmod(scratch, 0o755)
    drill = Drill(scratch, options)
    code = 1
    try:
        code = drill.run()
        for sentence in drill.wrong[:SENTENCES_MAX]:
            say(sentence)
        if drill.wrong:
            say(f"{len(drill.wrong)} things are wrong")
    except FAILURES as failure:
        say(str(failure))
    finally:
        if code and options.keep:
            say(f"logs are in {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
