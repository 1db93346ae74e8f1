"""Compiles the native part while Evergauge is installed or packed. Without a C compiler that works too, and says so."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("src/evergauge/native")


class NativePart(BuildHookInterface):  # type: ignore[type-arg] # its configuration is nobody's business
    """Puts the compiled modules beside their source; hatchling takes them from there."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (the interface's)
        """Called before files are collected."""
        if self.target_name != "wheel":
            return
        try:
            libraries = compiled()
        except Exception as error:  # noqa: BLE001 (whatever is missing: a compiler, Python's headers, Cython)
            self.app.display_warning(f"the native part is left out, Evergauge will need more CPU: {error}")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"] += map(str, libraries)


def compiled() -> list[Path]:
    """The modules' paths from the project's root, where a build runs (PEP 517). Raises what compilers and those who call them raise."""
    from Cython.Build import cythonize  # noqa: PLC0415 (may be missing)
    from setuptools import Distribution, Extension  # noqa: PLC0415 (as above)

    with tempfile.TemporaryDirectory() as folder:
        extensions = [
            Extension(f"evergauge.native.{source.stem}", [str(source)], extra_compile_args=["-O3", "-g0"])
            for source in sorted(FOLDER.glob("*.pyx"))
        ]
        modules = cythonize(extensions, include_path=["src"], build_dir=folder, quiet=True)
        command = Distribution({"ext_modules": modules, "package_dir": {"": "src"}}).get_command_obj("build_ext")
        command.inplace, command.build_temp, command.force = True, folder, True
        command.ensure_finalized()
        command.run()
        return [FOLDER / Path(command.get_ext_filename(extension.name)).name for extension in extensions]
