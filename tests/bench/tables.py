"""Stored rows as Markdown: each target of the project with the numbers that it is about."""
import collections, statistics

# A figure, what it is set beside (none: it is held against the bound itself), and the bound of the figure or ratio.
Check = collections.namedtuple("Check", "point what on ours theirs relation bound unit scale", defaults=[None, "", 1])
Source = collections.namedtuple("Source", "case peer key")

TITLES = {
    1: "CPU per delivery", 2: "Saturated deliveries a second, 1,000 receivers", 3: "Idle connections", 4: "Durable sends through nginx",
    5: "Storm: 5,000 sessions come back", 6: "200 of 1,000 clients stop reading", 7: "A burst into a room of 10,000 beside 1,000 rooms of ten",
    8: "Cost as it grows", 9: "Several nodes on one host, behind one nginx",
}
NGINX, NGINX_FLOOR, BATCHING = "nginx + fairlead", "nginx + floor", "fairlead, batching"


def checks():
    for case, size in (("fanout1k", "1,000 × 50/s"), ("fanout5k", "5,000 × 10/s")):
        for on, bound in (("ws", 1.10), ("sse", 1.10), ("poll", 1.15)):
            key = "cpu_us_per_delivery"
            yield Check(1, f"{size}, beside the floor", on, Source(case, "fairlead", key), Source(case, "floor", key), "≤", bound, "µs")
            if case == "fanout1k" and on != "poll":
                yield Check(1, f"{size}, `--large-room-batch-ms 40`", on, Source(case, BATCHING, key), Source(case, "floor", key), "", None, "µs")
                latency = [Source(case, peer, "lat_p99_ms") for peer in (BATCHING, "fairlead")]
                yield Check(1, f"{size}, `--large-room-batch-ms 40`: p99, beside that without it", on, *latency, "", None, "ms")
            yield Check(1, f"{size}, through nginx", on, Source(case, NGINX, key), Source(case, NGINX_FLOOR, key), "≤", 0.85, "µs")
    for on, direct, nginx in (("ws", 12, 10), ("sse", 12, 10), ("poll", 1, 2)):
        key = "deliveries_per_s"
        yield Check(2, "8 in flight", on, Source("saturated8", "fairlead", key), Source("saturated8", "floor", key), "≥", direct)
        yield Check(2, "8 in flight, through nginx", on, Source("saturated8", NGINX, key), Source("saturated8", NGINX_FLOOR, key), "≥", nginx)
        if on != "poll":
            yield Check(2, "8 in flight, p99 < 20 ms", on, Source("saturated20ms", "fairlead", key), Source("saturated20ms", "floor", key), "≥", 4)
        for n in (1, 64):
            yield Check(2, f"{n} in flight", on, Source(f"saturated{n}", "fairlead", key), Source(f"saturated{n}", "floor", key), "", None)
    for on, bound in (("ws", 2.5), ("sse", 1), ("poll", 1)):
        yield Check(3, "memory of a connection", on, Source("idle", "fairlead", "rss_per_conn_b"), None, "≤", bound, "KB", 1024)
        yield Check(3, "the same of the floor", on, Source("idle", "floor", "rss_per_conn_b"), None, "", None, "KB", 1024)
        yield Check(3, "nginx's memory of it", on, Source("idle", NGINX, "nginx_rss_per_conn_b"), None, "≤", 17, "KB", 1024)
        yield Check(3, "10,000 with heartbeats: a core's", on, Source("idle", "fairlead", "idle_cpu_percent"), None, "≤", 3, "%")
    durable = Source("durable64", NGINX, "per_s")
    yield Check(4, "64 senders, beside a POST that stores nothing", "http", durable, Source("typing64", NGINX, "per_s"), "≥", 0.5, "/s")
    yield Check(4, "64 senders, beside one commit a message", "http", durable, Source("durable1", NGINX, "per_s"), "≥", 20, "/s")
    slow = [Source(f"durable{n}_slow_disk", NGINX, "per_s") for n in (64, 1)]
    yield Check(4, "the same where an fsync takes 2 ms (added)", "http", *slow, "≥", 20, "/s")
    for on in ("ws", "sse"):
        for case, what in (("storm_one_room", "each missed 1,000 events"), ("storm_50_rooms", "each missed 20 of 1,000")):
            mine = lambda key: Source(case, "fairlead", key)
            yield Check(5, f"{what}: back, beside fresh", on, mine("back_s"), mine("fresh_s"), "≤", 3, "s")
            yield Check(5, f"{what}: the load generator's share of its core meanwhile", on, mine("load_busy"), None, "", None)
            yield Check(5, f"{what}: p99 of 500 others, beside calm", on, mine("storm_p99_ms"), mine("calm_p99_ms"), "≤", 3, "ms")
            yield Check(5, f"{what}: lost or repeated", on, mine("lost_or_repeated"), None, "≤", 0)
        mine = lambda key: Source("stalled", "fairlead", key)
        yield Check(6, "memory of the slow, beside the outboxes' bounds", on, mine("of_the_slow_mib"), mine("bound_mib"), "≤", 1, "MiB")
        yield Check(6, "what memory grows by without them (caches, newest events)", on, mine("control_growth_mib"), None, "", None, "MiB")
        yield Check(6, "p99 of the 800 others, beside calm", on, mine("stalled_p99_ms"), mine("calm_p99_ms"), "≤", 1.5, "ms")
        yield Check(6, "the same while the 200 catch up", on, mine("catching_up_p99_ms"), mine("calm_p99_ms"), "", None, "ms")
        yield Check(6, "lost or repeated", on, mine("lost_or_repeated"), None, "≤", 0)
        mine = lambda key: Source("burst", "fairlead", key)
        yield Check(7, "longest hold of an I/O thread, its processor time", on, mine("turn_cpu_ms"), None, "≤", 5, "ms")
        yield Check(7, "the same before the burst: 19,000 connect", on, mine("turn_cpu_before_ms"), None, "", None, "ms")
        yield Check(7, "the same with waiting for the core, which all of the server shares", on, mine("turn_ms"), None, "", None, "ms")
        yield Check(7, "p99 of the small rooms, beside calm", on, mine("burst_p99_ms"), mine("calm_p99_ms"), "≤", 3, "ms")
        yield Check(7, "lost or repeated", on, mine("lost_or_repeated"), None, "≤", 0)
    for on in ("ws", "sse", "poll"):
        key = "cpu_us_per_delivery"
        yield Check(8, "CPU per delivery, 10,000 receivers beside 1,000", on, Source("receivers10000", "fairlead", key),
                    Source("receivers1000", "fairlead", key), "≤", 1.15, "µs")
    for name, what in (("send", "CPU per send"), ("page", "CPU per page of catch-up")):
        yield Check(8, f"{what}, 5 million stored beside 10,000", "http", Source(f"{name}5000000", "fairlead", "cpu_us"),
                    Source(f"{name}10000", "fairlead", "cpu_us"), "≤", 1.3, "µs")
    for on in ("ws", "sse"):
        two, one = (lambda key, n=n: Source(f"shards{n}", "fairlead", key) for n in (2, 1))
        yield Check(8, "two shards beside one: deliveries per second of the busiest thread", on, two("per_busiest_thread_s"),
                    one("per_busiest_thread_s"), "≥", 1.7, "/s")
        yield Check(8, "two shards beside one: saturated, load on the same cores", on, two("saturated_per_s"), one("saturated_per_s"), "", None, "/s")
    peer = "nginx + nodes"
    for on in ("ws", "sse"):
        one, three, without = (Source(case, peer, "node_p99_ms") for case in ("one_node", "three_nodes", "three_nodes_without_redis"))
        yield Check(9, "p99 over three nodes, beside one node's", on, three, one, "≤", 3, "ms")
        yield Check(9, "the same while Redis is away", on, without, None, "≤", 300, "ms")
        yield Check(9, "lost or repeated", on, Source("three_nodes_without_redis", peer, "lost_or_repeated"), None, "≤", 0)
    for on in ("ws", "sse"):
        yield Check(9, "Redis's commands in a minute, with 5,000 idle sessions and without", on, Source("idle", peer, "redis_commands_with"),
                    Source("idle", peer, "redis_commands_without"), "≤", 1.05)
    for n in (2, 3):
        yield Check(9, f"durable sends of 64 senders, {n} nodes beside one", "http", Source(f"durable_on_{n}", peer, "per_s"),
                    Source("durable_on_1", peer, "per_s"), "", None, "/s")


def number(value):
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


class Figure:
    """A source's values over the repetitions."""

    def __init__(self, rows, source, check):
        found = [r for r in rows if (r["point"], r["case"], r["peer"], r["on"]) == (check.point, source.case, source.peer, check.on)]
        self.errors = sum("error" in r for r in found)
        # What a broken run measured is shown, but no target is met by it.
        self.values = [r[source.key] / check.scale for r in found if isinstance(r.get(source.key), (int, float))]
        self.measured = bool(found)
        self.median = statistics.median(self.values) if self.values else None

    def __str__(self):
        if self.median is None:
            return "error" if self.errors else "-"
        spread = f" ({number(min(self.values))}-{number(max(self.values))})" if len(self.values) > 1 else ""
        return number(self.median) + spread + (f", {self.errors} failed" if self.errors else "")


def line(rows, check):
    ours = Figure(rows, check.ours, check)
    theirs = Figure(rows, check.theirs, check) if check.theirs else None
    if not ours.measured:
        return None
    judged, ratio = ours.median, "-"
    if theirs:
        judged = ours.median / theirs.median if ours.median is not None and theirs.median else None
        ratio = f"{judged:.2f}×" if judged is not None else "-"
    target = f"{check.relation} {check.bound}{'×' if theirs else ''}" if check.bound is not None else "-"
    broken = ours.errors + (theirs.errors if theirs else 0)
    if check.bound is None:
        verdict = "-"
    elif judged is None:
        verdict = "error" if broken else "not measured"
    else:
        met = judged <= check.bound if check.relation == "≤" else judged >= check.bound
        verdict = "error" if broken else "pass" if met else "**miss**"
    shown = [f"{figure} {check.unit}".rstrip() if figure and figure.median is not None else str(figure or "-") for figure in (ours, theirs)]
    return f"| {check.what} | {check.on} | {shown[0]} | {shown[1]} | {ratio} | {target} | {verdict} |"


def show(rows):
    if any(r.get("quick") for r in rows):
        print("\nSmall and short (--quick): these numbers mean nothing.")
    for point, title in TITLES.items():
        lines = [shown for shown in (line(rows, c) for c in checks() if c.point == point) if shown]
        if not lines:
            continue
        print(f"\n### {point}. {title}\n\n| | on | Fairlead | beside | ratio | target | |\n|---|---|---|---|---|---|---|\n" + "\n".join(lines))
        details(rows, point)
    errors = [r for r in rows if "error" in r]
    if errors:
        print("\n### What went wrong\n")
        for r in errors:
            print(f"- {r['case']} {r['on']} {r['peer']}, run {r.get('repeat', 0) + 1}: {r['error']}")
    if rows:
        print(f"\nOther programs used {statistics.median(r.get('other_programs_cores', 0) for r in rows):.2f} of the cores (median), at most"
              f" {max(r.get('other_programs_cores', 0) for r in rows):.2f}.")


def details(rows, point):
    """Latency, and that nothing was lost, beside the figures of the points that rtload measures."""
    mine = [r for r in rows if r["point"] == point and "lat_p99_ms" in r]
    groups = collections.OrderedDict()
    for r in mine:
        groups.setdefault((r["case"], r["on"], r["peer"]), []).append(r)
    if not groups:
        return
    print("\n| case | on | peer | p50 ms | p99 ms | CPU µs per delivery | load generator busy | lost, repeated, out of order |\n" + "|---" * 8 + "|")
    for (case, on, peer), some in groups.items():
        middle = {k: number(statistics.median(r.get(k, 0) for r in some)) for k in ("lat_p50_ms", "lat_p99_ms", "cpu_us_per_delivery", "loadgen_util")}
        lost = ", ".join(str(sum(r.get(k, 0) for r in some)) for k in ("lost", "duplicates", "out_of_order"))
        print(f"| {case} | {on} | {peer} | {' | '.join(middle.values())} | {lost} |")


def brief(row):
    keys = ("error", "cpu_us_per_delivery", "deliveries_per_s", "lat_p99_ms", "lost", "rss_per_conn_b", "nginx_rss_per_conn_b", "idle_cpu_percent",
            "per_s", "cpu_us", "fresh_s", "back_s", "server_busy", "load_busy", "calm_p99_ms", "storm_p99_ms", "of_the_slow_mib", "stalled_p99_ms", "burst_p99_ms", "turn_cpu_ms", "turn_cpu_before_ms", "turn_ms",
            "redis_commands_without", "redis_commands_with", "node_p50_ms", "node_p99_ms", "lost_or_repeated", "per_busiest_thread_s", "saturated_per_s", "loadgen_util", "other_programs_cores", "took_s")
    return " ".join(f"{k}={number(row[k]) if isinstance(row[k], (int, float)) else row[k]}" for k in keys if row.get(k) is not None)
