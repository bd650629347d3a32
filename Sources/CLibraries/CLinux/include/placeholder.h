// Replaced by the first real header of this folder.
