"""What people run: the command line, the contract compiler, the checks, the benchmarks."""
