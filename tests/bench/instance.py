# instance.py - a database, the programs of a build and lighttpd, to be measured.

import contextlib
import glob
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time

from catcher import Catcher

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.getcwd()
LIGHTTPD = shutil.which("lighttpd", path=os.environ["PATH"] + ":/usr/sbin")
PATIENCE = 60  # seconds, for a server to answer

SETTINGS = """\
site.url = http://127.0.0.1:{port}
database.url = {database} user=chatelaine_web
database.worker_url = {database} user=chatelaine
master_key_file = {dir}/master.key
templates.dir = {source}/templates
migrations.dir = {source}/migrations
access_token.ttl = 1h
limit.mail_ip = off
mail.host = 127.0.0.1
mail.port = {mail_port}
mail.tls = none
"""

# The site's own part, as conf/lighttpd-site.conf has it, and the floors.
SITE = """\
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{dir}/empty"
server.upload-dirs = ( "{dir}/run" )
accesslog.filename = "{dir}/access.log"
var.chatelaine_programs = "{dir}/programs"
var.chatelaine_data = "{source}"
var.chatelaine_run = "{dir}/run"
var.chatelaine_environment = ( "CHATELAINE_CONF" => "{settings}" )
include "{source}/conf/{conf}.conf"
"""

FLOORS = """\
server.modules += ( "mod_fastcgi" )
$HTTP["url"] =~ "^/floor/(null|select)$" {{
	fastcgi.server = (
		"/floor/null" => (( "bin-path" => "{dir}/programs/floor_null",
			"socket" => "{dir}/run/floor-null", "max-procs" => 2,
			"check-local" => "disable",
			"bin-copy-environment" => ( "PATH" ) )),
		"/floor/select" => (( "bin-path" => "{dir}/programs/floor_select",
			"socket" => "{dir}/run/floor-select", "max-procs" => 2,
			"check-local" => "disable",
			"bin-copy-environment" => ( "PATH" ),
			"bin-environment" => ( "FLOOR_DATABASE" =>
			    "{database} user=chatelaine_web" ) ))
	)
}}
"""

FLOORS_CGI = """\
$HTTP["url"] == "/floor/null" {{
	alias.url = ( "/floor/null" => "{dir}/programs/floor_null" )
	cgi.assign = ( "floor_null" => "" )
}}
"""


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, **options)


def free_port():
    with contextlib.closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def await_port(port):
    for _ in range(PATIENCE * 20):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.05)
    raise SystemExit("bench: lighttpd does not answer")


class Instance:
    """A PostgreSQL cluster of its own, as durable as in production."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="chatelaine-bench.")
        self.servers = []
        self.catcher = Catcher()
        os.chmod(self.dir, 0o755)  # for the cluster's owner, when root calls
        for name in ("empty", "programs", "run"):
            os.mkdir(f"{self.dir}/{name}")
        for program in (*glob.glob(f"{BUILD}/cgi-bin/*/*.fcgi"),
                        f"{BUILD}/tests/bench/floor_null",
                        f"{BUILD}/tests/bench/floor_select"):
            os.symlink(program,
                       f"{self.dir}/programs/{os.path.basename(program)}")
        with open(f"{self.dir}/master.key", "w", encoding="ascii",
                  opener=lambda path, flags: os.open(path, flags, 0o600)) as key:
            key.write(secrets.token_hex(32))

    def __enter__(self):
        self.postgres("start")
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.terminate()
            server.wait()
        self.postgres("stop")
        shutil.rmtree(self.dir)

    def postgres(self, verb):
        run(f"{SOURCE}/conf/quickstart/postgres", verb, f"{self.dir}/pg")

    def url(self, database, user):
        return f"host={self.dir}/pg/sock dbname={database} user={user}"

    def sql(self, text, database="chatelaine", user="postgres"):
        return run("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d",
                   self.url(database, user), "-c", text,
                   stdout=subprocess.PIPE).stdout.strip()

    def settings(self, database="chatelaine"):
        """Settings for a database, which has all its tables then."""
        path = f"{self.dir}/{database}.conf"
        port = free_port()
        with open(path, "w", encoding="ascii") as file:
            file.write(SETTINGS.format(
                port=port, dir=self.dir, source=SOURCE,
                mail_port=self.catcher.port,
                database=f"host={self.dir}/pg/sock dbname={database}"))
        self.command(path, "migrate", "up")
        return path, port

    def command(self, settings, *arguments, **options):
        run(f"{BUILD}/sbin/chatelaine", "--config", settings, *arguments,
            stdout=subprocess.DEVNULL, **options)

    def people(self, settings, group, count, tokens):
        """Add people, signed in; give a file with tokens of some of them."""
        path = f"{self.dir}/{os.path.basename(settings)}.{group}"
        with open(path, "w", encoding="ascii") as file:
            run(f"{BUILD}/tests/bench/people", group, str(count), str(tokens),
                env={"CHATELAINE_CONF": settings}, stdout=file)
        return path

    def serve(self, settings, port, conf="lighttpd", database="chatelaine"):
        """Start lighttpd with a configuration of conf/; give its process id."""
        name = f"{database}-{conf}"
        values = {"port": port, "dir": self.dir, "source": SOURCE, "conf": conf,
                  "settings": settings,
                  "database": f"host={self.dir}/pg/sock dbname={database}"}
        floors = FLOORS if conf == "lighttpd" else FLOORS_CGI
        text = SITE + floors
        os.makedirs(f"{self.dir}/run/{name}")
        text = text.replace("{dir}/run", "{dir}/run/" + name)
        with open(f"{self.dir}/{name}.conf", "w", encoding="ascii") as file:
            file.write(text.format(**values))
        with open(f"{self.dir}/{name}.log", "w", encoding="ascii") as log:
            # pylint: disable=consider-using-with
            server = subprocess.Popen(
                [LIGHTTPD, "-D", "-f", f"{self.dir}/{name}.conf"],
                stdin=subprocess.DEVNULL, stderr=log)
        self.servers.append(server)
        await_port(port)
        return server.pid

    def work(self, settings):
        """Start the worker."""
        with open(f"{self.dir}/worker.log", "w", encoding="ascii") as log:
            # pylint: disable=consider-using-with
            self.servers.append(subprocess.Popen(
                [f"{BUILD}/sbin/chatelaine", "--config", settings, "work"],
                stdin=subprocess.DEVNULL, stderr=log))

    def postmaster(self):
        with open(f"{self.dir}/pg/data/postmaster.pid", encoding="ascii") as file:
            return int(file.readline())
