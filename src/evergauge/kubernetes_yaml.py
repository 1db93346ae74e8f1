"""YAML as Kubernetes reads it: YAML 1.1 to JSON, with the rules of sigs.k8s.io/yaml.

Timestamps and `12:30` stay texts; `yes`, `on` and `y` are booleans; `0755` is octal; keys become texts. Unlike there, whole numbers
beyond 64 bits keep their digits.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

_TAG = "tag:yaml.org,2002:"
_BOOL = r"true|True|TRUE|yes|Yes|YES|y|Y|on|On|ON|false|False|FALSE|no|No|NO|n|N|off|Off|OFF"
_INT = r"[-+]?(?:0[bB][01_]+|0[oO]?[0-7_]+|0[xX][0-9a-fA-F_]+|[1-9][0-9_]*|0)"
_FLOAT = r"[-+]?(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?"
_NOT_FINITE = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
_GO_OCTAL = re.compile(r"([-+]?)0([0-7]+)")


class _Loader(yaml.CSafeLoader):
    """The safe loader with other rules about what a plain scalar is."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 (PyYAML's own attribute; filled below)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 (PyYAML's signature)
        """A map with text keys; of a key given twice the last one holds."""
        self.flatten_mapping(node)
        return {
            _key(self.construct_object(key, deep=True)): self.construct_object(value, deep=deep)
            for key, value in node.value
        }


def _int(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node)).replace("_", "")
    return int(_GO_OCTAL.sub(r"\g<1>0o\2", text) if _GO_OCTAL.fullmatch(text) else text, 0)


def _float(loader: _Loader, node: yaml.ScalarNode) -> float | int:
    text = str(loader.construct_scalar(node)).replace("_", "")
    if re.fullmatch(_NOT_FINITE, text):
        raise yaml.MarkedYAMLError(problem=f"{text} is no JSON number", problem_mark=node.start_mark)
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def _bool(loader: _Loader, node: yaml.ScalarNode) -> bool:
    return str(loader.construct_scalar(node))[:2].lower() in ("tr", "ye", "y", "on")


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


def _unknown(_loader: _Loader, node: yaml.Node) -> None:
    # An unquoted text that begins with `!` is read as a tag, and may be a password: it isn't quoted here.
    raise yaml.MarkedYAMLError(
        problem="an unknown tag; put a text that begins with ! in quotes", problem_mark=node.start_mark
    )


for _tag, _pattern, _first, _construct in (
    ("bool", _BOOL, "yYnNtTfFoO", _bool),
    ("int", _INT, "-+0123456789", _int),
    ("float", f"{_FLOAT}|{_NOT_FINITE}", "-+0123456789.", _float),
    ("null", r"~|null|Null|NULL|", "~nN\0", None),
    ("merge", r"<<", "<", None),
    ("timestamp", None, "", _text),
):
    if _pattern is not None:
        _firsts = [letter.strip("\0") for letter in _first]
        _Loader.add_implicit_resolver(_TAG + _tag, re.compile(rf"(?:{_pattern})\Z"), _firsts)
    if _construct is not None:
        _Loader.add_constructor(_TAG + _tag, _construct)
_Loader.add_constructor(None, _unknown)


def documents(text: str | bytes) -> Iterator[bytes]:
    """The JSON of each YAML document; `null` for an empty one. Raises yaml.YAMLError, ValueError, RecursionError for a loop of aliases."""
    for document in yaml.load_all(text, Loader=_Loader):
        yield msgspec.json.encode(document)


def _key(key: object) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    if not isinstance(key, str | int | float):
        raise ValueError(f"a {type(key).__name__} can't be a key")  # noqa: TRY004 (the document is wrong, not the caller)
    return str(key)
