#!/usr/bin/env python3
"""Measures what docs/PERFORMANCE.md says, and prints its tables (Markdown): each figure as the median of the
repetitions with its range, both numbers of each ratio, and whether it meets its target.

  tests/bench/run.py --rig DIR [--points 1,2,…,9] [--repeats 3] [--transports ws,sse,poll] [--only NAME] [--out FILE]
  tests/bench/run.py --table FILE           the tables of stored lines

DIR holds the load generator `rtload`, the `floor` (a bare epoll server, one write per delivery, that keeps nothing) and
peers/conf/proxy.conf (nginx before the floor). Server and nginx run on core 0, load on core 1, each case on a fresh
server. Needs two idle cores, g++, nginx and, for point 8, 12 GB under TMPDIR, on a disk whose fsync is real. Compare
figures of one run with each other, never with another machine's."""
import argparse, json, os, resource, sys, time

import scenarios, tables
from programs import ROOT, Bench, machine_busy_s

SEEDING_SECONDS = {8: 90}  # 5 million messages, once


def children_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(case, bench):
    begun, busy, own = time.time(), machine_busy_s(), children_s() + time.process_time()
    try:
        row = case.run(bench)
    except Exception as e:  # a server that a case breaks is a result
        row = {"error": f"{type(e).__name__}: {e}"}
    seconds = time.time() - begun
    others = machine_busy_s() - busy - (children_s() + time.process_time() - own)
    row.update(point=case.point, case=case.name, on=case.on, peer=case.peer, took_s=round(seconds, 1),
               other_programs_cores=round(max(0, others / seconds), 2))
    return row


def parse():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--rig", help="the folder of rtload and floor")
    ap.add_argument("--binary", default=os.path.join(ROOT, "build", "release", "fairlead"))
    ap.add_argument("--points", default="1,2,3,4,5,6,7,8,9")
    ap.add_argument("--transports", default="ws,sse,poll")
    ap.add_argument("--only", default="", help="only cases whose name contains this")
    ap.add_argument("--repeats", type=int, default=3)
    ap.add_argument("--quick", action="store_true", help="small and short, to see that all works: its numbers mean nothing")
    ap.add_argument("--out", help="append each run's JSON line here")
    ap.add_argument("--table", metavar="FILE", help="only print the tables of these stored lines")
    args = ap.parse_args()
    if args.table:
        return args
    if not args.rig:
        ap.error("--rig is needed: see --help")
    for program in (os.path.join(args.rig, "rtload"), os.path.join(args.rig, "floor"), args.binary):
        if not os.access(program, os.X_OK):
            ap.error(f"{program} is not there: see --help")
    return args


def main():
    args = parse()
    if args.table:
        with open(args.table) as f:
            return tables.show([json.loads(line) for line in f])
    points = [int(p) for p in args.points.split(",")]
    chosen = [c for c in scenarios.cases(args.transports.split(",")) if c.point in points and args.only in c.name]
    plan = [(n, c) for n in range(args.repeats) for c in chosen if n == 0 or not c.once]
    expected = sum(c.seconds for _, c in plan) + sum(SEEDING_SECONDS.get(p, 0) for p in points)
    print(f"{len(plan)} runs, about {'2-5 s each' if args.quick else f'{expected / 60:.0f} minutes'}", file=sys.stderr, flush=True)
    bench, rows = Bench(args.rig, args.binary, args.quick), []
    try:
        bench.build()
        for done, (repeat, case) in enumerate(plan, 1):
            row = {**measure(case, bench), "repeat": repeat, "quick": args.quick}
            rows.append(row)
            print(f"{time.strftime('%H:%M:%S')} {done}/{len(plan)} {case.name} {case.on} {case.peer}: {tables.brief(row)}", file=sys.stderr, flush=True)
            if args.out:
                with open(args.out, "a") as f:
                    f.write(json.dumps(row) + "\n")
    finally:
        bench.close()
        if rows:
            tables.show(rows)


main()
