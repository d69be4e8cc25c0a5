"""`dalil evaluate`: the running bot's understanding, measured on files of messages."""
