"""What a release proves about itself: facts, audit, energy, gates. Every document is made of these."""
