"""From events to what is served: which kinds, whose objects, decoded, rendered, stored; generations of all that."""
