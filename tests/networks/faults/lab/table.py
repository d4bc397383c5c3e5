"""The table in docs/NETWORKS.md, which the fault tests write (`--write-fault-table`) and check."""

import os
import re

from harness.fairlead import REPOSITORY

PAGE = os.path.join(REPOSITORY, "docs", "NETWORKS.md")
_BEGIN = "<!-- faults: made by tests/networks/faults --write-fault-table -->"
_END = "<!-- faults: end -->"
_HEAD = """\
| fault | transport | noticed after heartbeats | then messages again after | by | back on it after | longest wait of a message |
|---|---|---|---|---|---|---|"""


_STEADINESS = """\
| in the meantime | for | transport given up or taken again | allowed | longest wait of a message |
|---|---|---|---|---|"""


def row(fault_name, transport, account, heartbeat_s):
    noticed = "not at all" if account.noticed_s is None else f"{account.noticed_s / heartbeat_s:.1f}"
    waits = [_seconds(account.resumed_s), account.by or "", _seconds(account.back_s), _seconds(account.longest_wait_s)]
    return "| " + " | ".join([fault_name, transport, noticed, *waits]) + " |"


def _seconds(value):
    return "" if value is None else f"{value:.1f} s"


def write(rows, steadiness, heartbeat_s):
    """Replaces what stands between the marks."""
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    made = "\n".join([_BEGIN, f"With heartbeats of {heartbeat_s} s:", "", _HEAD, *rows, "", _STEADINESS, *steadiness, _END])
    assert _BEGIN in page and _END in page, f"{PAGE} has no marks {_BEGIN} and {_END}"
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(page[:page.index(_BEGIN)] + made + page[page.index(_END) + len(_END):])


def rows_of_page():
    """(fault, transport) of each row that the page has."""
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    table = page[page.index(_BEGIN):page.index(_END)]
    return re.findall(r"^\| ([^|]+) \| (websocket|sse|poll) \|", table, re.MULTILINE)
