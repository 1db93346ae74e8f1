"""Every error that Evergauge raises on purpose. Each part has its section; none holds more than its message.

EvergaugeError
├── UsageError            a flag or command that can't be honoured (exit code 2)
│   └── ConfigFileError   the same in the file of --config
├── ManifestError         a manifest given to `render` that can't be read
├── DeclarationError      a kind declared against the rules or its model
├── ListenError           a port that can't be listened on
└── SimulatorError        the simulated API server refuses a request or an order
"""

from __future__ import annotations


class EvergaugeError(Exception):
    """The root. Its message is one line: what failed, where, and what to do about it."""


# Options and command line


class UsageError(EvergaugeError):
    """A flag, value or command that can't be honoured. The message names the flag and what is allowed."""


class ConfigFileError(UsageError):
    """The file of `--config` can't be read, or says something that can't be honoured. The message names file, line and key."""


class ManifestError(EvergaugeError):
    """A manifest can't be read. The message names the file and, where it is known, the document in it (counted from 1)."""


# Declarations


class DeclarationError(EvergaugeError):
    """A kind or family is declared against the rules or its model. The message names the family and the path."""


# Serving


class ListenError(EvergaugeError):
    """A socket can't be opened. The message names host, port, their flags and the system's reason."""


# Simulator


class SimulatorError(EvergaugeError):
    """The simulated API server refuses a request (as the API would) or an order of its user. The message says why."""
