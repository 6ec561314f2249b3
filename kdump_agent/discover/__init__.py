"""Find what crashes have left on this host."""
