"""What is approved and what vaults hold in; each key in the vault of whoever may use it, and in no other place, out."""
