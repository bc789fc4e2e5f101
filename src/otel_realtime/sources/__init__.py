"""Sources: each translates what one SDK sends into neutral events and feeds a session."""
