"""Evergauge: the state of Kubernetes objects as Prometheus metrics, proven fresh."""

__version__ = "0.1.0"
