"""Draws bench/history.jsonl: one panel for each workload, its tasks a second over its measurements."""

import json

WIDTH, PANEL, LEFT, RIGHT, TOP = 760, 110, 90, 20, 30


def draw(history, picture):
    with open(history) as file:
        lines = [json.loads(line) for line in file]
    workloads = {}
    for line in lines:
        if line.get("schedulers", 1) == 1:
            workloads.setdefault(line["workload"], []).append(line)
    height = TOP + PANEL * len(workloads) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{LEFT}" y="18" font-size="13">tasks a second, by measurement; '
        "W2 and W4: milliseconds (p50)</text>",
    ]
    for number, (workload, points) in enumerate(workloads.items()):
        parts += panel(workload, points, TOP + PANEL * number)
    with open(picture, "w") as file:
        file.write("\n".join(parts + ["</svg>"]) + "\n")


def panel(workload, points, top):
    is_latency = workload in ("W2", "W4")
    values = [point["p50_ms" if is_latency else "tasks_per_s"] for point in points]
    bottom, most = top + PANEL - 20, max(values) or 1
    step = (WIDTH - LEFT - RIGHT) / max(len(values) - 1, 1)
    places = [
        (LEFT + step * n, bottom - (PANEL - 40) * value / most) for n, value in enumerate(values)
    ]
    unit = " ms" if is_latency else "/s"
    yield f'<text x="10" y="{top + 34}" font-size="13">{workload}</text>'
    yield f'<text x="10" y="{top + 50}" fill="#555">{values[-1]:,}{unit}</text>'
    yield (
        f'<line x1="{LEFT}" y1="{bottom}" x2="{WIDTH - RIGHT}" y2="{bottom}" stroke="#bbb"/>'
    )
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{line}" fill="none" stroke="#2563eb" stroke-width="1.5"/>'
    for (x, y), point, value in zip(places, points, values):
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#2563eb">'
            f'<title>{point["at"]} {point["revision"]}: {value:,}{unit}</title></circle>'
        )
