"""The blueprints that the modules of this package share."""

from flask import Blueprint

pages = Blueprint("governance", __name__)
api = Blueprint("governance_api", __name__)
