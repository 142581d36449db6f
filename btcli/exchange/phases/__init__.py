"""The rules that apply: what happens in a step, in the order of the rulebook's section 3."""
