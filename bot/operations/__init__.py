"""Looking after a running bot: measures and health over HTTP, a check-up, and the end of the process."""
