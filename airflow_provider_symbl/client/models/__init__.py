"""What Symbl's responses hold, as types: plain dicts with typed attributes, tolerant of what is new or missing."""

from __future__ import annotations

from airflow_provider_symbl.client.models.conversation_models import (
    Conversation,
    Job,
    Member,
    Message,
    Sentiment,
    Submission,
    Token,
    Word,
)
from airflow_provider_symbl.client.models.insight_models import (
    Analytics,
    Entity,
    EntityMatch,
    Insight,
    MemberAnalytics,
    Metric,
    OverlappingMember,
    Reference,
    SummarySentence,
    Topic,
    Tracker,
    TrackerMatch,
)
from airflow_provider_symbl.client.models.model import Model, Records

__all__ = [
    "Analytics",
    "Conversation",
    "Entity",
    "EntityMatch",
    "Insight",
    "Job",
    "Member",
    "MemberAnalytics",
    "Message",
    "Metric",
    "Model",
    "OverlappingMember",
    "Records",
    "Reference",
    "Sentiment",
    "Submission",
    "SummarySentence",
    "Token",
    "Topic",
    "Tracker",
    "TrackerMatch",
    "Word",
]
