"""The nouns, as frozen values without behaviour that touches the world."""
