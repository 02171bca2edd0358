"""The two blueprints on which every module of this folder hangs its views."""

from flask import Blueprint

pages = Blueprint("auth", __name__)
api = Blueprint("auth_api", __name__)
