"""A run's page: one HTML file of plain values, made without the store, the engine or the network."""
