"""The auditor's judgement, without a look at the world."""
