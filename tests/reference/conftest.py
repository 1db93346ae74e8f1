"""A real API server says whether rights suffice."""

from support.controlplane import controlplane as controlplane  # noqa: PLC0414 - a fixture for the tests here
