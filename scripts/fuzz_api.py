#!/usr/bin/env python3
"""Tests a running server with requests that schemathesis makes of api/openapi.json, as each role.

Before, it plays the scene of api_scene.py, so that requests meet things that exist. Looked for are
server errors, and answers whose status, content type, header fields or body are not described; as an
administrator also requests that break the description and are taken, methods that are not refused,
and doors that open without credentials.

usage: fuzz_api.py URL TOKEN-FILE [--short] [--seed N]
"""

import argparse
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

import api_description
from api_description import Fault
from api_scene import PASSWORD, Scene

ROLES = ("viewer", "runner", "author", "admin")
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance",
)
# Beyond what every role is tested for.
ADMIN_CHECKS = ("negative_data_rejection", "unsupported_method", "ignored_auth")
SHORT_ROLES = ("nobody", "runner", "admin")
EXAMPLES_MIN = {"long": 5_000, "short": 300}

# Of a definition that is good; others would run what they happen to say.
DEFINITION = {"id": "fuzz", "tasks": {"a": {"run": ["true"]}}}
# TRACE is not known to the server, which says so with 501 (RFC 9110 §9.1).
SETTINGS = """
[phases.coverage]
unexpected-methods = ["GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"]
"""


def aimed(description, made):
    """The description, with half of all ids those of things that exist, and without what would wait,
    send or never end."""
    document = copy.deepcopy(description.closed)
    schemas = document["components"]["schemas"]
    ids = {
        "RunID": [made["run"], made["failed"]], "ArtifactID": made["artifacts"],
        "SubscriptionID": [made["subscription"]], "DeliveryID": [made["delivery"]],
        "Name": ["default", "pay", "hello", "broken", "ben", "ci", "fuzz"],
        "TaskKey": ["say", "bad", "each[1]"],
    }
    for name, known in ids.items():
        schemas[name] = {"anyOf": [{"enum": known}, schemas[name]]}
    schemas["WebhookOrder"]["properties"]["url"] = {"enum": ["http://127.0.0.1:9/in"]}
    parameters = document["components"]["parameters"]
    parameters["wait"]["schema"] = {"enum": ["1ms", "100ms", "2m"]}
    parameters["follow"]["schema"] = {"enum": [False]}
    content = document["paths"]["/v1/workflows"]["post"]["requestBody"]["content"]
    content["application/json"]["schema"] = {"anyOf": [{"enum": [DEFINITION]}, {"type": "object"}]}
    # A stream that ends with its run.
    del document["paths"]["/v1/runs/{run}/events"]
    return document


def tokens(client):
    """One token for each role, of a user who holds it in the whole installation."""
    found = {"nobody": None}
    for role in ROLES:
        user = {"name": f"the-{role}", "password": PASSWORD}
        client.call("createUser", 201, user)
        client.call("grantRole", 200, {"role": role}, path={"subject": user["name"]})
        access = client.call("logIn", 200, user, token=None)["accessToken"]
        found[role] = client.call("createToken", 201, {"expiresIn": "1d"}, token=access)["token"]
    return found


def more_artifacts(client):
    """Some with content and some without, as requests delete them."""
    found = []
    for number in range(20):
        order = {"name": f"f{number}.txt", "size": 2}
        pending = client.call("createArtifact", 201, order)
        if number % 2 == 0:
            client.call("putContent", 200, content=b"ab", path={"artifact": pending["id"]})
        found.append(pending["id"])
    return found


def run(document, work, url, role, token, options):
    """Lets schemathesis test as one role. Answers how many requests it made; minus one when one of
    them was not answered as described."""
    report = work / f"{role}.json"
    checks = CHECKS + (ADMIN_CHECKS if role == "admin" else ())
    phases, examples = ("fuzzing", 2) if options.short else ("coverage,fuzzing", 10)
    command = [
        pathlib.Path(sys.executable).parent / "schemathesis", "--config-file",
        work / "settings.toml", "run", document, "--url", url, "--checks", ",".join(checks),
        "--phases", phases, "--max-examples", str(examples), "--seed", str(options.seed),
        "--continue-on-failure", "--request-timeout", "30", "--no-color", "--warnings", "off",
        "--suppress-health-check", "all", "--report", "json", "--report-json-path", report,
    ]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, cwd=work)
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        return -1
    return json.loads(report.read_text())["test_cases"]["generated"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("token_file")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    token = json.loads(pathlib.Path(options.token_file).read_text())["token"]
    description = api_description.Description()
    client = api_description.Client(description, options.url, token)
    scene = Scene(client)
    try:
        scene.play()
        print(f"scene: {client.calls} passed, {len(client.succeeded)} operations", flush=True)
        scene.made["artifacts"] = [scene.made["artifact"]] + more_artifacts(client)
        known = tokens(client)
    except Fault as fault:
        print(f"scene: {fault}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        (work / "settings.toml").write_text(SETTINGS)
        document = work / "openapi.json"
        document.write_text(json.dumps(aimed(description, scene.made)))
        counts = {}
        for role, credentials in known.items():
            if options.short and role not in SHORT_ROLES:
                continue
            counts[role] = run(document, work, options.url, role, credentials, options)
            print(f"fuzz: {role}: {counts[role]} requests", flush=True)
    if min(counts.values()) < 0:
        return 1
    total = sum(counts.values())
    print(f"fuzz: {total} passed")
    if total < EXAMPLES_MIN["short" if options.short else "long"]:
        print("fuzz: these are too few to count", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
