"""Draws what scripts/soak.py has measured: memory, descriptors, what waits and the length of runs."""

WIDTH, PANEL, LEFT, RIGHT, TOP = 900, 150, 110, 150, 20
COLOURS = ["#2563eb", "#dc2626", "#16a34a", "#9333ea", "#ea580c", "#0891b2", "#4b5563", "#ca8a04",
           "#be185d"]


def draw(samples, lags, lengths, picture):
    names = sorted({name for _, found in samples for name in found})
    memory = {n: [(w, f[n][0] / 1024) for w, f in samples if n in f] for n in names}
    descriptors = {n: [(w, f[n][1]) for w, f in samples if n in f] for n in names}
    panels = [
        ("memory, MiB", memory), ("descriptors", descriptors),
        ("lag, records", {"all partitions": lags}),
        ("runs, s", {"p99 of a minute": by_minute(lengths)}),
    ]
    height = TOP + PANEL * len(panels) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
    ]
    last = max((when for when, _ in samples), default=1) or 1
    for number, (title, series) in enumerate(panels):
        parts += panel(title, series, TOP + PANEL * number, last)
    parts.append(f'<text x="{LEFT}" y="{height - 6}" fill="#555">0 to {last / 60:.0f} minutes</text>')
    with open(picture, "w", encoding="utf-8") as file:
        file.write("\n".join(parts + ["</svg>"]) + "\n")


def by_minute(lengths):
    minutes = {}
    for when, value in lengths:
        minutes.setdefault(int(when // 60), []).append(value)
    return [
        (60 * minute + 30, sorted(values)[int(0.99 * len(values))])
        for minute, values in sorted(minutes.items())
    ]


def panel(title, series, top, last):
    bottom = top + PANEL - 30
    most = max((value for points in series.values() for _, value in points), default=0) or 1
    yield f'<text x="10" y="{top + 20}" font-size="13">{title}</text>'
    yield f'<text x="10" y="{top + 36}" fill="#555">up to {most:,.3g}</text>'
    yield f'<line x1="{LEFT}" y1="{bottom}" x2="{WIDTH - RIGHT}" y2="{bottom}" stroke="#bbb"/>'
    for number, (name, points) in enumerate(sorted(series.items())):
        colour = COLOURS[number % len(COLOURS)]
        line = " ".join(
            f"{LEFT + (WIDTH - LEFT - RIGHT) * when / last:.1f},"
            f"{bottom - (PANEL - 50) * value / most:.1f}"
            for when, value in points
        )
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.2"/>'
        yield (
            f'<text x="{WIDTH - RIGHT + 10}" y="{top + 14 + 13 * number}" fill="{colour}">'
            f"{name}</text>"
        )
