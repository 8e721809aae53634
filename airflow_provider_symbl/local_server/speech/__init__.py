"""Speech recognition and speaker diarization, in processes of their own."""
