"""The systems under test: kabar first, then libraries. Loaded late, run row by row, timed in CPU seconds."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.quality.notes import Notes

KABAR = "kabar"
Predict = Callable[..., Any]
Systems = Mapping[str, Predict]
Figures = dict[str, float]
Scores = dict[str, dict[str, Any]]
"""Set → metric → number, with ``n`` and ``baseline`` (library → metric → number) beside the metrics."""


class MissingProduct(Exception):
    """The room of kabar that a capability measures cannot be imported."""


def product(module: str, name: str) -> Any:
    """A public name of kabar.

    Raises:
        MissingProduct: the module or the name is not there; the text says which.
    """
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise MissingProduct(f"{module}.{name}: {error}") from error


def library(module: str, notes: Notes) -> Any | None:
    """A library to compare with, or None with a remark where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        notes.remark(f"baseline left out: {module} is not installed (pip install 'kabar[bench]')")
        return None


@dataclass(frozen=True)
class Run:
    """Answers in the order of the inputs, and the CPU seconds they took."""

    outputs: list[Any]
    seconds: float

    def per_second(self) -> float:
        """Inputs per CPU second."""
        return len(self.outputs) / self.seconds if self.seconds > 0 else 0.0


def run(
    name: str,
    predict: Predict,
    inputs: Sequence[tuple[Any, ...]],
    notes: Notes,
    *,
    where: str,
    failed: Any,
    warm: bool = True,
) -> Run:
    """Ask one system about every input.

    With ``warm`` the first input is asked twice, the first time outside the clock, so that loading a model is not
    counted.
    An input the system raises on gets ``failed`` as its answer: it is scored as a miss and counted.
    """
    notes.progress(f"{where}: {name}, {len(inputs)} inputs")
    if inputs and warm:
        _ask(predict, inputs[0], failed)
    outputs = []
    start = time.process_time()
    for arguments in inputs:
        answer, error = _ask(predict, arguments, failed)
        if error:
            notes.skip(where, f"{name} raised {error}, scored as no answer")
        outputs.append(answer)
    return Run(outputs, time.process_time() - start)


def _ask(predict: Predict, arguments: tuple[Any, ...], failed: Any) -> tuple[Any, str]:
    try:
        return predict(*arguments), ""
    except MissingProduct:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a system raises is its answer, and a wrong one
        return failed, type(error).__name__


def compare(
    where: str,
    systems: Systems,
    inputs: Sequence[tuple[Any, ...]],
    notes: Notes,
    *,
    failed: Any,
    measure: Callable[[list[Any]], Figures],
    unit: str,
) -> dict[str, Figures]:
    """Every system's figures: what ``measure`` makes of its answers, and ``{unit}_per_second``."""
    figures: dict[str, Figures] = {}
    for name, predict in systems.items():
        answers = run(name, predict, inputs, notes, where=where, failed=failed)
        figures[name] = measure(answers.outputs) | {f"{unit}_per_second": answers.per_second()}
    return figures


def beside(figures: Mapping[str, Figures], n: int) -> dict[str, Any]:
    """One set's entry: kabar's figures on top, ``n``, and every other system under ``baseline``."""
    out: dict[str, Any] = {**figures.get(KABAR, {}), "n": n}
    out["baseline"] = {name: values for name, values in figures.items() if name != KABAR}
    return out
