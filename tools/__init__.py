"""Programs for people: the command line, the contract compiler, the checks, the benchmarks."""
