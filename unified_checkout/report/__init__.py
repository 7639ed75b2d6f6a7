"""Reports: what the sessions of all providers come to, in one set of words."""
