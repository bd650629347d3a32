"""A mail server for tests and demos: takes mail on a free port of 127.0.0.1.

    mail_server.py LOG DIRECTORY [--security none|starttls|tls] [--login USER:PASSWORD]
                   [--bad-login answered|silent|busy]

Prints its port, then appends one line of JSON to LOG for each mail before it acknowledges it. With
security it makes itself a certificate for `localhost` in DIRECTORY/certificate.pem. A wrong login is
answered with 535, with nothing, or with 454. Ends when its standard input does.

What comes before the @ of a recipient decides: `unknown` is refused, `greylisted` is asked to come
later, `silent` gets no answer to the text, `full` is refused and `busy` put off after the text;
everybody else gets mail.
"""

import argparse
import asyncio
import email
import email.policy
import json
import os
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult

from certificate import certificate


class Handler:
    def __init__(self, log):
        self.log = log

    async def handle_RCPT(self, server, session, envelope, address, options):
        person = address.split("@")[0]
        if person == "unknown":
            return "550 5.1.1 no such person"
        if person == "greylisted":
            return "451 4.7.1 come again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        person = envelope.rcpt_tos[0].split("@")[0]
        if person == "silent":
            await asyncio.sleep(3600)
        if person == "full":
            return "552 5.2.2 no room"
        if person == "busy":
            return "452 4.2.2 no room now"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        forms = {
            part.get_content_type(): part.get_content()
            for part in message.walk()
            if not part.is_multipart()
        }
        self.write(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "isSecure": session.ssl is not None,
                "isLoggedIn": bool(session.authenticated),
                "messageID": message["Message-ID"],
                "subject": message["Subject"],
                "date": str(message["Date"].datetime.isoformat()),
                "sender": message["From"],
                "text": forms.get("text/plain", ""),
                "html": forms.get("text/html", ""),
                "raw": envelope.content.decode("ascii", "backslashreplace"),
            }
        )
        return "250 2.0.0 taken"

    def write(self, record):
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(json.dumps(record) + "\n")


async def serve(options):
    login = tuple(options.login.encode().split(b":", 1)) if options.login else None

    def authenticate(server, session, envelope, mechanism, credentials):
        if (credentials.login, credentials.password) == login:
            return AuthResult(success=True)
        # What is handled gets no answer from the library.
        busy = "454 4.7.0 ask again later" if options.bad_login == "busy" else None
        return AuthResult(success=False, handled=options.bad_login == "silent", message=busy)

    context = certificate(options.directory) if options.security != "none" else None
    settings = {"hostname": "localhost", "enable_SMTPUTF8": False}
    if options.security == "starttls":
        settings |= {"tls_context": context, "require_starttls": True}
    if login:
        settings |= {
            "authenticator": authenticate,
            "auth_required": True,
            "auth_require_tls": options.security == "starttls",
        }
    handler = Handler(options.log)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, **settings),
        "127.0.0.1",
        0,
        ssl=context if options.security == "tls" else None,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def end_with_input():
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("log")
    parser.add_argument("directory")
    parser.add_argument("--security", default="none", choices=["none", "starttls", "tls"])
    parser.add_argument("--login")
    parser.add_argument(
        "--bad-login", default="answered", choices=["answered", "silent", "busy"])
    threading.Thread(target=end_with_input, daemon=True).start()
    asyncio.run(serve(parser.parse_args()))
