"""What is declared in; whether the gateway of every region answers so, asked with real keys, out: kept as evidence."""
