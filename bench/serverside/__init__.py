"""What benchmarks load into, or start as, server processes."""
