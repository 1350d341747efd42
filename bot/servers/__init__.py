"""What concerns a server or a member as such: what this bot is, and what it keeps."""
