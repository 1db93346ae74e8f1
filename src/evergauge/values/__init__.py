"""What API values mean, pure: times, quantities, IntOrString."""
