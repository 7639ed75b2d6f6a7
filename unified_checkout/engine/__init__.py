"""The engine: decides what to send, when to wait and what to hand out. It never waits itself."""
