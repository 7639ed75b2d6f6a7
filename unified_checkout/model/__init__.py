"""The common language: the query, the session, money and the normalized words."""
