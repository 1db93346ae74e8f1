"""What can be read out of the declarations: the families as lists and pages, and the rights that they need."""
