"""The composition root: one web application out of chat, console and API."""
