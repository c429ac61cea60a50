"""The push as a picture: requests a second over the number in flight, for each latency. The same figures give the same bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from figures import OURS, Figure

_CASE: Final = re.compile(r"(\d+) ms, (\d+) in flight")


def plot_push(figures: Sequence[Figure], *, path: Path) -> None:
    """Draw it."""
    import matplotlib as mpl  # noqa: PLC0415 - only who draws needs it

    mpl.use("svg")
    mpl.rcParams |= {"svg.hashsalt": "vtex-tracking", "svg.fonttype": "none"}
    from matplotlib import pyplot as plt  # noqa: PLC0415 - it must know first what it draws on

    speeds = [figure for figure in figures if figure.quantity == "requests/s"]
    subjects = list(dict.fromkeys(figure.subject for figure in speeds))
    latencies_ms = sorted({_latency_ms(figure) for figure in speeds})
    drawing, panels = plt.subplots(1, len(latencies_ms), figsize=(12, 4), sharey=True, squeeze=False)
    for panel, latency_ms in zip(panels[0], latencies_ms, strict=True):
        here = [figure for figure in speeds if _latency_ms(figure) == latency_ms]
        for subject in dict.fromkeys(figure.subject for figure in here):
            color = f"C{subjects.index(subject)}"
            line = sorted((_in_flight(figure), figure.median) for figure in here if figure.subject == subject)
            width = 3 if subject == OURS else 1
            panel.plot(*zip(*line, strict=True), marker="o", label=subject, color=color, linewidth=width)
        panel.set(title=f"server answers after {latency_ms} ms", xlabel="in flight", xscale="log", yscale="log")
        places = sorted({_in_flight(figure) for figure in here})
        panel.set_xticks(places, [str(each) for each in places], minor=False)
        panel.minorticks_off()
        panel.grid(visible=True, alpha=0.3)
    panels[0][0].set_ylabel("requests/s")
    named = {line.get_label(): line for panel in panels[0] for line in panel.get_lines()}  # not all are in every panel
    panels[0][-1].legend(named.values(), named.keys(), fontsize="small", loc="upper left", bbox_to_anchor=(1.02, 1))
    drawing.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    plt.close(drawing)


def _latency_ms(figure: Figure) -> int:
    return _numbers(figure)[0]


def _in_flight(figure: Figure) -> int:
    return _numbers(figure)[1]


def _numbers(figure: Figure) -> tuple[int, int]:
    found = _CASE.fullmatch(figure.case)
    assert found is not None, figure.case
    return int(found[1]), int(found[2])
