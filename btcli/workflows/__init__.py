"""One function per verb: takes a frozen request, returns a frozen result, prints nothing."""
