"""What makes files of the package anew; not a part of it."""
