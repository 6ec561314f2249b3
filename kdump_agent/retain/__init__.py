"""Decide which delivered dumps may go, and remove them."""
