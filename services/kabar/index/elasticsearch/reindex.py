"""``kabar reindex``: all indices built anew under the next schema number, while writers go on.

::

    fill      v{n} -> v{n+1}, by the current templates, behind no alias; again and again what was written meanwhile
    switch    one request takes the alias from v{n} to v{n+1}; writers notice within seconds
    finish    what late writers still put into v{n} is copied, then v{n} takes no more, and the rest is copied

Copies carry the version they had, so whichever of a copy and a newer write comes first, the newer one stays. What
was written since the last pass is found by Elasticsearch's own sequence numbers: no clock, and no field whose mapping
may be what is wrong. How far an index is filled stands in the new one: run again after a crash, this goes on there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import elasticsearch
from msgspec import Struct

from kabar.errors import IndexUnavailable, UsageError
from kabar.index.elasticsearch.client import index_errors
from kabar.index.elasticsearch.copying import Copying
from kabar.index.elasticsearch.indices import REREAD_SECONDS
from kabar.index.elasticsearch.names import FAMILIES, Family, IndexNames
from kabar.index.elasticsearch.preparing import prepare, schema_in_use
from kabar.settings import Settings

SMALL: Final = 1_000
"""A pass that finds no more than this is soon repeated: time to switch."""
PASSES: Final = 20
"""To catch up in, before switching all the same: the rest is copied afterwards."""
LATE_SECONDS: Final = 2 * REREAD_SECONDS
"""After this every writer that is not stuck writes to the new indices."""


class Progress(Struct):
    """What a progress bar shows; updated in place."""

    phase: str = ""
    copied: int = 0
    total: int = 0


class Summary(Struct, frozen=True, kw_only=True):
    """What a call did, or with ``dry_run`` would do."""

    before: int
    """Schema number."""
    after: int
    copied: int
    """Documents written to the new indices, those copied again included."""
    indices: list[str]
    """New ones."""
    resumed: bool = False
    deleted: list[str] = []
    dry_run: bool = False


class Reindex:
    """One call. ``report`` is called every now and then, from the calling thread.

    Every method raises :class:`kabar.errors.EnvironmentError_` where Elasticsearch fails: the alias still leads to
    complete indices, and the same call again goes on.
    """

    def __init__(
        self,
        client: elasticsearch.Elasticsearch,
        settings: Settings,
        *,
        report: Callable[[Progress], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._settings = settings
        self._names = IndexNames(settings.index_prefix)
        self._report = report
        self._sleep = sleep
        self._progress = Progress()

    def run(self, *, delete_old: bool = False, dry_run: bool = False) -> Summary:
        """Build, switch, finish; or finish what an earlier call switched.

        Raises:
            UsageError: there is no index yet.
            NotPrepared: the new templates refuse documents of ours; the old indices stay in use.
            IndexUnavailable: Elasticsearch cannot be reached or takes nothing; run it again.
        """
        now = schema_in_use(self._client, self._names)
        switched = now > 1 and self._has_templates(now - 1)
        old, new = (now - 1, now) if switched else (now, now + 1)
        if not self._indices(old):
            raise UsageError(
                "there is no index yet", hint="the first article written makes it, as it should be"
            )
        self._progress.total = sum(self._count(index) for index in self._indices(old))
        resumed = switched or bool(self._indices(new))
        if dry_run:
            wanted = [after for _, _, after in self._pairs(old, new)]
            return self._summary(old, new, wanted, resumed=resumed, dry_run=True)
        copying = Copying(self._client, self._settings, new)
        try:
            if not switched:
                self._fill(copying, old, new)
                self._switch(old, new)
            self._finish(copying, old, new)
        finally:
            copying.close()
        deleted = self._remove(old) if delete_old else []
        return self._summary(old, new, self._indices(new), resumed=resumed, deleted=deleted)

    # ------------------------------------------------------------ phases

    def _fill(self, copying: Copying, old: int, new: int) -> None:
        """Until little is missing."""
        prepare(self._client, self._settings, schema=new, aliased=False)
        for number in range(PASSES):
            self._progress.phase = f"filling v{new}" if number == 0 else f"catching up, pass {number}"
            if self._pass(copying, old, new) <= SMALL and number:
                return

    def _switch(self, old: int, new: int) -> None:
        """From v{n} to v{n+1} in one request; no index made by a writer around it is left out or found twice."""
        prepare(self._client, self._settings, schema=old, aliased=False)
        self._alias(old, new)
        prepare(self._client, self._settings, schema=new, aliased=True)
        self._alias(old, new)  # also an index made between the two

    def _finish(self, copying: Copying, old: int, new: int) -> None:
        """Nothing that was ever taken is only in an old index when this returns."""
        self._progress.phase = "waiting for the writers"
        prepare(self._client, self._settings, schema=new, aliased=True)
        until = time.monotonic() + LATE_SECONDS
        while time.monotonic() < until:
            self._pass(copying, old, new)
            self._alias(old, new)
            self._sleep(1.0)
        for index in self._indices(old):
            with index_errors():
                self._client.indices.put_settings(index=index, settings={"index.blocks.write": True})
        self._progress.phase = "the last pass"
        self._pass(copying, old, new)
        self._alias(old, new)
        self._compare(old, new)
        for family in reversed(FAMILIES):  # those of articles last: while they are there, this is unfinished
            with index_errors():
                self._client.options(ignore_status=404).indices.delete_index_template(
                    name=self._names.template(family, old)
                )

    def _remove(self, old: int) -> list[str]:
        gone = self._indices(old)
        for index in gone:
            with index_errors():
                self._client.options(ignore_status=404).indices.delete(index=index)
        return gone

    def _pass(self, copying: Copying, old: int, new: int) -> int:
        """Copy what each old index was given since the last pass; returns how much that was."""
        copied = 0
        for family, before, after in self._pairs(old, new):
            for count in copying.copy(family, before, after):
                copied += count
                self._progress.copied += count
                self._report(self._progress)
        return copied

    # ------------------------------------------------------------ what is there

    def _indices(self, schema: int, family: Family | None = None) -> list[str]:
        """Indices of a schema number, behind the alias or not."""
        families = FAMILIES if family is None else (family,)
        wanted = ",".join(self._names.pattern(one, schema) for one in families)
        with index_errors():
            found = self._client.indices.get(index=wanted, allow_no_indices=True, ignore_unavailable=True)
        return sorted(found.body)

    def _has_templates(self, schema: int) -> bool:
        with index_errors():
            return bool(
                self._client.indices.exists_index_template(name=self._names.template("articles", schema))
            )

    def _successor(self, family: Family, index: str, old: int, new: int) -> str:
        """The index of the new schema number with the same articles."""
        alias = self._names.alias(family)
        return f"{alias}-v{new}" + index.removeprefix(f"{alias}-v{old}")

    def _pairs(self, old: int, new: int) -> list[tuple[Family, str, str]]:
        """Family, old index, new index."""
        return [
            (family, index, self._successor(family, index, old, new))
            for family in FAMILIES
            for index in self._indices(old, family)
        ]

    def _count(self, index: str) -> int:
        with index_errors():
            self._client.indices.refresh(index=index)
            return int(self._client.count(index=index)["count"])

    def _alias(self, old: int, new: int) -> None:
        """The aliases lead to every new index and to no old one, in one request."""
        actions: list[dict[str, Any]] = []
        for family in FAMILIES:
            alias = self._names.alias(family)
            actions += [{"remove": {"index": one, "alias": alias}} for one in self._behind(family, old)]
            missing = set(self._indices(new, family)) - set(self._behind(family, new))
            actions += [{"add": {"index": one, "alias": alias}} for one in sorted(missing)]
        if actions:
            with index_errors():
                self._client.indices.update_aliases(actions=actions)

    def _behind(self, family: Family, schema: int) -> list[str]:
        """Indices of a schema number that the alias leads to."""
        with index_errors():
            found = self._client.options(ignore_status=404).indices.get_alias(name=self._names.alias(family))
        return sorted(one for one in found.body if self._names.schema_of(one) == schema)

    def _compare(self, old: int, new: int) -> None:
        """A last look before the old ones may go: a new index holds at least as many documents."""
        for _, before, after in self._pairs(old, new):
            there, here = self._count(before), self._count(after)
            if here < there:
                raise IndexUnavailable(
                    f"{after} has {here:,} documents, {before} has {there:,}",
                    hint="the old indices were kept; run `kabar reindex` again",
                )

    def _summary(
        self, old: int, new: int, indices: Sequence[str], *, resumed: bool,
        deleted: Sequence[str] = (), dry_run: bool = False,
    ) -> Summary:  # fmt: skip
        return Summary(
            before=old,
            after=new,
            copied=self._progress.total if dry_run else self._progress.copied,
            indices=list(indices),
            resumed=resumed,
            deleted=list(deleted),
            dry_run=dry_run,
        )
