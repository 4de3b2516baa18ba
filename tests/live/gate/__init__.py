"""Tests of the gate on real parts."""
