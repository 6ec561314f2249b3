"""How a report reads to a person and to a machine."""
