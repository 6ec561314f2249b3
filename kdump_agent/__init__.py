"""Ship every kernel crash dump of a host, decoded, to a central endpoint."""

__version__ = "0.1.0"
