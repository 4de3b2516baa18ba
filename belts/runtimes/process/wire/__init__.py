"""What is requested of a host: the request, the recorded ones, and those of the belt's other parts."""
