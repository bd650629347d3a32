#!/usr/bin/env python3
"""Reads every file of infra/ that is YAML or JSON, and holds together what names the same thing in two
places: alerts and their runbooks and tests, images and their pins, the limits of containers."""

import glob
import json
import os
import re
import sys

import yaml

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def documents(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file) if path.endswith(".json") else list(yaml.safe_load_all(file))


def fail(what):
    sys.exit(f"infra: {what}")


def alerts():
    """Every alert has a page and a test, and there is no page or test of one that is not there."""
    names = []
    for path in glob.glob(f"{HERE}/infra/prometheus/rules/*.yaml"):
        for group in documents(path)[0]["groups"]:
            for rule in group["rules"]:
                names.append(rule["alert"])
                anchor = f"docs/operations.md#{rule['alert'].lower()}"
                if rule["annotations"]["runbook"] != anchor:
                    fail(f"{rule['alert']} names the runbook {rule['annotations']['runbook']}")
    with open(f"{HERE}/docs/operations.md", encoding="utf-8") as file:
        pages = re.findall(r"^### (Millrace\w+)$", file.read(), re.M)
    tested = set()
    for path in glob.glob(f"{HERE}/infra/prometheus/tests/*.yaml"):
        for test in documents(path)[0]["tests"]:
            for case in test["alert_rule_test"]:
                if case["exp_alerts"]:
                    tested.add(case["alertname"])
    if sorted(pages) != sorted(names) or tested != set(names):
        fail(f"alerts {sorted(names)}, pages {sorted(pages)}, tests {sorted(tested)}")
    return len(names)


def metrics():
    """Alerts and dashboards ask only for metrics that docs/metrics.md lists."""
    with open(f"{HERE}/docs/metrics.md", encoding="utf-8") as file:
        known = set(re.findall(r"^\| `([a-z_]+)`", file.read(), re.M))
    used = set()
    paths = glob.glob(f"{HERE}/infra/prometheus/rules/*.yaml")
    for path in paths + glob.glob(f"{HERE}/infra/grafana/dashboards/*.json"):
        with open(path, encoding="utf-8") as file:
            used |= set(re.findall(r"\b((?:millrace|process)_[a-z_]+)\b", file.read()))
    unknown = {
        name for name in used if re.sub(r"_(bucket|count|sum)$", "", name) not in known
        and name not in known
    }
    if unknown:
        fail(f"docs/metrics.md does not know {sorted(unknown)}")
    return len(used)


def containers():
    """None runs as root with everything open, none is whatever is newest, none holds the engine."""
    composed = documents(f"{HERE}/compose.yml")[0]["services"]
    for name, body in composed.items():
        if ":latest" in body["image"] or ":" not in body["image"]:
            fail(f"{name} is of no version: {body['image']}")
        if body["cap_drop"] != ["ALL"] or "mem_limit" not in body or "user" not in body:
            fail(f"{name} is not contained")
        if not body["read_only"] and name != "kafka":
            fail(f"{name} may write to its image")
        if "docker.sock" in json.dumps(body):
            fail(f"{name} holds the engine")
        for port in body.get("ports", []):
            if not port.startswith("127.0.0.1:"):
                fail(f"{name} listens for everybody: {port}")
        for variable in body.get("environment", {}):
            if "PASSWORD" in variable and not variable.endswith("_FILE"):
                fail(f"{name} has a password among its variables: {variable}")
    return len(composed)


def host_differs_only_where_it_must():
    """compose.host.yml is compose.yml but for conditions, limits, networks, ports and addresses."""
    composed = documents(f"{HERE}/compose.yml")[0]["services"]
    host = documents(f"{HERE}/infra/compose.host.yml")[0]["services"]
    free = {
        "depends_on", "mem_limit", "cpus", "pids_limit", "networks", "network_mode", "build",
        "profiles", "secrets", "volumes", "environment",
    }
    # Addresses and ports, by what they are: everything else is the same word.
    moved = {"MILLRACE_HOST", "MILLRACE_PORT", "MILLRACE_PEERS", "MILLRACE_KAFKA", "MILLRACE_MAIL",
             "MILLRACE_OTLP", "MILLRACE_WORKERS_URL"}
    for name, body in host.items():
        theirs = composed[name]
        for key in set(body) ^ set(theirs) | {key for key in body if body[key] != theirs.get(key)}:
            if key not in free:
                fail(f"{name} of compose.host.yml differs in {key}")
        here, there = body["environment"], theirs["environment"]
        if set(here) != set(there):
            fail(f"{name} has other variables in compose.host.yml")
        differing = {key for key in here if here[key] != there[key]}
        if not differing <= moved:
            fail(f"{name} differs in {sorted(differing - moved)}")
        mounted = {volume.split(":")[1].rsplit("/", 1)[1] for volume in body["volumes"]
                   if volume.startswith("${SECRETS}")}
        if mounted != set(theirs["secrets"]):
            fail(f"{name} reads other secrets in compose.host.yml")
    return len(host)


def main():
    count = 0
    for path in glob.glob(f"{HERE}/infra/**/*", recursive=True) + [f"{HERE}/compose.yml"]:
        if path.endswith((".yaml", ".yml", ".json")):
            documents(path)
            count += 1
    print(
        f"infra: {count} files, {alerts()} alerts with page and test, {metrics()} metrics in use, "
        f"{containers()} containers, {host_differs_only_where_it_must()} of them on the host"
    )


if __name__ == "__main__":
    main()
