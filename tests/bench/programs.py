"""Starting, pinning and measuring programs."""
import contextlib, glob, http.client, json, os, shutil, socket, subprocess, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SERVER_CORE, LOAD_CORE = "0", "1"


class Bench:
    """What every case needs to know: where the programs are, where to put files, whether to be quick."""

    def __init__(self, rig, binary, quick):
        self.rig, self.binary, self.quick = os.path.abspath(rig), os.path.abspath(binary), quick
        self.dir = tempfile.mkdtemp(prefix="fairlead-bench-")
        self.worlds = {}  # seeded once, copied for each run

    def build(self):
        for name in ("session_load", "send_load"):
            subprocess.run(["g++", "-O2", "-std=c++20", "-o", os.path.join(self.dir, name), os.path.join(HERE, name + ".cpp")], check=True)
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", os.path.join(self.dir, "slow_fsync.so"), os.path.join(HERE, "slow_fsync.c")], check=True)

    def rtload(self, transport, flags, pids, cores=LOAD_CORE, timeout=180):
        command = ["taskset", "-c", cores, os.path.join(self.rig, "rtload"), "--transport", transport, "--payload", "200", *flags]
        run = subprocess.run(command + ["--pid-tree", ",".join(map(str, pids))], capture_output=True, text=True, timeout=timeout)
        if not run.stdout.strip():
            raise RuntimeError("rtload: " + run.stderr[-300:])
        row = json.loads(run.stdout)
        wrong = {k: row.get(k, 0) for k in ("connect_errors", "pub_errors", "disconnects", "lost", "duplicates", "corrupt") if row.get(k, 0)}
        if wrong or row["connected"] < row["n"]:
            row["error"] = f"{row['connected']} of {row['n']} connected, {wrong}: {row.get('first_error', '')}"
        return row

    def send_load(self, port, connections, seconds, requests, pids=()):
        path = os.path.join(self.dir, "requests")
        with open(path, "w") as f:
            f.write("\n".join(requests) + "\n")
        warmup = 0.3 if self.quick else 1
        command = ["taskset", "-c", LOAD_CORE, os.path.join(self.dir, "send_load"), port, connections, warmup, seconds, path, *pids]
        run = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=seconds + 60)
        if run.returncode:
            raise RuntimeError("send_load: " + run.stderr[-300:])
        row = json.loads(run.stdout)
        if row["refused"] or row["broken"]:
            row["error"] = f"{row['refused']} refused (first: {row['first_status']}), {row['broken']} broken off"
        return row

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class SessionLoad:
    """A running session_load, driven line by line (see the top of its source)."""

    def __init__(self, bench, port, streams, sessions, nice=0):
        self.folder = tempfile.mkdtemp(dir=bench.dir)
        command = ["taskset", "-c", LOAD_CORE, "nice", "-n", str(nice), os.path.join(bench.dir, "session_load"), str(port)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for verb, lines in (("streams", streams), ("sessions", sessions)):
            path = os.path.join(self.folder, verb)
            with open(path, "w") as f:
                f.write("".join(line + "\n" for line in lines))
            self.do(verb, path)

    def do(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"session_load ended with {self.process.wait()} at {words}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"session_load: {answer['error']}: {words}")
        return answer

    def open(self, group, seconds):
        opened = self.do("open", group, seconds)
        if opened["missing"]:
            raise RuntimeError(f"{opened['missing']} of {group} not live after {seconds} s: {opened['first_error']}")
        return opened

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, process, seconds=30):
    end = time.time() + seconds
    while time.time() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with {process.returncode}")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on {port}")


def family(pid):
    """The process and its children: nginx's work is done by its worker."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{pid}/children") as f:
        return [pid] + [p for child in f.read().split() for p in family(int(child))]
    return [pid]


def rss_bytes(pid):
    total = 0
    for p in family(pid):
        with open(f"/proc/{p}/smaps_rollup") as f:
            total += sum(int(line.split()[1]) * 1024 for line in f if line.startswith("Rss:"))
    return total


def thread_cpu_s(pid):
    """CPU seconds of each of the process's threads."""
    times = {}
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with contextlib.suppress(OSError), open(path) as f:
            times[path.split("/")[-2]] = int(f.read().split()[0]) / 1e9
    return times


def cpu_s(pid):
    return time.clock_gettime(~pid << 3 | 2)  # clock_getcpuclockid(3): the whole process, in nanoseconds


def machine_busy_s():
    with open("/proc/stat") as f:
        user, nice, system, _, _, irq, softirq = map(int, f.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def metric(port, name):
    """The largest sample of that name in GET /metrics; None if there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return max((float(line.split()[-1]) for line in lines if line.split("{")[0].split(" ")[0] == name), default=None)
