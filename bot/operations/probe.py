"""`python -m bot.operations.probe`: ask a running bot for its health.

It imports next to nothing, because a container asks every few seconds: `ending-bot health` takes a second of CPU for
the same answer, this a twentieth of it.
"""

import http.client
import ipaddress
import os
import sys

PATIENCE = 5.0
"""Seconds that the bot has to answer; its event loop must turn for that."""
WELL = 200


def ask(address: str, port: int, page: str = "/healthz") -> tuple[bool, str]:
    """Whether the bot is well, and its page.

    Raises:
        OSError: nobody answers there.
        http.client.HTTPException: somebody else does.
    """
    connection = http.client.HTTPConnection(_reachable(address), port, timeout=PATIENCE)
    try:
        connection.request("GET", page)
        response = connection.getresponse()
        return response.status == WELL, response.read().decode()
    finally:
        connection.close()


def _reachable(address: str) -> str:
    """Where to ask: an address that stands for all of this computer's is none to connect to."""
    try:
        listened_on = ipaddress.ip_address(address)
    except ValueError:
        return address
    if not listened_on.is_unspecified:
        return address
    return "127.0.0.1" if isinstance(listened_on, ipaddress.IPv4Address) else "::1"


def main() -> int:
    """Ask the bot that the environment's METRICS_ADDRESS and METRICS_PORT name; returns the exit code."""
    address = os.environ.get("METRICS_ADDRESS", "").strip() or "127.0.0.1"
    port = os.environ.get("METRICS_PORT", "").strip()
    if not port.isdecimal():
        print("METRICS_PORT is not set, so there is no health to ask for.")
        return 1
    try:
        well, page = ask(address, int(port))
    except (OSError, http.client.HTTPException) as error:
        print(f"The bot does not answer: {error}")
        return 1
    print(page, end="")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
