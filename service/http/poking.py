"""After a route has committed something: let those who wait know."""

from litestar.datastructures import State

from sync.scope import Touched


def tell(state: State, touched: Touched) -> None:
    """Poke the devices concerned, soon."""
    state.herald.tell(touched)
