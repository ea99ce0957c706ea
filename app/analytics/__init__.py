"""The semantic core: pure, synchronous, without I/O and without a framework."""
