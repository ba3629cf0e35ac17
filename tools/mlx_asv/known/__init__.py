"""What is measured although its truth is known: an asv suite of slowdowns, and a disturbance."""
