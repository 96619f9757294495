#!/usr/bin/python3
"""Show a mail as Python's email package reads it: an opinion of its own.

Headers decoded, one a line, but for what only says how it is encoded; then
each part with its type and charset, as text.
"""

import email
import email.policy
import sys


def main():
    raw = sys.stdin.buffer.read()
    lines = raw.split(b"\r\n")
    assert b"\n" not in b"".join(lines), "a line end that is not CRLF"
    long = [line for line in lines if len(line) > 78]
    assert not long, long
    assert all(byte < 128 for byte in raw), "bytes beyond ASCII"
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert not mail.defects, mail.defects
    for name, value in mail.items():
        print("%s: %s" % (name, value))
    for part in mail.walk():
        assert not part.defects, part.defects
        if part.is_multipart():
            continue
        print("--- %s %s %s" % (part.get_content_type(),
                                part.get_content_charset(),
                                part["Content-Transfer-Encoding"]))
        sys.stdout.write(part.get_content().replace("\r\n", "\n"))


main()
