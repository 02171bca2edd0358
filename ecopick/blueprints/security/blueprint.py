"""The two blueprints on which the modules of this folder hang their views."""

from flask import Blueprint

pages = Blueprint("security", __name__)
api = Blueprint("security_api", __name__)
