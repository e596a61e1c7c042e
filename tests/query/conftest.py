import pytest
from engines import ENGINES


@pytest.fixture(scope="session", params=list(ENGINES))
def engine(request):
    from conformance import CORPUS

    made = ENGINES[request.param]()
    made.load(list(CORPUS.values()))
    return made
