"""The report of a night: rows, figures, a page, and the proof that the books close."""
