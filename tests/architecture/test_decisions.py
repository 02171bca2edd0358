"""An answer with rows, for which nobody asked who may see them, fails in tests."""

from ecopick.app import create_app
from ecopick.config import Settings
from ecopick.core.uow import Database
from ecopick.web.state import db_session
from tests.factories import World
from tests.signing_in import api_of


def test_a_view_without_a_decision_is_an_error(
    settings: Settings, database: Database, world: World
) -> None:
    """Check 14: a route without a policy fails the build."""
    app = create_app(settings, database)
    app.config.update(TESTING=True)

    @app.get("/api/forgotten")
    def forgotten() -> str:
        return str(db_session().info)

    assert api_of(app, world, "manager").get("/api/forgotten").status_code == 500
