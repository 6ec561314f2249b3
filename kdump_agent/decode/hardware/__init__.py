"""Hardware errors that a kernel log tells of, decoded by the vendors' manuals."""
