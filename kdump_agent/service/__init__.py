"""How the agent speaks to systemd, to its log and to monitoring."""
