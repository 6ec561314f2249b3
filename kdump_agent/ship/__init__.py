"""Carry artifacts to the endpoint, resumably, and bring back a receipt."""
