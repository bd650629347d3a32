#!/usr/bin/env python3
"""Calls every operation of our API at least once with success, and holds each answer against
api/openapi.json: status, content type, header fields, and a body without members that are not
described.

usage: api_scene.py URL TOKEN-FILE
"""

import json
import sys
import time

import api_description
from api_description import Fault

PASSWORD = "seven rivers run east"

HELLO = """
version: 1
id: hello
description: what the scene runs
labels: {team: scene}
inputs: {who: {type: string, default: world}}
tasks:
  say:
    script: |
      echo "hello $WHO"; echo "not so well" >&2
      echo "n=1" >> "$MILLRACE_OUTPUTS"; echo file > out.txt
    env: {WHO: "${{ inputs.who }}"}
    outputs: {n: integer}
    artifacts: [{path: out.txt, name: out}]
  each: {needs: [say], forEach: [1, 2], run: [echo, "${{ item }}"]}
finally:
  last: {run: echo "the end"}
"""
BROKEN = """
id: broken
tasks:
  bad: {run: sh -c 'exit 3', retry: {attempts: 2, backoff: {initial: 10ms}}}
  after: {needs: [bad], run: "true"}
"""
SLOW = """
id: slow
tasks:
  a: {run: sleep 60, timeout: {grace: 1s}}
  b: {needs: [a], run: "true"}
  c: {needs: [a], run: "true"}
"""


def until(look, what, within=20):
    """Looks again and again until there is something to see."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        seen = look()
        if seen:
            return seen
        time.sleep(0.05)
    raise Fault(f"{what}: not within {within} s")


class Scene:
    def __init__(self, client):
        self.client = client
        self.call = client.call
        # What there is afterwards, for those who go on from here.
        self.made = {}

    def play(self):
        self.documents()
        self.people()
        self.accounts()
        self.definitions()
        self.runs()
        self.commands()
        self.history()
        self.artifacts()
        self.large_file()
        self.notifications()
        self.call("rotateKeys", 204)
        missing = set(self.client.description.operations) - self.client.succeeded
        if missing:
            raise Fault(f"these operations never succeeded: {', '.join(sorted(missing))}")

    def documents(self):
        for operation in ("livez", "readyz", "healthz", "openapi", "workflowSchema", "keySet"):
            self.call(operation, 200, token=None)
        self.call("metrics", 200)
        served = self.call("openapi", 200, token=None).json
        if served != self.client.description.document:
            raise Fault("the server describes another API than api/openapi.json")

    def people(self):
        ann = {"name": "ann", "password": PASSWORD}
        self.call("register", 201, ann, token=None)
        self.call("register", 409, ann, token=None)
        pair = self.call("logIn", 200, ann, token=None)
        pair = self.call("refreshSignIn", 200, {"refreshToken": pair["refreshToken"]}, token=None)
        access = pair["accessToken"]
        self.call("whoAmI", 200, token=access)
        order = {"label": "a label", "expiresIn": "1h", "scopes": ["run:read"]}
        self.call("createToken", 403, order, token=access)
        self.call("grantRole", 200, {"role": "author"}, path={"subject": "ann"})
        access = self.call("logIn", 200, ann, token=None)["accessToken"]
        token = self.call("createToken", 201, order, token=access)
        self.call("listTokens", 200, token=access)
        self.call("withdrawToken", 204, path={"token": token["id"]}, token=access)
        change = {"password": PASSWORD, "newPassword": PASSWORD + " again"}
        self.call("changePassword", 204, change, token=access)
        ann["password"] += " again"
        access = self.call("logIn", 200, ann, token=None)["accessToken"]
        self.call("logOut", 204, token=access)
        for operation in ("listUsers", "listRoles", "listGrants", "whoAmI", "listNamespaces"):
            self.call(operation, 200)
        self.call("createUser", 201, {"name": "ben", "password": PASSWORD})
        for operation in ("getUser", "disableUser", "enableUser", "logUserOut"):
            self.call(operation, 200, path={"user": "ben"})
        self.call("setPassword", 204, {"password": PASSWORD}, path={"user": "ben"})
        self.call("grantRole", 200, {"role": "viewer"}, path={"subject": "ben"})
        self.call("withdrawRole", 204, path={"subject": "ben"})
        invitation = self.call("createInvitation", 201, {"roles": {"default": "viewer"}})
        self.call("withdrawInvitation", 204, path={"invitation": invitation["id"]})
        for query in ({}, {"limit": 1}, {"outcome": "refused"}):
            self.call("listAudit", 200, query=query)

    def accounts(self):
        self.call("createNamespace", 201, {"name": "pay", "description": "for the scene"})
        here = {"namespace": "pay"}
        self.call("getNamespace", 200, path=here)
        self.call("grantRoleInNamespace", 200, {"role": "runner"}, path=here | {"subject": "ben"})
        self.call("listGrantsInNamespace", 200, path=here)
        self.call("withdrawRoleInNamespace", 204, path=here | {"subject": "ben"})
        order = {"name": "ci", "description": "builds"}
        self.call("createServiceAccount", 201, order, path=here)
        account = here | {"account": "ci"}
        self.call("listServiceAccounts", 200, path=here)
        for operation in ("getServiceAccount", "disableServiceAccount", "enableServiceAccount"):
            self.call(operation, 200, path=account)
        token = self.call("createServiceAccountToken", 201, {"namespace": "pay"}, path=account)
        self.call("whoAmI", 200, token=token["token"])
        self.call("listServiceAccountTokens", 200, path=account)
        self.call("withdrawServiceAccountToken", 204, path=account | {"token": token["id"]})
        secret = here | {"secret": "DEPLOY_KEY"}
        self.call("setSecret", 201, {"value": "correct horse"}, path=secret)
        self.call("setSecret", 200, {"value": "battery staple"}, path=secret)
        self.call("setSecret", 422, {"value": "short"}, path=secret)
        self.call("getSecret", 200, path=secret)
        self.call("listSecrets", 200, path=here)
        self.call("removeSecret", 204, path=secret)
        self.call("getSecret", 404, path=secret)
        self.call("listAuditInNamespace", 200, path=here)

    def apply(self, text, expect=201, **query):
        return self.call("applyWorkflow", expect, content=text.encode(), query=query,
                         fields={"Content-Type": "application/yaml"})

    def definitions(self):
        hello = {"namespace": "default", "workflow": "hello"}
        self.apply(HELLO, 200, dryRun="true")
        self.apply("id: broken", 422)
        for text in (HELLO, BROKEN, SLOW):
            self.apply(text)
        self.apply(HELLO, 200)
        # A setting that other settings make useless is warned of.
        self.apply("id: odd\ntasks: {a: {run: x, timeout: {attempt: 2m, total: 1m}}}")
        self.call("listWorkflows", 200)
        self.call("listWorkflows", 200, query={"limit": 1, "name": "h", "label.team": "scene"})
        for operation in ("getWorkflow", "listVersions", "getSource"):
            answer = self.call(operation, 200, path=hello)
            if tag := answer.fields.get("etag"):
                self.call(operation, 304, path=hello, fields={"If-None-Match": tag})
        if "link" not in self.call("listWorkflows", 200, query={"limit": 1}).fields:
            raise Fault("a page of many has no link to the next one")
        self.call("deleteWorkflow", 204, path=hello | {"workflow": "odd"})
        self.call("getWorkflow", 404, path=hello | {"workflow": "odd"})

    def start(self, workflow, wait="20s", **order):
        return self.call("startRun", 202, {"workflow": workflow, **order}, query={"wait": wait})

    def runs(self):
        run = self.start("hello", inputs={"who": "you"}, labels={"by": "scene"})
        here = {"run": run["id"]}
        self.made["run"] = run["id"]
        if run["state"] != "succeeded":
            raise Fault(f"the run is {run['state']}")
        failed = self.start("broken")
        self.made["failed"] = failed["id"]
        self.call("listRuns", 200)
        summary = {"namespace": "default", "workflow": "hello"}
        self.call("summariseWorkflow", 200, path=summary)
        self.call("summariseWorkflow", 200, path=summary, query={"runs": 1})
        self.call("listRuns", 200, query={"state": "failed", "workflow": "broken", "limit": 1})
        for ended in (here, {"run": failed["id"]}):
            for operation in ("getRun", "listTasks", "explainRun"):
                self.call(operation, 200, path=ended)
        events = self.call("followRun", 200, path=here).bytes.decode()
        kinds = {"run": "Run", "task": "Task"}
        for event in filter(None, events.split("\n\n")):
            members = dict(line.split(": ", 1) for line in event.split("\n"))
            if members["event"] in kinds:
                self.client.description.check(
                    kinds[members["event"]], json.loads(members["data"]), "an event")
        self.logs(here)
        self.call("rerunRun", 202, {"mode": "failed", "reason": "again"},
                  path={"run": failed["id"]})
        order = {"runs": [run["id"], failed["id"]], "mode": "all"}
        self.call("rerunRuns", 202, order)
        self.call("rerunRuns", 202, {"workflow": "broken", "limit": 1})

    def logs(self, run):
        attempt = run | {"task": "say", "attempt": 1}
        ways = (("runLog", run), ("taskLog", run | {"task": "say"}), ("attemptLog", attempt))
        for operation, path in ways:
            for form in ("text/plain", "application/x-ndjson", "text/event-stream"):
                log = self.call(operation, 200, path=path, fields={"Accept": form},
                                query={"follow": "true"})
                if form == "application/x-ndjson":
                    lines = list(filter(None, log.bytes.decode().splitlines()))
                    for line in lines:
                        self.client.description.check("LogLine", json.loads(line), "a line")
                    if not lines:
                        raise Fault(f"{operation}: no lines")
        self.call("taskLog", 406, path=run | {"task": "say"}, fields={"Accept": "image/png"})

    def state(self, run, *states):
        return until(
            lambda: self.call("getRun", 200, path={"run": run})["state"] in states,
            f"run {run} in {' or '.join(states)}")

    def commands(self):
        run = self.start("slow", "1ms")["id"]
        here = {"run": run}
        self.state(run, "running")
        self.call("pauseRun", 202, {"reason": "a pause"}, path=here)
        self.state(run, "paused")
        self.call("getRun", 200, path=here)
        self.call("explainRun", 200, path=here)
        self.call("pauseRun", 409, path=here)
        self.call("skipTask", 202, {"reason": "by hand"}, path=here | {"task": "b"})
        self.call("setTaskState", 202, {"state": "succeeded"}, path=here | {"task": "c"})
        self.call("setTaskState", 400, {"state": "done"}, path=here | {"task": "c"})
        self.call("resumeRun", 202, path=here)
        self.state(run, "running")
        self.call("cancelRun", 202, path=here)
        other = self.start("slow", "1ms")["id"]
        self.call("killRun", 202, path={"run": other})
        for ended in (run, other):
            self.state(ended, "cancelled")
            self.call("listTasks", 200, path={"run": ended})

    def history(self):
        run = self.made["run"]
        until(lambda: any(job["id"] == run for job in self.call("listJobs", 200)["items"]),
              "the run in the history")
        self.call("listJobs", 200, query={"state": "succeeded", "label.by": "scene"})
        for job in (run, self.made["failed"]):
            def ended():
                return self.call("getJob", 200, path={"run": job}).json.get("endedAt")
            until(ended, f"the end of {job} in the history")
            self.call("listJobTasks", 200, path={"run": job})

    def artifacts(self):
        run = {"run": self.made["run"]}
        self.call("listRunArtifacts", 200, path=run, query={"task": "say", "state": "any"})
        file = self.call("putRunArtifact", 201, content=b"some bytes", query={"path": "a/b.txt"},
                         path=run | {"name": "b.txt"})
        self.call("putRunArtifact", 200, content=b"some bytes", query={"path": "a/b.txt"},
                  path=run | {"name": "b.txt"})
        self.call("putRunArtifact", 409, content=b"others", query={"path": "a/b.txt"},
                  path=run | {"name": "b.txt"})
        here = {"artifact": file["id"]}
        self.made["artifact"] = file["id"]
        self.call("getArtifact", 200, path=here)
        self.call("getContent", 200, path=here)
        self.call("getContent", 206, path=here, fields={"Range": "bytes=0-3"})
        self.call("getContent", 416, path=here, fields={"Range": "bytes=50-"})
        self.call("getContent", 304, path=here, fields={"If-None-Match": "*"})
        link = self.call("downloadLink", 201, {"expiresIn": "60s"}, path=here)
        self.call("followLink", 200, path=here, query=self.signature(link), token=None)
        self.call("followLink", 403, path=here, token=None)
        order = {"name": "c.txt", "size": 2, "contentType": "text/plain"}
        for operation in ("putContent", "putByLink"):
            pending = self.call("createArtifact", 201, order)
            self.call("getContent", 409, path={"artifact": pending["id"]})
            if operation == "putContent":
                self.call(operation, 200, content=b"ab", path={"artifact": pending["id"]})
                continue
            link = self.call("uploadLink", 201, path={"artifact": pending["id"]})
            self.call(operation, 200, content=b"ab", path={"artifact": pending["id"]},
                      query=self.signature(link), token=None)
        self.call("listArtifacts", 200, query={"state": "ready"})
        self.call("deleteArtifact", 204, path={"artifact": pending["id"]})
        self.call("getArtifact", 404, path={"artifact": pending["id"]})

    @staticmethod
    def signature(link):
        return dict(pair.split("=", 1) for pair in link["url"].split("?")[1].split("&"))

    def large_file(self):
        size = 40 << 20
        pending = self.call("createArtifact", 201, {"name": "large", "size": size})
        here = {"artifact": pending["id"]}
        step = pending["partBytes"]
        for number in range(pending["parts"]):
            length = min(step, size - number * step)
            self.call("putPart", 204, content=bytes(length), path=here | {"part": number + 1})
        self.call("completeArtifact", 200, path=here)

    def notifications(self):
        order = {"name": "bot", "webhook": {"url": "http://127.0.0.1:9/in?key=secret"},
                 "events": ["failed"], "labels": {"team": "scene"}, "workflows": ["hello"],
                 "description": "nobody listens there"}
        made = self.call("createSubscription", 201, order)
        self.call("createSubscription", 409, order)
        here = {"subscription": made["id"]}
        self.made["subscription"] = made["id"]
        self.call("listSubscriptions", 200)
        for operation in ("getSubscription", "rotateSecret", "pauseSubscription",
                          "resumeSubscription"):
            self.call(operation, 200, path=here)
        self.call("changeSubscription", 200, {"description": "changed"}, path=here)
        sent = self.call("testSubscription", 202, path=here)["deliveries"][0]["id"]
        self.made["delivery"] = sent

        def tried():
            return self.call("getDelivery", 200, path={"delivery": sent})["state"] == "waiting"
        until(tried, "an attempt to send")
        self.call("listDeliveries", 200, query={"subscription": "bot"})

        def again():
            # Not while it is being sent.
            answer = self.call("redeliver", (202, 409), path={"delivery": sent})
            return answer.status == 202
        until(again, "a message sent again")
        self.call("createSubscription", 422, {"name": "people", "email": ["a@example.org"]})
        self.call("createSubscription", 201, order | {"name": "other"})
        self.call("deleteSubscription", 204, path={"subscription": "other"})


def main():
    url, file = sys.argv[1:]
    with open(file, encoding="utf-8") as opened:
        token = json.load(opened)["token"]
    client = api_description.Client(api_description.Description(), url, token)
    try:
        Scene(client).play()
    except Fault as fault:
        print(f"scene: {fault}", file=sys.stderr)
        return 1
    print(f"scene: {client.calls} passed, {len(client.succeeded)} operations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
