"""What a vendor implements, and the host that runs it in a process of its own."""
