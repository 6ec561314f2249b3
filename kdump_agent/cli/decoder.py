"""``kdump-agent decoder``: answer the question that comes over standard input, a socket, and end.

systemd starts it for each connection to the decoder's socket, or the agent does; it is nothing for a person.
"""

from __future__ import annotations

import argparse
import socket

from kdump_agent.decoder.frame import Garbled
from kdump_agent.decoder.serve import HungUp, serve
from kdump_agent.errors import AgentError


def arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def main(args: argparse.Namespace) -> int:
    del args
    try:
        with socket.socket(fileno=0) as connection:
            serve(connection)
    except (BrokenPipeError, HungUp):
        pass  # whoever asked has left; nothing is wrong here
    except (Garbled, OSError) as exc:
        raise AgentError(f"standard input: {exc}; the agent asks this command, over a socket") from exc
    return 0
