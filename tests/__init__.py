"""The tests. They read as promises: what a member or an operator can count on."""
