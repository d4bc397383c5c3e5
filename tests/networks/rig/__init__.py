"""What a rig is made of: a network product between the client and the server, and who talks through it."""
