#!/usr/bin/python3
"""A mail server for the tests: aiosmtpd, and misbehaviour on demand.

    smtp_server.py DIR [--port N] [options]

DIR gets ca.pem, ready-made or new ones; port, once the server listens on
127.0.0.1; N.eml and N.envelope for each accepted message, from 1; commands,
a line for each SMTP command received, without its argument where that may be
a secret; and sni, the server name of each TLS handshake.

It wants STARTTLS, then AUTH as USER with PASSWORD. What it does with a message
depends on the recipient's local part: defer-* 451 and refuse-* 550 to RCPT,
refuse-us-* by a status that blames the sender, reject-* 554 to the whole
message, cut-* closes the connection in the middle of it, silent-* never answers
again, slow-* answers when the file DIR/go exists.
"""

import argparse
import asyncio
import logging
import os
import ssl
import subprocess
import sys

from aiosmtpd.smtp import SMTP, AuthResult

USER = b"chatelaine"
PASSWORD = "geheim-ß".encode()


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("dir")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--plain", action="store_true",
                        help="neither TLS nor AUTH")
    parser.add_argument("--no-starttls", action="store_true")
    parser.add_argument("--no-auth-offered", action="store_true",
                        help="and none required")
    parser.add_argument("--refuse-auth-but-relay", action="store_true")
    parser.add_argument("--wrong-name-cert", action="store_true")
    parser.add_argument("--chunking", action="store_true",
                        help="offer BDAT, PIPELINING and more")
    parser.add_argument("--inject", action="store_true",
                        help="send more than the answer before TLS")
    parser.add_argument("--greeting", default="220 localhost ESMTP")
    parser.add_argument("--drip", action="store_true",
                        help="greet without an end")
    return parser.parse_args()


def openssl(directory, *args):
    subprocess.run(["openssl", *args], cwd=directory, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificates(directory, names):
    """A CA, and a certificate of its for the names."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(directory, "req", "-x509", *key, "-keyout", "ca.key", "-out",
            "ca.pem", "-days", "2", "-subj", "/CN=Test CA")
    openssl(directory, "req", "-x509", *key, "-keyout", "server.key", "-out",
            "server.pem", "-days", "2", "-subj", "/CN=server",
            "-CA", "ca.pem", "-CAkey", "ca.key",
            "-addext", "basicConstraints=critical,CA:FALSE",
            "-addext", "subjectAltName=" + names)


def tls_context(options):
    """Made even where no TLS is offered: the client has mail.ca_file set."""
    names = "DNS:localhost,IP:127.0.0.1"
    if options.wrong_name_cert:
        names = "DNS:elsewhere.example"
    make_certificates(options.dir, names)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(os.path.join(options.dir, "server.pem"),
                            os.path.join(options.dir, "server.key"))
    context.sni_callback = lambda _socket, name, _context: append(
        options.dir, "sni", str(name))
    return context


def append(directory, name, line):
    with open(os.path.join(directory, name), "a", encoding="utf-8") as file:
        file.write(line + "\n")


def put(directory, name, data):
    """Write a file that is whole as soon as it is there."""
    path = os.path.join(directory, name)
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.rename(path + ".new", path)


class Handler:
    def __init__(self, options):
        self.options = options
        self.count = 0

    async def handle_EHLO(self, server, session, envelope, hostname, lines):
        session.host_name = hostname
        if self.options.no_auth_offered or self.options.plain:
            lines = [line for line in lines if "AUTH" not in line]
        if self.options.chunking:
            lines[1:1] = ["250-CHUNKING", "250-PIPELINING",
                          "250-ENHANCEDSTATUSCODES"]
        return lines

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("defer-"):
            return "451 4.3.0 try again later"
        if address.startswith("refuse-us-"):
            return "550 5.7.1 your host is not wanted here"
        if address.startswith("refuse-"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        recipient = envelope.rcpt_tos[0]
        if recipient.startswith("reject-"):
            return "554 5.6.0 message not wanted"
        if recipient.startswith("silent-"):
            await asyncio.Event().wait()
        if recipient.startswith("slow-"):
            append(self.options.dir, "waiting", recipient)
            while not os.path.exists(os.path.join(self.options.dir, "go")):
                await asyncio.sleep(0.02)
        self.count += 1
        put(self.options.dir, "%d.envelope" % self.count,
            ("%s\n%s\n" % (envelope.mail_from, recipient)).encode())
        put(self.options.dir, "%d.eml" % self.count, envelope.content)
        return "250 OK number %d" % self.count


class Server(SMTP):
    """The protocol, with what aiosmtpd lacks and what no server should do."""

    def __init__(self, handler, options, **settings):
        super().__init__(handler, **settings)
        self.options = options
        self.chunks = []
        self._smtp_methods = {name: self.recorded(name, method)
                              for name, method in self._smtp_methods.items()}

    def recorded(self, name, method):
        async def run(arg):
            shown = arg if name in ("MAIL", "RCPT", "BDAT") else ""
            append(self.options.dir, "commands", ("%s %s" % (name, shown or ""))
                   .strip())
            await method(arg)
        return run

    async def push(self, status):
        if isinstance(status, str):
            status = status.encode()
        if status.startswith(b"220 localhost Python"):
            await self.greet()
            return
        if self.options.inject and status.startswith(b"220"):
            status += b"\r\n250 injected"
        await super().push(status)

    async def greet(self):
        while self.options.drip:
            await super().push("220-still here")
            await asyncio.sleep(0.2)
        await super().push(self.options.greeting)

    async def smtp_DATA(self, arg):
        if self.envelope.rcpt_tos[0].startswith("cut-"):
            await self.push("354 go ahead")
            await self._reader.readline()
            self.transport.abort()
            raise ConnectionResetError
        await super().smtp_DATA(arg)

    async def smtp_BDAT(self, arg):
        size, *last = arg.split()
        self.chunks.append(await self._reader.readexactly(int(size)))
        recipient = self.envelope.rcpt_tos[0]
        if len(self.chunks) > 1 and recipient.startswith("silent-"):
            await asyncio.Event().wait()
        if not last:
            await self.push("250 2.0.0 chunk taken")
            return
        self.envelope.content = b"".join(self.chunks)
        await self.push(await self.event_handler.handle_DATA(
            self, self.session, self.envelope))


def authenticator(options):
    def authenticate(_server, _session, _envelope, _mechanism, data):
        good = (data.login, data.password) == (USER, PASSWORD)
        if options.refuse_auth_but_relay:
            good = False
        # Unless handled is false, the client is never told.
        return AuthResult(success=good, handled=False)
    return authenticate


def settings(options):
    context = tls_context(options)
    common = {"hostname": "localhost", "enable_SMTPUTF8": False,
              "authenticator": authenticator(options)}
    if options.plain or options.no_starttls:
        return {**common, "auth_require_tls": False}
    return {**common, "tls_context": context,
            "require_starttls": True,
            "auth_required": not (options.no_auth_offered or
                                  options.refuse_auth_but_relay)}


async def main():
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    options = arguments()
    handler, loop = Handler(options), asyncio.get_running_loop()
    given = settings(options)
    server = await loop.create_server(
        lambda: Server(handler, options, loop=loop, **given),
        "127.0.0.1", options.port)
    put(options.dir, "port",
        str(server.sockets[0].getsockname()[1]).encode())
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
