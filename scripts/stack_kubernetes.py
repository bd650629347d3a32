"""Manifests for Kubernetes, put together by Kustomize: one Deployment for each service, as many
workers and schedulers as the load wants, and nothing reaches what it does not need."""

import stack
import stack_compose

# Between which a number of processes goes by itself; others are as many as the table says.
SCALED = {"worker": (2, 50), "scheduler": (2, 12)}
# Who is called by whom, so that a policy can say it.
CALLS = {
    "iam": ["workflow", "metadata", "notification", "artifact", "scheduler", "worker", "gateway"],
    "workflow": ["scheduler", "notification", "gateway"],
    "scheduler": ["workflow", "worker", "metadata", "artifact"],
    "metadata": ["workflow", "gateway"],
    "artifact": ["worker", "gateway"],
    "notification": ["gateway"],
    "worker": [],
}


def labels(name):
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "millrace"}


def probe(path, table, period):
    return {
        "exec": {"command": ["millrace", "healthcheck", "--path", path]},
        "periodSeconds": period,
        "timeoutSeconds": 3,
        "failureThreshold": 3,
    }


def deployment(table, service):
    name = service["name"]
    environment = stack_compose.environment(
        table,
        service,
        "0",
        lambda x: f"$(AT_{x.upper()})",
        lambda x: f"/run/secrets/{x}",
        address=lambda name: f"{name.rsplit('-', 1)[0] if name[-1].isdigit() else name}:{table['port']}",
    )
    variables = [{"name": key, "value": value} for key, value in environment.items()]
    for variable in variables:
        # The same after a restart is not needed here: members come and go with their pods.
        if variable["name"] == "MILLRACE_NAME":
            del variable["value"]
            variable["valueFrom"] = {"fieldRef": {"fieldPath": "metadata.name"}}
        if variable["name"] == "MILLRACE_PEERS":
            variable["value"] = kubernetes_peers(table)
    container = {
        "name": name,
        "image": f"millrace-{name}:dev",
        "args": ["serve", name],
        "env": variables,
        "envFrom": [{"configMapRef": {"name": "millrace-servers"}}],
        "ports": [{"name": "api", "containerPort": table["port"]}],
        "livenessProbe": probe("/livez", table, 10),
        "readinessProbe": probe("/readyz", table, 5),
        "startupProbe": {**probe("/livez", table, 2), "failureThreshold": 60},
        "resources": {
            "requests": {"cpu": "100m", "memory": f"{service['memoryMiB'] // 2}Mi"},
            "limits": {"memory": f"{service['memoryMiB']}Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "secrets", "mountPath": "/run/secrets", "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},
        ],
    }
    volumes = [
        {
            "name": "secrets",
            "projected": {
                "defaultMode": 256,
                "sources": [
                    {"secret": {"name": "millrace", "items": items(table, service)}},
                ],
            },
        },
        {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
    ]
    if name == "worker":
        container["volumeMounts"].append({"name": "work", "mountPath": "/var/lib/millrace"})
        volumes.append({"name": "work", "emptyDir": {"sizeLimit": "10Gi"}})
    spec = {
        "replicas": service["copies"],
        "selector": {"matchLabels": labels(name)},
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
        },
        "template": {
            "metadata": {"labels": labels(name)},
            "spec": {
                "automountServiceAccountToken": False,
                "terminationGracePeriodSeconds": 40,
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": table["user"],
                    "fsGroup": table["user"],
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [container],
                "volumes": volumes,
            },
        },
    }
    # How many there are is decided by the load.
    if name in SCALED:
        del spec["replicas"]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": spec,
    }


def items(table, service):
    return [{"key": name, "path": name} for name in stack.secrets(table, service)]


def kubernetes_peers(table):
    names = [service["name"] for service in table["services"] if service["name"] != "worker"]
    return " ".join(f"{name}={name}:{table['port']}" for name in names)


def service_object(table, name):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": labels(name)},
        # Every address by name: clients keep a connection to each.
        "spec": {
            "clusterIP": "None",
            "selector": labels(name),
            "ports": [{"name": "api", "port": table["port"], "targetPort": "api"}],
        },
    }


def disruption(name):
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels(name)}},
    }


def scaling(name, least, most):
    metric = {
        "worker": {"name": "millrace_pool_tasks_waiting", "target": "20"},
        "scheduler": {"name": "millrace_partition_lag_records", "target": "1000"},
    }[name]
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": least,
            "maxReplicas": most,
            "metrics": [
                {
                    "type": "External",
                    "external": {
                        "metric": {"name": metric["name"]},
                        "target": {"type": "AverageValue", "averageValue": metric["target"]},
                    },
                }
            ],
        },
    }


def policy(table, service):
    name = service["name"]
    callers = [{"podSelector": {"matchLabels": labels(caller)}} for caller in CALLS[name]]
    callers.append({"podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}})
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {
            "podSelector": {"matchLabels": labels(name)},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": callers, "ports": [{"port": table["port"]}]}],
        },
    }


def everything_closed():
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "closed"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }


def files(table):
    found = {}
    for service in table["services"]:
        name = service["name"]
        documents = [deployment(table, service)]
        if name != "worker":
            documents.append(service_object(table, name))
        documents.append(disruption(name))
        if name in SCALED:
            documents.append(scaling(name, *SCALED[name]))
        documents.append(policy(table, service))
        found[f"infra/kubernetes/base/{name}.yaml"] = stack.text(*documents)
    found["infra/kubernetes/base/closed.yaml"] = stack.text(everything_closed())
    names = sorted(path.rsplit("/", 1)[1] for path in found)
    found["infra/kubernetes/base/kustomization.yaml"] = stack.text(
        {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "namespace": "millrace",
            "resources": names,
        }
    )
    return found
