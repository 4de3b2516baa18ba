"""What is wrong with a belt, and what to do about it.

looking   reads logs, asks processes, database, engine and providers, and changes nothing
symptoms  what was seen, frozen; what could not be looked at is reported as such
causes    the table of what can be wrong, how it shows, and the next step
report    what was found, as text or as JSON
"""
