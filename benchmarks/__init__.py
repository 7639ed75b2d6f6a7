"""What listing sessions costs, measured against what people would do instead.

``make bench`` runs everything; ``python -m benchmarks --help`` tells of smaller runs.
"""
