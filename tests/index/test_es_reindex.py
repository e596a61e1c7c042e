"""``kabar reindex`` on a real Elasticsearch: while writers write, and cut off anywhere."""

import threading
import time

import msgspec
import pytest
from index_samples import DAY, HOUR, T0, entry, id_of, kill, message, story

from kabar.errors import IndexUnavailable, NotPrepared, UsageError
from kabar.index.api import SearchRequest
from kabar.index.elasticsearch import indices, reindex
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.copying import Copying
from kabar.index.elasticsearch.names import FAMILIES, IndexNames
from kabar.index.elasticsearch.preparing import check, prepare, schema_in_use
from kabar.index.elasticsearch.reader import ElasticsearchReader
from kabar.index.elasticsearch.reindex import Reindex
from kabar.index.elasticsearch.writer import ElasticsearchWriter

pytestmark = pytest.mark.stack
MONTH = 31 * DAY


class Place:
    """An index of one's own."""

    def __init__(self, settings):
        self.settings = settings
        self.names = IndexNames(settings.index_prefix)
        self.client = connect(settings)
        prepare(self.client, settings)
        self.writer = ElasticsearchWriter(self.client, settings)

    def close(self):
        self.writer.close()
        self.client.close()

    def write(self, *messages, stories=()):
        answers = self.writer.write([entry(one) for one in messages])
        self.writer.write_stories(list(stories))
        return answers

    def reindex(self, **options):
        return Reindex(self.client, self.settings, **options)

    def behind(self, family):
        return sorted(self.client.indices.get_alias(name=self.names.alias(family)).body)

    def there(self):
        return sorted(self.client.indices.get(index=f"{self.settings.index_prefix}*").body)

    def everything(self, family):
        """(id, version, source) of all documents behind an alias, by id."""
        self.client.indices.refresh(index=self.names.alias(family))
        hits = self.client.search(index=self.names.alias(family), size=10_000, version=True)["hits"]["hits"]
        return sorted(((hit["_id"], hit["_version"], hit["_source"]) for hit in hits), key=lambda one: one[0])

    def titles(self, query=""):
        reader = ElasticsearchReader(self.client, self.names)
        return sorted(
            hit.document.article.title for hit in reader.search(SearchRequest(query=query, size=200)).hits
        )


@pytest.fixture
def place(place, monkeypatch):
    monkeypatch.setattr(indices, "REREAD_SECONDS", 0.5)
    monkeypatch.setattr(reindex, "LATE_SECONDS", 0.3)
    made = Place(place)
    yield made
    made.close()


def fill(place):
    """Two months, versions, a kill, stories."""
    place.write(
        message("a", title="Banjir di Karang"),
        message("b", title="Jalan putus", observed=T0 + HOUR),
        message("c", title="Gempa kecil", observed=T0 + MONTH),
        message("d", title="Salah tulis"),
        stories=[story("s"), story("t")],
    )
    place.write(message("b", title="Jalan pulih", observed=T0 + 2 * HOUR, version=2, status="updated"))
    place.write(kill("d", observed=T0 + HOUR))


def test_the_new_indices_hold_the_same_and_the_alias_leads_to_them(place):
    fill(place)
    before = {family: place.everything(family) for family in FAMILIES}
    done = place.reindex().run()
    assert (done.before, done.after, done.resumed, done.deleted) == (1, 2, False, [])
    assert {family: place.everything(family) for family in FAMILIES} == before
    assert len(before["articles"]) == 4
    for family in FAMILIES:
        assert [place.names.schema_of(one) for one in place.behind(family)] == [2] * len(place.behind(family))
    assert schema_in_use(place.client, place.names) == 2
    check(place.client, place.settings)
    assert place.titles("banjir") == ["Banjir di Karang"]
    assert place.titles("status:killed") == [""]
    assert place.names.articles(1, T0) in place.there()  # kept until somebody is content


def test_the_old_ones_go_when_asked_and_take_nothing_more_before(place):
    fill(place)
    place.reindex().run()
    from elasticsearch import AuthorizationException

    with pytest.raises(AuthorizationException, match="cluster_block"):
        place.client.index(index=place.names.articles(1, T0), id="x", document={})
    prepare(place.client, place.settings, schema=1, aliased=False)  # as if it had been cut off there
    done = place.reindex().run(delete_old=True)
    assert (done.before, done.after, done.resumed) == (1, 2, True)
    assert len(done.deleted) == 5
    assert [place.names.schema_of(one) for one in place.there()] == [2] * 5


def test_a_mapping_that_drifted_is_what_it_is_for(place):
    wrong = place.names.component("articles")
    found = place.client.cluster.get_component_template(name=wrong).body["component_templates"][0]
    body = msgspec.json.decode(msgspec.json.encode(found["component_template"]))
    properties = body["template"]["mappings"]["properties"]
    properties["topic"] = {"type": "text"}
    del properties["article"]["properties"]["word_count"]
    del properties["search"]["properties"]["title"]
    place.client.cluster.put_component_template(name=wrong, template=body["template"])
    fill(place)
    prepare(place.client, place.settings)
    with pytest.raises(NotPrepared, match="this version needs") as caught:
        check(place.client, place.settings)
    assert "kabar reindex" in caught.value.hint
    assert place.titles("title:banjir") == []
    place.reindex().run(delete_old=True)
    check(place.client, place.settings)
    assert place.titles("title:banjir") == ["Banjir di Karang"]


def test_a_dry_run_changes_nothing(place):
    fill(place)
    before = place.there()
    done = place.reindex().run(dry_run=True)
    assert (done.copied, done.dry_run, len(done.indices)) == (12, True, 5)
    assert place.there() == before
    assert schema_in_use(place.client, place.names) == 1


def test_without_an_index_there_is_nothing_to_do(place):
    with pytest.raises(UsageError, match="no index yet"):
        place.reindex().run()


def test_a_second_time_builds_the_next_ones(place):
    fill(place)
    assert place.reindex().run(delete_old=True).after == 2
    before = {family: place.everything(family) for family in FAMILIES}
    assert place.reindex().run(delete_old=True).after == 3
    assert {family: place.everything(family) for family in FAMILIES} == before


def test_what_was_written_meanwhile_is_caught_up_with_and_no_more_than_that(place):
    fill(place)
    prepare(place.client, place.settings, schema=2, aliased=False)
    copying = Copying(place.client, place.settings, 2)

    def copied():
        pairs = place.reindex()._pairs(1, 2)
        return sum(count for family, old, new in pairs for count in copying.copy(family, old, new))

    assert copied() == 12
    assert copied() == 0
    place.write(message("a", title="Banjir surut", observed=T0 + DAY, version=2, status="updated"))
    assert copied() == 2  # the article and its version
    place.write(message("z", title="Baru", observed=T0 + 3 * MONTH))
    assert copied() == 2
    copying.close()


def test_a_document_that_the_new_templates_refuse_stops_it_before_the_switch(place, monkeypatch):
    fill(place)
    from kabar.index.elasticsearch import templates

    real = templates.mappings

    def stricter(family, *, dynamic):
        made = real(family, dynamic=dynamic)
        if family == "articles":
            made["properties"]["article"]["properties"]["title"] = {"type": "integer"}
        return made

    monkeypatch.setattr(templates, "mappings", stricter)
    with pytest.raises(NotPrepared, match="refuses") as caught:
        place.reindex().run()
    assert "old indices stay in use" in caught.value.hint
    assert schema_in_use(place.client, place.names) == 1


class Cut(Exception):
    pass


READING = ("_search", "_pit", "_refresh", "_count")


@pytest.mark.parametrize("at", [1, 8, 18, 20, 23, 26])
def test_cut_off_anywhere_the_alias_is_whole_and_the_next_call_goes_on(place, at, monkeypatch):
    fill(place)
    before = {family: place.everything(family) for family in FAMILIES}
    real, changes = place.client.transport.perform_request, []

    def perform(method, target, **options):
        """From the ``at``-th change on, nothing gets through any more."""
        if method not in {"GET", "HEAD"} and not any(part in target for part in READING):
            changes.append(f"{method} {target}")
        if len(changes) > at:
            raise Cut
        return real(method, target, **options)

    with monkeypatch.context() as patch:
        patch.setattr(place.client.transport, "perform_request", perform)
        with pytest.raises(Cut):
            place.reindex().run()
    assert {family: place.everything(family) for family in FAMILIES} == before
    done = place.reindex().run()
    assert (done.before, done.after) == (1, 2)
    assert {family: place.everything(family) for family in FAMILIES} == before
    check(place.client, place.settings)


def test_while_a_writer_goes_on(place, monkeypatch):
    """New articles, updates and kills all through it; afterwards the alias holds exactly the newest of everything."""
    monkeypatch.setattr(reindex, "LATE_SECONDS", 2.0)
    fill(place)
    stop, problems = threading.Event(), []
    written: dict[str, tuple[int, str]] = {"b": (2, "Jalan pulih"), "a": (1, "Banjir di Karang")}
    count = [0]

    def write():
        writer = ElasticsearchWriter(place.client, place.settings)
        number = 0
        while not stop.is_set():
            number += 1
            at = T0 + DAY + number * 1_000
            name = f"n{number % 40}"
            version = written.get(name, (0, ""))[0] + 1
            title = f"Berita {number}"
            made = (
                kill(name, observed=at)
                if number % 17 == 0 and version > 1
                else message(
                    name,
                    title=title,
                    observed=at,
                    version=version,
                    status="active" if version == 1 else "updated",
                )
            )
            made_entry = entry(made)
            while True:
                try:
                    assert writer.write([made_entry]) == ["written"]
                    break
                except IndexUnavailable as error:  # the old index takes no more: the same again
                    problems.append(str(error))
                    time.sleep(0.2)
            written[name] = (version, made_entry.document.article.title)
            count[0] = number
        writer.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        while count[0] < 20:
            time.sleep(0.05)
        during = count[0]
        done = place.reindex().run(delete_old=True)
        assert count[0] > during + 20
    finally:
        stop.set()
        thread.join(30)
    assert done.after == 2
    found = {
        source["article"]["id"]: source["article"]["title"] for _, _, source in place.everything("articles")
    }
    assert found == {
        **{id_of(name): title for name, (_, title) in written.items()},
        id_of("c"): "Gempa kecil",
        id_of("d"): "",
    }
    ids = [one for one, _, _ in place.everything("articles")]
    assert len(ids) == len(set(ids))
    versions = place.everything("versions")
    assert len(versions) == count[0] + 6
    assert len({one for one, _, _ in versions}) == len(versions)
    assert {place.names.schema_of(one) for one in place.there()} == {2}
