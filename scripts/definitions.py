#!/usr/bin/env python3
"""Holds api/workflow.schema.json against the definitions of the tests.

What Millrace takes, the schema takes; what breaks the structure, it refuses. YAML is read by the core
schema of YAML 1.2, as Millrace reads it.
"""

import json
import pathlib
import re
import sys

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "api" / "workflow.schema.json"

# Findings about the structure, which a schema can know. All others are about what names, texts and
# expressions mean.
STRUCTURE = {
    "conflicting-keys", "empty-document", "invalid-address", "invalid-duration", "invalid-name",
    "invalid-url", "missing-key",
    "missing-work", "out-of-range", "reserved-name", "too-many", "unknown-key", "unknown-word",
    "unsupported-version", "wrong-type",
}
# What has such a code and is still beyond a schema.
BEYOND = {
    # Lengths of time are compared as numbers.
    "103-duration-too-long.yaml", "104-duration-zero.yaml",
}

INTEGER = re.compile(r"[-+]?[0-9]+")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class Core(yaml.SafeLoader):
    """Plain scalars by the core schema, keys as they are written."""

    def construct_scalar_value(self, node):
        if not isinstance(node, yaml.ScalarNode):
            return self.construct_object(node, deep=True)
        text = node.value
        if node.style is not None:
            return text
        if text in ("", "~", "null", "Null", "NULL"):
            return None
        if text.lower() in ("true", "false") and text in (text.lower(), text.title(), text.upper()):
            return text.lower() == "true"
        if INTEGER.fullmatch(text):
            return int(text)
        return float(text) if NUMBER.fullmatch(text) else text


def scalar(loader, node):
    return loader.construct_scalar_value(node)


def mapping(loader, node):
    members = {}
    for key, value in node.value:
        members[key.value] = loader.construct_object(value, deep=True)
    return members


Core.yaml_implicit_resolvers = {}
Core.add_constructor("tag:yaml.org,2002:str", scalar)
Core.add_constructor("tag:yaml.org,2002:map", mapping)


def expectations(path):
    """The codes of the findings that the leading comments name."""
    codes = []
    for line in path.read_bytes().decode("utf-8", "replace").splitlines():
        if not line.startswith("# "):
            break
        if line.startswith("# expect: "):
            codes.append(line.split()[2])
    return codes


def first_error(validator, path):
    return next(validator.iter_errors(yaml.load(path.read_bytes(), Core)), None)


def main():
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    faults = []
    files = {kind: sorted((ROOT / "Tests/Definitions" / kind).glob("*.yaml"))
             for kind in ("good", "broken")}
    taken = files["good"] + sorted((ROOT / "examples").rglob("*.yaml"))
    for path in taken:
        error = first_error(validator, path)
        if error is not None:
            faults.append(f"{path.name} is good, and refused at {error.json_path}: {error.message}")
    refused = 0
    for path in files["broken"]:
        codes = expectations(path)
        try:
            error = first_error(validator, path)
        except (yaml.YAMLError, ValueError, AttributeError, TypeError):
            continue
        if error is not None:
            refused += 1
        if error is None and STRUCTURE.intersection(codes) and path.name not in BEYOND:
            faults.append(f"{path.name} has {codes}, and is taken")
        if error is not None and path.name in BEYOND:
            faults.append(f"{path.name} is refused: it is not beyond the schema")
        if error is not None and not STRUCTURE.intersection(codes):
            faults.append(f"{path.name} has {codes}, and is refused at {error.json_path}")
    for fault in faults:
        print(f"definitions: {fault}", file=sys.stderr)
    print(f"definitions: {len(taken)} taken, {refused} of {len(files['broken'])} refused")
    if refused < 60:
        print("definitions: the schema refuses next to nothing", file=sys.stderr)
        return 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
