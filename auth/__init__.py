"""Who is asking: from a credential to an Actor, and what that Actor may do."""
