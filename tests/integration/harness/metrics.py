"""What a node says of itself in GET /metrics."""

import urllib.request


def metric(node, name):
    """The sample of that name without labels."""
    with urllib.request.urlopen(f"http://{node.address[0]}:{node.address[1]}/metrics", timeout=30) as answer:
        for line in answer.read().decode().splitlines():
            if line.split(" ")[0] == name:
                return float(line.split(" ")[1])
    raise AssertionError(f"{node.node} has no metric {name}")
