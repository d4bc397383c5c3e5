"""The servers under test, each fresh, in a folder of its own, pinned to the server's core."""
import os, shutil, signal, subprocess, tempfile

import seed
from programs import SERVER_CORE, free_port, wait_port

ENV = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}


class Peer:
    """Use as a context: leaving it ends the processes, and raises if one had ended by itself."""

    def __init__(self, bench, cores=SERVER_CORE):
        self.bench, self.cores = bench, cores
        self.dir = tempfile.mkdtemp(prefix="p", dir=bench.dir)
        self.port = free_port()
        self.processes = []

    def start(self, *command, env=()):
        log = open(os.path.join(self.dir, "log"), "ab")
        with log:
            p = subprocess.Popen(["taskset", "-c", self.cores, *map(str, command)], stdout=log, stderr=log, cwd=self.dir, env={**ENV, **dict(env)},
                                 process_group=0)
        self.processes.append(p)
        return p

    def pids(self):
        return [p.pid for p in self.processes]

    def __enter__(self):
        try:
            self.begin()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        died = self.end()
        if died:
            raise RuntimeError(died)

    def end(self):
        died = None
        for p in reversed(self.processes):
            if p.poll() is not None:
                with open(os.path.join(self.dir, "log"), errors="replace") as log:
                    died = f"{os.path.basename(p.args[3])} ended by itself with {p.returncode}: {log.read()[-400:]}"
            else:
                p.send_signal(signal.SIGTERM)
        for p in self.processes:
            try:
                p.wait(20)
            except subprocess.TimeoutExpired:
                died = f"{os.path.basename(p.args[3])} did not end within 20 s of SIGTERM"
                p.kill()
                p.wait()
        shutil.rmtree(self.dir, ignore_errors=True)
        return died


class Floor(Peer):
    name = "floor"

    def begin(self):
        self.run_floor(self.port)

    def run_floor(self, port):
        wait_port(port, self.start(os.path.join(self.bench.rig, "floor"), "--port", port))

    def rtload_flags(self, transport):
        base = f"127.0.0.1:{self.port}"
        scheme = "ws" if transport == "ws" else "http"
        flags = ["--url", f"{scheme}://{base}/{transport}?room={{room}}", "--pub-url", f"http://{base}/pub?room={{room}}"]
        return flags + (["--poll-cursor-json", "cursor"] if transport == "poll" else [])


class NginxFloor(Floor):
    """A tuned proxy block and a TCP upstream, as the rig has it."""
    name = "nginx + floor"

    def begin(self):
        upstream = free_port()
        self.run_floor(upstream)
        with open(os.path.join(self.bench.rig, "peers", "conf", "proxy.conf")) as f:
            text = f.read().replace("%DIR%", self.dir).replace("%PORT%", str(self.port)).replace("%UP%", str(upstream))
        with open(os.path.join(self.dir, "proxy.conf"), "w") as f:
            f.write(text)
        wait_port(self.port, self.start("nginx", "-c", os.path.join(self.dir, "proxy.conf"), "-e", os.path.join(self.dir, "log")))


class Fairlead(Peer):
    """`world` (seed.py) is copied, unless `in_place`."""
    name = "fairlead"

    def __init__(self, bench, world=None, flags=(), in_place=False, env=(), **options):
        super().__init__(bench, **options)
        self.world = world or seed.world(bench, "one", users=1, rooms=[range(1, 2)])
        self.flags, self.in_place, self.env = list(flags), in_place, env
        self.http_port = self.port  # of the server itself, for /metrics

    def begin(self):
        self.data = self.world.path
        if not self.in_place:
            self.data = shutil.copytree(self.data, os.path.join(self.dir, "data"))
        self.socket = os.path.join(self.dir, "s")
        self.server = self.start(self.bench.binary, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.http_port}", "--listen",
                                 "unix:" + self.socket, "--sends-per-5s", 0, "--drain-seconds", 0, "--log-level", "warn", *self.flags,
                                 env=self.env)
        wait_port(self.http_port, self.server)

    def rtload_flags(self, transport):
        base = f"127.0.0.1:{self.port}"
        scheme = "ws" if transport == "ws" else "http"
        auth = "Authorization: Bearer " + self.world.token(1)
        flags = ["--url", f"{scheme}://{base}/rt/v1/{transport}?probe=0&events=durable", "--header", auth,
                 "--pub-url", f"http://{base}/api/v1/rooms/{seed.wire('r', 1)}/messages", "--pub-header", auth,
                 "--pub-header", "Content-Type: application/json", "--pub-body", '{"text":"{payload}"}']
        if transport == "poll":
            return flags + ["--poll-cursor-json", "cursor", "--poll-ready", "first"]
        return flags + (["--expect", '"type":"hello"'] if transport == "ws" else [])


class BatchingFairlead(Fairlead):
    """For two events in each write at 50 a second, at the price of latency."""
    name = "fairlead, batching"

    def __init__(self, bench, **options):
        super().__init__(bench, flags=["--large-room-batch-ms", 40], **options)


class NginxFairlead(Fairlead):
    """The project's own nginx configuration, over a Unix socket."""
    name = "nginx + fairlead"

    def begin(self):
        self.http_port = free_port()
        super().begin()
        self.begin_nginx([self.socket])

    def begin_nginx(self, sockets):
        folder = os.path.join(self.dir, "nginx")
        upstreams = [word for socket in sockets for word in ("--upstream", "unix:" + socket)]
        subprocess.run([self.bench.binary, "config", "nginx", "--out", folder, "--listen", f"127.0.0.1:{self.port}", *upstreams,
                        "--workers", "1", "--connections", "19500", "--streams-per-client", "20000"],
                       check=True, stdout=subprocess.DEVNULL, env=ENV)
        self.nginx = self.start("nginx", "-c", folder + "/nginx.conf", "-e", os.path.join(self.dir, "log"), "-g", "daemon off;")
        wait_port(self.port, self.nginx)


class NginxNodes(NginxFairlead):
    """Several nodes on one store and one Redis, behind one nginx."""
    name = "nginx + nodes"

    def __init__(self, bench, world, nodes):
        super().__init__(bench, world)
        self.nodes = nodes

    def begin(self):
        self.http_port = free_port()
        redis = self.redis_path = os.path.join(self.dir, "redis")
        self.redis = self.start("redis-server", "--port", 0, "--unixsocket", redis, "--save", "", "--appendonly", "no", "--dir", self.dir)
        self.flags = ["--redis", "unix:" + redis, "--node", "n1"]
        Fairlead.begin(self)
        sockets = [self.socket]
        for n in range(2, self.nodes + 1):
            sockets.append(os.path.join(self.dir, f"s{n}"))
            port = free_port()
            node = self.start(self.bench.binary, "serve", "--data", self.data, "--listen", f"127.0.0.1:{port}", "--listen", "unix:" + sockets[-1],
                              "--sends-per-5s", 0, "--drain-seconds", 0, "--log-level", "warn", "--redis", "unix:" + redis, "--node", f"n{n}")
            wait_port(port, node)
        self.begin_nginx(sockets)

    def stop_redis(self):
        self.processes.remove(self.redis)
        self.redis.kill()
        self.redis.wait()
