"""Turn the text of a kernel log into what happened. Pure: bytes in, values out."""
