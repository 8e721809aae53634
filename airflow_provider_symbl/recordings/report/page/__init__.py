"""The page of a night's report: one HTML file that opens from disk, made of the report's own data."""
