"""How the rules become machine code."""
