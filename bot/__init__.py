"""The core: what we mean. It knows no messenger, no browser and no Rasa."""
