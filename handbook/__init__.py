"""The documentation: its pages run, its reference is written by the code, its site is built here.

Apart from the library, as the benchmarks are: nobody who installs it gets this.
"""
