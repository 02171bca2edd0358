"""The blueprints that the modules of this package share."""

from flask import Blueprint

pages = Blueprint("billing", __name__)
api = Blueprint("billing_api", __name__)
