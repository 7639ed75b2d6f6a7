"""Whatever bytes a parser is given, there is a value or a typed error of ours."""
