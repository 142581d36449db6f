"""The system file as a frozen value: `load_system` reads it, or says everything that is wrong with it.

loading -> document (YAML 1.2), overrides (--set), validating (pydantic, checks) -> model.System;
instruments gives the trading rules, resolved writes a system back, schema describes it to editors.
"""
