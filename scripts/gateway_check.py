#!/usr/bin/env python3
"""Starts an installation behind its gateway (Envoy) and tries what must not get through (T-GW,
T-PATH), then breaks identity and access and sees nothing get through at all.

usage: gateway_check.py [--paths N] [--seed N] [--keep]

What is compared comes from three sides: the gateway's access log, what identity and access says
that it judged, and what a service says that it answered.
"""

import argparse
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import installation_env

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROCESSES = "iam workflow metadata notification artifact scheduler worker"
SERVICES = ["iam", "workflow", "metadata", "notification", "artifact"]


class Failed(Exception):
    pass


class Checks:
    """Counts what held, and stops at the first thing that did not."""

    def __init__(self):
        self.passed = 0

    def hold(self, name, condition, detail=""):
        if not condition:
            raise Failed(f"{name}: {detail}")
        self.passed += 1

    def group(self, name, since):
        print(f"gateway: {name}: {self.passed - since} checks", flush=True)


def ask(address, method, path, fields=(), body=None):
    """One request on a connection of its own, its path byte for byte; status, fields, body."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        head = [f"{method} {path} HTTP/1.1", f"Host: {address}", "Connection: close"]
        head += [f"{name}: {value}" for name, value in fields]
        if body is not None:
            head.append(f"Content-Length: {len(body)}")
        text = "\r\n".join(head) + "\r\n\r\n"
        connection.sendall(text.encode("latin-1") + (body or b""))
        answer = http.client.HTTPResponse(connection, method=method)
        answer.begin()
        return answer.status, answer.headers, answer.read()


class Installation:
    def __init__(self, folder):
        self.folder = folder
        self.env = installation_env.variables(folder)
        self.gateway = self.env["IAM_URL"].removeprefix("http://")
        self.token = self.env["MILLRACE_TOKEN"]
        self.peers = dict(word.split("=", 1) for word in self.env["MILLRACE_PEERS"].split())
        self.bearer = ("Authorization", f"Bearer {self.token}")

    def log(self, name):
        with open(f"{self.folder}/{name}", encoding="utf-8", errors="replace") as file:
            return file.read()

    def pid(self, name):
        with open(f"{self.folder}/run/{name}.pid", encoding="ascii") as file:
            return int(file.read())


def spoofing(checks, here):
    """What clients say in the gateway's or in identity and access's place is worth nothing."""
    since = checks.passed
    forged = [
        ("x-millrace-gateway", "mr_gw_0"),
        ("x-millrace-identity", "a.b.c"),
        ("x-envoy-external-address", "6.6.6.6"),
        ("x-forwarded-for", "6.6.6.6"),
        ("x-user-id", "usr_root"),
        ("x-tenant-id", "other"),
        ("x-roles", "admin"),
        ("x-internal-admin", "true"),
        ("x-forwarded-client-cert", "By=x"),
        ("x-envoy-original-path", "/healthz"),
    ]
    for field in forged:
        status, _, _ = ask(here.gateway, "GET", "/v1/auth/whoami", [field])
        checks.hold(f"only {field[0]}", status == 401, status)
        status, _, body = ask(here.gateway, "GET", "/v1/auth/whoami", [field, here.bearer])
        checks.hold(f"{field[0]} beside a token", status == 200, f"{status} {body}")
        checks.hold(
            f"{field[0]} changes nobody", json.loads(body)["name"] == "admin", body.decode()
        )
    for service in SERVICES:
        address = here.peers[service].split(",")[0]
        path = {
            "iam": "/v1/auth/whoami",
            "workflow": "/v1/workflows",
            "metadata": "/v1/jobs",
            "notification": "/v1/notifications/subscriptions",
            "artifact": "/v1/artifacts?run=x",
        }[service]
        status, _, _ = ask(address, "GET", path, [here.bearer])
        checks.hold(f"{service} past the gateway", status == 403, status)
        for field in forged[:2]:
            status, _, _ = ask(address, "GET", path, [here.bearer, field])
            checks.hold(f"{service} with {field[0]}", status == 403, status)
        status, _, _ = ask(address, "GET", "/readyz")
        checks.hold(f"{service} tells who runs it how it is", status == 200, status)
    status, _, _ = ask(
        here.gateway, "GET", "/v1/auth/whoami", [here.bearer, ("Authorization", "Bearer x")]
    )
    checks.hold("two tokens", status == 401, status)
    sources = json.loads(ask(here.gateway, "GET", "/v1/audit?limit=200", [here.bearer])[2])
    checks.hold(
        "a forged source is nowhere in the audit", "6.6.6.6" not in json.dumps(sources), sources
    )
    checks.group("what clients forge", since)


def entrance(checks, here):
    """What is answered at the edge, and how."""
    since = checks.passed
    public = ["/v1/openapi.json", "/v1/workflow.schema.json", "/.well-known/jwks.json", "/healthz"]
    for path in public:
        status, _, _ = ask(here.gateway, "GET", path)
        checks.hold(f"{path} is public", status == 200, status)
        # No neighbour of a public path is public.
        for other in [path + "/", path + "/x", path + "x", path.upper(), "/v1/runs" + path]:
            status, _, _ = ask(here.gateway, "GET", other)
            checks.hold(f"{other} is not", status in (401, 400), status)
    for path in ["/metrics", "/readyz", "/livez", "/millrace.rpc.v1.Secrets/Resolve", "/nothing"]:
        status, _, _ = ask(here.gateway, "GET", path)
        checks.hold(f"{path} tells nobody anything", status == 401, status)
        status, fields, body = ask(here.gateway, "GET", path, [here.bearer])
        checks.hold(f"{path} is not there", status == 404, status)
        checks.hold(
            f"{path} is refused as services refuse",
            fields["content-type"].startswith("application/problem+json"),
            f"{fields['content-type']} {body}",
        )
    status, fields, body = ask(here.gateway, "GET", "/v1/runs")
    checks.hold("nobody", status == 401, status)
    checks.hold("a challenge", fields["www-authenticate"] == "Bearer", fields.as_string())
    checks.hold("a problem", json.loads(body)["code"] == "not-signed-in", body)
    status, fields, _ = ask(here.gateway, "DELETE", "/v1/runs", [here.bearer])
    checks.hold("another method", status == 405 and "POST" in fields["allow"], status)
    for name, path in [("an encoded slash", "/v1/a%2Fb"), ("a NUL", "/v1/%00")]:
        status, _, _ = ask(here.gateway, "GET", path, [here.bearer])
        checks.hold(name, status == 400, status)
    status, _, _ = ask(here.gateway, "GET", "/v1/runs", [here.bearer, ("x_user", "1")])
    checks.hold("a name with an underscore", status == 400, status)
    status, _, _ = ask(here.gateway, "GET", "/v1/runs", [here.bearer, ("x", "a" * 40_000)])
    checks.hold("a field too long", status == 431, status)
    many = [(f"x-{number}", "a") for number in range(80)]
    status, _, _ = ask(here.gateway, "GET", "/v1/runs", [here.bearer] + many)
    checks.hold("too many fields", status == 431, status)
    checks.group("the edge", since)


def streams(checks, here):
    """A run through the gateway, followed live."""
    since = checks.passed
    flow = "version: 1\nid: through\ntasks:\n  one: {run: [echo, through the gateway]}\n"
    status, _, body = ask(
        here.gateway,
        "POST",
        "/v1/workflows",
        [here.bearer, ("Content-Type", "application/yaml")],
        flow.encode(),
    )
    checks.hold("a workflow", status in (200, 201), f"{status} {body}")
    status, _, body = ask(
        here.gateway,
        "POST",
        "/v1/runs",
        [here.bearer, ("Content-Type", "application/json"), ("Idempotency-Key", "gateway")],
        b'{"workflow": "through"}',
    )
    checks.hold("a run", status in (200, 201, 202), f"{status} {body}")
    run = json.loads(body)["id"]
    status, fields, body = ask(
        here.gateway,
        "GET",
        f"/v1/runs/{run}/events",
        [here.bearer, ("Accept", "text/event-stream")],
    )
    checks.hold("events", status == 200 and b"succeeded" in body, f"{status} {body[-300:]}")
    status, _, body = ask(
        here.gateway, "GET", f"/v1/runs/{run}/tasks/one/logs?follow=true", [here.bearer]
    )
    checks.hold("its log", status == 200 and b"through the gateway" in body, f"{status} {body}")
    checks.group("a run and its streams", since)


WORDS = [
    "v1", "runs", "jobs", "workflows", "auth", "whoami", "roles", "users", "tasks", "logs",
    "healthz", "readyz", "openapi.json", "default", "..", ".", "", "%2e%2e", "%2E", "%2e",
    ";x", "x;y=z", "a%20b", "%41", "%7e", "~", "caf%C3%A9", "+", "a+b", "%25", "%252e", "@", ":",
    "!", "$", "&", "'", "(", ")", "*", ",", "=", "%3b", "%3f", "%23", "RUNS", "\\", "%5c", "x",
]


def templates():
    """Paths of routes that read, with places to fill."""
    with open(f"{HERE}/api/openapi.json", encoding="utf-8") as file:
        described = json.load(file)["paths"]
    return sorted(path for path, operations in described.items() if "get" in operations and "{" in path)


def generated(rng, number, known):
    """A path with a mark in it: half of them are routes in odd spellings, half are anything."""
    mark = f"m{number:05}"
    if rng.random() < 0.5:
        words = [rng.choice(WORDS) for _ in range(rng.randint(0, 5))]
        words.insert(rng.randint(0, len(words)), mark)
        head = rng.choice(["/v1/workflows/", "/v1/runs/", "/v1/jobs/", "/v1/users/", "/", "//v1/"])
        return head + "/".join(words)
    parts = rng.choice(known).strip("/").split("/")
    places = [index for index, part in enumerate(parts) if part.startswith("{")]
    for index in places:
        parts[index] = rng.choice([word for word in WORDS if "/" not in word and word]) + "x"
    # The mark stands for itself, or has something odd around it.
    parts[rng.choice(places)] = rng.choice([mark, "%20" + mark, "caf%C3%A9" + mark, "~" + mark])
    for _ in range(rng.randint(0, 2)):
        parts.insert(rng.randint(0, len(parts)), rng.choice(["", ".", "%2e", "x/..", "y/%2e%2e"]))
    return "/" + "/".join(parts)


def paths(checks, here, count, rng):
    """The path that is judged, that which is routed, and that which a service reads are one."""
    since = checks.passed
    known = templates()
    for number in range(count):
        # The mark tells what three logs say of one request from the rest.
        path = generated(rng, number, known)
        try:
            ask(here.gateway, "GET", path, [here.bearer])
        except (ConnectionError, http.client.HTTPException) as error:
            raise Failed(f"{path}: {error}") from error
        if number % 2_000 == 1_999:
            print(f"gateway: {number + 1} paths", file=sys.stderr, flush=True)
    mark = re.compile(r"m(\d{5})(?:[/;]|$)")
    # Logs are written behind the answers.
    time_out = time.monotonic() + 60
    while True:
        routed, judged, answered, refused = {}, {}, {}, 0
        for line in here.log("gateway/access.log").splitlines():
            entry = json.loads(line)
            found = mark.search(entry["path"] or "")
            if found:
                routed[found[1]] = entry
        for line in here.log("iam-0.log").splitlines():
            if "gateway.passed" in line:
                collect(judged, mark, line)
        for service in SERVICES:
            for line in here.log(f"{service}-0.log").splitlines():
                if "http.answered" in line:
                    collect(answered, mark, line)
                refused += "gateway.refused" in line
        if len(routed) >= count * 0.9 or time.monotonic() > time_out:
            break
    for key, entry in routed.items():
        if key in judged:
            checks.hold("judged and routed", judged[key] == entry["path"], f"{judged[key]} {entry}")
        if key in answered:
            checks.hold("read and routed", answered[key] == entry["path"], f"{answered[key]} {entry}")
            # Links carry their own permission: they are public.
            is_public = entry["path"].startswith("/v1/links/")
            checks.hold("answered and judged", (key in judged) != is_public, entry)
    checks.hold("services saw many", len(answered) >= count // 4, len(answered))
    checks.hold("many were judged", len(judged) >= count // 2, len(judged))
    checks.group(
        f"{count} paths: {len(routed)} told, {len(judged)} judged, {len(answered)} answered", since
    )


def collect(into, mark, line):
    path = json.loads(line)["path"]
    found = mark.search(path)
    if found:
        into[found[1]] = path


def away(checks, here):
    """Identity and access stands still, then is gone: nothing gets through."""
    since = checks.passed
    for name, how in [("stands still", signal.SIGSTOP), ("is gone", signal.SIGKILL)]:
        os.kill(here.pid("iam-0"), how)
        before = {service: here.log(f"{service}-0.log").count("http.answered") for service in SERVICES}
        for path in ["/v1/runs", "/v1/jobs", "/v1/auth/whoami", "/v1/artifacts?run=x"] * 5:
            status, _, _ = ask(here.gateway, "GET", path, [here.bearer])
            checks.hold(f"{path} while identity and access {name}", status >= 500, status)
        for service in SERVICES[1:]:
            marked = [
                line for line in here.log(f"{service}-0.log").splitlines()[-200:]
                if "http.answered" in line and '"/v1/runs"' in line
            ]
            checks.hold(f"{service} saw nothing", len(marked) <= before[service], marked)
        if how == signal.SIGSTOP:
            os.kill(here.pid("iam-0"), signal.SIGCONT)
    checks.group("identity and access is away", since)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--paths", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="millrace-gateway-")
    script = f"{HERE}/infra/local/millrace.sh"
    environment = {**os.environ, "GATEWAY": "on", "PROCESSES": PROCESSES, "LOG": "debug"}
    # Short answers: the path of a request that waits for a slow machine is still its path.
    environment["AUTHORIZATION_MS"] = "3000"
    checks = Checks()
    try:
        subprocess.run([script, "start", folder], env=environment, check=True)
        here = Installation(folder)
        entrance(checks, here)
        spoofing(checks, here)
        streams(checks, here)
        paths(checks, here, arguments.paths, random.Random(arguments.seed))
        away(checks, here)
    except Failed as failure:
        print(f"gateway: {failure}", file=sys.stderr)
        print(f"gateway: {folder} holds the logs", file=sys.stderr)
        return 1
    finally:
        if not arguments.keep:
            subprocess.run([script, "stop", folder], check=False)
    print(f"gateway: {checks.passed} checks passed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
