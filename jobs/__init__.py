"""Work for which nobody waits: events told on, mails sent, clocks watched.

RQ calls these functions with ids as JSON; each is safe to repeat.
"""
