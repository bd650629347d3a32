#!/usr/bin/env python3
"""Uses a stack (scripts/stack_run.py) as its users do, kills each of its processes once under load,
and says whether everything held.

Then every process is stopped and started again, one after the other, with another program if one is
named (a newer one, say), and once more with its own: an upgrade and the way back, under load.

usage: stack_check.py FOLDER [--next PROGRAM] [--upgrade]
"""

import argparse
import json
import os
import signal
import ssl
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import stack
import stack_run

FLOW = """version: 1
id: stack-line
defaults:
  retry: {attempts: 10, backoff: {initial: 200ms, max: 2s}}
tasks:
  a:
    artifacts: [{path: note.txt, name: note}]
    script: 'echo a; echo "$MILLRACE_RUN" > note.txt'
  b: {needs: [a], run: [echo, b]}
  c:
    needs: [a, b]
    files: [{artifact: a/note, to: note.txt}]
    script: 'test "$(cat note.txt)" = "$MILLRACE_RUN" && echo c'
"""
ENDED_WITHIN_S = 120


RETRIED = """version: 1
id: stack-retry
tasks:
  a:
    script: 'test "$MILLRACE_ATTEMPT" != 1'
    retry: {attempts: 2, backoff: {initial: 100ms, jitter: none}}
"""


class Failed(Exception):
    pass


class Client:
    """Requests by the gateway, sent again for as long as nobody answers."""

    def __init__(self, there):
        self.url = there.state["gateway"]
        self.token = there.state["token"]
        self.retried = 0

    def ask(self, method, path, body=None, kind="application/json", key=None, within=60, more=None):
        fields = {"Authorization": f"Bearer {self.token}", "Content-Type": kind, **(more or {})}
        if key:
            fields["Idempotency-Key"] = key
        until = time.monotonic() + within
        while True:
            request = urllib.request.Request(self.url + path, body, fields, method=method)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as error:
                # Nothing was done, or nobody knows: the same request may be sent again.
                if error.code < 500 or time.monotonic() > until:
                    return error.code, error.read()
            except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
                if time.monotonic() > until:
                    raise Failed(f"{method} {path}: {error}") from error
            self.retried += 1
            time.sleep(0.2)

    def document(self, method, path, body=None, **more):
        status, content = self.ask(method, path, body, **more)
        if status >= 300:
            raise Failed(f"{method} {path}: {status} {content[:300]!r}")
        return json.loads(content)


class Load(threading.Thread):
    """Starts runs all the time, and keeps what was acknowledged."""

    def __init__(self, client, name):
        super().__init__(daemon=True)
        self.client = client
        self.keys = name.replace(" ", "-")
        self.started = []
        self.failure = None
        self.over = threading.Event()

    def run(self):
        number = 0
        while not self.over.is_set():
            number += 1
            try:
                run = self.client.document(
                    "POST", "/v1/runs", b'{"workflow": "stack-line"}', key=f"{self.keys}-{number}"
                )
            except Failed as failure:
                self.failure = failure
                return
            self.started.append(run["id"])
            self.over.wait(0.1)


def ended(client, run):
    """The run once it has ended."""
    until = time.monotonic() + ENDED_WITHIN_S
    while True:
        found = client.document("GET", f"/v1/runs/{run}?wait=10s")
        if found["state"] in ("succeeded", "failed", "cancelled", "quarantined"):
            return found
        if time.monotonic() > until:
            raise Failed(f"{run} is {found['state']} after {ENDED_WITHIN_S} s")


def gone(there, name, within_s):
    """Waits until a process has ended by itself."""
    until = time.monotonic() + within_s
    while there.is_alive(name):
        if time.monotonic() > until:
            raise Failed(f"{name} has not ended {within_s} s after it was told to")
        time.sleep(0.05)


def each(there, client, what, how, program=None):
    """Every process ends once, and is started again; one after the other, under load."""
    load = Load(client, what)
    load.start()
    names = [name for service in there.table["services"] for name, _ in stack.copies(service)]
    for name in names:
        begun = len(load.started)
        os.kill(there.pid(name), how)
        gone(there, name, 40)
        there.launch(name, program)
        there.wait(name)
        until = time.monotonic() + 60
        while len(load.started) < begun + 5 and not load.failure:
            if time.monotonic() > until:
                raise Failed(f"no run could be started after {name} was {what}")
            time.sleep(0.1)
        print(f"stack-check: {name} was {what} and is back", flush=True)
    load.over.set()
    load.join()
    if load.failure:
        raise load.failure
    states = {}
    for run in load.started:
        found = ended(client, run)
        states[found["state"]] = states.get(found["state"], 0) + 1
    if list(states) != ["succeeded"]:
        raise Failed(f"of {len(load.started)} runs: {states}")
    print(
        f"stack-check: {len(names)} processes {what}: {len(load.started)} runs all succeeded; "
        f"{client.retried} requests were sent again",
        flush=True,
    )


def metrics(there):
    """What Prometheus would scrape of each process, with the certificate that it has."""
    context = ssl.create_default_context(cafile=f"{there.secrets}/ca.pem")
    context.load_cert_chain(f"{there.secrets}/prometheus.pem", f"{there.secrets}/prometheus.key")
    found = 0
    for name, port in there.state["ports"].items():
        request = urllib.request.Request(
            f"https://127.0.0.1:{port}/metrics",
            headers={"Authorization": f"Bearer {there.state['token']}"},
        )
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            text = answer.read().decode()
        if "process_resident_memory_bytes" not in text:
            raise Failed(f"{name} has no metrics")
        found += text.count("\nmillrace_")
    print(f"stack-check: {found} series of {len(there.state['ports'])} processes", flush=True)


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def until(what, found, within_s=30):
    """What `found` finds, once it is more than nothing."""
    limit = time.monotonic() + within_s
    while True:
        result = found()
        if result:
            return result
        if time.monotonic() > limit:
            raise Failed(f"{what} did not come within {within_s} s")
        time.sleep(0.2)


def traced(there, client):
    """One trace from the gateway to who is told of the end, across a retry: as the receiver of
    telemetry got it, with the lines of logs that belong to the run."""
    trace = os.urandom(16).hex()
    parent = f"00-{trace}-{os.urandom(8).hex()}-01"
    client.document("POST", "/v1/workflows", RETRIED.encode(), kind="application/yaml")
    client.document(
        "POST", "/v1/notifications/subscriptions",
        b'{"name": "stack", "events": ["finished"], "email": ["ops@example.org"]}',
    )
    run = client.document(
        "POST", "/v1/runs", b'{"workflow": "stack-retry"}', key="traced", more={"traceparent": parent}
    )
    if ended(client, run["id"])["state"] != "succeeded":
        raise Failed(f"{run['id']} did not succeed")

    def spans():
        return [span for span in lines(f"{there.folder}/spans.jsonl") if span["trace"] == trace]

    until("the span of the mail", lambda: any(s["name"] == "deliver mail" for s in spans()))
    wanted = {
        "gateway": ["ingress"],
        "millrace-iam": ["envoy.service.auth.v3.Authorization/Check"],
        "millrace-workflow": ["POST /v1/runs", "send workflow.started"],
        "millrace-scheduler": [
            "process workflow.started", "run stack-retry", "attempt a", "process task.failed",
            "process task.completed", "send workflow.completed",
        ],
        "millrace-worker": ["execute a", "send task.failed", "send task.completed"],
        "millrace-metadata": ["process workflow.started", "process workflow.completed"],
        "millrace-notification": ["process workflow.completed", "deliver mail"],
    }

    def missing():
        there_are = {(s["resource"]["service.name"], s["name"]) for s in spans()}
        return [
            f"{service}: {name}"
            for service, names in wanted.items()
            for name in names
            if not any(s == service and n.startswith(name) for s, n in there_are)
        ]

    try:
        until("every hop of the trace", lambda: not missing())
    except Failed as failure:
        names = sorted({(s["resource"]["service.name"], s["name"]) for s in spans()})
        raise Failed(f"{failure}: {missing()}; there are {names}") from failure
    found = spans()
    known = {span["span"] for span in found}
    lost = [s["name"] for s in found if s["parent"] not in known and s["parent"] not in parent]
    if lost:
        raise Failed(f"spans whose parent nobody told of: {lost}")
    attempts = [span for span in found if span["name"] == "attempt a"]
    if len(attempts) != 2 or len({span["parent"] for span in attempts}) != 1:
        raise Failed(f"a task that was tried twice has the attempts {attempts}")
    services = {span["resource"]["service.name"] for span in found}
    print(
        f"stack-check: one trace of {len(found)} spans of {len(services)} services, across a retry",
        flush=True,
    )

    def told():
        return [
            line for line in lines(f"{there.folder}/logs.jsonl")
            if line["attributes"].get("run") == run["id"]
        ]

    events = {"run.accepted", "run.ended", "attempt.ended", "delivery.attempted"}
    until(
        f"the lines {sorted(events)} of {run['id']}",
        lambda: events <= {line["event"] for line in told()},
    )
    print(f"stack-check: {len(told())} lines of logs by the id of the run", flush=True)


def scraped(there):
    """What Prometheus has got by its own configuration."""
    def ask(query):
        url = f"{there.state['prometheus']}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]["result"]

    count = len(there.state["ports"])
    until(
        "Prometheus has scraped every process",
        lambda: len(ask('up{job="millrace"} == 1')) == count and ask('up{job="gateway"} == 1'),
    )
    for query in [
        "sum(millrace_runs_ended_total) > 0",
        "count(millrace_partition_lag_records) > 0",
        "count(millrace_pool_tasks_waiting) > 0",
        "sum(rate(millrace_http_request_seconds_count[1m])) >= 0",
        "count(millrace_database_exchange_seconds_count) > 0",
        "count(millrace_loop_lag_seconds_count) > 0",
    ]:
        until(f"'{query}' in Prometheus", lambda query=query: ask(query), 60)
    url = f"{there.state['prometheus']}/api/v1/rules"
    with urllib.request.urlopen(url, timeout=30) as answer:
        groups = json.load(answer)["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    broken = [rule["name"] for rule in rules if rule.get("health") == "err"]
    if not rules or broken:
        raise Failed(f"of {len(rules)} rules, these are broken: {broken}")
    print(
        f"stack-check: Prometheus scrapes {count} processes and the gateway, and follows "
        f"{len(rules)} rules", flush=True,
    )


def renewed(there, client):
    """The gateway shows another certificate as soon as there is one, and nobody notices."""
    with open(f"{there.folder}/gateway/admin", encoding="ascii") as file:
        admin = file.readline().strip()

    def serials():
        with urllib.request.urlopen(f"http://{admin}/certs", timeout=30) as answer:
            found = json.load(answer)["certificates"]
        return {shown["serial_number"] for one in found for shown in one.get("cert_chain", [])}

    before = serials()
    stack_run.output(stack_run.PROGRAM, "admin", "certs", "--to", there.secrets, "gateway")
    until("another certificate of the gateway", lambda: serials() and not serials() & before)
    run = client.document("POST", "/v1/runs", b'{"workflow": "stack-line"}', key="renewed")
    if ended(client, run["id"])["state"] != "succeeded":
        raise Failed(f"{run['id']} did not succeed behind the new certificate")
    print("stack-check: the gateway reads its certificate anew", flush=True)


def plain(there):
    """Nobody gets an answer in the clear, or without a certificate."""
    context = ssl.create_default_context(cafile=f"{there.secrets}/ca.pem")
    for name, port in there.state["ports"].items():
        for url, more in [
            (f"http://127.0.0.1:{port}/livez", {}),
            (f"https://127.0.0.1:{port}/livez", {"context": context}),
        ]:
            try:
                with urllib.request.urlopen(url, timeout=10, **more) as answer:
                    raise Failed(f"{name} answers {url}: {answer.status}")
            except (urllib.error.URLError, ConnectionError, ssl.SSLError, OSError):
                pass
    print("stack-check: nobody answers in the clear or without a certificate", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--next", help="the program that is upgraded to")
    parser.add_argument(
        "--upgrade", action="store_true", help="only from one program to the other and back"
    )
    arguments = parser.parse_args()
    there = stack_run.Stack(arguments.folder)
    there.load()
    client = Client(there)
    try:
        client.document(
            "POST", "/v1/workflows", FLOW.encode(), kind="application/yaml"
        )
        run = client.document("POST", "/v1/runs", b'{"workflow": "stack-line"}', key="first")
        if ended(client, run["id"])["state"] != "succeeded":
            raise Failed(f"{run['id']} did not succeed")
        _, log = client.ask("GET", f"/v1/runs/{run['id']}/tasks/c/logs")
        if b"c" not in log:
            raise Failed(f"the log of a task is {log!r}")
        print("stack-check: a run, its state and its log, by the gateway", flush=True)
        plain(there)
        metrics(there)
        if not arguments.upgrade:
            traced(there, client)
            scraped(there)
            renewed(there, client)
            each(there, client, "killed", signal.SIGKILL)
        each(there, client, "upgraded", signal.SIGTERM, arguments.next)
        each(there, client, "taken back", signal.SIGTERM)
    except Failed as failure:
        print(f"stack-check: {failure}", file=sys.stderr)
        return 1
    print("stack-check: everything held", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
