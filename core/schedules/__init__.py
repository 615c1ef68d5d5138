"""When people work: weekly hours in force between two days, and single days that are otherwise."""
