"""Where belts can run: what every place must do, what it shows and what its leases say; one folder a place."""
