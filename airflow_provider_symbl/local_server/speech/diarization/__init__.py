"""Speaker diarization: who says which word, on one channel."""
