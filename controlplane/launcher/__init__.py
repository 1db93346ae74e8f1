"""Builds and runs a real etcd and kube-apiserver on the loopback interface, for tests and bench.

It uses the standard library only, so that `scripts/controlplane` runs before the virtual environment exists.
"""
