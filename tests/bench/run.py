#!/usr/bin/env python3
# run.py - `make bench`: what requests cost, beside floors under the same server.
#
#	run.py [--seconds N] [--rounds N]	the bench
#	run.py --growth				1,000 and 1,000,000 people
#
# Called in the directory of a build. Every figure is the median of rounds in
# which the subjects take turns, and a ratio that of the ratios within a round:
# so a machine that has something else to do for a while spoils little.

import argparse
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from statistics import median

from instance import BUILD, Instance
from measure import children_of, cold_start_ms, load, middle, pss_kib

ACCOUNT = "ada@bench.invalid"
PASSWORD = "seven damp owls in a teapot"
MANY = 10000
JSON = ("Accept", "application/json")
COOKIE = ("Cookie", "ch_access=%2")


class Table:
    """Figures as they come, then all of them again with what they should be."""

    def __init__(self):
        self.rows = []
        self.missed = 0

    def say(self, name, figure, floor, ratio, target=None, least=False):
        verdict = ""
        if target is not None:
            good = ratio >= target if least else ratio <= target
            verdict = "ok" if good else "MISSED"
            self.missed += not good
            target = ("≥ " if least else "≤ ") + f"{target:.2f}"
        self.rows.append((name, figure, floor, f"{ratio:.2f}", target or "",
                          verdict))

    def show(self):
        head = ("name", "figure", "floor", "ratio", "target", "")
        rows = [head, *self.rows]
        widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
        for row in rows:
            print("  ".join(
                cell.ljust(width) if i in (0, 5) else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths))).rstrip())


def take_turns(rounds, subjects):
    """{name: function} to {name: [figures]}, a round after the other."""
    taken = defaultdict(list)
    for _ in range(rounds):
        for name, function in subjects.items():
            taken[name].append(function())
    return taken


def ratio(taken, name, floor, what):
    return median(getattr(a, what) / getattr(b, what)
                  for a, b in zip(taken[name], taken[floor]))


def first_of(path):
    with open(path, encoding="ascii") as file:
        return file.readline().split()


def say_requests(title, taken):
    print(f"\n{title:34} {'rate/s':>8} {'p50 µs':>8} {'p99 µs':>8} "
          f"{'CPU µs':>8}")
    for name, figures in taken.items():
        f = middle(figures)
        print(f"{name:34} {f.rate:8.0f} {f.p50:8.0f} {f.p99:8.0f} {f.cpu:8.1f}",
              flush=True)


class Bench:
    def __init__(self, instance, options):
        self.instance = instance
        self.rounds, self.seconds = options.rounds, options.seconds
        self.table = Table()
        self.settings, self.port = instance.settings()
        instance.command(self.settings, "user", "create", "--name", "Ada",
                         ACCOUNT, input=PASSWORD + "\n")
        self.many = instance.people(self.settings, "many", MANY, MANY)
        self.leaving = instance.people(self.settings, "leaving", MANY, MANY)
        instance.sql("VACUUM ANALYZE")
        self.session, self.token = first_of(self.many)
        self.server = instance.serve(self.settings, self.port)

    def load(self, path, *request, connections=16, port=None, server=None):
        return load([server or self.server, self.instance.postmaster()],
                    f"http://127.0.0.1:{port or self.port}{path}", connections,
                    self.seconds, *request)

    def subjects(self, connections):
        one = ("Cookie", f"ch_access={self.token}")
        return {
            "null FastCGI": lambda: self.load(
                "/floor/null", "GET", connections=connections),
            "one SELECT": lambda: self.load(
                f"/floor/select?{self.session}", "GET",
                connections=connections),
            "session check": lambda: self.load(
                "/auth/session", "GET", *JSON, *one, connections=connections),
            "one SELECT, 10,000 sessions": lambda: self.load(
                "/floor/select?%1", "GET", f"@{self.many}",
                connections=connections),
            "session check, 10,000 tokens": lambda: self.load(
                "/auth/session", "GET", *JSON, *COOKIE, f"@{self.many}",
                connections=connections),
            "JWKS": lambda: self.load("/.well-known/jwks.json", "GET",
                                      connections=connections),
        }

    def compare(self, taken, name, floor, what, label, *target, **direction):
        form = {"rate": "{:.0f}/s", "p99": "{:.0f} µs", "cpu": "{:.1f} µs"}[what]
        self.table.say(
            label, form.format(getattr(middle(taken[name]), what)),
            form.format(getattr(middle(taken[floor]), what)),
            ratio(taken, name, floor, what), *target, **direction)

    def warm_up(self):
        """Every process has seen every token, as after a minute's work."""
        for _ in range(3):
            self.load("/auth/session", "GET", *JSON, *COOKIE, f"@{self.many}")
        # Of a site in use: each was there within this minute.
        self.instance.sql("UPDATE session SET last_seen_at = now()"
                          " WHERE revoked_at IS NULL")

    def session_check(self):
        self.warm_up()
        many, one = ("session check, 10,000 tokens",
                     "one SELECT, 10,000 sessions"), ("session check",
                                                      "one SELECT")
        for connections in 16, 64:
            taken = take_turns(self.rounds, self.subjects(connections))
            say_requests(f"{connections} connections", taken)
            end = f", {connections} connections"
            self.compare(taken, *one, "rate", "session check: rate" + end,
                         0.90, least=True)
            self.compare(taken, *one, "cpu", "session check: CPU" + end, 1.15)
            if connections == 64:
                self.compare(taken, *one, "p99", "session check: p99" + end,
                             1.25)
            self.compare(taken, *many, "rate", "10,000 tokens: rate" + end,
                         0.80, least=True)

    def bare_hash(self):
        memory = re.search(r"^password.memory = (\d+)",
                           open(self.settings, encoding="ascii").read(), re.M)
        memory = int(memory[1]) if memory else 64
        return float(subprocess.run(
            [f"{BUILD}/tests/bench/floor_hash", str(memory << 20), "2", "20"],
            check=True, text=True, stdout=subprocess.PIPE).stdout)

    def sign_in(self):
        body = f'{{"email": "{ACCOUNT}", "password": "{PASSWORD}",' \
               ' "client": "api"}'
        taken = take_turns(self.rounds, {
            "hash": self.bare_hash,
            "sign-in": lambda: self.load(
                "/auth/signin", "POST", *JSON, "Content-Type",
                "application/json", "body", body, connections=2),
        })
        say_requests("2 connections", {"sign-in": taken["sign-in"]})
        cpu, floor = middle(taken["sign-in"]).cpu, median(taken["hash"])
        self.table.say(
            "sign-in: CPU", f"{cpu:.0f} µs", f"{floor:.0f} µs",
            median(a.cpu / b
                   for a, b in zip(taken["sign-in"], taken["hash"])), 1.05)

    def sign_out(self):
        taken = {"sign-out": [self.load(
            "/auth/signout", "post", *JSON, "Authorization", "Bearer %2",
            f"@{self.leaving}")]}
        say_requests("16 connections, once each", taken)

    def memory(self):
        programs = [self.server, *children_of(self.server)]
        postmaster = self.instance.postmaster()
        database = [postmaster, *children_of(postmaster)]
        ours = [pid for pid in programs if "floor" not in open(
            f"/proc/{pid}/cmdline", encoding="ascii").read()]
        pss = pss_kib(ours) / 1024
        print(f"\nPSS: lighttpd {pss_kib(ours[:1]) / 1024:.1f} MiB,"
              f" {len(ours) - 1} handlers {pss_kib(ours[1:]) / 1024:.1f} MiB,"
              f" PostgreSQL {pss_kib(database) / 1024:.1f} MiB")
        self.table.say("PSS, MiB", f"{pss:.1f}", "1", pss, 8)

    def cold_start(self):
        variables = {
            "REQUEST_METHOD": "GET", "REQUEST_URI": "/auth/session",
            "QUERY_STRING": self.session, "HTTP_ACCEPT": "application/json",
            "HTTP_COOKIE": f"ch_access={self.token}",
            "REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1",
        }

        def start(program, **environment):
            return cold_start_ms(f"{BUILD}/{program}", environment, variables,
                                 f"{self.instance.dir}/run/cold")

        taken = take_turns(20, {
            "floor": lambda: start(
                "tests/bench/floor_select",
                FLOOR_DATABASE=self.instance.url("chatelaine",
                                                 "chatelaine_web")),
            "auth": lambda: start("cgi-bin/auth/auth.fcgi",
                                  CHATELAINE_CONF=self.settings),
        })
        ours, floor = median(taken["auth"]), median(taken["floor"])
        self.table.say("cold start", f"{ours:.1f} ms", f"{floor:.1f} ms",
                       median(a / b for a, b in zip(taken["auth"],
                                                    taken["floor"])), 1.5)

    def plain_cgi(self):
        settings, port = self.instance.settings("chatelaine")
        server = self.instance.serve(settings, port, "lighttpd-cgi")
        there = {"port": port, "server": server}
        taken = take_turns(self.rounds, {
            "null CGI": lambda: self.load("/floor/null", "GET", **there),
            "CGI, sign-in page": lambda: self.load("/auth/signin", "GET",
                                                   **there),
            "CGI, session check": lambda: self.load(
                "/auth/session", "GET", *JSON, "Cookie",
                f"ch_access={self.token}", **there),
        })
        say_requests("16 connections, plain CGI", taken)
        ours, floor = (1e3 / middle(taken[name]).rate
                       for name in ("CGI, sign-in page", "null CGI"))
        self.table.say("plain CGI, no database: time", f"{ours:.2f} ms",
                       f"{floor:.2f} ms",
                       1 / ratio(taken, "CGI, sign-in page", "null CGI", "rate"),
                       1.5)

    def run(self):
        self.session_check()
        self.sign_in()
        self.sign_out()
        self.memory()
        self.cold_start()
        self.plain_cgi()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--only", help="one part of the bench")
    options = parser.parse_args()
    for needed in "wrk", "pgbench":
        if shutil.which(needed) is None:
            raise SystemExit(f"bench: {needed} is not installed")
    with Instance() as instance:
        bench = Bench(instance, options)
        if options.only:
            getattr(bench, options.only)()
        else:
            bench.run()
        print()
        bench.table.show()
    return 1 if bench.table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
