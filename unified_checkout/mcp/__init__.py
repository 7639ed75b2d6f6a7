"""Five questions as tools for agents, read only; needs the extra ``mcp``."""
