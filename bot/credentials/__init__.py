"""A certificate as machines check it: issuers and their keys, Open Badges 3.0 credentials, status lists, and a verifier."""

from bot.credentials.stored import badge as badge, of as of
