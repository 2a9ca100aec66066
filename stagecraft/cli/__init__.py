"""What the user types and reads: one module a command; the only code that prints or exits."""
