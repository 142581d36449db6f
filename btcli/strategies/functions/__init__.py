"""Functions of the user's that compute features: how they are found, called, and held to seeing no future."""
