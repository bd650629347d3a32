"""What infra/local/millrace.sh says of an installation that it has started."""

import os


def variables(folder):
    """Those of FOLDER/env, by their names."""
    found = {}
    with open(os.path.join(folder, "env")) as file:
        for line in file:
            for word in line.removeprefix("export ").split("' "):
                name, _, value = word.strip().partition("=")
                found[name] = value.strip("'\n")
    return found
