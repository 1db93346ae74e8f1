"""Measures programs with KSM's flags as whole processes, over HTTP and by what the kernel says of them."""
