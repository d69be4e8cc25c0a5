"""Rasa graph components and the tracker store. The only place in bot/ that imports rasa."""
