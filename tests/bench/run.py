#!/usr/bin/env python3
"""Fairlead beside a bare epoll server (the floor), on the same load in the same run; prints a Markdown table.

  tests/bench/run.py --rig DIR [--binary build/release/fairlead] [--scenarios fanout1k,fanout5k,storm5k,idle10k]
                     [--transports ws,sse,poll] [--repeats 1] [--direct-only] [--out results.jsonl]

DIR holds the load generator `rtload` and the `floor`. Server (and nginx) on core 0, load on core 1; every run on a
fresh server. Quote ratios from one run, never absolute times: `other` says how busy other programs kept the machine."""
import argparse, http.client, json, os, shutil, signal, socket, statistics, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCENARIOS = {
    "fanout1k": ["--scenario", "fanout", "--n", "1000", "--rate", "50", "--time", "4", "--warmup", "1.5"],
    "fanout5k": ["--scenario", "fanout", "--n", "5000", "--rate", "10", "--time", "4", "--warmup", "1.5"],
    "storm5k": ["--scenario", "connect", "--n", "5000", "--connect-timeout", "40"],
    "idle10k": ["--scenario", "idle", "--n", "10000", "--time", "3", "--settle", "1.5", "--connect-timeout", "60"],
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, process, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing listens on {port}")


class Peer:
    """One server under test, in a directory of its own, pinned to core 0."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="fairlead-bench-")
        self.port = free_port()
        self.processes = []

    def start(self, command):
        log = open(os.path.join(self.dir, "log"), "ab")
        p = subprocess.Popen(["taskset", "-c", "0"] + command, stdout=log, stderr=log, cwd=self.dir, process_group=0)
        self.processes.append(p)
        return p

    def stop(self):
        for p in reversed(self.processes):
            p.terminate()
        for p in self.processes:
            try:
                p.wait(20)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Floor(Peer):
    name = "floor"

    def __init__(self, args):
        super().__init__()
        wait_port(self.port, self.start([os.path.join(args.rig, "floor"), "--port", str(self.port)]))

    def flags(self, transport):
        base = f"127.0.0.1:{self.port}"
        scheme = "ws" if transport == "ws" else "http"
        flags = ["--url", f"{scheme}://{base}/{transport}?room={{room}}", "--pub-url", f"http://{base}/pub?room={{room}}"]
        return flags + (["--poll-cursor-json", "cursor"] if transport == "poll" else [])


class Fairlead(Peer):
    name = "fairlead"

    def __init__(self, args):
        super().__init__()
        self.http_port = self.port
        sock = os.path.join(self.dir, "s")
        server = self.start([args.binary, "serve", "--data", os.path.join(self.dir, "data"), "--listen", f"127.0.0.1:{self.port}",
                             "--listen", "unix:" + sock, "--sends-per-5s", "0", "--drain-seconds", "0", "--log-level", "warn"])
        wait_port(self.port, server)
        self.token = self.call("POST", "/api/v1/users", {"name": "bench", "password": "bench-secret"})["token"]
        self.room = self.call("POST", "/api/v1/rooms", {"name": "bench", "visibility": "public"})["id"]
        self.front(args, sock)

    def front(self, args, sock):
        pass

    def call(self, method, path, body):
        c = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=20)
        headers = {"Content-Type": "application/json"}
        if hasattr(self, "token"):
            headers["Authorization"] = "Bearer " + self.token
        c.request(method, path, json.dumps(body), headers)
        answer = c.getresponse()
        text = answer.read()
        if answer.status // 100 != 2:
            raise RuntimeError(f"{path}: {answer.status} {text[:200]}")
        return json.loads(text)

    def flags(self, transport):
        base = f"127.0.0.1:{self.port}"
        scheme = "ws" if transport == "ws" else "http"
        auth = "Authorization: Bearer " + self.token
        flags = ["--url", f"{scheme}://{base}/rt/v1/{transport}?probe=0&events=durable", "--header", auth,
                 "--pub-url", f"http://{base}/api/v1/rooms/{self.room}/messages", "--pub-header", auth,
                 "--pub-header", "Content-Type: application/json", "--pub-body", '{"text":"{payload}"}']
        if transport == "poll":
            return flags + ["--poll-cursor-json", "cursor", "--poll-ready", "first"]
        return flags + (["--expect", '"type":"hello"'] if transport == "ws" else [])


class FairleadBehindNginx(Fairlead):
    name = "nginx + fairlead"

    def front(self, args, sock):
        self.port = free_port()
        subprocess.run([os.path.join(ROOT, "nginx", "render"), "--out", self.dir + "/nginx", "--listen", f"127.0.0.1:{self.port}",
                        "--upstream", "unix:" + sock, "--workers", "1", "--connections", "19000",
                        "--streams-per-token", "20000"], check=True, stdout=subprocess.DEVNULL)
        wait_port(self.port, self.start(["nginx", "-c", self.dir + "/nginx/nginx.conf", "-e", self.dir + "/nginx.log",
                                         "-g", "daemon off;"]))


def measure(kind, transport, scenario, args):
    try:
        peer = kind(args)
    except Exception as e:
        return {"error": str(e)}
    try:
        command = ["taskset", "-c", "1", os.path.join(args.rig, "rtload"), "--label", kind.name, "--transport", transport, "--payload", "200"]
        command += SCENARIOS[scenario] + peer.flags(transport) + ["--pid-tree", ",".join(str(p.pid) for p in peer.processes)]
        if kind is FairleadBehindNginx and scenario == "idle10k":
            command[command.index("10000")] = "8000"  # two descriptors a connection, 20,000 in all
        run = subprocess.run(command, capture_output=True, text=True, timeout=180)
        result = json.loads(run.stdout) if run.stdout.strip() else {"error": run.stderr[-300:]}
    except Exception as e:
        result = {"error": str(e)}
    finally:
        peer.stop()
    return result


def table(rows):
    def median(peer, transport, scenario, key):
        values = [r[key] for r in rows if (r["peer"], r["on"], r["case"]) == (peer, transport, scenario) and isinstance(r.get(key), (int, float))]
        return statistics.median(values) if values else None

    def ratio(value, floor):
        if value is None:
            return "-"
        return f"{value:.1f}" + (f" ({value / floor:.2f}×)" if floor else "")

    transports = list(dict.fromkeys(r["on"] for r in rows))
    print("| transport | peer | fan-out 1,000 × 50/s: CPU µs per delivery | p99 ms | fan-out 5,000 × 10/s: CPU µs | p99 ms |"
          " storm of 5,000: s | CPU µs per connect | idle: RSS bytes per connection | lost, repeated, out of order |")
    print("|---" * 10 + "|")
    for t in transports:
        for p in dict.fromkeys(r["peer"] for r in rows if r["on"] == t):
            def with_floor(scenario, key):
                return ratio(median(p, t, scenario, key), median("floor", t, scenario, key) if p != "floor" else None)
            wrong = [sum(r.get(k, 0) for r in rows if r["peer"] == p and r["on"] == t) for k in ("lost", "duplicates", "out_of_order")]
            print(f"| {t} | {p} | {with_floor('fanout1k', 'cpu_us_per_delivery')} | {with_floor('fanout1k', 'lat_p99_ms')} "
                  f"| {with_floor('fanout5k', 'cpu_us_per_delivery')} | {with_floor('fanout5k', 'lat_p99_ms')} "
                  f"| {with_floor('storm5k', 'connect_s')} | {with_floor('storm5k', 'connect_cpu_us')} "
                  f"| {with_floor('idle10k', 'server_rss_per_conn_b')} | {wrong[0]:.0f}, {wrong[1]:.0f}, {wrong[2]:.0f} |")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--rig", required=True, help="the folder of rtload and floor")
    ap.add_argument("--binary", default=os.path.join(ROOT, "build", "release", "fairlead"))
    ap.add_argument("--scenarios", default=",".join(SCENARIOS))
    ap.add_argument("--transports", default="ws,sse,poll")
    ap.add_argument("--repeats", type=int, default=1)
    ap.add_argument("--direct-only", action="store_true")
    ap.add_argument("--out", help="append each run's JSON line here")
    args = ap.parse_args()
    for program in (os.path.join(args.rig, "rtload"), os.path.join(args.rig, "floor"), args.binary):
        if not os.access(program, os.X_OK):
            sys.exit(f"{program} is not there: see --help")
    args.binary = os.path.abspath(args.binary)
    kinds = [Floor, Fairlead] + ([] if args.direct_only else [FairleadBehindNginx])
    rows = []
    for _ in range(args.repeats):
        for transport in args.transports.split(","):
            for scenario in args.scenarios.split(","):
                for kind in kinds:
                    row = measure(kind, transport, scenario, args)
                    row.update(peer=kind.name, on=transport, case=scenario)
                    rows.append(row)
                    shown = {k: row[k] for k in ("error", "first_error", "cpu_us_per_delivery", "lat_p99_ms", "connect_s", "server_rss_per_conn_b",
                                                 "lost", "duplicates", "other_cpu_util") if k in row}
                    print(time.strftime("%H:%M:%S"), transport, scenario, kind.name, shown, file=sys.stderr, flush=True)
                    if args.out:
                        with open(args.out, "a") as f:
                            f.write(json.dumps(row) + "\n")
    table(rows)


main()
