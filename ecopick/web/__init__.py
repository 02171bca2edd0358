"""The HTTP kit: access, binding, rendering, errors, headers."""
