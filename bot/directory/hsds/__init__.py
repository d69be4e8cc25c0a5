"""The directory in the language of other directories: Open Referral HSDS (docs/decisions/0016-hsds.md)."""

VERSION = "3.1"
