"""Compares a candidate with what the chains say: goldens, sampled block windows, and their proofs."""
