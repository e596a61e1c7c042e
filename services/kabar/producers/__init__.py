"""How raw news gets in: readers that turn files into observations."""
