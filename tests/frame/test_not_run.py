"""What can't be run is said, and in CI it is a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.conformance import conformance
from support.tools import require

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SKIPPING = """
    import pytest
    {module}
    def test_sound(): pass
    {test}
"""


@pytest.mark.parametrize(
    ("module", "test", "reason"),
    [
        ("", "def test_other(): pytest.skip('not run: no promtool')", "no promtool"),
        ("", "@pytest.mark.skip(reason='later')\n    def test_other(): pass", "later"),
        ("", "@pytest.mark.skipif(True, reason='slow')\n    def test_other(): pass", "slow"),
        (
            "pytest.importorskip('no_such_module')",
            "",
            "could not import 'no_such_module': No module named 'no_such_module'",
        ),
        ("pytest.skip('no cluster', allow_module_level=True)", "", "no cluster"),
    ],
)
class TestSkipped:
    @pytest.fixture(autouse=True)
    def suite(self, pytester: pytest.Pytester, module: str, test: str) -> None:
        pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
        pytester.makepyfile(SKIPPING.format(module=module, test=test))

    def test_locally_it_is_named_at_the_end(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, reason: str
    ) -> None:
        monkeypatch.delenv("CI", raising=False)
        result = pytester.runpytest_subprocess()
        assert result.parseoutcomes()["skipped"] == 1
        result.stdout.fnmatch_lines(["*= not run: 1 =*", f"1: {reason}"])

    def test_in_ci_it_fails(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
        monkeypatch.setenv("CI", "true")
        result = pytester.runpytest_subprocess()
        assert result.ret != 0
        outcomes = result.parseoutcomes()
        assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == 1
        assert "skipped" not in outcomes
        result.stdout.fnmatch_lines([f"*CI runs every test: {reason}"])


class TestOthers:
    def test_in_ci_it_fails_in_worker_processes_too(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CI", "true")
        pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
        pytester.makepyfile("import pytest\ndef test_a(): pytest.skip('later')\ndef test_b(): pass")
        assert pytester.runpytest_subprocess("-n2").parseoutcomes() == {"failed": 1, "passed": 1}

    def test_an_expected_failure_counts_as_run(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CI", "true")
        pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
        pytester.makepyfile("import pytest\n@pytest.mark.xfail(reason='known')\ndef test_known(): assert 0")
        assert pytester.runpytest_subprocess().parseoutcomes() == {"xfailed": 1}


class TestRequire:
    def test_a_program_is_found(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program = tmp_path / "promtool"
        program.touch(mode=0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert require("promtool") == program

    @pytest.mark.parametrize(("program", "package"), [("promtool", "prometheus"), ("curl", "curl")])
    def test_a_missing_one_is_named_with_its_package(
        self, monkeypatch: pytest.MonkeyPatch, program: str, package: str
    ) -> None:
        monkeypatch.setenv("PATH", "")
        monkeypatch.delenv("CI", raising=False)
        with pytest.raises(pytest.skip.Exception, match=f"^not run: there is no {program};.* install {package}$"):
            require(program)

    def test_in_ci_a_missing_one_fails_the_test(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        monkeypatch.setenv("CI", "true")
        with pytest.raises(pytest.fail.Exception, match=r"^CI runs every test: there is no promtool"):
            require("promtool")


class TestConformance:
    def test_it_lies_beside_the_repo(self) -> None:
        assert (conformance() / "flags.json").is_file()

    def test_where_it_is_missing_the_folder_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"shared/conformance is missing"):
            conformance(tmp_path / "repo")
