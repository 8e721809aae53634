"""Conversation intelligence, computed from what was said by plain rules and small libraries; nothing is invented."""
