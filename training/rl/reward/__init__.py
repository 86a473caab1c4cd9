"""Step advantages spread over tokens."""
