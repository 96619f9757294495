# catcher.py - a mail server that notes for whom a mail came, and when.

import socketserver
import threading
import time

PATIENCE = 60  # seconds, for a mail


class Conversation(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as one client needs."""

    def say(self, line):
        self.wfile.write(line.encode("ascii") + b"\r\n")

    def handle(self):
        recipient = None
        self.say("220 catcher")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"RCPT":
                recipient = line[line.index(b"<") + 1:line.index(b">")].decode()
            if verb == b"DATA":
                self.say("354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.server.note(recipient)
            self.say("221 bye" if verb == b"QUIT" else "250 catcher")
            if verb == b"QUIT":
                return


class Catcher(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.port = self.server_address[1]
        self.came = {}
        self.news = threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def note(self, recipient):
        with self.news:
            self.came[recipient] = time.monotonic()
            self.news.notify_all()

    def when(self, recipient):
        """Wait for a mail to an address; when it came, by time.monotonic."""
        with self.news:
            if not self.news.wait_for(lambda: recipient in self.came, PATIENCE):
                raise SystemExit(f"bench: no mail has come to {recipient}")
            return self.came[recipient]
