#!/usr/bin/env python3
"""The processes of an installation, from one table: infra/stack.json.

usage: stack.py write            write compose.yml, infra/compose.host.yml and infra/kubernetes
       stack.py check            fail when one of them is not what the table says

The same table starts `make stack`: scripts/stack_run.py.
"""

import json
import os
import sys

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEAD = "# Written by scripts/stack.py from infra/stack.json. Do not edit.\n"


def table():
    with open(f"{HERE}/infra/stack.json", encoding="utf-8") as file:
        return json.load(file)


def settings(stack, service):
    """Variables of one service, as the table has them; `SERVICE` stands for its name."""
    merged = {**stack["common"], **service["settings"]}
    return {name: value.replace("SERVICE", service["name"]) for name, value in merged.items()}


def resolved(text, values):
    """A value whose places are filled; `secret:X` and `at:X` are asked of functions."""
    result, rest = "", text
    while "{" in rest:
        before, _, rest = rest.partition("{")
        name, _, rest = rest.partition("}")
        kind, _, argument = name.partition(":")
        found = values[kind]
        result += before + (found(argument) if callable(found) else str(found))
    return result + rest


def secrets(stack, service):
    """Names of the files that a service reads."""
    names = set()
    for value in settings(stack, service).values():
        if value.startswith("{secret:"):
            names.add(value[len("{secret:") : -1])
    return sorted(names)


def copies(service):
    """Names of a service's processes."""
    if service["copies"] == 1:
        return [(service["name"], "0")]
    return [(f"{service['name']}-{copy}", str(copy)) for copy in range(service["copies"])]


def peers(stack, address):
    """Where every service listens; `address` says where one process does."""
    words = []
    for service in stack["services"]:
        if service["name"] != "worker":
            places = ",".join(address(name) for name, _ in copies(service))
            words.append(f"{service['name']}={places}")
    return " ".join(words)


# YAML, as much of it as is written here: mappings, lists and texts.


def quoted(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else json.dumps(str(value), ensure_ascii=False)


def is_flat(value):
    return not isinstance(value, (dict, list)) or not value


def yaml(value, indent=0):
    pad = "  " * indent
    lines = []
    if isinstance(value, dict):
        for key, item in value.items():
            if is_flat(item):
                lines.append(f"{pad}{key}: {flat(item)}")
            elif isinstance(item, list) and all(is_flat(part) for part in item):
                lines.append(f"{pad}{key}: [{', '.join(flat(part) for part in item)}]")
            else:
                lines.append(f"{pad}{key}:")
                lines += yaml(item, indent + (0 if isinstance(item, list) else 1))
    else:
        for item in value:
            inner = yaml(item, indent + 1) if not is_flat(item) else [f"{pad}  {flat(item)}"]
            lines.append(f"{pad}- {inner[0].strip()}")
            lines += inner[1:]
    return lines


def flat(value):
    if isinstance(value, dict):
        return "{}"
    return "[]" if isinstance(value, list) else quoted(value)


def text(*documents):
    return HEAD + "---\n".join("\n".join(yaml(document)) + "\n" for document in documents)


def files():
    """Every file that is written, by its path."""
    import stack_compose
    import stack_kubernetes

    stack = table()
    return {**stack_compose.files(stack), **stack_kubernetes.files(stack)}


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in ("write", "check"):
        sys.exit(__doc__)
    wrong = []
    for path, content in files().items():
        place = f"{HERE}/{path}"
        if sys.argv[1] == "write":
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "w", encoding="utf-8") as file:
                file.write(content)
            continue
        try:
            with open(place, encoding="utf-8") as file:
                if file.read() != content:
                    wrong.append(path)
        except FileNotFoundError:
            wrong.append(path)
    if wrong:
        sys.exit(f"stack: {', '.join(wrong)} do not fit infra/stack.json: scripts/stack.py write")


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main()
