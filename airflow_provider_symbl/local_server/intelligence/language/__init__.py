"""Language: what a sentence holds, by rules and word lists; it knows of no conversation."""
