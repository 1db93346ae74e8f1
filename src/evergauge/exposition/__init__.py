"""The exposition format, pure: escaping, number text, label names, headers, negotiation."""
