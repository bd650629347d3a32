#!/usr/bin/env python3
"""Runs the platform, all services in one process, on servers that speak TLS alone, and says whether
it talks to them by certificates that it has verified, and to nobody whom it cannot verify.

usage: tls_check.py [--runs 20] [--keep]

The servers are PostgreSQL, whose rules let nobody in without TLS; SecantusDB, which speaks the
protocol of MongoDB; and the broker noida-db, which speaks no TLS: scripts/servers/tls_front.py does
before it. MILLRACE is the program, BROKERFRONT the tool in front of the broker (default: the debug
build). With --keep the folder stays. Prints one line of JSON with what was done, and fails when one
of these does not hold:

 - `admin migrate` and `admin topics apply` succeed with the authority of the servers' certificates,
   before anything is refused and after it.
 - Every run succeeds, and history has it with every line of its tasks.
 - The database knows every connection of the platform as one by TLS; the broker's front has some.
 - `admin migrate`, for each database alone, and `admin topics apply` fail within 60 s and say that
   it is for the certificate: with another authority, and by a name that is not in the certificate.
 - They fail within 60 s in the clear. Nobody of these agrees to the certificate of the broker.
"""

import argparse
import collections
import importlib.util
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import stack_check
import stack_run
from stack_check import Failed

FRONT = os.environ.get("BROKERFRONT", f"{stack_run.HERE}/.build/debug/brokerfront")
SERVICES = ["iam", "workflow", "scheduler", "worker", "metadata", "artifact", "notification"]
SERVERS = ["postgresql", "mongodb", "kafka"]
# Where the broker listens itself; its fronts have 127.0.0.1.
BROKER_HOST = "127.0.0.2"
REFUSED_WITHIN_S = 60
SETTLED_WITHIN_S = 60
MESSAGE_MAX = 500
LINES = {"first": ["line 1", "line 2", "line 3"], "second": ["line 4", "line 5", "line 6"]}
FLOW = """version: 1
id: tls-lines
tasks:
  first: {run: [seq, -f, line %g, "1", "3"]}
  second: {needs: [first], run: [seq, -f, line %g, "4", "6"]}
"""
# Ways to come to a server that it must not take, or that must not take it.
STRANGE, MISNAMED, PLAIN = "another authority", "another name", "in the clear"
# These name 127.0.0.1, and stand in no certificate.
OTHER_NAMES = {"postgresql": "other.example", "mongodb": "127.1", "kafka": "127.1"}


def say(text):
    print(f"tls-check: {text}", file=sys.stderr, flush=True)


def is_open(host, port):
    with socket.socket() as one:
        return one.connect_ex((host, port)) == 0


class SecureStack(stack_run.Stack):
    """The platform in one process, on servers that speak TLS alone."""

    def __init__(self, folder):
        super().__init__(folder)
        self.ports = {}
        self.platform = None
        # It ends with its standard input, which is held here.
        self.front = None

    def up(self):
        self.make_folders()
        os.makedirs(f"{self.folder}/kafka")
        for authority in ("trusted", "strange"):
            stack_run.output(
                stack_run.PROGRAM, "admin", "certs", "--to", f"{self.folder}/{authority}", *SERVERS
            )
            with open(f"{self.folder}/{authority}.settings", "w", encoding="ascii") as file:
                file.write(
                    "# What librdkafka needs for TLS.\nsecurity.protocol=ssl\n"
                    f"ssl.ca.location={self.folder}/{authority}/ca.pem\n"
                )
        self.start_postgresql()
        self.start_mongodb()
        self.start_kafka()
        self.prepare()
        self.start_services()
        self.register()
        self.sign_in()

    # The servers.

    def start_postgresql(self):
        """Its key belongs to the user that it runs as; its rules let nobody in without TLS."""
        place = f"{self.folder}/postgresql-tls"
        os.makedirs(place)
        for name in ("postgresql.pem", "postgresql.key"):
            shutil.copy(f"{self.folder}/trusted/{name}", place)
        with open(f"{place}/rules", "w", encoding="ascii") as file:
            file.write("hostssl all all 127.0.0.1/32 trust\n")
        os.chmod(f"{place}/postgresql.key", 0o600)
        if os.geteuid() == 0:
            shutil.chown(f"{place}/postgresql.key", "postgres", "postgres")
        address = stack_run.output(
            f"{stack_run.LOCAL}/postgresql.sh", "start", f"{self.folder}/postgresql",
            POSTGRESQL_OPTIONS=f"-c ssl=on -c ssl_cert_file={place}/postgresql.pem "
            f"-c ssl_key_file={place}/postgresql.key -c hba_file={place}/rules",
        )
        self.ports["postgresql"] = int(re.search(r":(\d+)/", address)[1])

    def start_mongodb(self):
        pair = f"{self.folder}/trusted/mongodb"
        address = stack_run.output(
            f"{stack_run.LOCAL}/mongodb.sh", "start", f"{self.folder}/mongodb",
            MONGODB_OPTIONS=f"--tls-cert-file {pair}.pem --tls-key-file {pair}.key",
        )
        self.ports["mongodb"] = int(re.search(r":(\d+)/", address)[1])

    def start_kafka(self):
        """The broker tells clients the address that it is bound to. Brokerfront changes the host of
        it and leaves the port, so that they come back to the front that speaks TLS."""
        port, inner = stack_run.free_port(), stack_run.free_port()
        [package] = importlib.util.find_spec("noida_db").submodule_search_locations
        self.spawn(
            f"{package}/noida-db", "start", "--data-dir", f"{self.folder}/kafka/data",
            "--only", "kafka", "--host", BROKER_HOST, "--kafka-port", str(port),
        )
        stack_check.until("the broker", lambda: is_open(BROKER_HOST, port))
        self.spawn(FRONT, str(inner), BROKER_HOST, str(port), "--waiting")
        stack_check.until("the broker's front", lambda: is_open("127.0.0.1", inner))
        pair = f"{self.folder}/trusted/kafka"
        self.front = self.spawn(
            sys.executable, f"{stack_run.HERE}/scripts/servers/tls_front.py",
            f"{self.folder}/kafka/connections.jsonl", str(port), str(inner),
            f"{pair}.pem", f"{pair}.key", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        if int(self.front.stdout.readline() or 0) != port:
            raise Failed(f"the front with TLS does not start: see {self.folder}/kafka/log")
        self.ports["kafka"] = port

    def spawn(self, *command, stdin=subprocess.DEVNULL, stdout=None):
        """A process of the broker; infra/local/kafka.sh finds it by its number and ends it."""
        with open(f"{self.folder}/kafka/log", "a", encoding="utf-8") as log:
            process = subprocess.Popen(
                command, stdin=stdin, stdout=stdout or log, stderr=log, start_new_session=True
            )
        with open(f"{self.folder}/kafka/pids", "a", encoding="ascii") as file:
            file.write(f"{process.pid}\n")
        return process

    # Ways to the servers.

    def words(self, server, how=None):
        """The options that name a server, as it wants to be come to unless `how` says otherwise."""
        port = self.ports[server]
        host = OTHER_NAMES[server] if how == MISNAMED else "127.0.0.1"
        authority = "strange" if how == STRANGE else "trusted"
        file = f"{self.folder}/{authority}/ca.pem"
        if server == "kafka":
            settings = f"{self.folder}/{authority}.settings"
            address = ["--kafka", f"{host}:{port}"]
            return address if how == PLAIN else [*address, "--kafka-settings", settings]
        if server == "mongodb":
            secure = "" if how == PLAIN else f"&tls=true&tlsCAFile={file}"
            return ["--mongodb", f"mongodb://{host}:{port}/?directConnection=true{secure}"]
        secure = "sslmode=disable" if how == PLAIN else f"sslmode=verify-full&sslrootcert={file}"
        if how == MISNAMED:
            secure += "&hostaddr=127.0.0.1"
        return ["--database", f"postgresql://millrace@{host}:{port}/postgres?{secure}"]

    def admin(self, verb, server, how=None):
        """What the program does about a server: its exit code, None when it hangs; what it says;
        how many seconds it takes."""
        begun = time.monotonic()
        try:
            done = subprocess.run(
                [stack_run.PROGRAM, "admin", *verb, *self.words(server, how)],
                env={"PATH": os.environ["PATH"]}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, timeout=REFUSED_WITHIN_S, check=False,
            )
            code, said = done.returncode, done.stdout
        except subprocess.TimeoutExpired as expired:
            code, said = None, (expired.stdout or b"").decode(errors="replace")
        message = " / ".join(said.strip().split("\n"))[:MESSAGE_MAX]
        return code, message, time.monotonic() - begun

    def prepare(self):
        for server in SERVERS:
            code, said, _ = self.admin(verb_of(server), server)
            if code != 0:
                raise Failed(f"{' '.join(verb_of(server))} on {server} ends with {code}: {said}")

    # The platform.

    def start_services(self):
        port = stack_run.free_port()
        self.secret("first-admin-token", stack_run.output(
            stack_run.PROGRAM, "admin", "first-admin-token") + "\n")
        files = ["--first-admin-token", f"{self.secrets}/first-admin-token"]
        for name in ("service-key", "master-key"):
            files += [f"--{name}", self.secret(name, secrets.token_bytes(32))]
        servers = [word for server in SERVERS for word in self.words(server)]
        with open(f"{self.folder}/serve.log", "w", encoding="utf-8") as log:
            self.platform = subprocess.Popen(
                [stack_run.PROGRAM, "serve", *SERVICES, "--port", str(port), "--slots", "4",
                 "--data", f"{self.folder}/data", *files, *servers],
                env={"PATH": os.environ["PATH"]}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )
        with open(f"{self.folder}/run/serve.pid", "w", encoding="ascii") as file:
            file.write(str(self.platform.pid))
        self.state["gateway"] = f"http://127.0.0.1:{port}"
        stack_check.until("a platform that is ready", lambda: self.is_answering("/readyz"))

    def is_answering(self, path):
        if self.platform.poll() is not None:
            raise Failed(f"the platform has ended: {self.last_words()}")
        try:
            with urllib.request.urlopen(self.state["gateway"] + path, timeout=10) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def end_platform(self):
        self.platform.terminate()
        try:
            self.platform.wait(SETTLED_WITHIN_S)
        except subprocess.TimeoutExpired as expired:
            raise Failed(f"the platform has not ended: {self.last_words()}") from expired

    def last_words(self):
        with open(f"{self.folder}/serve.log", encoding="utf-8") as file:
            return file.read()[-MESSAGE_MAX:]


def verb_of(server):
    return ["topics", "apply", "--replication", "1"] if server == "kafka" else ["migrate"]


class Check:
    def __init__(self, there):
        self.there = there
        self.client = stack_check.Client(there)
        self.wrong = []

    def run(self, count):
        done = {"runs": count, "lines": self.work(count), "connections": self.connections()}
        self.there.end_platform()
        before = sum(self.broker_connections().values())
        done["refused"] = {server: self.refusals(server) for server in SERVERS}
        if sum(self.broker_connections().values()) != before:
            self.wrong.append("somebody has agreed to the broker's certificate who must not")
        try:
            self.there.prepare()
        except Failed as failure:
            self.wrong.append(f"after others were refused, {failure}")
        return {**done, "wrong": self.wrong}

    def work(self, count):
        """Runs that end as they should; answers how many of their lines history has."""
        self.client.document("POST", "/v1/workflows", FLOW.encode(), kind="application/yaml")
        runs = [
            self.client.document(
                "POST", "/v1/runs", b'{"workflow": "tls-lines"}', key=f"tls-{number}"
            )["id"]
            for number in range(count)
        ]
        for run in runs:
            state = stack_check.ended(self.client, run)["state"]
            if state != "succeeded":
                self.wrong.append(f"{run} is {state}")
        until = time.monotonic() + SETTLED_WITHIN_S
        flaws = {run: self.flaw(run) for run in runs}
        while any(flaws.values()) and time.monotonic() < until:
            time.sleep(0.2)
            flaws = {run: self.flaw(run) for run in runs}
        self.wrong += [f"{run}: {flaw}" for run, flaw in flaws.items() if flaw]
        say(f"{count} runs have ended")
        return sum(len(lines) for run in runs for lines in self.lines(run).values())

    def flaw(self, run):
        """What is wrong with a run in the history; nothing when all is there."""
        status, content = self.client.ask("GET", f"/v1/jobs/{run}", within=10)
        state = json.loads(content)["state"] if status == 200 else f"answered with {status}"
        if state != "succeeded":
            return f"it is {state} in the history"
        lines = self.lines(run)
        return None if lines == LINES else f"its lines are {lines}"

    def lines(self, run):
        """Those of a run by its tasks."""
        status, content = self.client.ask(
            "GET", f"/v1/runs/{run}/logs", within=10, more={"Accept": "application/x-ndjson"}
        )
        found = collections.defaultdict(list)
        for text in content.splitlines() if status == 200 else []:
            line = json.loads(text) if text.strip() else {}
            if line.get("stream") == "out":
                found[line["task"]].append(line["text"])
        return dict(found)

    def connections(self):
        """How many the servers know, by versions of TLS."""
        query = (
            "SELECT coalesce(version, 'none'), count(*) FROM pg_stat_activity "
            "JOIN pg_stat_ssl USING (pid) WHERE application_name LIKE 'millrace-%' GROUP BY 1"
        )
        address = self.there.words("postgresql")[1]
        rows = stack_run.output("psql", "-qAtF", " ", "-c", query, address).splitlines()
        database = {version: int(number) for version, number in map(str.split, rows)}
        broker = self.broker_connections()
        if "none" in database or not database:
            self.wrong.append(f"the platform's connections to the database are {database}")
        if not broker:
            self.wrong.append("nobody has come to the broker by TLS")
        return {"postgresql": database, "kafka": broker}

    def broker_connections(self):
        """How many the broker's front has had, by versions of TLS: of those who agreed to its
        certificate."""
        path = f"{self.there.folder}/kafka/connections.jsonl"
        return dict(collections.Counter(line["protocol"] for line in stack_check.lines(path)))

    def refusals(self, server):
        found = {}
        for how in (STRANGE, MISNAMED, PLAIN):
            code, message, seconds = self.there.admin(verb_of(server), server, how)
            found[how] = {"code": code, "seconds": round(seconds, 1), "message": message}
            say(f"{server}, {how}: code {code} after {seconds:.1f} s: {message}")
            verb = f"admin {verb_of(server)[0]} on {server}, {how},"
            if code is None:
                self.wrong.append(f"{verb} has not ended after {REFUSED_WITHIN_S} s")
            elif code == 0:
                self.wrong.append(f"{verb} succeeds")
            elif how != PLAIN and not re.search("certificate|verif", message, re.IGNORECASE):
                self.wrong.append(f"{verb} does not say that it is for the certificate: {message}")
        return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    scratch = tempfile.mkdtemp(prefix="millrace-tls.")
    # The database runs as somebody else.
    os.chmod(scratch, 0o755)
    there = SecureStack(f"{scratch}/stack")
    try:
        there.up()
        done = Check(there).run(options.runs)
        print(json.dumps(done), flush=True)
        for sentence in done["wrong"]:
            say(sentence)
        return 1 if done["wrong"] else 0
    except Failed as failure:
        say(failure)
        return 1
    finally:
        if options.keep:
            there.strike()
            say(f"what there was is in {there.folder}")
        else:
            there.down()
            shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
