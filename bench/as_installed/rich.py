"""Stands in for a package that only the development tools bring: where Evergauge alone is installed there is none, and nobody pays for its import."""

raise ImportError("not there where Evergauge alone is installed")
