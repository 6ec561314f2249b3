"""Is this host able to capture its next crash?"""
