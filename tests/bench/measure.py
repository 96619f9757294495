# measure.py - rates, waiting times, CPU and memory, of what stands behind wrk.

import contextlib
import os
import re
import socket
import struct
import subprocess
import time
from dataclasses import dataclass
from statistics import median

LOAD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load.lua")


@dataclass
class Figures:
    rate: float  # requests a second
    p50: float  # microseconds
    p99: float
    cpu: float  # microseconds a request: web server, programs, PostgreSQL


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def family(parents):
    return [*parents, *(child for pid in parents for child in children_of(pid))]


def cpu_ns(parents):
    """The time on a CPU of these processes and their children, dead or alive."""
    total = 0
    for pid in family(parents):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
                alive = int(file.read().split()[0])
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                fields = file.read().rpartition(")")[2].split()
            # cutime and cstime: of children that were waited for.
            dead = int(fields[13]) + int(fields[14])
            total += alive + dead * 10**9 // os.sysconf("SC_CLK_TCK")
    return total


def pss_kib(pids):
    """Memory, each shared page counted in equal parts for those who share."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            total += int(re.search(r"^Pss: +(\d+)", file.read(), re.M)[1])
    return total


def lines(path):
    with open(path, encoding="ascii") as file:
        return sum(1 for _ in file)


def load(parents, url, connections, seconds, *request):
    """Send requests for so long; request as load.lua wants it."""
    before = cpu_ns(parents)
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", LOAD, url,
         "--", *request],
        check=True, text=True, stdout=subprocess.PIPE).stdout
    spent = cpu_ns(parents) - before
    count, duration, p50, p99, errors = map(
        int, re.search(r"^result (.*)$", output, re.M)[1].split())
    if request[0].islower() and count >= lines(request[-1][1:]):
        raise SystemExit(f"bench: {url}: there were too few tokens")
    # A crowd at the sign-in page may be told to come again.
    if errors * 10 > count or not count:
        raise SystemExit(f"bench: {url}: {errors} errors\n{output}")
    count -= errors
    return Figures(count * 1e6 / duration, p50, p99, spent / 1e3 / count)


def middle(list_of_figures):
    """The median of each figure."""
    return Figures(*(median(getattr(f, name) for f in list_of_figures)
                     for name in ("rate", "p50", "p99", "cpu")))


def record(kind, content=b""):
    """A FastCGI record of request 1."""
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def fcgi_request(variables):
    """A request without a body, as a web server sends it."""
    params = b"".join(
        struct.pack("!II", len(name) | 1 << 31, len(value) | 1 << 31) +
        name.encode() + value.encode() for name, value in variables.items())
    return (record(1, struct.pack("!HB5x", 1, 0)) + record(4, params) +
            record(4) + record(5))


def cold_start_ms(program, environment, variables, path):
    """From the start of a FastCGI program to the end of its first answer."""
    request = fcgi_request(variables)
    with socket.socket(socket.AF_UNIX) as listener, \
            socket.socket(socket.AF_UNIX) as client:
        listener.bind(path)
        listener.listen()
        client.connect(path)
        begin = time.monotonic()
        # pylint: disable=consider-using-with
        process = subprocess.Popen([program], stdin=listener, env=environment)
        client.sendall(request)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
        elapsed = time.monotonic() - begin
        process.terminate()
        process.wait()
    os.unlink(path)
    if b"Status: 200" not in answer:
        raise SystemExit(f"bench: {program}: {answer!r}")
    return elapsed * 1e3
