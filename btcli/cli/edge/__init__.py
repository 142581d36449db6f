"""The edge: from words to a verb, from its answer or its failure to two streams and an exit code."""
