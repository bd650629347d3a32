#!/usr/bin/env python3
"""Starts the whole platform of compose.yml as plain processes on this machine: the same services with
the same variables, from the same table (infra/stack.json), on the servers of infra/local.

usage: stack_run.py up FOLDER       start it; FOLDER/env says how to use it
       stack_run.py restart FOLDER NAME
       stack_run.py servers FOLDER  start the servers only, for containers of infra/compose.host.yml
       stack_run.py await FOLDER    wait until these containers are ready
       stack_run.py down FOLDER

MILLRACE is the program (default: the debug build). Everything in FOLDER is thrown away at the end.
"""

import itertools
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import stack

HERE = stack.HERE
LOCAL = f"{HERE}/infra/local"
PROGRAM = os.environ.get("MILLRACE", f"{HERE}/.build/debug/millrace")
READY_WITHIN_S = 60


def say(text):
    print(f"stack: {text}", file=sys.stderr, flush=True)


def output(*command, **variables):
    """What a command prints."""
    done = subprocess.run(
        command, env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.strip()


def free_port():
    return int(output(f"{LOCAL}/free_port.py"))


class Stack:
    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.table = stack.table()
        self.secrets = f"{self.folder}/secrets"
        self.state = {}

    # What is kept between calls.

    def save(self):
        with open(f"{self.folder}/state.json", "w", encoding="utf-8") as file:
            json.dump(self.state, file, indent=1)

    def load(self):
        with open(f"{self.folder}/state.json", encoding="utf-8") as file:
            self.state = json.load(file)

    def secret(self, name, text):
        path = f"{self.secrets}/{name}"
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    # Starting.

    def up(self):
        self.make_folders()
        self.start_servers()
        self.make_secrets()
        self.prepare()
        self.start_services()
        self.start_gateway()
        self.register()
        self.sign_in()
        self.start_prometheus()
        self.save()

    def make_folders(self):
        os.makedirs(self.secrets, mode=0o700)
        os.makedirs(f"{self.folder}/run")

    def servers(self):
        """What containers need that run our services on the host's network."""
        self.make_folders()
        self.start_servers()
        self.make_secrets()
        self.prepare()
        import stack_compose

        self.state["ports"] = stack_compose.ports(self.table)
        self.save()
        with open(f"{self.folder}/at.env", "w", encoding="ascii") as file:
            for server in ("kafka", "mail", "collector"):
                file.write(f"AT_{server.upper()}={self.state['at'][server]}\n")

    def start_servers(self):
        begun = time.monotonic()
        at = {}
        database = output(f"{LOCAL}/postgresql.sh", "start", f"{self.folder}/postgresql")
        at["postgresql"] = database
        at["kafka"] = output(f"{LOCAL}/kafka.sh", "start", "noida", f"{self.folder}/kafka")
        at["mongodb"] = output(f"{LOCAL}/mongodb.sh", "start", f"{self.folder}/mongodb")
        at["s3"] = output(f"{LOCAL}/objects.sh", "start", f"{self.folder}/objects")
        at["mail"] = f"127.0.0.1:{self.start_server('mail_server', 'mail.jsonl', '.')}"
        at["collector"] = f"127.0.0.1:{self.start_server('telemetry_receiver', '.')}"
        self.state["at"] = at
        say(f"servers are ready after {time.monotonic() - begun:.1f} s")

    def start_server(self, name, *files):
        """A server of scripts/servers; returns its port. It ends with its standard input: a process
        of its own holds that."""
        path = f"{self.folder}/{name}.port"
        files = " ".join(os.path.normpath(f"{self.folder}/{file}") for file in files)
        command = (
            f"sleep 1000000000 | exec {HERE}/.venv/bin/python3 {HERE}/scripts/servers/{name}.py"
            f" {files} > {path}"
        )
        with open(f"{self.folder}/{name}.log", "w", encoding="utf-8") as log:
            server = subprocess.Popen(
                ["bash", "-c", command], stderr=log, stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.state.setdefault("groups", []).append(server.pid)
        until = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until:
            if os.path.exists(path) and os.path.getsize(path):
                with open(path, encoding="ascii") as file:
                    return int(file.readline())
            time.sleep(0.02)
        raise RuntimeError(f"{name} does not start: see {self.folder}/{name}.log")

    def start_prometheus(self):
        """With the configuration and the rules of compose.yml, but for where things are."""
        import yaml

        with open(f"{HERE}/infra/prometheus/prometheus.yaml", encoding="utf-8") as file:
            found = yaml.safe_load(file)
        names = {f"{name}:{self.table['port']}": port for name, port in self.state["ports"].items()}
        with open(f"{self.folder}/gateway/admin", encoding="ascii") as file:
            gateway = file.readline().strip()
        self.secret("prometheus-token", self.state["token"])
        found["rule_files"] = [f"{HERE}/infra/prometheus/rules/*.yaml"]
        found["global"]["scrape_interval"] = "1s"
        for job in found["scrape_configs"]:
            for group in job["static_configs"]:
                group["targets"] = [
                    gateway if target == "gateway:9901" else f"127.0.0.1:{names[target]}"
                    for target in group["targets"]
                ]
            job.pop("relabel_configs", None)
            for part in (job.get("tls_config", {}), job.get("authorization", {})):
                for key, value in part.items():
                    part[key] = value.replace("/run/secrets", self.secrets)
        path = f"{self.folder}/prometheus.yaml"
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump(found, file)
        port = free_port()
        with open(f"{self.folder}/prometheus.log", "w", encoding="utf-8") as log:
            server = subprocess.Popen(
                ["prometheus", f"--config.file={path}", f"--web.listen-address=127.0.0.1:{port}",
                 f"--storage.tsdb.path={self.folder}/prometheus"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )
        self.state["groups"].append(server.pid)
        self.state["prometheus"] = f"http://127.0.0.1:{port}"
        say(f"metrics are at {self.state['prometheus']}")

    def make_secrets(self):
        self.make_keys()
        self.write_addresses()

    def make_keys(self):
        self.secret("service-key", secrets.token_bytes(32))
        self.secret("master-key", secrets.token_bytes(32))
        self.secret("first-admin-token", output(PROGRAM, "admin", "first-admin-token") + "\n")
        names = [service["name"] for service in self.table["services"]] + ["gateway", "prometheus"]
        output(PROGRAM, "admin", "certs", "--to", self.secrets, *names)

    def write_addresses(self):
        """Files that say where servers are, and who comes to them."""
        owner = self.state["at"]["postgresql"]
        self.secret("database-owner", owner + "\n")
        for service in self.table["services"]:
            self.secret(
                f"database-{service['name']}",
                owner.replace("//millrace@", f"//millrace_{service['name']}@") + "\n",
            )
        self.secret("mongodb", self.state["at"]["mongodb"] + "\n")
        self.secret("s3", self.state["at"]["s3"] + "\n")

    def prepare(self):
        self.make_roles()
        self.migrate()
        self.make_topics()

    def make_roles(self):
        roles = "".join(
            f"CREATE ROLE millrace_{service['name']} LOGIN;" for service in self.table["services"]
        )
        subprocess.run(["psql", "-q", self.state["at"]["postgresql"], "-c", roles], check=True)

    def migrate(self):
        at = self.state["at"]
        with open(f"{self.folder}/prepare.log", "a", encoding="utf-8") as log:
            subprocess.run(
                [PROGRAM, "admin", "migrate", "--grant-to", "millrace_{service}",
                 "--database", at["postgresql"], "--mongodb", at["mongodb"]],
                check=True, stderr=log,
            )

    def make_topics(self):
        with open(f"{self.folder}/prepare.log", "a", encoding="utf-8") as log:
            subprocess.run(
                [PROGRAM, "admin", "topics", "apply", "--replication", "1",
                 "--kafka", self.state["at"]["kafka"]],
                check=True, stderr=log, stdout=log,
            )

    # Processes.

    def start_services(self):
        names = [name for service in self.table["services"] for name, _ in stack.copies(service)]
        self.state["ports"] = {name: free_port() for name in names}
        # Where it is going to be: services say it to others.
        self.state["gateway"] = f"http://127.0.0.1:{free_port()}"
        self.save()
        for name in names:
            self.launch(name)
        for name in names:
            self.wait(name)
        say(f"{len(names)} processes are ready")

    def service_of(self, name):
        for service in self.table["services"]:
            for copy_name, copy in stack.copies(service):
                if copy_name == name:
                    return service, copy
        raise KeyError(name)

    def environment(self, name):
        service, copy = self.service_of(name)
        ports = self.state["ports"]
        values = {
            "secret": lambda secret: f"{self.secrets}/{secret}",
            "at": lambda server: self.state["at"][server],
            "listen": "127.0.0.1",
            "port": ports[name],
            "copy": copy,
            "public": self.state.get("gateway", "http://localhost:8080"),
            "gateway": self.state.get("gateway", "http://localhost:8080"),
            "data": f"{self.folder}/data-{name}",
            "peers": stack.peers(self.table, lambda peer: f"127.0.0.1:{ports[peer]}"),
        }
        found = stack.settings(self.table, service)
        return {key: stack.resolved(value, values) for key, value in found.items()}

    def launch(self, name, program=None):
        service, _ = self.service_of(name)
        os.makedirs(f"{self.folder}/data-{name}", exist_ok=True)
        with open(f"{self.folder}/{name}.log", "a", encoding="utf-8") as log:
            process = subprocess.Popen(
                [program or PROGRAM, "serve", service["name"]],
                env={"PATH": os.environ["PATH"], **self.environment(name)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )
        with open(f"{self.folder}/run/{name}.pid", "w", encoding="ascii") as file:
            file.write(str(process.pid))

    def pid(self, name):
        with open(f"{self.folder}/run/{name}.pid", encoding="ascii") as file:
            return int(file.read())

    def is_alive(self, name):
        return any(is_running(pid) for pid in pids(f"{self.folder}/run/{name}.pid"))

    def is_ready(self, name, path="/readyz"):
        done = subprocess.run(
            [PROGRAM, "healthcheck", "--path", path], env=self.environment(name),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )
        return done.returncode == 0

    def wait(self, name):
        until = time.monotonic() + READY_WITHIN_S
        while not self.is_ready(name):
            if time.monotonic() > until:
                raise RuntimeError(f"{name} is not ready: see {self.folder}/{name}.log")
            time.sleep(0.1)

    # The gateway and its clients.

    def start_gateway(self):
        output(
            f"{LOCAL}/gateway.sh", "start", f"{self.folder}/gateway",
            PORT=self.state["gateway"].rsplit(":", 1)[1],
            MILLRACE=PROGRAM, TLS=self.secrets, TRACES=self.state["at"]["collector"],
            MILLRACE_PEERS=self.environment("iam")["MILLRACE_PEERS"],
            MILLRACE_SERVICE_KEY_FILE=f"{self.secrets}/service-key",
        )
        say(f"clients come in at {self.state['gateway']}")

    def post(self, path, body, token=None):
        fields = {"Content-Type": "application/json"}
        if token:
            fields["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(
            self.state["gateway"] + path, json.dumps(body).encode(), fields, method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def insist(self, path, body):
        """Posts until somebody is able to answer."""
        until = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                return self.post(path, body)
            except urllib.error.HTTPError as error:
                if error.code < 500 or time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def register(self):
        """Makes the first administrator."""
        password = secrets.token_urlsafe(18)
        with open(f"{self.secrets}/first-admin-token", encoding="ascii") as file:
            first = file.readline().strip()
        self.insist(
            "/v1/auth/register", {"name": "admin", "password": password, "firstAdminToken": first}
        )
        self.state["password"] = password

    def sign_in(self):
        """As the administrator, whose password the state has."""
        session = self.insist(
            "/v1/auth/login", {"name": "admin", "password": self.state["password"]}
        )
        token = self.post("/v1/auth/tokens", {"label": "stack"}, session["accessToken"])["token"]
        path = self.secret("../env", "")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"export MILLRACE_URL='{self.state['gateway']}' MILLRACE_TOKEN='{token}'\n")
        self.state["token"] = token

    # Ending.

    def strike(self):
        """Kills everything at once, and leaves what is in the folder."""
        for entry in files(f"{self.folder}/run"):
            kill(self.pid(entry.removesuffix(".pid")))
        for group in self.state.get("groups", []):
            kill(group, group=True)
        for path in ("gateway/pid", "kafka/pids", "mongodb/pid", "objects/pid"):
            for pid in pids(f"{self.folder}/{path}"):
                kill(pid)
        # A database that is killed leaves shared memory on the machine; this ends it as abruptly.
        for pid in pids(f"{self.folder}/postgresql/data/postmaster.pid"):
            kill(pid, how=signal.SIGQUIT)
            until = time.monotonic() + READY_WITHIN_S
            while is_running(pid) and time.monotonic() < until:
                time.sleep(0.02)

    def down(self):
        try:
            self.load()
        except FileNotFoundError:
            pass
        for entry in files(f"{self.folder}/run"):
            kill(self.pid(entry.removesuffix(".pid")))
        for group in self.state.get("groups", []):
            kill(group, group=True)
        for script, part in [
            ("gateway", "gateway"), ("kafka", "kafka"), ("postgresql", "postgresql"),
            ("mongodb", "mongodb"), ("objects", "objects"),
        ]:
            subprocess.run([f"{LOCAL}/{script}.sh", "stop", f"{self.folder}/{part}"], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def files(folder):
    """Names of what is in a folder; none if there is no such folder."""
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def pids(path):
    """The numbers of processes that a file begins with; none if there is no such file."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
    except FileNotFoundError:
        return []
    return [int(line) for line in itertools.takewhile(str.isdecimal, lines)]


def is_running(pid):
    """Whether a process is there and has not ended, also as a child that nobody waited for."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill(pid, group=False, how=signal.SIGKILL):
    try:
        (os.killpg if group else os.kill)(pid, how)
    except ProcessLookupError:
        pass


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    verb, there = sys.argv[1], Stack(sys.argv[2])
    if verb == "up":
        try:
            there.up()
        except BaseException:
            if os.path.isdir(there.folder):
                there.save()
            raise
    elif verb == "restart":
        there.load()
        there.launch(sys.argv[3])
        there.wait(sys.argv[3])
    elif verb == "servers":
        there.servers()
    elif verb == "await":
        there.load()
        for name in there.state["ports"]:
            there.wait(name)
    elif verb == "down":
        there.down()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
