"""The dump file itself: its format, whether it is whole, and the log inside it."""
