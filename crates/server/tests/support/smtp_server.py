#!/usr/bin/python3
"""An SMTP server for tests: takes every mail and writes it down. Needs Debian's python3-aiosmtpd.

    smtp_server.py --mailbox DIR [--port N] [--starttls CERT KEY | --tls CERT KEY] [--auth USER PASSWORD]

It listens on 127.0.0.1 and says where, as a line of JSON: {"port": 12345}. It ends when it is stopped, or with
--watch-stdin when its standard input ends.

A mail is in the mailbox before the client is told that it was taken: NNNN.eml as it came, and NNNN.json taken apart
({from, to, subject, headers, text, html, types, tls, user, connection, at_once}; connections are counted from 1, and at_once says
whether the next commands came with MAIL).

The part of the recipient before the @ chooses what happens:
    tempfail  451 after RCPT          nouser  550 after RCPT            policy  554 5.7.1 after RCPT
    slow      no answer to RCPT       drop    hangs up after the mail   late    550 5.1.1 after the mail
With --echo the answer to a mail repeats its subject. With --hang-up it ends each connection after one mail. With --pipelining it
takes several commands at once (RFC 2920), and with --generous it takes DATA also without anybody to give it to.
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import os
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

AT_RCPT = {
    "tempfail": "451 4.3.0 come back later",
    "nouser": "550 5.1.1 there is nobody of that name",
    "policy": "554 5.7.1 you may not send through here",
}


class Connection(SMTP):
    """Counts connections, and knows one that is encrypted from the start."""

    count = 0

    def connection_made(self, transport):
        if not hasattr(self, "number"):
            Connection.count += 1
            self.number = Connection.count
        super().connection_made(transport)


class Generous(Connection):
    """Says what RFC 2920, 3.1 warns of: go on, although every recipient was refused."""

    async def smtp_DATA(self, arg):
        if self.envelope.rcpt_tos:
            await super().smtp_DATA(arg)
        else:
            await self.push("354 go on")
            while await self._reader.readline() != b".\r\n":
                pass
            await self.push("554 5.5.1 nobody to give it to")


class Handler:
    def __init__(self, options):
        self.options = options
        self.mails = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return responses[:-1] + (["250-PIPELINING"] if self.options.pipelining else []) + responses[-1:]

    async def handle_MAIL(self, server, session, envelope, address, options):
        # What has come and was not looked at yet lies in the reader.
        server.at_once = bool(server._reader._buffer)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 fine"

    async def handle_RCPT(self, server, session, envelope, address, options):
        fate = address.split("@")[0]
        if fate == "slow":
            await asyncio.Event().wait()
        if fate in AT_RCPT:
            return AT_RCPT[fate]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server, session, envelope):
        fates = {address.split("@")[0] for address in envelope.rcpt_tos}
        if "drop" in fates:
            server.transport.abort()
            return "421 4.3.2 gone"
        if "late" in fates:
            return "550 5.1.1 there is nobody of that name after all"
        subject = self.write(server, session, envelope)
        if self.options.hang_up:
            asyncio.get_running_loop().call_soon(server.transport.close)
        return f"250 2.0.0 taken as {self.mails}" + (f": {subject}" if self.options.echo else "")

    def write(self, server, session, envelope):
        self.mails += 1
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        bodies = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
        seen = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "subject": str(mail["Subject"]),
            "headers": [[name, str(value)] for name, value in mail.items()],
            "text": bodies.get("text/plain"),
            "html": bodies.get("text/html"),
            "types": [part.get_content_type() for part in mail.walk()],
            "tls": self.options.tls is not None or session.ssl is not None,
            "user": session.auth_data,
            "connection": server.number,
            "at_once": server.at_once,
        }
        self.put(f"{self.mails:04}.eml", envelope.content)
        self.put(f"{self.mails:04}.json", json.dumps(seen).encode())
        return seen["subject"].encode("ascii", "replace").decode()

    def put(self, name, content):
        """A file is there whole or not at all."""
        path = os.path.join(self.options.mailbox, name)
        with open(path + ".part", "wb") as file:
            file.write(content)
        os.rename(path + ".part", path)


def tls(files):
    if files is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)
    return context


def authenticator(options):
    def check(server, session, envelope, mechanism, data):
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == tuple(options.auth), handled=False, auth_data=given[0])

    return check


async def main(options):
    handler = Handler(options)
    settings = {"enable_SMTPUTF8": True, "hostname": "mail.test", "tls_context": tls(options.starttls)}
    settings["require_starttls"] = options.starttls is not None
    if options.auth:
        settings |= {"authenticator": authenticator(options), "auth_required": True}
        settings["auth_require_tls"] = options.starttls is not None
    loop = asyncio.get_running_loop()
    kind = Generous if options.generous else Connection
    make = lambda: kind(handler, **settings)
    server = await loop.create_server(make, "127.0.0.1", options.port, ssl=tls(options.tls))
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    if options.watch_stdin:
        await loop.run_in_executor(None, sys.stdin.read)
        os._exit(0)
    await server.serve_forever()


if __name__ == "__main__":
    # It warns of its own old names, and of AUTH without STARTTLS, which is right inside TLS.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("--mailbox", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--starttls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--auth", nargs=2, metavar=("USER", "PASSWORD"))
    parser.add_argument("--echo", action="store_true")
    parser.add_argument("--hang-up", action="store_true")
    parser.add_argument("--pipelining", action="store_true")
    parser.add_argument("--generous", action="store_true")
    parser.add_argument("--watch-stdin", action="store_true")
    asyncio.run(main(parser.parse_args()))
