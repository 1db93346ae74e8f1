"""The file of `--config`: YAML, one key an option.

What it says takes precedence over the command line (kube-state-metrics behaviour), except that an empty list says nothing.
A list may be written as a YAML list, as a map's keys (kube-state-metrics' own form) or as the flag's text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from evergauge.errors import ConfigFileError
from evergauge.options.flag import Flag
from evergauge.options.grammar import hint, one_line
from evergauge.options.table import FLAGS

_NULL = "tag:yaml.org,2002:null"
DEPRECATED = {"custom_resource_config_file": "custom_resource_state_config_file"}
"""Keys that kube-state-metrics still takes, and what they are called now."""


@dataclass(slots=True)
class ConfigFile:
    """What a file says: values by attribute of `Options`, names of flags without effect, remarks."""

    values: dict[str, Any] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def read_config(path: str, *, missing_ok: bool) -> ConfigFile:
    """What the file at `path` says. Raises ConfigFileError, which names file, line and key.

    missing_ok: a file that isn't there says nothing, but a remark.
    """
    try:
        text = Path(path).read_text("utf-8")
    except FileNotFoundError:
        if missing_ok:
            return ConfigFile(notes=[f"--config={path}: there is no such file; the flags alone hold"])
        raise ConfigFileError(
            f"--config={path}: there is no such file (--continue-without-config starts without it)"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigFileError(f"--config={path}: {one_line(getattr(error, 'strerror', '') or str(error))}") from None
    return _Reader(path, {flag.key: flag for flag in FLAGS if flag.key}).read(text)


@dataclass(frozen=True, slots=True)
class _Reader:
    path: str
    flags: dict[str, Flag]

    def read(self, text: str) -> ConfigFile:
        found, seen = ConfigFile(), set[str]()
        # Deprecated keys come first, so that the present ones prevail.
        for key_node, node in sorted(self.entries(text), key=lambda entry: entry[0].value not in DEPRECATED):
            key = str(key_node.value)
            name = DEPRECATED.get(key, key)
            if name not in self.flags:
                raise self.error(key_node, f"unknown key {one_line(key)}{hint(key, self.flags)}")
            if key in seen:
                raise self.error(key_node, f"{key} stands twice")
            seen.add(key)
            if name != key:
                found.notes.append(f"{self.where(key_node)}: {key} is deprecated, write {name}")
            self.take(found, self.flags[name], node)
        return found

    def entries(self, text: str) -> Sequence[tuple[yaml.Node, yaml.Node]]:
        try:
            root = yaml.compose(text, Loader=yaml.CSafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f"{self.path}:{mark.line + 1}" if mark else self.path
            raise ConfigFileError(f"{where}: no YAML: {getattr(error, 'problem', error)}") from None
        if root is None or root.tag == _NULL:
            return ()
        if not isinstance(root, yaml.MappingNode):
            raise self.error(root, "must be a map of options by key")
        entries: Sequence[tuple[yaml.Node, yaml.Node]] = root.value
        return entries

    def take(self, found: ConfigFile, flag: Flag, node: yaml.Node) -> None:
        """Keep what one key says; a null and an empty list say nothing."""
        if node.tag == _NULL:
            return
        value = self.value(flag, node)
        if flag.no_effect:
            found.ignored.add(flag.name)
        elif value or not (flag.type.from_items or flag.type.from_map):
            found.values[flag.attribute] = value

    def value(self, flag: Flag, node: yaml.Node) -> Any:  # noqa: ANN401 (the flag's type decides)
        kind = flag.type
        try:
            if isinstance(node, yaml.ScalarNode):
                return kind.read(_switch(node) if kind.is_switch else node.value)
            if kind.from_items:
                return kind.from_items(self.texts(flag, node))
            if kind.from_map and isinstance(node, yaml.MappingNode):
                return kind.from_map({key.value: self.texts(flag, items) for key, items in node.value})
        except ValueError as error:
            raise self.error(node, f"{flag.key}: {error}") from None
        raise self.error(node, f"{flag.key}: must be {'a map of lists' if kind.from_map else f'one {kind.name}'}")

    def texts(self, flag: Flag, node: yaml.Node) -> list[str]:
        """The texts of a list, or the keys of a map; a null is an empty list."""
        if node.tag == _NULL:
            return []
        nodes = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else node.value
        if isinstance(node, yaml.ScalarNode) or not all(isinstance(item, yaml.ScalarNode) for item in nodes):
            raise self.error(node, f"{flag.key}: must be a list of texts")
        return [item.value for item in nodes]

    def where(self, node: yaml.Node) -> str:
        return f"{self.path}:{node.start_mark.line + 1}"

    def error(self, node: yaml.Node, message: str) -> ConfigFileError:
        return ConfigFileError(f"{self.where(node)}: {message}")


def _switch(node: yaml.ScalarNode) -> str:
    """The text of a boolean; YAML 1.1 spells it `yes` and `on`, too."""
    known: dict[str, bool] = yaml.SafeLoader.bool_values
    return str(known.get(node.value.lower(), node.value))
