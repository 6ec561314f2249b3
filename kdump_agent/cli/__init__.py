"""The commands, one file each, and the wiring of all parts."""
