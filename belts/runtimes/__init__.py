"""Where belts can run: what every place must do and show, what leases say; one folder a place."""
