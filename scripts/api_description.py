"""The description of our API, as those use it who test a running server with it."""

import copy
import json
import pathlib
import re
import urllib.error
import urllib.parse
import urllib.request

import jsonschema
import referencing
import referencing.jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

formats = jsonschema.FormatChecker(formats=[])
formats.checks("date-time")(
    lambda value: not isinstance(value, str) or INSTANT.fullmatch(value) is not None)


class Fault(Exception):
    """What a server answered is not what the description says."""


def load():
    return json.loads((ROOT / "api" / "openapi.json").read_text())


def close(part):
    """Lets no object have members that are not described. Clients pass over them; tests do not."""
    if isinstance(part, dict):
        if part.get("type") == "object" and "properties" in part:
            part.setdefault("additionalProperties", False)
        for inner in part.values():
            close(inner)
    elif isinstance(part, list):
        for inner in part:
            close(inner)


class Description:
    def __init__(self):
        self.document = load()
        self.closed = copy.deepcopy(self.document)
        close(self.closed)
        resource = referencing.Resource.from_contents(
            self.closed, default_specification=referencing.jsonschema.DRAFT202012)
        self.registry = referencing.Registry().with_resource("urn:api", resource)
        self.operations = {}
        for template, methods in self.closed["paths"].items():
            for method, operation in methods.items():
                self.operations[operation["operationId"]] = (method.upper(), template, operation)
        # A checker that lets everything through would be no test.
        try:
            self.check("Health", {"status": "ok", "surprise": 1})
        except Fault:
            return
        raise Fault("unknown members are not noticed")

    def resolved(self, part):
        while "$ref" in part:
            target = self.closed
            for step in part["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            part = target
        return part

    def check(self, schema, value, what="it"):
        """Holds a value against a component's schema, by name, or any other schema."""
        if isinstance(schema, str):
            schema = {"$ref": f"#/components/schemas/{schema}"}
        rooted = json.loads(json.dumps(schema).replace('"#/', '"urn:api#/'))
        validator = jsonschema.Draft202012Validator(
            rooted, registry=self.registry, format_checker=formats)
        error = jsonschema.exceptions.best_match(validator.iter_errors(value))
        if error is not None:
            raise Fault(f"{what}: {error.json_path}: {error.message}")

    def judge(self, operation, answer):
        """Holds an answer against what its operation may answer."""
        _, _, described = self.operations[operation]
        what = f"{operation} {answer.status}"
        if str(answer.status) not in described["responses"]:
            raise Fault(f"{what}: the status is not described: {answer.bytes[:300]!r}")
        response = self.resolved(described["responses"][str(answer.status)])
        for name, header in response.get("headers", {}).items():
            header = self.resolved(header)
            value = answer.fields.get(name.lower())
            if value is None and header.get("required"):
                raise Fault(f"{what}: the field {name} is missing")
            if value is not None and not re.search(header["schema"].get("pattern", ""), value):
                raise Fault(f"{what}: the field {name} is {value!r}")
        content = response.get("content")
        if content is None:
            if answer.bytes:
                raise Fault(f"{what}: it has a body")
            return
        kind = answer.fields.get("content-type", "").split(";")[0]
        form = content.get(kind) or content.get("*/*")
        if form is None:
            raise Fault(f"{what}: the content type {kind!r} is not described")
        if kind in content and (kind == "application/json" or kind.endswith("+json")):
            self.check(form["schema"], answer.json, what)


class Answer:
    def __init__(self, status, fields, body):
        self.status = status
        self.fields = {name.lower(): value for name, value in fields.items()}
        self.bytes = body

    @property
    def json(self):
        return json.loads(self.bytes)

    def __getitem__(self, name):
        return self.json[name]


class Client:
    """Calls operations by their ids, and judges every answer."""

    def __init__(self, description, url, token):
        self.description = description
        self.url = url
        self.token = token
        self.succeeded = set()
        self.calls = 0

    def call(self, operation, expect, body=None, *, path=None, query=None, fields=None,
             content=None, token=...):
        method, template, _ = self.description.operations[operation]
        address = template
        for name, value in (path or {}).items():
            address = address.replace("{" + name + "}", urllib.parse.quote(str(value), safe=""))
        if query:
            address += "?" + urllib.parse.urlencode(query)
        fields = dict(fields or {})
        token = self.token if token is ... else token
        if token:
            fields["Authorization"] = f"Bearer {token}"
        if body is not None:
            content = json.dumps(body).encode()
            fields["Content-Type"] = "application/json"
        answer = self.send(method, self.url + address, fields, content)
        self.description.judge(operation, answer)
        if answer.status not in (expect if isinstance(expect, tuple) else (expect,)):
            raise Fault(f"{operation}: {answer.status} instead of {expect}: {answer.bytes[:300]!r}")
        if answer.status < 300:
            self.succeeded.add(operation)
        self.calls += 1
        return answer

    def send(self, method, url, fields, content):
        request = urllib.request.Request(url, data=content, headers=fields, method=method)
        if content is not None and "Content-Type" not in fields:
            request.add_header("Content-Type", "application/octet-stream")
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return Answer(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as reply:
            return Answer(reply.code, reply.headers, reply.read())
