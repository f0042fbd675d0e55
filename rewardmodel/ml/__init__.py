"""Generation, reward model, PPO and evaluation. The only place that imports torch; knows no Django."""
