"""The words of explicit rights: verbs, the parts they reach, the actions they stand for."""

ANY = "*"
SCOPES = ("tickets", "buildings", "vendors", "routing")
# A verb and the part that it reaches make an action; looking has a plain word and its own.
ACTIONS: dict[tuple[str, str], str] = {
    ("view", "tickets"): "ticket:view",
    ("edit", "tickets"): "ticket:edit",
    ("resolve", "tickets"): "ticket:resolve",
    ("assign", "tickets"): "ticket:assign",
    ("triage", "tickets"): "ticket:triage",
    ("comment", "tickets"): "ticket:comment",
    ("export", "tickets"): "ticket:export",
    ("raise_tickets", "tickets"): "ticket:create",
    ("view", "buildings"): "building:view",
    ("manage", "buildings"): "building:manage",
    ("view", "vendors"): "vendor:view_opportunities",
    ("view_opportunities", "vendors"): "vendor:view_opportunities",
    ("respond_assignment", "vendors"): "vendor:respond_assignment",
    ("view", "routing"): "routing:view",
    ("manage", "routing"): "routing:manage",
}
VERBS = tuple(dict.fromkeys(verb for verb, _scope in ACTIONS))
# Reading goes on while the approval lasts; any other act uses it up.
READING = frozenset({"ticket:view", "building:view", "vendor:view_opportunities", "routing:view"})


def action_of(verb: str, scope: str) -> str:
    """The action for which a right with this verb and scope stands."""
    return ACTIONS[verb, scope]
