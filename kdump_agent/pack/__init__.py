"""Make a dump smaller and hash it, in one stream of bounded memory."""
