"""Open a dump with a debugger and the very vmlinux that crashed: find that, ask crash or drgn, read what they say."""
