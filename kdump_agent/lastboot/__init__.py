"""How did the boot before this one end, and what is left of it where there is no dump?"""
