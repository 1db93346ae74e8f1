"""HELP and TYPE lines."""

from __future__ import annotations

import pytest

from evergauge.exposition.header import EOF, header
from support.foreign import parse_openmetrics, parse_text

HELP = 'All "of it"\nand \\.'
CASES = [
    ("kube_pod_info", "gauge", ("kube_pod_info", "gauge"), ("kube_pod_info", "gauge")),
    ("a_restarts_total", "counter", ("a_restarts_total", "counter"), ("a_restarts", "counter")),
    ("a_restarts", "counter", ("a_restarts", "counter"), ("a_restarts", "unknown")),
    ("a_build_info", "info", ("a_build_info", "gauge"), ("a_build", "info")),
    ("a_build", "info", ("a_build", "gauge"), ("a_build", "gauge")),
    ("a_phase", "stateset", ("a_phase", "gauge"), ("a_phase", "gauge")),
]


@pytest.mark.parametrize(("name", "declared", "text", "openmetrics"), CASES)
def test_header(name: str, declared: str, text: tuple[str, str], openmetrics: tuple[str, str]) -> None:
    family, written = text
    assert header(name, HELP, declared, openmetrics=False) == (
        f'# HELP {family} All "of it"\\nand \\\\.\n# TYPE {family} {written}\n'
    )
    family, written = openmetrics
    assert header(name, HELP, declared, openmetrics=True) == (
        f'# HELP {family} All \\"of it\\"\\nand \\\\.\n# TYPE {family} {written}\n'
    )


@pytest.mark.parametrize(("name", "declared"), [case[:2] for case in CASES])
def test_foreign_parsers_take_header_and_sample_together(name: str, declared: str) -> None:
    sample = f'{name}{{state="x"}} 1\n'
    (family,) = parse_text(header(name, HELP, declared, openmetrics=False) + sample)
    assert family.documentation == HELP
    (family,) = parse_openmetrics(header(name, HELP, declared, openmetrics=True) + sample + EOF)
    assert family.documentation == HELP
    assert family.samples[0].name == name
