"""All tables, by what they hold. Columns that end in `_sealed` are encrypted JSON (see privacy/vault.py)."""

from bot.tables.base import Base
from bot.tables.cases import AuditRow, Canned, Case, Draft, Mention, Note, Notice, Referral
from bot.tables.content import Cluster, Comment, Counter, EntryRow, Feedback, Link, Revision, Setting, Unanswered, Upload
from bot.tables.directory import DirectoryVersion, Holiday, Organization, Service
from bot.tables.messaging import (
    AddressRow,
    ChannelRow,
    Conversation,
    ForgottenRow,
    IgnoredRow,
    InboundRow,
    MediaRow,
    Option,
    OutboundRow,
    ReportRow,
    TemplateRow,
)
from bot.tables.staff import Invitation, OnCall, RecoveryCode, Staff, StaffSession, Team, TeamDay

__all__ = [
    "AddressRow",
    "AuditRow",
    "Base",
    "Canned",
    "Case",
    "ChannelRow",
    "Cluster",
    "Comment",
    "Conversation",
    "Counter",
    "DirectoryVersion",
    "Draft",
    "EntryRow",
    "Feedback",
    "ForgottenRow",
    "Holiday",
    "IgnoredRow",
    "InboundRow",
    "Invitation",
    "Link",
    "MediaRow",
    "Mention",
    "Note",
    "Notice",
    "OnCall",
    "Option",
    "Organization",
    "OutboundRow",
    "RecoveryCode",
    "Referral",
    "ReportRow",
    "Revision",
    "Service",
    "Setting",
    "Staff",
    "StaffSession",
    "Team",
    "TeamDay",
    "TemplateRow",
    "Unanswered",
    "Upload",
]
