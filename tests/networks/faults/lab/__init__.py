"""Networks made of namespaces, the faults that happen in them, and the conversation that must survive them."""
