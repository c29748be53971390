"""What the web process knows of work: workers, samples, jobs, results and events. No torch, no user code."""
