"""The table of docs/NETWORKS.md, made of what was measured."""

import json
import os
import re
import shutil

from harness.fairlead import REPOSITORY

PAGE = os.path.join(REPOSITORY, "docs", "NETWORKS.md")
_KEPT = os.path.join(REPOSITORY, "build", "networks")  # a file for each product, from whichever worker measured it
_BEGIN = "<!-- products: made by tests/networks/products --write-table -->"
_END = "<!-- products: end -->"
_HEAD = """\
| in between | events come by | given up, for | first event, ms | proven, ms | with advice, ms | p50, ms | p99, ms | first event, round trips | because |
|---|---|---|--:|--:|--:|--:|--:|--:|---|"""


def forget():
    """Whatever was measured before."""
    shutil.rmtree(_KEPT, ignore_errors=True)


def keep(findings):
    os.makedirs(_KEPT, exist_ok=True)
    with open(_file(findings.product), "w", encoding="utf-8") as file:
        json.dump(findings.to_json(), file)


def write(matrix, talk_seconds):
    """Replaces the page's table. Every product of the matrix must have been measured."""
    rows = [_row(product, _read(product.name)) for product in matrix]
    said = f"Conversations of {talk_seconds:g} s:"
    made = "\n".join([_BEGIN, said, "", _HEAD, *rows, _END])
    page = _page()
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(page[:page.index(_BEGIN)] + made + page[page.index(_END) + len(_END):])


def products_of_page():
    """What the page's table names, from top to bottom."""
    page = _page()
    rows = page[page.index(_BEGIN):page.index(_END)].splitlines()
    return [row.split(" | ")[0].removeprefix("| ") for row in rows if re.match(r"\| (?!in between)", row)]


def _page():
    with open(PAGE, encoding="utf-8") as file:
        return file.read()


def _file(name):
    return os.path.join(_KEPT, re.sub(r"\W+", "-", name) + ".json")


def _read(name):
    assert os.path.exists(_file(name)), f"{name} was not measured: the table is made on Debian 12, which has all packages"
    with open(_file(name), encoding="utf-8") as file:
        return json.load(file)


def _row(product, found):
    given_up = ", ".join(f"{transport}: {cause}" for transport, cause in found["given_up"].items()) or "–"
    times = [f"{found[what]:,.0f}" for what in ("first_event", "proven", "proven_with_advice")]
    latencies = [f"{found[what]:.1f}" for what in ("latency_p50", "latency_p99")]
    trips = f"{found['first_event_round_trips']:.2f}"
    return "| " + " | ".join([product.name, found["transport"], given_up, *times, *latencies, trips,
                              product.expected.because]) + " |"
