#!/usr/bin/env -S python3 -B
# run.py - `make bench`: what requests cost, beside floors under the same server.
#
#	run.py [--seconds N] [--rounds N]	the bench
#	run.py --growth				1,000 and 1,000,000 people
#
# Called in the directory of a build. Every figure is the median of rounds in
# which the subjects take turns, and a ratio that of the ratios within a round:
# so a machine that has something else to do for a while spoils little.

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from statistics import median

from instance import BUILD, Instance, free_port, run
from measure import children_of, cold_start_ms, load, middle, pss_kib

ACCOUNT = "ada@bench.invalid"
PASSWORD = "seven damp owls in a teapot"
SIGN_IN = f'{{"email": "{ACCOUNT}", "password": "{PASSWORD}",' \
          ' "client": "api"}'
MANY = 10000
FEW, CROWD = 1000, 1000000
MEMORY, PASSES = str(64 << 20), "2"  # the defaults of password.*
WARM_UP = 20  # seconds
ONCE = 4000  # tokens that are used once, for a round
MAILS = 50  # links that are asked for
DELIVERY = 2  # seconds that one may take
JSON = ("Accept", "application/json")
COOKIE = ("Cookie", "ch_access=%2")


REFRESH_SQL = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           "refresh.sql")
# Sessions whose ids refresh.sql can count up to.
NUMBERED_SESSIONS = """
    INSERT INTO session (id, account_id, delivered_at, refresh_hash,
        idle_expires_at, expires_at)
    SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(i), 12, '0'))::uuid,
        account.id, now(), sha256(''), now() + interval '1 day',
        now() + interval '7 days'
    FROM account, generate_series(1, {1}) AS i
    WHERE email = '{0}'"""


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
        instance.sql("VACUUM ANALYZE")
        self.session, self.token, _ = first_of(self.many)
        self.server = instance.serve(self.settings, self.port)

    def load(self, path, *request, connections=16, port=None, server=None,
             seconds=None):
        return load([server or self.server, self.instance.postmaster()],
                    f"http://127.0.0.1:{port or self.port}{path}", connections,
                    seconds or self.seconds, *request)

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
        for _ in range(WARM_UP // self.seconds):
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
        """The CPU of a hash, where two are made at a time."""
        command = [f"{BUILD}/tests/bench/floor_hash", MEMORY, PASSES,
                   str(10 * self.seconds)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
            output = run(*command, stdout=subprocess.PIPE).stdout
            return (float(output) + float(other.communicate()[0])) / 2

    def sign_in_some(self):
        return self.load(
            "/auth/signin", "POST", *JSON, "Content-Type", "application/json",
            "body", SIGN_IN, connections=2, seconds=3 * self.seconds)

    def sign_in(self):
        taken = take_turns(self.rounds, {
            "hash": self.bare_hash,
            "sign-in": self.sign_in_some,
        })
        say_requests("2 connections", {"sign-in": taken["sign-in"]})
        cpu, floor = middle(taken["sign-in"]).cpu, median(taken["hash"])
        self.table.say(
            "sign-in: CPU", f"{cpu:.0f} µs", f"{floor:.0f} µs",
            median(a.cpu / b
                   for a, b in zip(taken["sign-in"], taken["hash"])), 1.05)

    def fresh(self, name):
        """For each round a file of tokens that nobody has used."""
        for i in range(self.rounds):
            yield "@" + self.instance.people(
                self.settings, f"{name}{i}", ONCE * self.seconds,
                ONCE * self.seconds)

    def sign_out(self):
        files = self.fresh("leaving")
        taken = take_turns(self.rounds, {"sign-out": lambda: self.load(
            "/auth/signout", "post", *JSON, "Authorization", "Bearer %2",
            "body", "", next(files))})
        say_requests("16 connections, each session once", taken)

    def bare_refresh(self):
        """The UPDATE of a refresh by pgbench, by two clients."""
        output = subprocess.run(
            ["pgbench", "-n", "-M", "prepared", "-c2", "-T", str(self.seconds),
             "-D", f"sessions={MANY}", "-f", REFRESH_SQL,
             self.instance.url("chatelaine", "chatelaine_web")],
            check=True, text=True, stdout=subprocess.PIPE).stdout
        return float(re.search(r"^tps = ([0-9.]+)", output, re.M)[1])

    def refresh(self):
        self.instance.sql(NUMBERED_SESSIONS.format(ACCOUNT, MANY))
        files = self.fresh("refreshing")
        taken = take_turns(self.rounds, {
            "bare": self.bare_refresh,
            "refresh": lambda: self.load(
                "/auth/refresh", "post", *JSON, "Content-Type",
                "application/json", "body", '{"refresh_token": "%3"}',
                next(files), connections=2),
        })
        say_requests("2 connections, each token once",
                     {"refresh": taken["refresh"]})
        rate, floor = middle(taken["refresh"]).rate, median(taken["bare"])
        self.table.say(
            "refresh: rate", f"{rate:.0f}/s", f"{floor:.0f}/s",
            median(a.rate / b
                   for a, b in zip(taken["refresh"], taken["bare"])), 0.70,
            least=True)

    def delivery(self):
        """From POST /reset to the mail server, one after the other."""
        self.instance.people(self.settings, "forgetful", MAILS, MAILS)
        self.instance.work(self.settings)
        seconds = []
        for i in range(MAILS):
            email = f"{i + 1}@forgetful.bench.invalid"
            begun = time.monotonic()
            with urllib.request.urlopen(urllib.request.Request(
                    f"http://127.0.0.1:{self.port}/reset",
                    f'{{"email": "{email}"}}'.encode("ascii"),
                    {"Content-Type": "application/json"})) as answer:
                answer.read()
            seconds.append(self.instance.catcher.when(email) - begun)
        self.table.say("reset link: delivery", f"{median(seconds):.2f} s",
                       f"{DELIVERY} s", median(seconds) / DELIVERY, 1.0)
        self.table.say("reset link: slowest of all", f"{max(seconds):.2f} s",
                       f"{DELIVERY} s", max(seconds) / DELIVERY)

    def memory(self):
        """What is kept after many tokens and many hashes."""
        self.warm_up()
        self.sign_in_some()
        postmaster = self.instance.postmaster()
        handlers = [pid for pid in children_of(self.server) if "floor" not in
                    open(f"/proc/{pid}/cmdline", encoding="ascii").read()]
        # wrk has gone, but the last hash may still be made.
        while max(each := [pss_kib([pid]) for pid in handlers]) << 10 \
                >= int(MEMORY):
            time.sleep(0.1)
        server = pss_kib([self.server])
        database = pss_kib([postmaster, *children_of(postmaster)])
        print(f"\nPSS: lighttpd {server / 1024:.1f} MiB, handlers"
              f" {', '.join(f'{kib / 1024:.1f}' for kib in each)} MiB,"
              f" PostgreSQL {database / 1024:.1f} MiB")
        two = (server + sum(sorted(each)[-2:])) / 1024
        every = (server + sum(each)) / 1024
        self.table.say("PSS, MiB: two processes", f"{two:.1f}", "1", two, 8)
        self.table.say("PSS, MiB: all processes", f"{every:.1f}", "1", every)

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
        port = free_port()
        server = self.instance.serve(self.settings, port, "lighttpd-cgi")
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
        self.refresh()
        self.memory()
        self.delivery()
        self.cold_start()
        self.plain_cgi()


def growth(instance, options):
    """The session check among few people and among many."""
    instance.sql("ALTER SYSTEM SET shared_buffers = '128MB'")  # the default
    instance.postgres("stop")
    instance.postgres("start")
    table, subjects = Table(), {}
    for count in FEW, CROWD:
        database = f"people{count}"
        instance.sql(f"CREATE DATABASE {database} OWNER chatelaine",
                     "postgres")
        settings, port = instance.settings(database)
        tokens = instance.people(settings, "all", count, FEW)
        instance.sql("VACUUM ANALYZE", database)
        server = instance.serve(settings, port, database=database)
        subjects[f"{count:,} people"] = lambda port=port, server=server, \
            tokens=tokens: load(
                [server, instance.postmaster()],
                f"http://127.0.0.1:{port}/auth/session", 16, options.seconds,
                "GET", *JSON, *COOKIE, f"@{tokens}")
    take_turns(WARM_UP // options.seconds // 2, subjects)
    taken = take_turns(2 * options.rounds, subjects)
    say_requests("session check, 16 connections", taken)
    few, many = subjects
    for what, form in ("rate", "{:.0f}/s"), ("cpu", "{:.1f} µs"):
        table.say(f"growth: {what}", *(
            form.format(getattr(middle(taken[name]), what))
            for name in (many, few)),
            ratio(taken, many, few, what),
            0.90 if what == "rate" else 1.10, least=what == "rate")
    return table


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--only", help="one part: session_check, refresh, ...")
    options = parser.parse_args()
    for needed in "wrk", "pgbench":
        if shutil.which(needed) is None:
            raise SystemExit(f"bench: {needed} is not installed")
    with Instance() as instance:
        if options.growth:
            table = growth(instance, options)
        else:
            bench = Bench(instance, options)
            if options.only:
                getattr(bench, options.only)()
            else:
                bench.run()
            table = bench.table
        print()
        table.show()
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
