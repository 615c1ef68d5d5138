"""When somebody is free: pure functions over integers, and the questions that feed them."""
