"""compose.yml, and the form of it that runs our services on the host's network beside servers that
are there already."""

import stack

# What is not ours, pinned. None is `latest`, and each has a check of its health.
IMAGES = {
    "postgresql": "postgres:17.6-bookworm",
    "kafka": "apache/kafka:4.1.0",
    "mongodb": "mongo:8.0.13-noble",
    "minio": "minio/minio:RELEASE.2025-09-07T16-13-09Z",
    "minio-client": "minio/mc:RELEASE.2025-08-13T08-35-41Z",
    "gateway": "envoyproxy/envoy:distroless-v1.40.0",
    "mail": "axllent/mailpit:v1.27.8",
    "collector": "otel/opentelemetry-collector-contrib:0.135.0",
    "prometheus": "prom/prometheus:v3.5.0",
    "loki": "grafana/loki:3.5.5",
    "grafana": "grafana/grafana:12.1.1",
}
SECRETS = "./infra/compose/secrets"
# What clients on this machine reach the gateway by.
PUBLIC = "http://localhost:8080"
AT = {
    "postgresql": "postgresql:5432",
    "kafka": "kafka:9092",
    "mongodb": "mongodb:27017",
    "minio": "minio:9000",
    "mail": "mail:1025",
    "collector": "collector:4317",
}


def health(command, start="5s"):
    return {
        "test": ["CMD", *command] if isinstance(command, list) else ["CMD-SHELL", command],
        "interval": "5s",
        "timeout": "3s",
        "retries": 12,
        "start_period": start,
    }


def contained(memory, cpus, user=None):
    """What every container of ours and of others has."""
    body = {
        "restart": "unless-stopped",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "mem_limit": f"{memory}m",
        "cpus": cpus,
        "pids_limit": 512,
    }
    if user:
        body["user"] = user
    return body


def environment(
    table, service, copy, at, secret, listen="0.0.0.0", port=None, address=None,
    gateway="http://gateway:8080",
):
    port = port or table["port"]
    values = {
        "secret": secret,
        "at": at,
        "listen": listen,
        "port": port,
        "copy": copy,
        "public": PUBLIC,
        "gateway": gateway,
        "data": "/var/lib/millrace",
        "peers": stack.peers(table, address or (lambda name: f"{name}:{table['port']}")),
    }
    return {
        name: stack.resolved(value, values)
        for name, value in stack.settings(table, service).items()
    }


def ours(table):
    found = {}
    for service in table["services"]:
        for name, copy in stack.copies(service):
            body = {
                "image": f"millrace-{service['name']}:dev",
                "build": {
                    "context": ".",
                    "dockerfile": "infra/docker/Dockerfile",
                    "target": service["name"],
                },
                "command": ["serve", service["name"]],
                "environment": environment(
                    table, service, copy, lambda x: AT[x], lambda x: f"/run/secrets/{x}"
                ),
                "secrets": stack.secrets(table, service),
                "networks": ["inner"],
                "depends_on": {"prepared": {"condition": "service_completed_successfully"}},
                "healthcheck": health(["millrace", "healthcheck"]),
                "stop_grace_period": "40s",
                "tmpfs": ["/tmp:size=64m,mode=1777"],
                **contained(service["memoryMiB"], service["cpus"], str(table["user"])),
            }
            if service["name"] == "worker":
                body["volumes"] = [f"{name}:/var/lib/millrace"]
            found[name] = body
    return found


def once(command, secrets, needs, environment=None):
    """A step that ends: what must have been done before services start."""
    return {
        "image": "millrace-iam:dev",
        "command": command,
        "environment": environment or {},
        "secrets": secrets,
        "networks": ["inner"],
        "depends_on": {name: {"condition": condition} for name, condition in needs.items()},
        **{**contained(256, "1.0", "10001"), "restart": "on-failure:5"},
    }


def servers():
    return {
        "postgresql": {
            "image": IMAGES["postgresql"],
            "environment": {
                "POSTGRES_USER": "millrace",
                "POSTGRES_DB": "millrace",
                "POSTGRES_PASSWORD_FILE": "/run/secrets/postgresql-password",
            },
            "secrets": ["postgresql-password", "postgresql-roles.sql"],
            "volumes": [
                "postgresql:/var/lib/postgresql/data",
                f"{SECRETS}/postgresql-roles.sql:/docker-entrypoint-initdb.d/roles.sql:ro",
            ],
            "tmpfs": ["/var/run/postgresql:mode=1777", "/tmp"],
            "networks": ["inner"],
            "healthcheck": health(["pg_isready", "-U", "millrace", "-d", "millrace"]),
            **contained(1024, "2.0", "999"),
        },
        "kafka": {
            "image": IMAGES["kafka"],
            "environment": {
                "KAFKA_NODE_ID": "1",
                "KAFKA_PROCESS_ROLES": "broker,controller",
                "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
                "KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://kafka:9092",
                "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
                "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
                "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@kafka:9093",
                "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
                "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
                "KAFKA_LOG_DIRS": "/var/lib/kafka/data",
            },
            "volumes": ["kafka:/var/lib/kafka/data"],
            "networks": ["inner"],
            "healthcheck": health(
                "/opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server localhost:9092",
                "20s",
            ),
            # The start script of the image writes its configuration.
            **{**contained(1536, "2.0", "1000"), "read_only": False},
        },
        "mongodb": {
            "image": IMAGES["mongodb"],
            "command": [
                "mongod", "--replSet", "rs0", "--bind_ip_all", "--auth", "--keyFile",
                "/run/secrets/mongodb-keyfile",
            ],
            "environment": {
                "MONGO_INITDB_ROOT_USERNAME": "millrace",
                "MONGO_INITDB_ROOT_PASSWORD_FILE": "/run/secrets/mongodb-password",
            },
            "secrets": ["mongodb-password", "mongodb-keyfile"],
            "volumes": ["mongodb:/data/db", "mongodb-config:/data/configdb"],
            "tmpfs": ["/tmp"],
            "networks": ["inner"],
            # A set of one member makes itself, once.
            "healthcheck": health(
                "mongosh --quiet -u millrace -p \"$$(cat /run/secrets/mongodb-password)\" --eval "
                "'try { rs.status().ok } catch (e) { rs.initiate({_id: \"rs0\", members: "
                "[{_id: 0, host: \"mongodb:27017\"}]}).ok }' | grep -q 1",
                "20s",
            ),
            **contained(1024, "2.0", "999"),
        },
        "minio": {
            "image": IMAGES["minio"],
            "command": ["server", "/data", "--address", ":9000"],
            "environment": {
                "MINIO_ROOT_USER": "millrace",
                "MINIO_ROOT_PASSWORD_FILE": "/run/secrets/minio-password",
            },
            "secrets": ["minio-password"],
            "volumes": ["minio:/data"],
            "tmpfs": ["/tmp"],
            "networks": ["inner"],
            "healthcheck": health(["mc", "ready", "local"]),
            **contained(1024, "1.0", "1000"),
        },
        "mail": {
            "image": IMAGES["mail"],
            "networks": ["inner", "edge"],
            "ports": ["127.0.0.1:8025:8025"],
            "tmpfs": ["/tmp", "/data"],
            "healthcheck": health(["/mailpit", "readyz"]),
            **contained(128, "0.5", "10001"),
        },
    }


def preparing():
    done, healthy = "service_completed_successfully", "service_healthy"
    return {
        "buckets": {
            "image": IMAGES["minio-client"],
            "entrypoint": ["/bin/sh", "-c"],
            "command": [
                "mc alias set here http://minio:9000 millrace \"$$(cat /run/secrets/minio-password)\""
                " && mc mb --ignore-existing here/millrace"
            ],
            "environment": {"MC_CONFIG_DIR": "/tmp/mc"},
            "secrets": ["minio-password"],
            "tmpfs": ["/tmp"],
            "networks": ["inner"],
            "depends_on": {"minio": {"condition": healthy}},
            **{**contained(128, "0.5", "1000"), "restart": "on-failure:5"},
        },
        "migrated": once(
            ["admin", "migrate", "--grant-to", "millrace_{service}"],
            ["database-owner", "mongodb"],
            {"postgresql": healthy, "mongodb": healthy},
            {
                "MILLRACE_DATABASE_FILE": "/run/secrets/database-owner",
                "MILLRACE_MONGODB_FILE": "/run/secrets/mongodb",
            },
        ),
        "topics": once(
            ["admin", "topics", "apply", "--replication", "1"],
            [],
            {"kafka": healthy},
            {"MILLRACE_KAFKA": AT["kafka"]},
        ),
        # Everything that services need is there.
        "prepared": once(
            ["version"], [], {"buckets": done, "migrated": done, "topics": done}
        ),
    }


def gateway(table):
    names = [service["name"] for service in table["services"]]
    return {
        "gateway": {
            "image": IMAGES["gateway"],
            "command": ["-c", "/etc/envoy/envoy.yaml", "--log-level", "warning"],
            "volumes": ["./infra/envoy:/etc/envoy:ro"],
            "secrets": ["millrace-gateway-token", "gateway.pem", "gateway.key", "ca.pem"],
            "networks": ["inner", "edge"],
            "ports": ["127.0.0.1:8080:8080"],
            "depends_on": {
                name: {"condition": "service_healthy"}
                for name in names
                if name not in ("scheduler", "worker")
            },
            # The image has no shell: that it answers is asked from outside.
            **contained(512, "1.0", str(table["user"])),
        }
    }


def watching():
    """The profile `full`: what sees into the rest."""
    here = "./infra"
    return {
        "collector": {
            "image": IMAGES["collector"],
            "command": ["--config=/etc/otel/collector.yaml"],
            "volumes": [f"{here}/otel/collector.yaml:/etc/otel/collector.yaml:ro"],
            **contained(256, "0.5", "10001"),
        },
        "prometheus": {
            "image": IMAGES["prometheus"],
            "command": [
                "--config.file=/etc/prometheus/prometheus.yaml",
                "--storage.tsdb.path=/prometheus",
            ],
            "volumes": [f"{here}/prometheus:/etc/prometheus:ro", "prometheus:/prometheus"],
            "secrets": ["prometheus-token", "prometheus.pem", "prometheus.key", "ca.pem"],
            **contained(512, "0.5", "65534"),
        },
        "loki": {
            "image": IMAGES["loki"],
            "command": ["-config.file=/etc/loki/loki.yaml"],
            "volumes": [f"{here}/loki/loki.yaml:/etc/loki/loki.yaml:ro", "loki:/loki"],
            **contained(512, "0.5", "10001"),
        },
        "grafana": {
            "image": IMAGES["grafana"],
            "environment": {
                "GF_SECURITY_ADMIN_PASSWORD__FILE": "/run/secrets/grafana-password",
                "GF_ANALYTICS_REPORTING_ENABLED": "false",
            },
            "volumes": [
                f"{here}/grafana/provisioning:/etc/grafana/provisioning:ro",
                f"{here}/grafana/dashboards:/var/lib/grafana/dashboards:ro",
                "grafana:/var/lib/grafana",
            ],
            "secrets": ["grafana-password"],
            "tmpfs": ["/tmp"],
            "ports": ["127.0.0.1:3000:3000"],
            **contained(256, "0.5", "472"),
        },
    }


def compose(table):
    services = {**servers(), **preparing(), **ours(table), **gateway(table)}
    for name, body in services.items():
        body["profiles"] = ["core", "full"]
    for name, body in watching().items():
        networks = ["inner", "edge"] if name == "grafana" else ["inner"]
        services[name] = {**body, "networks": networks, "profiles": ["full"]}
    used = sorted({secret for body in services.values() for secret in body.get("secrets", [])})
    volumes = sorted(
        {
            volume.split(":")[0]
            for body in services.values()
            for volume in body.get("volumes", [])
            if not volume.startswith(".")
        }
    )
    return {
        "name": "millrace",
        "services": services,
        # Only what has a port for people is on the edge.
        "networks": {"inner": {"internal": True}, "edge": {"driver": "bridge"}},
        "secrets": {
            name: {"file": f"{SECRETS}/{'gateway-token' if name == 'millrace-gateway-token' else name}"}
            for name in used
        },
        "volumes": {name: {} for name in volumes},
    }


def ports(table):
    """A port of its own for each process: all of them share the host's network."""
    names = [name for service in table["services"] for name, _ in stack.copies(service)]
    return {name: 17_700 + number for number, name in enumerate(names)}


def host(table):
    """Our services alone, on the host's network: servers are those of infra/local."""
    port = ports(table)
    services = {}
    for service in table["services"]:
        for name, copy in stack.copies(service):
            body = ours(table)[name]
            for key in ("networks", "depends_on", "mem_limit", "cpus", "pids_limit", "build"):
                body.pop(key, None)
            body["network_mode"] = "host"
            body["environment"] = environment(
                table,
                service,
                copy,
                lambda x: "${AT_" + x.upper() + "}",
                lambda x: f"/run/secrets/{x}",
                listen="127.0.0.1",
                port=port[name],
                address=lambda name: f"127.0.0.1:{port[name]}",
                gateway=PUBLIC,
            )
            # Files of secrets come from a folder that is made anew each time.
            body["volumes"] = [
                f"${{SECRETS}}/{secret}:/run/secrets/{secret}:ro" for secret in body.pop("secrets")
            ] + body.get("volumes", [])
            services[name] = body
    volumes = {name: {} for name in services if name.startswith("worker")}
    return {"name": "millrace-host", "services": services, "volumes": volumes}


def files(table):
    return {
        "compose.yml": stack.text(compose(table)),
        "infra/compose.host.yml": stack.text(host(table)),
    }
