"""What a booking costs, beside a bare insert of the rows that it leaves."""
