"""What a call costs in US dollars: prices, and the arithmetic that makes costs of what was used."""
