"""What every request passes through: the request log, the faults, the means to cut a connection."""
