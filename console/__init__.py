"""Door 3: the pages of caseworkers and editors."""
