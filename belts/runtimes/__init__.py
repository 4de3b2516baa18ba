"""Where belts can run: what every place must do, what it shows, what leases say; one folder a place."""
